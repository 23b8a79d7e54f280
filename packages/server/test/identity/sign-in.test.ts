// SPDX-License-Identifier: Apache-2.0
import { isUnknown } from "@interlock/core";
import { ENDPOINTS } from "@interlock/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { joinPeople, NO_IDENTITY, ownTeams, peopleFacts } from "../../src/index.ts";
import { ENGINES, storeOf } from "../engines.ts";
import {
  endorse,
  entries,
  expect200,
  found,
  HOUR,
  newWorld,
  propose,
  signedIn,
  worldOn,
} from "../people/world.ts";
import { begin, CALLBACK, comeBack, settings } from "./browser.ts";
import { browse, type RealProvider, realProvider } from "./provider.ts";

describe.each(ENGINES)("sign-in by OpenID Connect ($name)", (engine) => {
  const store = storeOf(engine);
  const open: { close: () => Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  const real = async (given: { thin?: boolean; more?: object } = {}) => {
    const provider: RealProvider = await realProvider(CALLBACK, given);
    open.push(provider);
    const identity = settings(provider.issuer, given.more);
    const at = await newWorld(store(), { identity, fetch });
    at.clock.now = Date.now();
    const keys = await found(at);
    const enter = async (account: RealProvider["says"]["account"]) => {
      provider.says.account = account;
      const { url, flow } = await begin(at);
      const back = await browse(url.href, CALLBACK);
      return { ...(await comeBack(at, back, { flow })), back, flow };
    };
    return { at, keys, provider, enter, identity };
  };
  const ANA = { sub: "00uAna", email: "Ana@example.com", email_verified: true };

  it("signs in whom a declared account names, and such a session reads and changes nothing", async () => {
    const { at, keys, provider, enter } = await real();
    const ana = await signedIn(at, keys["ana"]);
    const bo = await signedIn(at, keys["bo"]);
    const accounts = [`oidc:${provider.issuer}#00uBo`, "email:bo@example.com"];
    const change = { kind: "change", person: "bo", name: "Bo", active: true, accounts };
    const { id } = await propose(at, ana, { ...change, reason: "signs in at Example" });
    const cy = await signedIn(at, keys["cy"]);
    expect200(await endorse(at, { cookie: cy, key: keys["cy"] }, id));
    expect200(await endorse(at, { cookie: ana, key: keys["ana"] }, id));
    const inside = await enter({ sub: "00uBo" });
    expect(inside).toMatchObject({ status: 200 });
    expect(inside.text).toContain(`content="0;url=/"`);
    const cookie = inside.cookie ?? "";
    const me = expect200(await at.call("GET", "/api/v1/me", { cookie }));
    expect(me).toMatchObject({ person: "bo", issuer: provider.issuer, usableFrom: null });
    expect(me.freshUntil).toBe(at.clock.now);
    expect200(await at.call("GET", "/api/v1/people", { cookie }));
    const more = { kind: "key", reason: "one more" };
    expect(await at.call("POST", "/api/v1/proposals", { cookie, body: more })).toMatchObject({
      status: 403,
      body: { code: "NOT_ALLOWED" },
    });
    // A passkey in the request counts whoever the session is by: nothing is taken from the issuer.
    const { id: next } = await propose(at, ana, {
      ...change,
      person: "cy",
      name: "Cy",
      accounts: ["email:cy@example.com"],
      reason: "same",
    });
    expect200(await endorse(at, { cookie, key: keys["bo"] }, next));
    expect(
      await endorse(at, { cookie: inside.cookie ?? "", key: keys["ana"] }, next),
    ).toMatchObject({ status: 409 });
    const sessions = expect200(await at.call("GET", "/api/v1/sessions", { cookie: bo })).sessions;
    expect(sessions.map((one: { issuer: string | null }) => one.issuer)).toContain(provider.issuer);
    expect200(await at.call("POST", "/api/v1/sign-out", { cookie }));
    expect((await at.call("GET", "/api/v1/me", { cookie })).status).toBe(401);
  });

  it("IN6 no endpoint but those that want a passkey themselves changes anything for such a session", async () => {
    const { at, enter } = await real();
    const { cookie } = await enter(ANA);
    const own = ["askToSign", "sign", "endorsementOptions", "endorse", "signOut", "endSession"];
    // Whoever is signed in stops what goes wrong, and takes it back to what is proven. by (halt-wins, never-stuck)
    const stopping = ["planRollout", "pauseRollout", "haltRollout", "sendRolloutBack"];
    const open = ENDPOINTS.filter(({ anyMeans }) => anyMeans).map(({ id }) => id);
    expect(open.sort()).toEqual([...own, ...stopping].sort());
    for (const { access, anyMeans, method, path, id } of ENDPOINTS) {
      if (access !== "session" && access !== "person") continue;
      if (anyMeans || method === "GET") continue;
      if (!at.app.hasRoute({ method, url: path })) continue;
      const url = path.replace(/:[a-z]+/g, "x");
      const answer = await at.call(method, url, { cookie });
      expect({ id, status: answer.status, code: answer.body.code }).toEqual({
        ...{ id, status: 403, code: "NOT_ALLOWED" },
      });
    }
  });

  it.each([
    ["in the id_token", false],
    ["from the userinfo endpoint", true],
  ])("a verified address finds somebody where the settings say so: %s", async (_where, thin) => {
    const { at, enter } = await real({ thin });
    const inside = await enter({ ...ANA, groups: ["g-sre", "g-other", 7] });
    expect(inside.status, inside.text).toBe(200);
    const me = await at.call("GET", "/api/v1/me", { cookie: inside.cookie });
    expect(expect200(me).person).toBe("ana");
    expect((await entries(at)).at(-1)).toMatchObject({
      kind: "teams-claimed",
      body: { person: "ana", teams: ["sre"], goodUntil: at.clock.now + 24 * HOUR },
    });
  });

  it.each([
    ["an address that is not verified", { ...ANA, email_verified: false }],
    ["an address whose verification is a text", { ...ANA, email_verified: "true" }],
    ["an address of another domain", { ...ANA, email: "ana@example.org" }],
    ["an address with two @", { ...ANA, email: "x@evil@example.com" }],
    ["somebody whom nobody added", { ...ANA, email: "dee@example.com" }],
  ])("refuses %s, and says who can add them", async (_name, account) => {
    const { at, enter } = await real();
    const refused = await enter(account);
    expect(refused).toMatchObject({ status: 422, cookie: null });
    expect(refused.text).toContain("a second person endorses it");
    const words = refused.set.find((one) => one.startsWith("__Host-interlock-refused=")) ?? "";
    const [, value = ""] = /^[^=]+=([\w-]+); Path=\/; Secure; SameSite=Strict/.exec(words) ?? [];
    const said = Buffer.from(value, "base64url").toString("utf8");
    expect(JSON.parse(said)).toMatchObject({ help: expect.stringContaining("second person") });
    expect(await at.store.db.selectFrom("session").selectAll().execute()).toEqual([]);
  });

  it("an address that was given to somebody else finds nobody (two-people)", async () => {
    const { at, keys, provider, enter } = await real();
    const [bo, cy] = [await signedIn(at, keys["bo"]), await signedIn(at, keys["cy"])];
    const accounts = ["email:ana@example.com", `oidc:${provider.issuer}#00uAna`];
    const change = { kind: "change", person: "ana", name: "Ana", active: true, accounts };
    const { id } = await propose(at, bo, { ...change, reason: "signs in at Example" });
    expect200(await endorse(at, { cookie: cy, key: keys["cy"] }, id));
    expect200(await endorse(at, { cookie: bo, key: keys["bo"] }, id));
    const other = await enter({ ...ANA, sub: "00uAnn" });
    expect(other.status).toBe(422);
    expect(other.text).toContain("another account there");
    const both = await enter({ ...ANA, email: "bo@example.com" });
    expect(both.text).toContain("two people have to say who that is");
    expect((await enter(ANA)).status).toBe(200);
  });

  it("TK10 ends the session it came with, takes no session from outside, and ends with its issuer", async () => {
    const { at, keys, enter, provider } = await real();
    const old = await signedIn(at, keys["ana"]);
    provider.says.account = ANA;
    const { url, flow } = await begin(at);
    const back = await browse(url.href, CALLBACK);
    const { cookie } = await comeBack(at, back, { flow, cookie: old });
    expect(cookie).not.toBe(old);
    expect((await at.call("GET", "/api/v1/me", { cookie: old })).status).toBe(401);
    const without = await worldOn(store(), { identity: NO_IDENTITY });
    expect((await without.call("GET", "/api/v1/me", { cookie })).status).toBe(401);
    expect((await at.call("GET", "/api/v1/me", { cookie })).status).toBe(200);
    const [bo, cy] = [await signedIn(at, keys["bo"]), await signedIn(at, keys["cy"])];
    const change = { kind: "change", person: "ana", name: "Ana", active: true, accounts: [] };
    const { id } = await propose(at, bo, { ...change, reason: "another address" });
    expect200(await endorse(at, { cookie: cy, key: keys["cy"] }, id));
    expect200(await endorse(at, { cookie: bo, key: keys["bo"] }, id));
    expect((await at.call("GET", "/api/v1/me", { cookie })).status).toBe(401);
    expect((await enter(ANA)).status).toBe(422);
  });

  it("WA7 an answer of the issuer is served once, in the browser that began, for ten minutes (flow-once)", async () => {
    const { at, enter, provider } = await real();
    const first = await enter(ANA);
    expect(first.status).toBe(200);
    expect((await comeBack(at, first.back, { flow: first.flow })).status).toBe(422);
    const { url, flow } = await begin(at);
    const back = await browse(url.href, CALLBACK);
    const other = await begin(at);
    expect((await comeBack(at, back, {})).status).toBe(422);
    expect((await comeBack(at, back, { flow: other.flow })).status).toBe(422);
    at.clock.now += 10 * 60_000;
    expect((await comeBack(at, back, { flow })).status).toBe(422);
    const rows = JSON.stringify(await at.store.db.selectFrom("issuer_flow").selectAll().execute());
    expect(rows).not.toContain(flow);
    expect(provider.says.account).toBe(ANA);
  });

  it("a code is used once: the issuer refuses the second time, also with everything else right", async () => {
    const { at, enter, provider } = await real();
    const first = await enter(ANA);
    const replay = new URL(first.back);
    const { url, flow } = await begin(at);
    replay.searchParams.set("state", url.searchParams.get("state") ?? "");
    const answer = await comeBack(at, replay.href, { flow });
    expect(answer).toMatchObject({ status: 422, cookie: null });
    expect(provider.issuer).toContain("127.0.0.1");
  });

  it("teams come from the last sign-in, for as long as the settings say, and from nobody else (one-source-a-team)", async () => {
    const { at, enter, identity } = await real();
    const teamsOf = async (now = at.clock.now, settings = identity) => {
      const own = peopleFacts(await at.terms.book.at(at.store.db), settings, now);
      const file = (id: string) => ({ id, accounts: [], agents: [], active: true });
      const persons = ["ana", "bo"].map((id) => ({ ...file(id), teams: ["docs", "sre"] }));
      const joined = joinPeople({ persons, machines: [] }, own, ownTeams(settings));
      if (isUnknown(joined)) throw new Error("unknown");
      return Object.fromEntries(joined.persons.map(({ id, teams }) => [id, teams]));
    };
    expect(await teamsOf()).toEqual({ ana: ["docs"], bo: ["docs"], cy: [] });
    await enter({ ...ANA, groups: ["g-sre", "g-pay"] });
    expect(await teamsOf()).toEqual({ ana: ["docs", "payments", "sre"], bo: ["docs"], cy: [] });
    expect((await teamsOf(at.clock.now + 24 * HOUR))["ana"]).toEqual(["docs"]);
    const other = settings("https://id.example.org");
    expect((await teamsOf(at.clock.now, other))["ana"]).toEqual(["docs"]);
    expect((await teamsOf(at.clock.now, NO_IDENTITY))["ana"]).toEqual(["docs", "sre"]);
    await enter({ ...ANA, groups: "g-pay" });
    expect((await teamsOf())["ana"]).toEqual(["docs", "payments"]);
    await enter(ANA);
    expect((await teamsOf())["ana"]).toEqual(["docs"]);
  });
});
