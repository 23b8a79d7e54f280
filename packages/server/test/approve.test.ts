// SPDX-License-Identifier: Apache-2.0
/** From the gate's question over passkey approvals to the receipt, through the API, on both engines. */

import { approvals, type DecisionRecord, type Requirement, replay } from "@interlock/core";
import { canonicalJson, type Json } from "@interlock/digest";
import { verifyReceipt } from "@interlock/receipt";
import { decisionAt, readEntry } from "@interlock/store";
import { ENGINES, policyOf, rule } from "@interlock/testkit";
import { formatVerifierKey, parsePolicy } from "@interlock/tlog";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DIGEST, KEY, NOW, openWorld, question, type Reply, SITE, type World } from "./world.ts";

const TRUST = (() => {
  const text = `log ${formatVerifierKey(KEY.verifier)}\nquorum none\n`;
  const policy = parsePolicy(new TextEncoder().encode(text));
  if (!policy.ok) throw new Error(policy.failure.message);
  return { policy: policy.value, site: SITE };
})();

/** Some content of its own, so that no case meets the signatures of another. */
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
  const change = async (more: object = {}) => {
    const reply = await judged(more);
    expect([reply.status, reply.body["detail"]]).toEqual([200, undefined]);
    return String(reply.body["change"]);
  };

  it("holds without approvals, and names who can supply them", async () => {
    const reply = await judged({ digest: fresh() });
    expect(effective(reply)).toBe("hold");
    expect(reply.body["words"]).toHaveLength(6);
    expect(reply.body["url"]).toBe(`https://interlock.example.com/changes/${reply.body["change"]}`);
  });

  it("goes forward once two people besides the author have signed exactly that, and the receipt verifies", async () => {
    const digest = fresh();
    const id = await change({ digest });
    expect((await world.sign("bo", id, "approve")).body).toMatchObject({ kind: "approval" });
    expect(effective(await judged({ digest }))).toBe("hold");
    expect((await world.sign("cy", id, "approve")).status).toBe(200);
    const last = await judged({ digest });
    expect(effective(last)).toBe("allow");
    await world.ledger.published(Number(last.body["index"]), 120_000);
    const receipt = await world.call("bo", "GET", `/api/v1/changes/${id}/receipt`);
    const bytes = new TextEncoder().encode(canonicalJson(receipt.body as Json));
    const outcome = await verifyReceipt(bytes, TRUST);
    expect(outcome.steps.filter(({ state }) => state === "failed")).toEqual([]);
    expect(outcome).toMatchObject({
      verdict: "verified",
      shown: { change: digest, effective: "allow", approvedBy: ["bo", "cy"] },
    });
  });

  it("WA19 a synchronised passkey does not count where the rules want one that is bound to its device", async () => {
    const bound = approvals(2, "owners", { via: "passkey", keys: "device-bound" });
    const any = approvals(1, "team:payments", { via: "passkey" });
    const policy = (...require: Requirement[]) =>
      policyOf([rule("two", { covers: true, require })]);
    const asked = (digest: string, ...require: Requirement[]) =>
      world.call("gate", "POST", "/api/v1/gate", question({ digest }, policy(...require)));

    const alone = String((await asked(fresh(), bound)).body["change"]);
    const refused = await world.sign("dee", alone, "approve");
    expect([refused.status, refused.body["code"]]).toEqual([422, "PASSKEY_REFUSED"]);
    expect(refused.body["detail"]).toContain("can be restored by a cloud account");
    expect((await world.sign("dee", alone, "reject")).status).toBe(200);

    const digest = fresh();
    const id = String((await asked(digest, bound, any)).body["change"]);
    for (const who of ["bo", "dee"])
      expect((await world.sign(who, id, "approve")).status).toBe(200);
    const held = await asked(digest, bound, any);
    expect(effective(held)).toBe("hold");
    expect(JSON.stringify(held.body["decision"])).toContain('"synchronised":["dee"]');
    await world.sign("cy", id, "approve");
    expect(effective(await asked(digest, bound, any))).toBe("allow");
  });

  it("AQ1 the author's approval is refused, with the reason", async () => {
    const id = await change({ digest: fresh() });
    const reply = await world.sign("ana", id, "approve");
    expect([reply.status, reply.body["code"]]).toEqual([403, "NOT_ALLOWED"]);
    expect(reply.body["detail"]).toContain("you are its author");
    expect(reply.body["help"]).toContain("two people who had no part in it");
  });

  it("AQ3 a new push is another content: nothing that was signed counts for it", async () => {
    const first = await change({ digest: fresh() });
    await world.sign("bo", first, "approve");
    await world.sign("cy", first, "approve");
    expect(effective(await judged({ digest: fresh() }))).toBe("hold");
  });

  it("AQ7 what was signed for one branch does not count on another", async () => {
    const digest = fresh();
    const id = await change({ digest });
    await world.sign("bo", id, "approve");
    await world.sign("cy", id, "approve");
    const elsewhere = question({ digest, target: "refs/heads/release" });
    const asked = { ...elsewhere, place: { ...elsewhere.place, target: "refs/heads/release" } };
    expect(effective(await world.call("gate", "POST", "/api/v1/gate", asked))).toBe("hold");
  });

  it("AQ11 a reviewer who pushes to it becomes a contributor, and the approval stops counting", async () => {
    const digest = fresh();
    const id = await change({ digest });
    await world.sign("bo", id, "approve");
    await world.sign("cy", id, "approve");
    const pushedBy = ["email:ana@example.com", "email:cy@example.com"];
    expect(effective(await judged({ digest, pushedBy }))).toBe("hold");
  });

  it("AQ17 one person who signs the same many times at once counts once, with one entry", async () => {
    const digest = fresh();
    const id = await change({ digest });
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => world.sign("bo", id, "approve")),
    );
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(replies.filter((r) => r.status !== 200).map((r) => r.body["code"]))).toEqual(
      new Set(["OUT_OF_ORDER"]),
    );
    const shown = await world.call("bo", "GET", `/api/v1/changes/${id}`);
    expect(shown.body["signatures"]).toHaveLength(1);
    expect(effective(await judged({ digest }))).toBe("hold");
  });

  it("AQ18 approve, withdraw and approve again: the ledger's order decides, an old nonce is dead", async () => {
    const digest = fresh();
    const id = await change({ digest });
    await world.sign("bo", id, "approve");
    await world.sign("cy", id, "approve");
    expect(effective(await judged({ digest }))).toBe("allow");
    expect((await world.sign("cy", id, "withdraw")).body).toMatchObject({ kind: "withdrawal" });
    expect(effective(await judged({ digest }))).toBe("hold");
    expect((await world.sign("cy", id, "withdraw")).body).toMatchObject({ code: "OUT_OF_ORDER" });
    expect((await world.sign("cy", id, "approve")).status).toBe(200);
    expect(effective(await judged({ digest }))).toBe("allow");
  });

  it("a rejection holds until its giver withdraws it, whoever approves", async () => {
    const digest = fresh();
    const id = await change({ digest });
    await world.sign("bo", id, "approve");
    await world.sign("cy", id, "approve");
    await world.sign("dee", id, "reject", { ask: { reason: "not on a Friday" } });
    const held = await judged({ digest });
    expect(effective(held)).toBe("hold");
    expect(JSON.stringify(held.body["decision"])).toContain("rejection by person:dee closed");
    await world.sign("dee", id, "withdraw");
    expect(effective(await judged({ digest }))).toBe("allow");
  });

  it("AQ21 an approval that has expired does not count, by the server's time", async () => {
    const digest = fresh();
    const id = await change({ digest });
    await world.sign("bo", id, "approve", { ask: { validForHours: 1 } });
    await world.sign("cy", id, "approve");
    expect(effective(await judged({ digest }))).toBe("allow");
    world.clock.now = NOW + 3_600_000;
    expect(effective(await judged({ digest }))).toBe("hold");
    world.clock.now = NOW;
  });

  it("AQ10 TK11 a token signs nothing", async () => {
    const id = await change({ digest: fresh() });
    const reply = await world.call("gate", "POST", `/api/v1/changes/${id}/statements`, {
      decision: "approve",
    });
    expect([reply.status, reply.body["code"]]).toEqual([403, "NOT_ALLOWED"]);
  });

  it("TK1 TK6 what is not there and what is another's answer alike", async () => {
    const other = question({ digest: fresh(), repository: "repository:other" });
    const asked = { ...other, place: { ...other.place, repository: "repository:other" } };
    const foreign = await world.call("gate", "POST", "/api/v1/gate", asked);
    const missing = await world.call("bo", "GET", `/api/v1/changes/${"0".repeat(20)}`);
    expect([foreign.status, foreign.body]).toEqual([missing.status, missing.body]);
    expect(foreign.status).toBe(404);
  });

  describe("verified-first: what does not verify is refused, and nothing is recorded", () => {
    it.each<[string, object]>([
      ["WA1 without user verification", { clear: 0x04 }],
      ["WA2 without anybody there", { clear: 0x01 }],
      ["WA3 for another site", { rpId: "evil.example.com" }],
      [
        "WA4 on another origin",
        { clientData: { origin: "https://interlock.example.com.evil.example" } },
      ],
      ["WA6 an assertion of another kind", { type: "webauthn.create" }],
      ["UI5 in a frame of another site", { clientData: { crossOrigin: true } }],
      ["WA17 over another challenge", { clientData: { challenge: "AAAA" } }],
      ["WA8 with another person's user handle", { userHandle: new Uint8Array(32) }],
    ])("%s", async (_name, wrong) => {
      const digest = fresh();
      const id = await change({ digest });
      const reply = await world.sign("bo", id, "approve", { wrong });
      expect([reply.status, reply.body["code"]]).toEqual([422, "PASSKEY_REFUSED"]);
      const shown = await world.call("bo", "GET", `/api/v1/changes/${id}`);
      expect(shown.body["signatures"]).toEqual([]);
    });
  });

  it("entry-first: what was answered is in the ledger, with all that replay needs", async () => {
    const reply = await judged({ digest: fresh() });
    const index = Number(reply.body["index"]);
    const entry = await readEntry(world.store.db, index);
    const id = entry === null ? "" : Buffer.from(entry.leafHash).toString("hex");
    expect([entry?.kind, id]).toEqual(["decision", reply.body["entry"]]);
    const decision = await decisionAt(world.store.db, index);
    const record = JSON.parse(decision?.record?.text ?? "null") as DecisionRecord;
    expect(replay(record)).toEqual({ kind: "same" });
  });

  it("nothing-unheard: no change goes forward past a withdrawal that stands before its decision", async () => {
    for (let round = 0; round < 12; round++) {
      const digest = fresh();
      const id = await change({ digest });
      await world.sign("bo", id, "approve");
      await world.sign("cy", id, "approve");
      const [withdrawn, ...answers] = await Promise.all([
        world.sign("cy", id, "withdraw"),
        ...Array.from({ length: 4 }, () => judged({ digest })),
      ]);
      const at = Number(withdrawn?.body["index"]);
      for (const answer of answers)
        expect([effective(answer), Number(answer.body["index"]) < at]).toEqual(
          Number(answer.body["index"]) < at ? ["allow", true] : ["hold", false],
        );
    }
  });

  it("WA8 another person's key does not sign for somebody", async () => {
    const id = await change({ digest: fresh() });
    expect((await world.sign("bo", id, "approve", { key: "cy" })).body).toMatchObject({
      code: "PASSKEY_REFUSED",
    });
  });

  it("used-once: WA7 a statement is signed once, by whoever asked, in time", async () => {
    const id = await change({ digest: fresh() });
    const url = `/api/v1/changes/${id}/signatures`;
    const asked = await world.call("bo", "POST", `/api/v1/changes/${id}/statements`, {
      decision: "approve",
    });
    const nothing = { clientData: "", authenticatorData: "", signature: "", userHandle: null };
    const given = {
      ...nothing,
      nonce: asked.body["nonce"],
      credential: asked.body["credential"],
    };
    expect((await world.call("cy", "POST", url, given)).body).toMatchObject({
      code: "PASSKEY_REFUSED",
    });
    world.clock.now = Number(asked.body["until"]);
    expect((await world.call("bo", "POST", url, given)).body["detail"]).toBe(
      "this statement is not waiting for a signature",
    );
    world.clock.now = NOW;
  });

  it("AQ15 I12 a key that was revoked signs nothing more", async () => {
    const id = await change({ digest: fresh() });
    const own = await openWorld(engine);
    const digest = fresh();
    const there = String(
      (await own.call("gate", "POST", "/api/v1/gate", question({ digest }))).body["change"],
    );
    await own.revoke("bo");
    expect((await own.sign("bo", there, "approve")).body).toMatchObject({
      code: "PASSKEY_REFUSED",
    });
    await own.close();
    expect((await world.sign("bo", id, "approve")).status).toBe(200);
  });

  it("AQ13 fail-closed without a policy, or with one that nobody can read, holds", async () => {
    for (const policies of [[], [{ role: "in-force", unreadable: "it is gone" }]]) {
      const asked = { ...question({ digest: fresh() }), policies };
      expect(effective(await world.call("gate", "POST", "/api/v1/gate", asked))).toBe("hold");
    }
  });

  it.each<[string, object, string]>([
    ["no facts", { facts: {} }, "FACTS_VERSION"],
    [
      "a policy that is none",
      { policies: [{ role: "in-force", policy: { rules: 1 } }] },
      "POLICY_INVALID",
    ],
    ["TK7 a field that nobody knows", { approved: true }, "INPUT_INVALID"],
  ])("bad input is refused with its reason: %s", async (_name, over, code) => {
    const reply = await world.call("gate", "POST", "/api/v1/gate", {
      ...question({ digest: fresh() }),
      ...over,
    });
    expect(reply.body["code"]).toBe(code);
    expect(reply.status).toBeGreaterThanOrEqual(400);
  });

  it("PE2 a policy whose expressions cost too much is refused before anything is judged", async () => {
    const deep =
      "kubernetes.all(a, kubernetes.all(b, kubernetes.all(c, a.line + b.line > c.line)))";
    const asked = question({ digest: fresh() });
    const [given] = asked.policies;
    const rules = (given?.policy.rules ?? []).map((one) => ({ ...one, when: deep }));
    const policies = [{ role: "in-force", policy: { ...given?.policy, rules } }];
    const reply = await world.call("gate", "POST", "/api/v1/gate", { ...asked, policies });
    expect(reply.body).toMatchObject({ code: "POLICY_INVALID" });
    expect(reply.body["detail"]).toContain("two-people");
  });

  it("the approvals that an enforcement point claims count for nothing", async () => {
    const digest = fresh();
    const asked = question({ digest });
    const claimed = ["bo", "cy"].map((id) => ({
      ...{ by: `email:${id}@example.com`, digest, via: "passkey", at: NOW, withdrawn: false },
      ...{ environment: "", target: "refs/heads/main", naming: [] },
    }));
    const facts = { ...asked.facts, evidence: { ...asked.facts.evidence, approvals: claimed } };
    expect(effective(await world.call("gate", "POST", "/api/v1/gate", { ...asked, facts }))).toBe(
      "hold",
    );
  });

  it("lists changes in pages, newest first", async () => {
    const first = await world.call("bo", "GET", "/api/v1/changes?limit=2");
    const second = await world.call(
      "bo",
      "GET",
      `/api/v1/changes?limit=2&after=${first.body["next"]}`,
    );
    const ids = [first, second].flatMap((page) =>
      (page.body["changes"] as readonly { readonly id: string }[]).map(({ id }) => id),
    );
    expect(new Set(ids).size).toBe(4);
    expect(DIGEST).toHaveLength(64);
  });
});
