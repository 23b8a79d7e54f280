// SPDX-License-Identifier: Apache-2.0
import { sha256Hex, utf8 } from "@interlock/digest";
import { describe, expect, it } from "vitest";
import { describedNow } from "../../src/controlplane/described.ts";
import { ENGINES, storeOf } from "../engines.ts";
import {
  endorse,
  entries,
  expect200,
  found,
  HOUR,
  MINUTE,
  newWorld,
  signedIn,
  type World,
  worldOn,
} from "../people/world.ts";

const TEXT = `version: 1
targets:
  - {name: here, kind: files, settings: {root: /var/lib/shop, cells: {one: one}}}
systems:
  - name: promise
    tier: 1
    ordersPerMinute: 10
    asyncFailure: 1m
    lossBudget: 5
    cells: [{id: one, region: here, share: 100%, runs: v1}]
`;
const OTHER = TEXT.replace("lossBudget: 5", "lossBudget: 50");
const digestOf = (text: string) => sha256Hex(utf8(text));

describe.each(ENGINES)("the description of control planes ($name)", (engine) => {
  const store = storeOf(engine);
  const founded = async () => {
    const at = await newWorld(store());
    const keys = await found(at);
    const as = async (person: string) => ({
      cookie: await signedIn(at, keys[person]),
      key: keys[person],
    });
    return { at, ana: await as("ana"), bo: await as("bo"), cy: await as("cy") };
  };
  type By = Awaited<ReturnType<typeof founded>>["ana"];
  const propose = async (at: World, by: By, text: string) =>
    at.call("POST", "/api/v1/control-plane/proposals", {
      cookie: by.cookie,
      body: { text, reason: "the shop moves" },
    });
  const proposed = async (at: World, by: By, text: string): Promise<string> =>
    expect200(await propose(at, by, text)).proposal;
  const inForce = async (at: World, by: By) =>
    expect200(await at.call("GET", "/api/v1/control-plane", { cookie: by.cookie })).inForce;
  const swap = (at: World) =>
    at.store.db
      .updateTable("proposal")
      .set({ described: digestOf(OTHER) })
      .where("kind", "=", "controlplane")
      .execute();
  const now = (at: World) => describedNow(at.terms.book, at.store.db);

  it("P4 is in force when two people have signed it, and not before", async () => {
    const { at, ana, bo, cy } = await founded();
    expect(await inForce(at, ana)).toBeNull();
    const id = await proposed(at, ana, TEXT);
    const url = `/api/v1/control-plane/proposals/${id}`;
    expect(expect200(await at.call("GET", url, { cookie: bo.cookie }))).toEqual({
      ...{ digest: digestOf(TEXT), text: TEXT },
    });
    expect(expect200(await endorse(at, ana, id))).toMatchObject({ state: "open" });
    expect((await endorse(at, ana, id)).status).toBe(409);
    expect(await inForce(at, ana)).toBeNull();
    expect(expect200(await endorse(at, bo, id))).toMatchObject({ state: "done" });
    const [agreement, ...more] = (await entries(at)).slice(7);
    expect(more).toEqual([]);
    expect(agreement).toMatchObject({
      kind: "agreement",
      body: { about: "controlplane", described: digestOf(TEXT), by: "ana" },
    });
    expect(await inForce(at, cy)).toMatchObject({
      ...{ digest: digestOf(TEXT), text: TEXT, by: ["ana", "bo"], index: agreement?.index },
    });
    // Somebody who starts afresh reads the same from the entries alone.
    const fresh = await worldOn(store());
    expect(await now(fresh)).toMatchObject({
      ok: true,
      value: { digest: digestOf(TEXT), description: { systems: [{ lossBudgetOrders: 5 }] } },
    });
  });

  it("described by two: a row of the database puts nothing in force", async () => {
    const { at, ana, bo } = await founded();
    const id = await proposed(at, ana, TEXT);
    for (const by of [ana, bo]) expect200(await endorse(at, by, id));
    const { db } = at.store;
    await swap(at);
    expect(await now(at)).toMatchObject({ ok: true, value: { digest: digestOf(TEXT) } });
    await db.updateTable("document").set({ text: OTHER }).execute();
    expect(await now(at)).toMatchObject({ ok: false, failure: { code: "LEDGER_DAMAGED" } });
    await db.deleteFrom("document").execute();
    expect(await now(at)).toMatchObject({ ok: false, failure: { code: "LEDGER_DAMAGED" } });
  });

  it("WA14 a text that is put in the place of the proposed one is not what was signed", async () => {
    const { at, ana, bo } = await founded();
    const id = await proposed(at, ana, TEXT);
    expect200(await endorse(at, bo, id));
    const { db } = at.store;
    await swap(at);
    await db
      .insertInto("document")
      .values({ digest: digestOf(OTHER), text: OTHER, added_at: 1 })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    // The page shows ana the other text, and she signs it; bo signed this one.
    expect200(await endorse(at, ana, id));
    expect(at.alerts).toEqual([]);
    expect(await now(at)).toMatchObject({ ok: true, value: null });
    expect(at.alerts).toMatchObject([{ kind: "entry-unproven" }]);
  });

  it("refuses what cannot be read, what is in force, a stale session and what came before another", async () => {
    const { at, ana, bo } = await founded();
    const broken = await propose(at, ana, TEXT.replace("tier: 1", "tier: 9"));
    expect(broken.body).toMatchObject({ code: "INPUT_INVALID" });
    expect(broken.body.detail).toContain("control-plane.yaml:6:11");
    const unopened = await propose(at, ana, TEXT.replace("root:", "rot:"));
    expect(unopened.body).toMatchObject({ code: "INPUT_INVALID" });
    expect(unopened.body.detail).toContain("`root` is missing (and 1 more)");
    const first = await proposed(at, ana, OTHER);
    at.clock.now += MINUTE;
    const second = await proposed(at, bo, TEXT);
    for (const by of [ana, bo]) expect200(await endorse(at, by, second));
    expect((await propose(at, ana, TEXT)).body).toMatchObject({ code: "OUT_OF_ORDER" });
    expect200(await endorse(at, ana, first));
    expect((await endorse(at, bo, first)).body.code).toBe("OUT_OF_ORDER");
    expect(await inForce(at, ana)).toMatchObject({ digest: digestOf(TEXT) });
    at.clock.now += HOUR;
    expect((await propose(at, ana, OTHER)).body.code).toBe("SIGN_IN_NEEDED");
  });
});
