// SPDX-License-Identifier: Apache-2.0
/** Changes that a person shows before an enforcement point asks. */
import { changeDigest, sha256Hex } from "@interlock/digest";
import { ENGINES } from "@interlock/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { facts, openWorld, question, type Reply, type World } from "./world.ts";

let contents = 0;
const fresh = () => (++contents).toString(16).padStart(64, "a");

const decisionOf = ({ body }: Reply) =>
  body["decision"] as { readonly effective: string; readonly rules: readonly object[] };

describe.each(ENGINES)("submitting on $name", (engine) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterAll(() => world.close());

  const gate = (digest: string) =>
    world.call("gate", "POST", "/api/v1/gate", question({ digest, pushedBy: ["person:ana"] }));
  const submit = (as: string, digest: string, more: object = {}) =>
    world.call(as, "POST", "/api/v1/changes", { ...question({ digest }), ...more });

  it("is read and signed before it is pushed, and then lands", async () => {
    const digest = fresh();
    const shown = await submit("terminal:ana", digest);
    expect([shown.status, decisionOf(shown).effective]).toEqual([200, "hold"]);
    const id = String(shown.body["change"]);
    const seen = await world.call("terminal:bo", "GET", `/api/v1/changes/${id}`);
    expect(seen.body).toMatchObject({ mayApprove: true, facts: { change: {} } });
    await world.sign("bo", id, "approve");
    await world.sign("cy", id, "approve");
    expect(decisionOf(await submit("ana", digest)).effective).toBe("hold");
    const landed = await gate(digest);
    expect([landed.body["change"], decisionOf(landed).effective]).toEqual([id, "allow"]);
  });

  it("(word-of-a-person) never allows: not with a policy that asks for nothing, not with none", async () => {
    const lax = { role: "in-force", policy: { ...question().policies[0]?.policy, rules: [] } };
    for (const policies of [[lax], []]) {
      const shown = await submit("dee", fresh(), { policies });
      expect([shown.status, decisionOf(shown).effective]).toEqual([200, "hold"]);
      expect(decisionOf(shown).rules).toContainEqual(
        expect.objectContaining({
          ...{ rule: "landing", mode: "enforce", outcome: "hold" },
          reason: { code: "only-shown", params: { by: "dee" } },
        }),
      );
    }
  });

  it("AQ2 whoever shows a change has a part in it, whatever the facts say", async () => {
    const digest = fresh();
    const none = { ...facts({ digest, contributors: [] }) };
    const shown = await submit("terminal:bo", digest, { facts: none });
    const id = String(shown.body["change"]);
    const seen = await world.call("bo", "GET", `/api/v1/changes/${id}`);
    expect(seen.body["mayApprove"]).toBe(false);
    expect((await world.sign("bo", id, "approve")).body["code"]).toBe("NOT_ALLOWED");
  });

  it("approvals under made-up rules do not count where the change lands", async () => {
    const digest = fresh();
    const rule = { ...question().policies[0]?.policy.rules[0], require: [] };
    const policy = { ...question().policies[0]?.policy, rules: [rule] };
    const shown = await submit("dee", digest, { policies: [{ role: "in-force", policy }] });
    const id = String(shown.body["change"]);
    await world.sign("bo", id, "approve");
    await world.sign("cy", id, "approve");
    expect(decisionOf(await gate(digest)).effective).toBe("hold");
  });

  it("takes no enforcement point's place", async () => {
    const digest = fresh();
    const judged = await gate(digest);
    const late = await submit("ana", digest);
    expect([late.status, late.body["code"]]).toEqual([409, "OUT_OF_ORDER"]);
    const id = String(judged.body["change"]);
    const seen = await world.call("ana", "GET", `/api/v1/changes/${id}`);
    expect(seen.body["decision"]).toEqual(judged.body["decision"]);
  });

  it("is for persons; facts of no form are refused", async () => {
    expect((await submit("gate", fresh())).status).toBe(403);
    expect((await submit("nobody", fresh())).status).toBe(401);
    const bad = await submit("ana", fresh(), { facts: { ...facts(), change: 1 } });
    expect(bad.body["code"]).toBe("FACTS_INVALID");
  });

  it("a terminal asks for a statement, and cannot sign without the passkey", async () => {
    const id = String((await submit("ana", fresh())).body["change"]);
    const asked = await world.call("terminal:bo", "POST", `/api/v1/changes/${id}/statements`, {
      decision: "approve",
    });
    expect(asked.body).toMatchObject({ statement: { person: "bo", decision: "approve" } });
    const signing = { nonce: asked.body["nonce"], credential: "AA", clientData: "" };
    const signed = await world.call("terminal:bo", "POST", `/api/v1/changes/${id}/signatures`, {
      ...{ ...signing, authenticatorData: "", signature: "", userHandle: null },
    });
    expect([signed.status, signed.body["code"]]).toEqual([403, "NOT_ALLOWED"]);
  });

  it("lists by outcome, repository and target", async () => {
    const id = String((await submit("ana", fresh())).body["change"]);
    const listed = async (query: string) => {
      const { body } = await world.call("terminal:ana", "GET", `/api/v1/changes?${query}`);
      return (body["changes"] as readonly { readonly id: string }[]).map((one) => one.id);
    };
    expect(await listed("effective=hold&target=refs%2Fheads%2Fmain")).toContain(id);
    expect(await listed("effective=deny")).not.toContain(id);
    expect(await listed("repository=another")).toEqual([]);
  });

  it("TK1 contents come from whoever showed the change, until an enforcement point has judged it", async () => {
    const { path, input, digest } = sent();
    const id = String((await submit("terminal:ana", digest)).body["change"]);
    const send = (as: string) =>
      world.call(as, "POST", `/api/v1/changes/${id}/contents`, { ...input, leftOut: [] });
    expect((await send("terminal:bo")).status).toBe(404);
    const own = await send("terminal:ana");
    expect([own.status, own.body]).toEqual([200, { missing: [sha256Hex(BYTES)] }]);
    const blobs = [Buffer.from(BYTES).toString("base64url")];
    const kept = await world.call("terminal:ana", "POST", `/api/v1/changes/${id}/blobs`, { blobs });
    expect(kept.body).toEqual({ missing: 0 });
    const read = await world.call("bo", "GET", `/api/v1/changes/${id}/contents`);
    expect(read.body).toMatchObject({ missing: [], entries: [{ path }] });
    expect((await submit("terminal:ana", digest)).body["contents"]).toBe("held");
    await gate(digest);
    expect((await send("terminal:ana")).status).toBe(404);
  });
});

const BYTES = new TextEncoder().encode("shown before it is pushed\n");

/** What a change to one file is made of, and the digest that it gives. */
function sent() {
  const path = "rates.txt";
  const entry = { path, oldMode: null, newMode: "100644", oldContent: null };
  const input = {
    entries: [{ ...entry, newContent: sha256Hex(BYTES) }],
    ...{ attributes: [], plan: null, document: null },
  };
  const { repository, target } = question().place;
  return { path, input, digest: changeDigest({ repository, target, ...input }) };
}
