// SPDX-License-Identifier: Apache-2.0
import type { SoftAuthenticator } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { ENGINES, storeOf } from "../engines.ts";
import {
  assertionWith,
  endorse,
  entries,
  expect200,
  found,
  HOUR,
  newWorld,
  propose,
  registerAt,
  signedIn,
  trySignIn,
  type World,
} from "./world.ts";

type By = { readonly cookie: string; readonly key: SoftAuthenticator };

const idOf = (key: SoftAuthenticator) => Buffer.from(key.credentialId).toString("base64url");
const DEE = {
  ...{ kind: "person", person: "dee", name: "Dee", accounts: ["email:dee@example.com"] },
  reason: "joins the shop",
};

describe.each(ENGINES)("proposals ($name)", (engine) => {
  const store = storeOf(engine);
  const founded = async () => {
    const at = await newWorld(store());
    const { ana, bo, cy } = await found(at);
    if (!ana || !bo || !cy) throw new Error("a founder is missing");
    const as = async (key: SoftAuthenticator): Promise<By> => ({
      cookie: await signedIn(at, key),
      key,
    });
    return { at, as, ana: await as(ana), bo: await as(bo), cy: await as(cy) };
  };
  const newEntries = async (at: World) => (await entries(at)).slice(7);
  const refusedTo = (answer: { status: number; body: { code: string } }) => [
    answer.status,
    answer.body.code,
  ];

  it("WA14 a further key takes an existing key, a second person and a cool-down, with an entry", async () => {
    const { at, as, ana, bo, cy } = await founded();
    const { id, secret } = await propose(at, ana.cookie, { kind: "key", reason: "a second one" });
    expect(refusedTo(await endorse(at, bo, id))).toEqual([409, "OUT_OF_ORDER"]);
    const key = await registerAt(at, secret);
    expect((await trySignIn(at, key)).status).toBe(422);
    expect(expect200(await endorse(at, bo, id))).toMatchObject({ state: "open" });
    // Two others are not enough: a key that works has to vouch for its owner.
    expect(expect200(await endorse(at, cy, id))).toMatchObject({ state: "open" });
    expect(await newEntries(at)).toEqual([]);
    expect(expect200(await endorse(at, ana, id))).toMatchObject({ state: "done" });
    const [agreement, entry, ...more] = await newEntries(at);
    expect(agreement).toMatchObject({ kind: "agreement", body: { about: "key", by: "ana" } });
    const usableFrom = at.clock.now + 24 * HOUR;
    expect(entry).toMatchObject({
      kind: "enrolment",
      body: { person: "ana", basis: "endorsed", endorsedBy: ["bo", "cy"], usableFrom },
    });
    expect(more).toEqual([]);
    // It signs in, and can do nothing that a slipped-in key would be used for.
    const cooling = await as(key);
    const other = await propose(at, ana.cookie, DEE);
    await registerAt(at, other.secret);
    for (const [url, body] of [
      ["/api/v1/proposals", DEE],
      ["/api/v1/me/revoke-key", { credential: idOf(ana.key), reason: "lost" }],
      ["/api/v1/tokens", { name: "ci", repository: "r", verbs: ["gate"] }],
    ] as const)
      expect(refusedTo(await at.call("POST", url, { cookie: cooling.cookie, body }))).toEqual([
        403,
        "NOT_ALLOWED",
      ]);
    const third = await propose(at, bo.cookie, { ...DEE, person: "eve", accounts: [] });
    await registerAt(at, third.secret);
    expect(refusedTo(await endorse(at, cooling, third.id))).toEqual([422, "PASSKEY_REFUSED"]);
    at.clock.now = usableFrom;
    const warm = await as(key);
    const body = { kind: "key", reason: "a third one" };
    expect((await at.call("POST", "/api/v1/proposals", { cookie: warm.cookie, body })).status).toBe(
      200,
    );
  });

  it("a new person: signed by two, over exactly the registered keys", async () => {
    const { at, as, ana, bo, cy } = await founded();
    const { id, secret } = await propose(at, ana.cookie, DEE);
    const key = await registerAt(at, secret);
    const options = expect200(
      await at.call("POST", `/api/v1/proposals/${id}/options`, { cookie: bo.cookie }),
    );
    // WA7: a key that is put in between the look and the signature is not what was signed.
    await registerAt(at, secret);
    const body = assertionWith(options, bo.key);
    const url = `/api/v1/proposals/${id}/endorse`;
    expect(refusedTo(await at.call("POST", url, { cookie: bo.cookie, body }))).toEqual([
      422,
      "PASSKEY_REFUSED",
    ]);
    expect(expect200(await endorse(at, ana, id))).toMatchObject({ state: "open" });
    expect(expect200(await endorse(at, cy, id))).toMatchObject({
      state: "done",
      endorsedBy: ["ana", "cy"],
    });
    const written = await newEntries(at);
    expect(written.map(({ kind }) => kind)).toEqual([
      ...["agreement", "person", "enrolment", "enrolment"],
    ]);
    for (const { body } of written.slice(2))
      expect(body).toMatchObject({ person: "dee", endorsedBy: ["ana", "cy"] });
    expect(written[1]?.body).toMatchObject({ active: true, by: ["ana", "cy"] });
    expect((await as(key)).cookie).toHaveLength(43);
    expect((await at.call("GET", "/api/v1/invitation", { bearer: secret })).status).toBe(401);
    expect((await endorse(at, bo, id)).status).toBe(404);
  });

  it("WA7 an endorsement is good once, for its person, its proposal and five minutes", async () => {
    const { at, ana, bo, cy } = await founded();
    const revoking = { kind: "revocation", credential: idOf(cy.key), reason: "laptop stolen" };
    const one = await propose(at, ana.cookie, revoking);
    const two = await propose(at, ana.cookie, { ...revoking, reason: "another" });
    const optionsOf = async (id: string, by: By) =>
      expect200(await at.call("POST", `/api/v1/proposals/${id}/options`, { cookie: by.cookie }));
    const send = async (id: string, by: By, body: unknown) =>
      (await at.call("POST", `/api/v1/proposals/${id}/endorse`, { cookie: by.cookie, body }))
        .status;
    const given = async () => assertionWith(await optionsOf(one.id, bo), bo.key);
    expect(await send(two.id, bo, await given())).toBe(422);
    expect(await send(one.id, ana, await given())).toBe(422);
    const late = await given();
    at.clock.now += 5 * 60_000;
    expect(await send(one.id, bo, late)).toBe(422);
    const signIn = expect200(await at.call("POST", "/api/v1/sign-in/options"));
    expect(await send(one.id, bo, assertionWith(signIn, bo.key))).toBe(422);
    const good = await given();
    expect(await send(one.id, bo, good)).toBe(200);
    expect(await send(one.id, bo, good)).toBe(422);
    // WA8: bo's session with ana's key.
    expect(await send(two.id, bo, assertionWith(await optionsOf(two.id, bo), ana.key))).toBe(422);
    expect(await newEntries(at)).toEqual([]);
  });

  it("IN1 nobody counts twice, nor for what is about themself", async () => {
    const { at, ana, bo, cy } = await founded();
    const revoking = { kind: "revocation", credential: idOf(cy.key), reason: "laptop stolen" };
    const { id } = await propose(at, ana.cookie, revoking);
    expect(expect200(await endorse(at, ana, id))).toMatchObject({ state: "open" });
    expect(refusedTo(await endorse(at, ana, id))).toEqual([409, "OUT_OF_ORDER"]);
    expect(refusedTo(await endorse(at, cy, id))).toEqual([403, "NOT_ALLOWED"]);
    expect((await at.call("DELETE", `/api/v1/proposals/${id}`, { cookie: cy.cookie })).status).toBe(
      404,
    );
    expect(await newEntries(at)).toEqual([]);
    expect((await at.call("GET", "/api/v1/me", { cookie: cy.cookie })).status).toBe(200);
    expect(expect200(await endorse(at, bo, id))).toMatchObject({ state: "done" });
    expect((await newEntries(at)).map(({ kind, body }) => [kind, body.by])).toEqual([
      ["agreement", "ana"],
      ["revocation", ["ana", "bo"]],
    ]);
    expect((await at.call("GET", "/api/v1/me", { cookie: cy.cookie })).status).toBe(401);
    expect((await trySignIn(at, cy.key)).status).toBe(422);
  });

  it("WA15 a recovery by one is impossible; by two it revokes what was lost", async () => {
    const { at, as, ana, bo, cy } = await founded();
    const recovery = { kind: "recovery", person: "cy", reason: "lost the bag" };
    const own = await at.call("POST", "/api/v1/proposals", { cookie: cy.cookie, body: recovery });
    expect(refusedTo(own)).toEqual([403, "NOT_ALLOWED"]);
    const { id, secret } = await propose(at, ana.cookie, recovery);
    const key = await registerAt(at, secret);
    expect(expect200(await endorse(at, ana, id))).toMatchObject({ state: "open", needed: 2 });
    const late = await at.call("POST", "/api/v1/invitation/options", { bearer: secret });
    expect(refusedTo(late)).toEqual([409, "OUT_OF_ORDER"]);
    expect((await trySignIn(at, key)).status).toBe(422);
    expect(expect200(await endorse(at, bo, id))).toMatchObject({ state: "done" });
    const written = await newEntries(at);
    expect(written.map(({ kind }) => kind)).toEqual(["agreement", "revocation", "enrolment"]);
    expect(written[2]?.body).toMatchObject({
      ...{ person: "cy", basis: "recovery", endorsedBy: ["ana", "bo"] },
      usableFrom: at.clock.now + 24 * HOUR,
    });
    expect((await at.call("GET", "/api/v1/me", { cookie: cy.cookie })).status).toBe(401);
    expect((await trySignIn(at, cy.key)).status).toBe(422);
    expect((await as(key)).cookie).toHaveLength(43);
  });

  it("WA15 the owner stops a recovery that they did not ask for", async () => {
    const { at, ana, bo, cy } = await founded();
    const { id } = await propose(at, ana.cookie, {
      kind: "recovery",
      person: "cy",
      reason: "lost",
    });
    expect200(await at.call("DELETE", `/api/v1/proposals/${id}`, { cookie: cy.cookie }));
    expect((await endorse(at, bo, id)).status).toBe(404);
  });

  it("a key is revoked by its owner alone, at once, with its sessions", async () => {
    const { at, ana, bo } = await founded();
    const body = { credential: idOf(ana.key), reason: "laptop stolen" };
    const foreign = await at.call("POST", "/api/v1/me/revoke-key", { cookie: bo.cookie, body });
    const never = { ...body, credential: "bmV2ZXItZW5yb2xsZWQ" };
    const unknown = { cookie: bo.cookie, body: never };
    expect(foreign).toMatchObject({
      status: 404,
      body: (await at.call("POST", "/api/v1/me/revoke-key", unknown)).body,
    });
    expect200(await at.call("POST", "/api/v1/me/revoke-key", { cookie: ana.cookie, body }));
    expect((await at.call("GET", "/api/v1/me", { cookie: ana.cookie })).status).toBe(401);
    expect((await newEntries(at)).map(({ kind, body }) => [kind, body.by])).toEqual([
      ["revocation", ["ana"]],
    ]);
  });

  it("IN1 who somebody is changes by two persons only; sessions and tokens end with it", async () => {
    const { at, as, ana, bo, cy } = await founded();
    const added = await propose(at, ana.cookie, DEE);
    const dee = await registerAt(at, added.secret);
    expect200(await endorse(at, bo, added.id));
    expect200(await endorse(at, cy, added.id));
    at.clock.now += 24 * HOUR;
    const [ana2, bo2, dee2] = [await as(ana.key), await as(bo.key), await as(dee)];
    const make = { name: "ci", repository: "repository-1", verbs: ["gate"] };
    expect200(await at.call("POST", "/api/v1/tokens", { cookie: dee2.cookie, body: make }));
    const leave = {
      ...{ kind: "change", person: "dee", name: "Dee", active: false },
      ...{ accounts: ["email:dee@example.com", "github:dee"], reason: "left" },
    };
    const { id } = await propose(at, ana2.cookie, leave);
    expect(expect200(await endorse(at, ana2, id))).toMatchObject({ state: "open" });
    expect(refusedTo(await endorse(at, dee2, id))).toEqual([403, "NOT_ALLOWED"]);
    expect200(await endorse(at, bo2, id));
    expect((await at.call("GET", "/api/v1/me", { cookie: dee2.cookie })).status).toBe(401);
    expect((await trySignIn(at, dee)).status).toBe(422);
    const { tokens } = expect200(await at.call("GET", "/api/v1/tokens", { cookie: ana2.cookie }));
    expect(tokens).toEqual([]);
    const written = (await newEntries(at)).slice(4);
    expect(written.map(({ kind, body }) => [kind, body.by])).toEqual([
      ["agreement", "ana"],
      ["person", ["ana", "bo"]],
      ["token-revoked", ["ana", "bo"]],
    ]);
    const back = await propose(at, bo2.cookie, { ...leave, active: true, reason: "came back" });
    expect200(await endorse(at, bo2, back.id));
    expect200(await endorse(at, ana2, back.id));
    expect((await at.call("GET", "/api/v1/me", { cookie: dee2.cookie })).status).toBe(401);
    expect((await trySignIn(at, dee)).status).toBe(200);
    expect(cy.key.credentialId).toHaveLength(32);
  });

  it("an account is one person's, however it is asked for", async () => {
    const { at, ana, bo, cy } = await founded();
    const taken = { ...DEE, accounts: ["github:ana"] };
    const body = { cookie: bo.cookie, body: taken };
    const refused = await at.call("POST", "/api/v1/proposals", body);
    expect(refusedTo(refused)).toEqual([409, "OUT_OF_ORDER"]);
    expect(refused.body.detail).toBe("the account `github:ana` is `ana`'s");
    // Two proposals for one account: the second is looked at again when it is carried out.
    const one = await propose(at, ana.cookie, DEE);
    const two = await propose(at, ana.cookie, { ...DEE, person: "eve" });
    await registerAt(at, one.secret);
    await registerAt(at, two.secret);
    for (const { id } of [one, two]) expect200(await endorse(at, ana, id));
    expect200(await endorse(at, bo, one.id));
    expect(refusedTo(await endorse(at, cy, two.id))).toEqual([409, "OUT_OF_ORDER"]);
    expect((await newEntries(at)).map(({ kind }) => kind)).toEqual([
      ...["agreement", "person", "enrolment"],
    ]);
  });

  it("of two who endorse at once, one carries it out, and once", async () => {
    const { at, ana, bo, cy } = await founded();
    const { id, secret } = await propose(at, ana.cookie, DEE);
    await registerAt(at, secret);
    expect200(await endorse(at, ana, id));
    const both = await Promise.all([bo, cy].map((by) => endorse(at, by, id)));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 404]);
    expect((await newEntries(at)).map(({ kind }) => kind)).toEqual([
      ...["agreement", "person", "enrolment"],
    ]);
  });

  it("what would leave fewer than two persons is refused, and proposals expire", async () => {
    const { at, as, ana, bo, cy } = await founded();
    const off = (person: string) => ({
      ...{ kind: "change", person, name: person, active: false, accounts: [], reason: "left" },
    });
    const first = await propose(at, ana.cookie, off("cy"));
    for (const by of [ana, bo]) expect200(await endorse(at, by, first.id));
    const second = await at.call("POST", "/api/v1/proposals", {
      cookie: ana.cookie,
      body: off("bo"),
    });
    expect(refusedTo(second)).toEqual([409, "OUT_OF_ORDER"]);
    const { id, secret } = await propose(at, ana.cookie, DEE);
    await registerAt(at, secret);
    at.clock.now += 72 * HOUR;
    const later = await as(bo.key);
    expect((await endorse(at, later, id)).status).toBe(404);
    expect((await at.call("GET", "/api/v1/invitation", { bearer: secret })).status).toBe(401);
    expect((await trySignIn(at, cy.key)).status).toBe(422);
  });

  it("what somebody proposed before they left is not carried out", async () => {
    const { at, ana, bo, cy } = await founded();
    const added = await propose(at, bo.cookie, DEE);
    await registerAt(at, added.secret);
    const off = { kind: "change", person: "bo", name: "Bo", active: false, accounts: [] };
    const leave = await propose(at, ana.cookie, { ...off, reason: "left" });
    expect200(await endorse(at, ana, added.id));
    for (const by of [ana, cy]) expect200(await endorse(at, by, leave.id));
    expect(refusedTo(await endorse(at, cy, added.id))).toEqual([409, "OUT_OF_ORDER"]);
  });
});
