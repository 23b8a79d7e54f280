// SPDX-License-Identifier: Apache-2.0
import { createHmac } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { ENGINES, storeOf } from "../engines.ts";
import { expect200, found, newWorld, type World } from "../people/world.ts";
import { type Begun, begin, CALLBACK, comeBack, settings } from "./browser.ts";
import { base64url, type Forger, type Forgery, forger } from "./forger.ts";
import { CLIENT } from "./provider.ts";

describe("what a dishonest issuer answers", () => {
  const [embedded] = ENGINES;
  if (embedded === undefined) throw new Error("no engine");
  const store = storeOf(embedded);
  let at: World;
  let evil: Forger;
  beforeAll(async () => {
    evil = await forger();
    at = await newWorld(store(), {
      identity: settings(evil.issuer, { emailDomains: [], groups: undefined }),
      fetch,
    });
    at.clock.now = Date.now();
    await found(at);
    const account = `oidc:${evil.issuer}#Ana-1`;
    await at.store.db.insertInto("person_account").values({ account, person: "ana" }).execute();
    return () => evil.close();
  });
  const answer = async (
    forgery: Forgery,
    change: (back: URL, begun: Begun) => void = () => undefined,
  ) => {
    // The issuer dates its answers by the clock of the machine.
    at.clock.now = Date.now();
    const begun = await begin(at);
    evil.state.forgery = forgery;
    evil.state.nonce = begun.url.searchParams.get("nonce") ?? "";
    const back = new URL(CALLBACK);
    back.searchParams.set("code", "a-code");
    back.searchParams.set("state", begun.url.searchParams.get("state") ?? "");
    back.searchParams.set("iss", evil.issuer);
    change(back, begun);
    return await comeBack(at, back.href, { flow: begun.flow });
  };
  const seconds = () => Math.floor(Date.now() / 1_000);

  it("asks with PKCE, state and nonce, and takes a sound answer", async () => {
    const { url } = await begin(at);
    const asked = Object.fromEntries(url.searchParams);
    expect(asked).toMatchObject({
      ...{ response_type: "code", code_challenge_method: "S256", redirect_uri: CALLBACK },
      ...{ client_id: CLIENT.id, scope: "openid profile" },
    });
    for (const name of ["state", "nonce", "code_challenge"])
      expect(asked[name]).toMatch(/^[\w-]{43}$/);
    expect((await answer({})).status).toBe(200);
    expect((await answer({ claims: { aud: ["interlock"] } })).status).toBe(200);
    expect((await answer({ claims: { aud: ["interlock", "x"], azp: "interlock" } })).status).toBe(
      200,
    );
    expect((await answer({ claims: { exp: seconds() - 10 } })).status, "clock skew").toBe(200);
  });

  const CASES: readonly (readonly [string, string, Forgery])[] = [
    ["another nonce", "&quot;nonce&quot; claim value", { claims: { nonce: "another" } }],
    ["no nonce", "claim missing", { without: "nonce" }],
    ["expired", "expiration is past", { claims: { exp: seconds() - 120 } }],
    ["no expiry", "claim missing", { without: "exp" }],
    [
      "issued in the future",
      "issued in the future",
      { claims: { iat: seconds() + 7_200, exp: seconds() + 9_000 } },
    ],
    ["another audience", "(audience) claim value", { claims: { aud: "somebody-else" } }],
    [
      "several audiences and no authorized party",
      "additional untrusted audiences",
      { claims: { aud: ["interlock", "x"] } },
    ],
    [
      "another authorized party",
      "(authorized party) claim value",
      { claims: { aud: ["interlock", "x"], azp: "x" } },
    ],
    ["another issuer", "(issuer) claim value", { claims: { iss: "https://id.example.org" } }],
    ["no subject", "claim missing", { without: "sub" }],
    ["a subject with a line feed", "no account can have", { claims: { sub: "Ana-1\n" } }],
    ["a subject in other letters", "nobody active here", { claims: { sub: "ana-1" } }],
    [
      "at_hash of another access token",
      "another access token",
      { claims: { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" } },
    ],
    [
      "signed by a key that the issuer does not publish",
      "signature verification failed",
      { strange: true },
    ],
    [
      "alg none",
      "unsupported JWS",
      { token: (payload) => `${base64url({ alg: "none" })}.${base64url(payload)}.` },
    ],
    [
      "HS256 with the public key as the secret",
      "unsupported JWS",
      {
        token: (payload, jwk) => {
          const signed = `${base64url({ alg: "HS256", kid: "one" })}.${base64url(payload)}`;
          const mac = createHmac("sha256", JSON.stringify(jwk)).update(signed).digest("base64url");
          return `${signed}.${mac}`;
        },
      },
    ],
    [
      "HS256 with the client's secret",
      "unsupported JWS",
      {
        token: (payload) => {
          const signed = `${base64url({ alg: "HS256" })}.${base64url(payload)}`;
          return `${signed}.${createHmac("sha256", CLIENT.secret).update(signed).digest("base64url")}`;
        },
      },
    ],
    ["no token at all", "must not be empty", { token: () => "" }],
  ];

  it.each(CASES)("TK3 refuses an id_token: %s", async (_name, reason, forgery) => {
    const refused = await answer(forgery);
    expect(refused).toMatchObject({ status: 422, cookie: null });
    expect(refused.text).toContain(reason);
  });

  it.each<readonly [string, string, (back: URL) => void]>([
    [
      "another state",
      "unexpected &quot;state&quot;",
      (back) => back.searchParams.set("state", "another"),
    ],
    ["no state", "&quot;state&quot; missing", (back) => back.searchParams.delete("state")],
    ["PX8 two states", "only once", (back) => back.searchParams.append("state", "another")],
    ["PX8 two codes", "only once", (back) => back.searchParams.append("code", "another")],
    [
      "the name of another issuer (mix-up)",
      "unexpected &quot;iss&quot;",
      (back) => back.searchParams.set("iss", "https://id.example.org"),
    ],
    [
      "no name of the issuer, who promised one (mix-up)",
      "(issuer) missing",
      (back) => back.searchParams.delete("iss"),
    ],
    ["an error", "is an error", (back) => back.searchParams.set("error", "access_denied")],
  ])("TK3 refuses an address with %s", async (_name, reason, change) => {
    const refused = await answer({}, change);
    expect(refused).toMatchObject({ status: 422, cookie: null });
    expect(refused.text).toContain(reason);
  });

  it("an answer at another issuer's address is refused (mix-up)", async () => {
    const refused = await answer({}, (back) => {
      back.pathname = "/sign-in/callback/other";
    });
    expect(refused.status).toBe(404);
  });

  it("shows nothing of what an issuer writes as a page of ours", async () => {
    const refused = await answer({}, (back) => {
      back.searchParams.set("error", "<script>alert(1)</script>");
    });
    expect(refused.text).not.toContain("<script>");
  });

  it("takes new keys of the issuer, and does not ask for them at every token that names one", async () => {
    expect((await answer({})).status).toBe(200);
    const before = evil.state.keysFetched;
    for (let i = 0; i < 5; i++) expect((await answer({ token: strangeKid })).status).toBe(422);
    expect(evil.state.keysFetched - before).toBeLessThanOrEqual(1);
  });
  const strangeKid = (payload: object) =>
    `${base64url({ alg: "RS256", kid: "unknown" })}.${base64url(payload)}.AAAA`;
});

describe("an issuer that does not answer as it should", () => {
  const [embedded] = ENGINES;
  if (embedded === undefined) throw new Error("no engine");
  const store = storeOf(embedded);
  const issuer = "https://id.example.com";
  const json =
    (body: object, init: ResponseInit = {}) =>
    () =>
      Promise.resolve(Response.json(body, init));
  const description = {
    ...{ issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t` },
    jwks_uri: `${issuer}/k`,
  };
  it.each<readonly [string, () => Promise<Response>, number]>([
    ["a sound description", json(description), 200],
    ["the description of another issuer", json({ ...description, issuer: `${issuer}/x` }), 503],
    ["a redirect", () => Promise.resolve(Response.redirect("https://example.org/", 302)), 503],
    ["a description of two megabytes", json({ ...description, x: "x".repeat(2 << 20) }), 503],
    ["no answer", () => Promise.reject(new TypeError("fetch failed")), 503],
    ["an error", json({}, { status: 500 }), 503],
  ])("%s", async (_name, fetch, status) => {
    const at = await newWorld(store(), { identity: settings(issuer), fetch });
    await found(at);
    const answer = await at.call("POST", "/api/v1/sign-in/issuers/example");
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    if (status !== 200) expect(answer.body.code).toBe("ISSUER_UNREACHABLE");
    expect(expect200(await at.call("GET", "/api/v1/sign-in/issuers")).issuers).toEqual([
      { name: "example", title: "Example ID" },
    ]);
    expect((await at.call("POST", "/api/v1/sign-in/issuers/other")).status).toBe(404);
  });
});
