// SPDX-License-Identifier: Apache-2.0
/** What break-glass leaves: whom it holds, who reviews it, and what closes nothing. */
import type { Signed } from "@interlock/core";
import type { Digest } from "@interlock/digest";
import { toBase64url } from "@interlock/receipt";
import { prepare } from "@interlock/server";
import { readEntry } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { effective, overWorld, rules } from "./excepting.ts";
import { appendAll, openWorld, type World } from "./world.ts";

describe.each(ENGINES)("a debt on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());
  const { judged, asked, incident, both, debts, settle } = overWorld(() => world);
  /** A change of a team that went forward because two people broke the glass. */
  const broken = async (owner: string, times = 2) => {
    const change = await asked({ owner });
    const id = await incident();
    await both(change.id, { breakGlass: true, incident: id });
    for (let i = 0; i < times; i++) expect(effective(await judged(change))).toBe("allow");
    return { change, incident: id };
  };
  const ofTeam = async (team: string, state = "open") =>
    (await debts(state)).filter(({ teams }) => Array.isArray(teams) && teams.includes(team));
  const held = async (owner: string) =>
    rules(await judged({ owner })).some((one) => one.rule === "debt");

  it("holds its team, and nobody else, until two people who did not sign have reviewed it", async () => {
    const { change, incident: id } = await broken("shop");
    const [debt, ...more] = await ofTeam("shop");
    expect(more).toEqual([]);
    expect(debt).toMatchObject({
      ...{ change: change.id, teams: ["shop"], signedBy: ["bo", "cy"], incidents: [id] },
      ...{ open: true, reviews: [] },
    });
    expect([await held("shop"), await held("search")]).toEqual([true, false]);
    const later = await asked({ owner: "shop" });
    await both(later.id);
    expect(effective(await judged(later))).toBe("hold");
    const entry = String(debt?.["debt"]);
    expect((await settle("bo", change.id, entry)).body).toMatchObject({ code: "NOT_ALLOWED" });
    expect((await settle("dee", later.id, entry)).status).toBe(404);
    expect((await settle("dee", change.id, entry)).status).toBe(200);
    expect((await settle("dee", change.id, entry)).body).toMatchObject({ code: "OUT_OF_ORDER" });
    expect(await held("shop")).toBe(true);
    expect((await settle("ana", change.id, entry)).status).toBe(200);
    expect([await held("shop"), await ofTeam("shop")]).toEqual([false, []]);
    expect(effective(await judged(later))).toBe("allow");
    expect(await ofTeam("shop", "all")).toMatchObject([{ open: false, debt: entry }]);
  });

  it("never-stuck: the next change for which the glass is broken goes first", async () => {
    const { incident: id } = await broken("stock");
    const next = await asked({ owner: "stock" });
    await both(next.id, { breakGlass: true, incident: id });
    expect(effective(await judged(next))).toBe("allow");
    expect(await ofTeam("stock")).toHaveLength(2);
  });

  it("is left by no waiver and by nothing that was held", async () => {
    const plain = await asked({ owner: "carts" });
    await both(plain.id);
    expect(effective(await judged(plain))).toBe("allow");
    const denied = await asked({ subject: "drop", owner: "carts" });
    await both(denied.id, { breakGlass: true, incident: await incident() });
    expect(effective(await judged(denied))).toBe("deny");
    expect(await ofTeam("carts", "all")).toEqual([]);
  });

  it("IN5 is closed by no review that somebody made up", async () => {
    const { change } = await broken("mail");
    const [debt] = await ofTeam("mail");
    const signed = await settle("dee", change.id, String(debt?.["debt"]));
    const stored = await readEntry(world.store.db, Number(signed.body["index"]));
    const body = JSON.parse(stored?.body.kind === "kept" ? stored.body.text : "{}") as Signed; // ours
    const credential = toBase64url(world.keys.get("ana")?.credentialId ?? new Uint8Array());
    const made = { ...body, statement: { ...body.statement, person: "ana", credential } };
    const subject = change.digest as Digest; // made by `fresh`
    const forged = [made, body].map((one) =>
      prepare({ kind: "debt-review", at: world.clock.now, subject, body: one }),
    );
    const before = world.alerts.length;
    await appendAll(world.store, world.ledger, forged);
    expect(await ofTeam("mail")).toMatchObject([{ reviews: [{ person: "dee" }] }]);
    expect(world.alerts.slice(before).map(({ says }) => says)).toEqual([
      "the entry that enrolled the key is not in the receipt",
      "one person reviews it twice",
    ]);
  });

  it("IN5 whose content was rubbed out holds everybody", async () => {
    await broken("rates", 1);
    const { rows } = await sql<{ readonly index: number }>`
        select max(index) as index from ledger_entry where kind = 'debt'`.execute(world.store.db);
    await world.store.db
      .updateTable("ledger_body")
      .set({ body: "{}" })
      .where("index", "=", rows[0]?.index ?? -1)
      .execute();
    expect([await held("search"), await held("carts")]).toEqual([true, true]);
  });
});
