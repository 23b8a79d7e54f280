// SPDX-License-Identifier: Apache-2.0
/** What a server remembers of the ledger, when another server or the owner of the database writes to it. */
import {
  approvals,
  type DecisionRecord,
  FACTS_TAG,
  judgedDigest,
  type Policy,
  saltedDigest,
} from "@interlock/core";
import { canonicalJson, type Json } from "@interlock/digest";
import { prepare } from "@interlock/server";
import { decisionAt, ledgerSize, readEntry } from "@interlock/store";
import { ENGINES, policyOf, rule } from "@interlock/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  appendAll,
  NOW,
  openWorld,
  place,
  question,
  type Reply,
  TWO,
  type World,
} from "./world.ts";

const HOUR = 3_600_000;
let contents = 0;
const fresh = () => (++contents).toString(16).padStart(64, "d");

const effective = ({ body }: Reply) =>
  (body["decision"] as { readonly effective: string }).effective;

// The embedded database has one process.
describe.each(ENGINES.filter(({ name }) => name === "postgres"))("nothing-stale", (engine) => {
  let here: World;
  let there: World;
  beforeAll(async () => {
    here = await openWorld(engine, { periodMs: HOUR });
    there = await openWorld(engine, { periodMs: HOUR, beside: here });
  });
  afterAll(async () => {
    await there.close();
    await here.close();
  });

  const judged = (world: World, more: object, policy: Policy = TWO) =>
    world.call("gate", "POST", "/api/v1/gate", question(more, policy));

  describe("with a change that two people approved", () => {
    let digest: string;
    let id: string;
    beforeEach(async () => {
      digest = fresh();
      id = String((await judged(here, { digest })).body["change"]);
      for (const person of ["bo", "cy"]) await here.sign(person, id, "approve");
      expect(effective(await judged(here, { digest }))).toBe("allow");
      expect(effective(await judged(there, { digest }))).toBe("allow");
    });

    it("a rejection that another server took holds the next question", async () => {
      await there.sign("dee", id, "reject", { ask: { reason: "not now" } });
      expect(effective(await judged(here, { digest }))).toBe("hold");
    });

    it("a withdrawal that another server took holds the next question", async () => {
      await there.sign("cy", id, "withdraw");
      expect(effective(await judged(here, { digest }))).toBe("hold");
    });

    it("another policy is another question, and the first one keeps its answer", async () => {
      const three = policyOf([
        rule("two-people", { covers: true, require: [approvals(3, "owners", { via: "passkey" })] }),
      ]);
      expect(effective(await judged(here, { digest }, three))).toBe("hold");
      expect(effective(await judged(here, { digest }))).toBe("allow");
    });

    it("AQ15 a key that another server revoked counts no more", async () => {
      await there.revoke("cy");
      expect(effective(await judged(here, { digest }))).toBe("hold");
    });
  });

  it("IN5 AQ15 a revocation that is taken out beneath a server brings nobody back: it decides no more", async () => {
    const world = await openWorld(engine, { periodMs: HOUR });
    const { db } = world.store;
    const digest = fresh();
    const id = String((await judged(world, { digest })).body["change"]);
    for (const person of ["bo", "cy"]) await world.sign(person, id, "approve");
    const size = await ledgerSize(db);
    await world.revoke("cy");
    expect(effective(await judged(world, { digest }))).toBe("hold");
    await sql`alter table ledger_entry disable trigger all`.execute(db);
    for (const table of ["ledger_entry", "ledger_body", "decision"])
      await sql`delete from ${sql.table(table)} where index >= ${size}`.execute(db);
    await sql`update ledger_head set next_index = ${size}`.execute(db);
    await sql`alter table ledger_entry enable trigger all`.execute(db);
    const behind = { status: 503, body: { code: "LEDGER_BEHIND" } };
    expect(await judged(world, { digest })).toMatchObject(behind);
    // Nor once it is as long as it was.
    for (const who of ["dee", "ana", "bo"]) await world.leave(who);
    expect(await judged(world, { digest })).toMatchObject(behind);
    await world.close();
  });

  describe("IN5 when a change was first seen", () => {
    const waits = policyOf([
      rule("wait", { covers: true, require: [{ kind: "cooldown", ms: HOUR }] }),
    ]);

    it("is the time of its first entry, whatever a table says", async () => {
      const digest = fresh();
      expect(effective(await judged(here, { digest }, waits))).toBe("hold");
      await here.store.db
        .updateTable("change")
        .set({ first_seen_at: 0 })
        .where("digest", "=", digest)
        .execute();
      expect(effective(await judged(here, { digest }, waits))).toBe("hold");
      there.clock.now += HOUR;
      expect(effective(await judged(there, { digest }, waits))).toBe("allow");
      there.clock.now -= HOUR;
    });

    it("is not when the content was seen on its way to another environment", async () => {
      const digest = fresh();
      await judged(here, { digest }, waits);
      there.clock.now += HOUR;
      const production = question({ digest, environment: "production" }, waits);
      const elsewhere = { ...production, place: place({ environment: "production" }) };
      expect(effective(await there.call("gate", "POST", "/api/v1/gate", elsewhere))).toBe("hold");
      there.clock.now -= HOUR;
    });

    it("is now where the entry's content was rubbed out or changed", async () => {
      const digest = fresh();
      const first = await judged(here, { digest }, waits);
      const index = Number(first.body["index"]);
      await sql`update ledger_body set body = replace(body, '"hold"', '"deny"') where index = ${index}`.execute(
        here.store.db,
      );
      there.clock.now += HOUR;
      expect(effective(await judged(there, { digest }, waits))).toBe("hold");
      there.clock.now -= HOUR;
    });
  });

  it("P7 what is written of a decision is what its entry has digested", async () => {
    const db = here.store.db;
    for (const policy of [TWO, policyOf([]), TWO]) {
      const asked = question({ digest: fresh(), subject: 'é \u2028 \ud83d\ude80 "' }, policy);
      const reply = await here.call("gate", "POST", "/api/v1/gate", asked);
      const index = Number(reply.body["index"]);
      const stored = (await decisionAt(db, index))?.record;
      const record = JSON.parse(stored?.text ?? "null") as DecisionRecord; // ours
      expect(stored?.text).toBe(canonicalJson(record as unknown as Json));
      expect(record.policies).toEqual(asked.policies);
      const entry = await readEntry(db, index);
      const body = JSON.parse(entry?.body.kind === "kept" ? entry.body.text : "null");
      const salt = new Uint8Array(stored?.factsSalt ?? []);
      expect(body).toMatchObject({
        judged: judgedDigest(record.policies),
        facts: saltedDigest(FACTS_TAG, salt, record.facts as unknown as Json),
      });
    }
  });

  it("two servers that record at once take turns at the head, and each index is one decision's", async () => {
    const all = Array.from({ length: 40 }, (_, i) =>
      judged(i % 2 === 0 ? here : there, { digest: fresh() }),
    );
    const replies = await Promise.all(all);
    expect(replies.map(({ status }) => status)).toEqual(Array(40).fill(200));
    expect(new Set(replies.map(({ body }) => body["index"])).size).toBe(40);
  });

  // Last, since it holds everybody.
  it("a debt that another server wrote down holds the next question", async () => {
    const digest = fresh();
    const { repository, target, environment } = place();
    const none = policyOf([rule("none", { covers: true })]);
    expect(effective(await judged(here, { digest }, none))).toBe("allow");
    const body = {
      ...{ change: "0".repeat(20), repository, target, environment, decision: fresh() },
      ...{ overrides: [fresh()], by: ["bo", "cy"], incidents: [], teams: [] },
    };
    const debt = prepare({ kind: "debt", at: NOW, subject: null, body });
    await appendAll(there.store, there.ledger, [debt]);
    expect(effective(await judged(here, { digest }, none))).toBe("hold");
  });
});
