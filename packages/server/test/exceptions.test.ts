// SPDX-License-Identifier: Apache-2.0
/** Overrides and break-glass: who may, for how long, and what counts for nothing. */
import type { Signed } from "@interlock/core";
import { canonicalJson, type Digest, type Json } from "@interlock/digest";
import { toBase64url, verifyReceipt } from "@interlock/receipt";
import { prepare } from "@interlock/server";
import { readEntry } from "@interlock/store";
import { ENGINES } from "@interlock/testkit";
import { formatVerifierKey, parsePolicy } from "@interlock/tlog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { effective, fresh, overWorld, POLICY, rules, system } from "./excepting.ts";
import { appendAll, facts, KEY, NOW, openWorld, place, SITE, type World } from "./world.ts";

const HOUR = 3_600_000;
const TRUST = (() => {
  const text = `log ${formatVerifierKey(KEY.verifier)}\nquorum none\n`;
  const policy = parsePolicy(new TextEncoder().encode(text));
  if (!policy.ok) throw new Error(policy.failure.message);
  return { policy: policy.value, site: SITE };
})();

describe.each(ENGINES)("on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());
  const { judged, asked, incident, close, override, both } = overWorld(() => world);

  describe("a waiver", () => {
    it("I11 of two people passes one rule for one change, and stands in the ledger with its reason", async () => {
      const change = await asked();
      const first = await override("bo", change.id);
      expect(first.status).toBe(200);
      expect(effective(await judged(change))).toBe("hold");
      await override("cy", change.id);
      const passed = await judged(change);
      expect(effective(passed)).toBe("allow");
      const decision = await readEntry(world.store.db, Number(passed.body["index"]));
      const body = JSON.parse(decision?.body.kind === "kept" ? decision.body.text : "{}");
      expect(body).toMatchObject({ approvals: 0, counted: [] });
      expect(body.waived).toHaveLength(2);
      expect(body.waived).toContain(first.body["entry"]);
      const shown = await world.call("ana", "GET", `/api/v1/changes/${change.id}`);
      expect(shown.body["signatures"]).toMatchObject([
        { kind: "override", person: "bo", reason: "it burns", waives: { rule: "two" } },
        { kind: "override", person: "cy" },
      ]);
    });

    it("is listed with what became of it: alone, counting with whom, taken back, of a closed incident", async () => {
      const change = await asked();
      const id = await incident();
      const states = async (state = "open") =>
        (
          (await world.call("ana", "GET", `/api/v1/overrides?state=${state}&limit=200`)).body[
            "overrides"
          ] as readonly { change: string; person: string; state: string; with: string[] }[]
        )
          .filter((one) => one.change === change.id)
          .map((one) => [one.person, one.state, ...one.with]);
      await override("bo", change.id);
      expect(await states()).toEqual([["bo", "alone"]]);
      await override("cy", change.id);
      expect(await states()).toEqual([
        ["cy", "counts", "bo"],
        ["bo", "counts", "cy"],
      ]);
      await override("cy", change.id, { breakGlass: true, incident: id });
      expect(await states()).toEqual([
        ["cy", "alone"],
        ["bo", "alone"],
      ]);
      await close(id);
      await world.sign("bo", change.id, "withdraw");
      expect(await states()).toEqual([]);
      expect(await states("all")).toEqual([
        ["cy", "incident-closed"],
        ["cy", "withdrawn"],
        ["bo", "withdrawn"],
      ]);
    });

    it("is shown by the receipt, and no receipt leaves it out", async () => {
      const change = await asked();
      await both(change.id);
      const last = await judged(change);
      await world.ledger.published(Number(last.body["index"]), 120_000);
      const { body } = await world.call("bo", "GET", `/api/v1/changes/${change.id}/receipt`);
      const verified = (receipt: object) =>
        verifyReceipt(new TextEncoder().encode(canonicalJson(receipt as Json)), TRUST); // of JSON
      const outcome = await verified(body);
      expect(outcome.steps.filter(({ state }) => state === "failed")).toEqual([]);
      expect(outcome).toMatchObject({
        verdict: "verified",
        shown: { effective: "allow", approvedBy: [], waivedBy: ["bo", "cy"] },
      });
      const { overrides, ...without } = body;
      const one = { ...body, overrides: (overrides as readonly unknown[]).slice(1) };
      for (const tampered of [without, one])
        expect((await verified(tampered)).steps.at(-1)?.refusal?.code).toBe("counted-differs");
    });

    it("ends when one of the two takes it back", async () => {
      const change = await asked();
      await both(change.id);
      await world.sign("cy", change.id, "withdraw");
      expect(effective(await judged(change))).toBe("hold");
    });

    it("AQ21 RO13 is over when it expires, and lasts seven days at most", async () => {
      const change = await asked();
      await both(change.id, {}, { validForHours: 1 });
      world.clock.now += HOUR;
      expect(effective(await judged(change))).toBe("hold");
      world.clock.now -= HOUR;
      expect(effective(await judged(change))).toBe("allow");
      expect((await override("dee", change.id, {}, { validForHours: 169 })).body).toMatchObject({
        ...{ code: "INPUT_INVALID", detail: "a waiver lasts 168 hours at most" },
      });
    });

    it("AQ3 AQ7 RO13 is for one content and one place", async () => {
      const change = await asked();
      await both(change.id);
      expect(effective(await judged({ owner: "payments" }))).toBe("hold");
      const elsewhere = { ...change, target: "refs/heads/release" };
      expect(effective(await judged(elsewhere))).toBe("hold");
    });

    it("RO13 without a reason, a rule, or of a rule that is not there is not even asked", async () => {
      const change = await asked();
      const ask = (body: object) =>
        world.call("bo", "POST", `/api/v1/changes/${change.id}/statements`, {
          decision: "override",
          ...body,
        });
      const waives = { rule: "two", breakGlass: false };
      for (const [body, status] of [
        [{ waives }, 400],
        [{ reason: "x" }, 400],
        [{ reason: "x", waives: { ...waives, rule: "three" } }, 409],
        [{ reason: "x", waives: { ...waives, incident: "inc-1" } }, 400],
        [{ decision: "approve", waives }, 400],
      ] as const)
        expect((await ask(body)).status).toBe(status);
    });

    it("AQ1 of a contributor is not asked, and one that was signed before it was known counts for nothing", async () => {
      const change = await asked();
      expect((await override("ana", change.id)).body).toMatchObject({ code: "NOT_ALLOWED" });
      await both(change.id);
      const base = facts();
      const late = await world.call("gate", "POST", "/api/v1/gate", {
        place: place(),
        facts: facts({
          ...{ digest: change.digest, systems: [system("payments")], files: [] },
          subject: "a change",
          contributors: [
            ...(Array.isArray(base.change.contributors) ? base.change.contributors : []),
            { account: "email:cy@example.com", did: "co-author" },
          ],
        }),
        policies: [{ role: "in-force", policy: POLICY }],
      });
      expect([late.body["change"], effective(late)]).toEqual([change.id, "hold"]);
    });

    it("AQ2 of one person twice, or of two rules, is none", async () => {
      const change = await asked({ subject: "drop" });
      const id = await incident();
      await override("bo", change.id);
      await override("bo", change.id);
      expect(effective(await judged(change))).not.toBe("allow");
      const never = { rule: "never", breakGlass: true, incident: id };
      expect((await override("cy", change.id, never)).status).toBe(200);
      expect(rules(await judged(change)).filter(({ outcome }) => outcome === "allow")).toEqual([]);
    });

    it("waivers and debts that an enforcement point brings are dropped", async () => {
      const digest = fresh();
      const given = facts({ digest, systems: [system("payments")], files: [] });
      const by = ["person:bo", "person:cy"];
      const waiver = { rule: "two", digest, by, reason: "x", expiresAt: NOW + 9, breakGlass: true };
      const reply = await world.call("gate", "POST", "/api/v1/gate", {
        place: place(),
        facts: { ...given, evidence: { ...given.evidence, waivers: [waiver], debts: [] } },
        policies: [{ role: "in-force", policy: POLICY }],
      });
      expect(effective(reply)).toBe("hold");
    });

    it("is not an approval, and approvals are no waiver", async () => {
      const change = await asked();
      await override("bo", change.id);
      await world.sign("cy", change.id, "approve");
      expect(effective(await judged(change))).toBe("hold");
    });
  });

  describe("a denial", () => {
    it("is passed by break-glass in an open incident, by no waiver, and only while it is open", async () => {
      const change = await asked({ subject: "drop" });
      expect(effective(await judged(change))).toBe("deny");
      expect((await override("bo", change.id, { rule: "never" })).body).toMatchObject({
        ...{ code: "OUT_OF_ORDER", detail: "only break-glass passes `never`" },
      });
      const id = await incident();
      const glass = { breakGlass: true, incident: id };
      await both(change.id, { ...glass, rule: "never" });
      await both(change.id, glass);
      expect(effective(await judged(change))).toBe("allow");
      expect((await close(id)).status).toBe(200);
      expect(effective(await judged(change))).toBe("deny");
      expect((await override("dee", change.id, glass)).body).toMatchObject({
        code: "OUT_OF_ORDER",
      });
    });

    it("is passed by no break-glass for two incidents, and for none longer than four hours", async () => {
      const change = await asked();
      const [one, two] = [await incident(), await incident()];
      await override("bo", change.id, { breakGlass: true, incident: one });
      await override("cy", change.id, { breakGlass: true, incident: two });
      expect(effective(await judged(change))).toBe("hold");
      const glass = { breakGlass: true, incident: one };
      expect((await override("dee", change.id, glass, { validForHours: 5 })).status).toBe(400);
    });

    it("a rejection is passed by nothing but its own withdrawal", async () => {
      const change = await asked();
      await both(change.id);
      await world.sign("dee", change.id, "reject", { ask: { reason: "no" } });
      expect(effective(await judged(change))).toBe("hold");
      const glass = { breakGlass: true, incident: await incident(), rule: "rejection/person:dee" };
      expect((await override("bo", change.id, glass)).body).toMatchObject({ code: "OUT_OF_ORDER" });
    });
  });

  describe("heard-from-ledger: IN5 the owner of the database makes no override", () => {
    const bodyAt = async (index: number): Promise<Signed> => {
      const entry = await readEntry(world.store.db, index);
      return JSON.parse(entry?.body.kind === "kept" ? entry.body.text : "null") as Signed; // ours
    };
    const forge = (digest: string, body: Signed) =>
      appendAll(world.store, world.ledger, [
        // made by `fresh`
        prepare({ kind: "override", at: world.clock.now, subject: digest as Digest, body }),
      ]);

    it("rows in the table of signatures waive nothing", async () => {
      const change = await asked();
      const signed = await override("bo", change.id);
      const db = world.store.db;
      const row = await db
        .selectFrom("signed")
        .selectAll()
        .where("index", "=", Number(signed.body["index"]))
        .executeTakeFirstOrThrow();
      const made = { ...row, index: 9_500_000, entry: fresh(), person: "cy" };
      await db.insertInto("signed").values(made).execute();
      expect(effective(await judged(change))).toBe("hold");
      await db.deleteFrom("signed").where("index", "=", made.index).execute();
    });

    it("an entry with another's signature, another rule or another content counts for nothing", async () => {
      const change = await asked();
      const other = await asked();
      const signed = await override("bo", change.id);
      const body = await bodyAt(Number(signed.body["index"]));
      const credential = toBase64url(world.keys.get("cy")?.credentialId ?? new Uint8Array());
      const before = world.alerts.length;
      await forge(change.digest, {
        ...body,
        statement: { ...body.statement, person: "cy", credential },
      });
      expect(effective(await judged(change))).toBe("hold");
      expect(world.alerts).toHaveLength(before + 1);
      await override("cy", other.id);
      await forge(other.digest, body);
      expect(effective(await judged(other))).toBe("hold");
      expect(world.alerts).toHaveLength(before + 2);
    });

    it("an incident whose closing was rubbed out is closed, and one that nobody known opened is none", async () => {
      const change = await asked();
      const id = await incident();
      await both(change.id, { breakGlass: true, incident: id });
      await close(id);
      const { store, ledger } = world;
      await store.db
        .updateTable("ledger_body")
        .set({ body: "{}" })
        .where(({ selectFrom, exists }) =>
          exists(
            selectFrom("ledger_entry")
              .select("ledger_entry.index")
              .whereRef("ledger_entry.index", "=", "ledger_body.index")
              .where("kind", "=", "incident-closed"),
          ),
        )
        .execute();
      expect(effective(await judged(change))).toBe("hold");
      const body = { incident: "inc-forged", title: "x", systems: [], by: "nobody" };
      const entry = prepare({ kind: "incident", at: NOW, subject: null, body });
      await appendAll(store, ledger, [entry]);
      const glass = { breakGlass: true, incident: "inc-forged" };
      expect((await override("dee", change.id, glass)).status).toBe(409);
    });
  });

  it("AQ15 I12 an override counts no more once its key is revoked or its person has left", async () => {
    for (const way of ["revoke", "leave"] as const) {
      const own = await openWorld(engine);
      const over = overWorld(() => own);
      const change = await over.asked();
      await over.both(change.id);
      expect(effective(await over.judged(change))).toBe("allow");
      await own[way]("bo");
      expect(effective(await over.judged(change))).toBe("hold");
      await own.close();
    }
  });
});
