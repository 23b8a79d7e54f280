// SPDX-License-Identifier: Apache-2.0
/** What counts as an approval when somebody writes to the database, revokes a key or leaves. */
import type { Signed } from "@interlock/core";
import type { Digest } from "@interlock/digest";
import { toBase64url } from "@interlock/receipt";
import { prepare } from "@interlock/server";
import { readEntry, type SignedKind } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appendAll, NOW, openWorld, question, type Reply, type World } from "./world.ts";

let contents = 0;
const fresh = () => (++contents).toString(16).padStart(64, "0");

const effective = ({ body }: Reply) =>
  (body["decision"] as { readonly effective: string }).effective;

describe.each(ENGINES)("on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());

  const judged = (more: object = {}) => world.call("gate", "POST", "/api/v1/gate", question(more));
  const change = async (more: object = {}) => String((await judged(more)).body["change"]);

  describe("heard-from-ledger: IN5 the owner of the database makes no approval", () => {
    const approvedBy = async (...persons: readonly string[]) => {
      const digest = fresh();
      const id = await change({ digest });
      const indexes = [];
      for (const person of persons)
        indexes.push(Number((await world.sign(person, id, "approve")).body["index"]));
      return { digest, id, indexes };
    };
    /** The signed body of an entry. */
    const bodyAt = async (index: number): Promise<Signed> => {
      const entry = await readEntry(world.store.db, index);
      return JSON.parse(entry?.body.kind === "kept" ? entry.body.text : "null") as Signed; // ours
    };
    const forge = async (kind: SignedKind, digest: string, body: Signed) => {
      const subject = digest as Digest; // made above
      const entry = prepare({ kind, at: NOW, subject, body });
      await appendAll(world.store, world.ledger, [entry]);
    };
    const db = () => world.store.db;

    it("rows in the table of signatures approve nothing", async () => {
      const { digest, indexes } = await approvedBy("bo");
      const row = await db()
        .selectFrom("signed")
        .selectAll()
        .where("index", "=", indexes[0] ?? -1)
        .executeTakeFirstOrThrow();
      const made = { ...row, index: 9_000_000, entry: fresh(), person: "cy" };
      await db().insertInto("signed").values(made).execute();
      expect(effective(await judged({ digest }))).toBe("hold");
      await db().deleteFrom("signed").where("index", "=", made.index).execute();
    });

    it("a withdrawal that was rubbed out of the table still counts", async () => {
      const { digest, id } = await approvedBy("bo", "cy");
      await world.sign("cy", id, "withdraw");
      await db().deleteFrom("signed").where("kind", "=", "withdrawal").execute();
      const all = db().updateTable("signed").set({ ended_index: null });
      await all.where("digest", "=", digest).execute();
      expect(effective(await judged({ digest }))).toBe("hold");
    });

    it("an approval in the ledger with another's signature under it counts for nothing, and alerts", async () => {
      const { digest, indexes } = await approvedBy("bo");
      const body = await bodyAt(indexes[0] ?? -1);
      const credential = toBase64url(world.keys.get("cy")?.credentialId ?? new Uint8Array());
      const before = world.alerts.length;
      await forge("approval", digest, {
        ...body,
        statement: { ...body.statement, person: "cy", credential },
      });
      expect(effective(await judged({ digest }))).toBe("hold");
      expect(world.alerts.slice(before)).toHaveLength(1);
    });

    it("an approval that is copied to another content counts for nothing there", async () => {
      const { indexes } = await approvedBy("bo", "cy");
      const digest = fresh();
      await change({ digest });
      for (const index of indexes) await forge("approval", digest, await bodyAt(index));
      expect(effective(await judged({ digest }))).toBe("hold");
    });

    it("a withdrawal that nobody signed closes no rejection, and leaves no approval standing", async () => {
      const { digest, id } = await approvedBy("bo", "cy");
      const rejected = await world.sign("dee", id, "reject", { ask: { reason: "not now" } });
      const body = await bodyAt(Number(rejected.body["index"]));
      const { reason: _text, ...rest } = body;
      const { reason: _digest, ...statement } = body.statement;
      await forge("withdrawal", digest, {
        ...rest,
        statement: { ...statement, decision: "withdraw" },
      });
      const held = await judged({ digest });
      expect(effective(held)).toBe("hold");
      expect(JSON.stringify(held.body["decision"])).toContain("rejection by person:dee closed");
    });

    it("a rejection whose content was rubbed out still holds", async () => {
      const { digest, id } = await approvedBy("bo", "cy");
      const rejected = await world.sign("dee", id, "reject", { ask: { reason: "not now" } });
      const index = Number(rejected.body["index"]);
      await db()
        .updateTable("ledger_body")
        .set({ body: "{}" })
        .where("index", "=", index)
        .execute();
      const held = await judged({ digest });
      expect(effective(held)).toBe("hold");
      expect(JSON.stringify(held.body["decision"])).toContain("rejection by unknown closed");
    });
  });

  it("AQ15 I12 what a key signed counts no more once it is revoked", async () => {
    const own = await openWorld(engine);
    const digest = fresh();
    const ask = () => own.call("gate", "POST", "/api/v1/gate", question({ digest }));
    const id = String((await ask()).body["change"]);
    for (const person of ["bo", "cy"]) await own.sign(person, id, "approve");
    expect(effective(await ask())).toBe("allow");
    await own.revoke("bo");
    expect(effective(await ask())).toBe("hold");
    await own.close();
  });

  it("AQ15 what somebody signed counts no more once they have left", async () => {
    const own = await openWorld(engine);
    const digest = fresh();
    const ask = () => own.call("gate", "POST", "/api/v1/gate", question({ digest }));
    const id = String((await ask()).body["change"]);
    for (const person of ["bo", "cy"]) await own.sign(person, id, "approve");
    await own.leave("cy");
    expect(effective(await ask())).toBe("hold");
    await own.close();
  });
});
