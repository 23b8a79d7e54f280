// SPDX-License-Identifier: Apache-2.0
import { createHmac } from "node:crypto";
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { NO_IDENTITY, readIdentitySettings } from "../../src/index.ts";
import { authenticator } from "../../src/people/authenticate.ts";
import { ENGINES, storeOf } from "../engines.ts";
import { entries, expect200, found, MINUTE, newWorld, type World } from "../people/world.ts";
import { base64url } from "./forger.ts";

const ISSUER = "https://ci.example.com";
const AUDIENCE = "https://interlock.example.com";
const where = { repository_id: "42", ref: ["refs/heads/main", "refs/heads/next"] };
const ALLOW = [
  { repository: "repository-1", verbs: ["check", "read"], lifeMinutes: 10, where },
  {
    ...{ repository: "repository-1", verbs: ["gate"], lifeMinutes: 5 },
    where: { ...where, environment: "production" },
  },
  { repository: "repository-2", verbs: ["read"], where: { repository_id: "43" } },
  { repository: "repository-3", verbs: ["read"], where: { repository_id: "43" } },
];

const GRANT = {
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  subject_token_type: "urn:ietf:params:oauth:token-type:jwt",
};

describe.each(ENGINES)("tokens for runs of CI ($name)", (engine) => {
  const store = storeOf(engine);
  let key: { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };
  let jwk: object;
  const asked: string[] = [];
  const down = { keys: false };
  beforeAll(async () => {
    key = await generateKeyPair("RS256", { extractable: true });
    jwk = { ...(await exportJWK(key.publicKey)), kid: "one", alg: "RS256" };
  });
  const ci: typeof fetch = async (input) => {
    const url = String(input);
    asked.push(url);
    if (url.endsWith("/keys"))
      return down.keys ? new Response("", { status: 500 }) : Response.json({ keys: [jwk] });
    return Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}/keys` });
  };
  const identity = (() => {
    const read = readIdentitySettings(
      { ci: [{ issuer: ISSUER, audience: AUDIENCE, allow: ALLOW }] },
      {},
    );
    if (!read.ok) throw new Error(read.failure.message);
    return read.value;
  })();
  const start = async () => {
    down.keys = false;
    const at = await newWorld(store(), { identity, fetch: ci });
    await found(at);
    return at;
  };
  let run = 0;
  const payload = (at: World, claims: Readonly<Record<string, unknown>> = {}): JWTPayload => {
    const seconds = Math.floor(at.clock.now / 1_000);
    run += 1;
    return {
      ...{ iss: ISSUER, aud: AUDIENCE, sub: "repo:example/shop:ref:refs/heads/main" },
      ...{ jti: `run-${run}`, iat: seconds, exp: seconds + 300 },
      ...{ repository_id: "42", ref: "refs/heads/main" },
      ...claims,
    };
  };
  const signed = async (claims: JWTPayload, signer: CryptoKey = key.privateKey, kid = "one") =>
    await new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid }).sign(signer);
  const exchange = async (at: World, subject_token: string, more: object = {}) =>
    await at.call("POST", "/api/v1/tokens/exchange", {
      body: { ...GRANT, subject_token, ...more },
    });
  const actor = async (at: World, secret: string, terms = at.terms) =>
    await authenticator(terms)({
      headers: { authorization: `Bearer ${secret}` },
    } as Parameters<ReturnType<typeof authenticator>>[0]);

  it("gives a token for one repository and its verbs, for minutes, and records the run", async () => {
    const at = await start();
    const jwt = await signed(payload(at, { jti: "the-run" }));
    const given = expect200(await exchange(at, jwt));
    expect(given).toMatchObject({ token_type: "Bearer", expires_in: 600, scope: "check read" });
    const known = { kind: "token", repository: "repository-1", verbs: ["check", "read"] };
    expect(await actor(at, given.access_token)).toMatchObject(known);
    expect((await entries(at)).at(-1)).toMatchObject({
      kind: "exchange",
      body: {
        issuer: ISSUER,
        run: "the-run",
        repository: "repository-1",
        verbs: ["check", "read"],
      },
    });
    const rows = await at.store.db.selectFrom("exchanged_token").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(given.access_token.slice(4));
    const without = { ...at.terms, identity: NO_IDENTITY };
    expect(await actor(at, given.access_token, without)).toEqual({ kind: "nobody" });
    at.clock.now += 10 * MINUTE;
    expect(await actor(at, given.access_token)).toEqual({ kind: "nobody" });
  });

  it("gives what all rules that fit give, no longer than the shortest, or what is asked of it", async () => {
    const at = await start();
    const production = async () => await signed(payload(at, { environment: "production" }));
    const all = expect200(await exchange(at, await production()));
    expect(all).toMatchObject({ expires_in: 300, scope: "check gate read" });
    const one = expect200(await exchange(at, await production(), { scope: "gate" }));
    expect(one.scope).toBe("gate");
    const both = await signed(payload(at, { repository_id: "43" }));
    expect((await exchange(at, both)).body.detail).toContain("several repositories");
    const named = expect200(await exchange(at, both, { audience: "repository-3" }));
    expect(await actor(at, named.access_token)).toMatchObject({ repository: "repository-3" });
  });

  it("TK3 what was shown once is refused the second time, also at the same moment (assertion-once)", async () => {
    const at = await start();
    const jwt = await signed(payload(at));
    const both = await Promise.all([exchange(at, jwt), exchange(at, jwt)]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 422]);
    at.clock.now += 5 * MINUTE;
    expect((await exchange(at, jwt)).body.detail).toContain("exchanged before");
    at.clock.now += 2 * MINUTE;
    expect((await exchange(at, jwt)).body.detail).toContain("exp");
  });

  const WRONG: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    ["another audience", { aud: "https://other.example.com" }, "exactly its audience"],
    ["several audiences", { aud: [AUDIENCE, "https://other.example.com"] }, "exactly its audience"],
    ["another issuer", { iss: "https://ci.example.org" }, "exactly its audience"],
    ["an issuer with a slash more", { iss: `${ISSUER}/` }, "exactly its audience"],
    ["a fork", { repository_id: "99" }, "no rule fits"],
    [
      "the name of the repository alone",
      { repository_id: undefined, repository: "42" },
      "no rule fits",
    ],
    ["a number for the repository", { repository_id: 42 }, "no rule fits"],
    ["a list for the repository", { repository_id: ["42"] }, "no rule fits"],
    ["another ref", { ref: "refs/pull/7/merge" }, "no rule fits"],
    ["a ref that only begins like it", { ref: "refs/heads/main2" }, "no rule fits"],
    ["no run", { jti: undefined }, "jti"],
    ["no subject", { sub: undefined }, "sub"],
    ["no expiry", { exp: undefined }, "exp"],
    ["an old one", { iat: 1, exp: 4e9 }, "too far in the past"],
    ["one that is to come", { nbf: 4e9 }, "nbf"],
  ];
  it.each(WRONG)("TK3 refuses a run with %s", async (_name, claims, says) => {
    const at = await start();
    const refused = await exchange(at, await signed(payload(at, claims)));
    expect(refused).toMatchObject({ status: 422, body: { code: "ISSUER_REFUSED" } });
    expect(refused.body.detail).toContain(says);
  });

  it("TK2 no verb comes from asking, and none of them approves or provisions", async () => {
    const at = await start();
    for (const scope of ["gate", "scim", "check gate", "approve", "CHECK"])
      expect((await exchange(at, await signed(payload(at)), { scope })).status, scope).toBe(422);
    expect((await exchange(at, await signed(payload(at)), { scope: " " })).status).toBe(422);
    const jwt = await signed(payload(at));
    expect((await exchange(at, jwt, { audience: "repository-2" })).status).toBe(422);
  });

  it("TK3 refuses what is signed by nobody, by a stranger, or with the public key as a secret", async () => {
    const at = await start();
    const claims = payload(at);
    const stranger = await generateKeyPair("RS256");
    const hmac = `${base64url({ alg: "HS256", kid: "one" })}.${base64url(claims)}`;
    const mac = createHmac("sha256", JSON.stringify(jwk)).update(hmac).digest("base64url");
    const tokens = [
      `${base64url({ alg: "none" })}.${base64url(claims)}.`,
      `${hmac}.${mac}`,
      await signed(claims, stranger.privateKey),
      "not.a.token",
      "x",
    ];
    for (const token of tokens)
      expect(await exchange(at, token)).toMatchObject({
        status: 422,
        body: { code: "ISSUER_REFUSED" },
      });
  });

  it("PX9 keys that are not known are looked for once in a while, not at every attempt", async () => {
    const at = await start();
    expect200(await exchange(at, await signed(payload(at))));
    const before = asked.length;
    for (let i = 0; i < 20; i++)
      expect((await exchange(at, await signed(payload(at), key.privateKey, `k${i}`))).status).toBe(
        422,
      );
    expect(asked.length - before).toBeLessThanOrEqual(1);
  });

  it("says that the issuer is away, and gives nothing", async () => {
    const at = await start();
    down.keys = true;
    expect(await exchange(at, await signed(payload(at)))).toMatchObject({ status: 503 });
  });

  it("takes a form as well, PX8 but no field twice", async () => {
    const at = await start();
    const send = async (form: string) =>
      await at.app.inject({
        ...{ method: "POST", url: "/api/v1/tokens/exchange", payload: form },
        headers: { "content-type": "application/x-www-form-urlencoded" },
      });
    const form = new URLSearchParams({ ...GRANT, subject_token: await signed(payload(at)) });
    const twice = `${form}&subject_token=x`;
    expect((await send(twice)).statusCode).toBe(400);
    expect((await send(`${form}&role=admin`)).statusCode).toBe(400);
    expect((await send(String(form))).statusCode).toBe(200);
  });
});
