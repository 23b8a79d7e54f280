// SPDX-License-Identifier: Apache-2.0
import { type SoftAuthenticator, softAuthenticator, type Wrong } from "@interlock/testkit";
import { describe, expect, it } from "vitest";
import { ENGINES, storeOf } from "../engines.ts";
import {
  type Answered,
  assertionWith,
  expect200,
  found,
  HOUR,
  MINUTE,
  newWorld,
  signedIn,
  trySignIn,
  type World,
  worldOn,
} from "./world.ts";

const REFUSED = { status: 422, code: "PASSKEY_REFUSED" };

describe.each(ENGINES)("sign-in ($name)", (engine) => {
  const store = storeOf(engine);
  const founded = async () => {
    const at = await newWorld(store());
    const keys = await found(at);
    const { ana, bo, cy } = keys;
    if (!ana || !bo || !cy) throw new Error("a founder is missing");
    return { at, ana, bo, cy };
  };
  const statusOfMe = async (at: World, cookie: string) =>
    (await at.call("GET", "/api/v1/me", { cookie })).status;
  const options = async (at: World) => expect200(await at.call("POST", "/api/v1/sign-in/options"));
  const send = (at: World, body: unknown) => at.call("POST", "/api/v1/sign-in", { body });

  it("WA16 whatever is wrong with a sign-in, status and body are the same", async () => {
    const { at, ana, bo, cy } = await founded();
    const wrong = async (key: SoftAuthenticator, how: Wrong) =>
      await trySignIn(at, key, { wrong: how });
    const stranger = softAuthenticator({});
    const copy = { wrong: { signCount: 0 } };
    const given = await options(at);
    const body = assertionWith(given, bo);
    expect((await send(at, body)).status).toBe(200);
    const cookie = await signedIn(at, cy);
    const credential = Buffer.from(cy.credentialId).toString("base64url");
    const revoking = { credential, reason: "lost" };
    expect200(await at.call("POST", "/api/v1/me/revoke-key", { cookie, body: revoking }));
    const answers: Answered[] = [
      await trySignIn(at, stranger),
      await trySignIn(at, cy),
      await wrong(ana, { clear: 0x04 }),
      await wrong(ana, { clear: 0x01 }),
      await wrong(ana, { rpId: "example.com" }),
      await wrong(ana, { clientData: { origin: "https://evil.example.com" } }),
      await wrong(ana, { clientData: { crossOrigin: true } }),
      await wrong(ana, { type: "webauthn.create" }),
      await wrong(ana, { signature: (bytes) => bytes.map((byte) => byte ^ 1) }),
      await wrong(ana, { credentialId: bo.credentialId }),
      await wrong(ana, { userHandle: bo.userHandle }),
      await wrong(ana, { userHandle: null }),
      await trySignIn(at, bo, copy),
      await send(at, body),
      await send(at, assertionWith({ ...given, nonce: "A".repeat(43) }, ana)),
    ];
    const [first] = answers;
    for (const { status, body } of answers) {
      expect({ status, code: body.code }).toEqual(REFUSED);
      expect(body).toEqual(first?.body);
    }
    for (const { cookie } of answers) expect(cookie).toBeNull();
    const two = await Promise.all([options(at), options(at)]);
    for (const one of two) expect(one.publicKey.allowCredentials).toEqual([]);
  });

  it("WA7 a challenge works once, for five minutes, and for signing in alone (once)", async () => {
    const { at, ana, bo } = await founded();
    const given = await options(at);
    const both = await Promise.all([ana, bo].map((key) => send(at, assertionWith(given, key))));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
    const late = await options(at);
    at.clock.now += 5 * MINUTE;
    expect((await send(at, assertionWith(late, ana))).status).toBe(422);
    const refused = await options(at);
    expect((await send(at, assertionWith(refused, ana, { clear: 0x04 }))).status).toBe(422);
    expect((await send(at, assertionWith(refused, ana))).status).toBe(422);
  });

  it("WA8 a key signs in its own person and nobody else", async () => {
    const { at, ana, bo } = await founded();
    for (const [key, person] of [
      [ana, "ana"],
      [bo, "bo"],
    ] as const)
      expect((await trySignIn(at, key)).body.person).toBe(person);
    const wrong = { userHandle: bo.userHandle };
    expect((await trySignIn(at, ana, { wrong })).status).toBe(422);
  });

  it("WA10 a counter that went back is refused, alerts, and is forgotten by nobody", async () => {
    const { at, ana } = await founded();
    const credential = Buffer.from(ana.credentialId).toString("base64url");
    expect((await trySignIn(at, ana)).status).toBe(200);
    expect((await trySignIn(at, ana, { wrong: { signCount: 2 } })).status).toBe(422);
    expect(at.alerts).toEqual([{ kind: "counter-went-back", credential }]);
    expect((await trySignIn(at, ana)).status).toBe(200);
  });

  it("WA18 nothing but a passkey signs in: no route takes a password or a code", async () => {
    const { at, ana } = await founded();
    for (const more of [{ password: "x" }, { code: "123456" }, { person: "ana" }]) {
      const body = { ...assertionWith(await options(at), ana), ...more };
      expect(await send(at, body)).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
    }
    expect((await send(at, { person: "ana", password: "x" })).status).toBe(400);
    const routes = at.app.printRoutes({ commonPrefix: false });
    expect(routes).not.toMatch(/password|totp|otp|reset|impersonate|login/);
  });

  it("WA20 a model that is not trusted any more signs nobody in, and its sessions are over", async () => {
    const { at, ana } = await founded();
    const cookie = await signedIn(at, ana);
    const later = await worldOn(at.store, { refusedAaguids: ["0".repeat(32)] });
    expect(await statusOfMe(later, cookie)).toBe(401);
    expect((await trySignIn(later, ana)).status).toBe(422);
    expect(await statusOfMe(at, cookie)).toBe(200);
  });

  it("IN5 a key that a superuser swapped opens nothing, and alerts (ledger-maps-keys)", async () => {
    const { at, ana, bo } = await founded();
    const credential = Buffer.from(ana.credentialId).toString("base64url");
    const mine = Buffer.from(bo.credentialId).toString("base64url");
    const rows = await at.store.db.selectFrom("credential").selectAll().execute();
    const indexOf = (id: string) => rows.find((row) => row.id === id)?.enrolment ?? -1;
    const body = at.store.db.selectFrom("ledger_body").where("index", "=", indexOf(credential));
    const { body: text } = await body.select("body").executeTakeFirstOrThrow();
    const key = Buffer.from(bo.publicKey).toString("base64url");
    const swapped = JSON.stringify({ ...JSON.parse(text ?? ""), key });
    const { db } = at.store;
    await db
      .updateTable("ledger_body")
      .set({ body: swapped })
      .where("index", "=", indexOf(credential))
      .execute();
    expect((await trySignIn(at, ana)).status).toBe(422);
    // Bo's key given to ana by its row alone.
    await db.updateTable("credential").set({ person: "ana" }).where("id", "=", mine).execute();
    expect(expect200(await trySignIn(at, bo))).toMatchObject({ person: "bo" });
    expect(at.alerts).toEqual([
      {
        kind: "entry-unproven",
        index: indexOf(credential),
        says: "its body is not its leaf's, or was erased",
      },
    ]);
  });

  it("TK10 a sign-in makes a new session and ends the one it came with", async () => {
    const { at, ana, bo } = await founded();
    const planted = await signedIn(at, bo);
    const answer = await trySignIn(at, ana, { cookie: planted });
    expect(answer.cookie).not.toBeNull();
    expect(answer.cookie).not.toBe(planted);
    expect(await statusOfMe(at, planted)).toBe(401);
    expect(String(answer.headers["set-cookie"])).toMatch(
      /; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200$/,
    );
    const own = "c".repeat(43);
    const fixed = await trySignIn(at, ana, { cookie: own });
    expect(fixed.cookie).not.toBe(own);
    expect(await statusOfMe(at, own)).toBe(401);
  });

  it("TK10 no session outlives sign-out, its listing, or twelve hours of use", async () => {
    const { at, ana, bo } = await founded();
    const [first, second, other] = [
      await signedIn(at, ana),
      await signedIn(at, ana),
      await signedIn(at, bo),
    ];
    const out = await at.call("POST", "/api/v1/sign-out", { cookie: first });
    expect(String(out.headers["set-cookie"])).toMatch(/^__Host-interlock=; .*Max-Age=0$/);
    expect(await statusOfMe(at, first)).toBe(401);
    const { sessions } = expect200(await at.call("GET", "/api/v1/sessions", { cookie: second }));
    expect(sessions).toHaveLength(1);
    const url = `/api/v1/sessions/${sessions[0].session}`;
    const foreign = await at.call("DELETE", url, { cookie: other });
    const unknown = await at.call("DELETE", "/api/v1/sessions/never", { cookie: other });
    expect(foreign).toMatchObject({ status: 404, body: unknown.body });
    expect(await statusOfMe(at, second)).toBe(200);
    expect200(await at.call("DELETE", url, { cookie: second }));
    expect(await statusOfMe(at, second)).toBe(401);
    at.clock.now += 12 * HOUR - 1;
    expect(await statusOfMe(at, other)).toBe(200);
    at.clock.now += 1;
    expect(await statusOfMe(at, other)).toBe(401);
  });

  it("TK10 what was signed in ten minutes ago changes no keys, people or tokens", async () => {
    const { at, ana } = await founded();
    const cookie = await signedIn(at, ana);
    const credential = Buffer.from(ana.credentialId).toString("base64url");
    const token = { name: "ci", repository: "repository-1", verbs: ["gate"] };
    at.clock.now += 10 * MINUTE;
    for (const [url, body] of [
      ["/api/v1/proposals", { kind: "key", reason: "a second one" }],
      ["/api/v1/me/revoke-key", { credential, reason: "lost" }],
      ["/api/v1/tokens", token],
      ["/api/v1/tokens/any/revoke", { reason: "lost" }],
    ] as const)
      expect(await at.call("POST", url, { cookie, body })).toMatchObject({
        status: 401,
        body: { code: "SIGN_IN_NEEDED", detail: "this needs a sign-in of the last 10 minutes" },
      });
    expect(await statusOfMe(at, cookie)).toBe(200);
  });

  it("PX8 two cookies of our name, or a header beside the cookie, are nobody", async () => {
    const { at, ana } = await founded();
    const cookie = await signedIn(at, ana);
    const twice = { cookie: `__Host-interlock=${cookie}; __Host-interlock=${cookie}` };
    expect((await at.call("GET", "/api/v1/me", { headers: twice })).status).toBe(401);
    const headers = { authorization: "Bearer nonsense" };
    expect((await at.call("GET", "/api/v1/me", { cookie, headers })).status).toBe(401);
    expect((await at.call("GET", `/api/v1/me?cookie=${cookie}`)).status).toBe(401);
  });

  it("IN7 no secret of a session, link or token stands in the database", async () => {
    const { at, ana } = await founded();
    const cookie = await signedIn(at, ana);
    const rows = await at.store.db.selectFrom("session").selectAll().execute();
    const raw = Buffer.from(cookie, "base64url");
    const text = JSON.stringify(rows);
    expect(text).not.toContain(cookie);
    for (const { secret_hash } of rows) expect(secret_hash.equals(raw)).toBe(false);
  });
});
