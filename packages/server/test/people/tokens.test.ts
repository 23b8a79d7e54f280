// SPDX-License-Identifier: Apache-2.0
import { endpoint, peopleApi, signInApi, tokensApi } from "@interlock/protocol";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { httpApp } from "../../src/http/app.ts";
import { bind, type Call } from "../../src/http/bind.ts";
import { authenticator } from "../../src/people/authenticate.ts";
import { ENGINES, storeOf } from "../engines.ts";
import {
  entries,
  expect200,
  found,
  HOUR,
  newWorld,
  ORIGIN,
  signedIn,
  type World,
} from "./world.ts";

const DAY = 24 * HOUR;
const MAKE = { name: "deploys", repository: "repository-1", verbs: ["read", "check"] };

/** Stands for what other parts of the server bind. */
const asking = (verb: "gate" | "read") =>
  endpoint({
    ...{ id: verb, method: "POST", path: `/api/v1/ask-${verb}`, summary: "asks" },
    access: `token:${verb}`,
    answer: z.strictObject({ repository: z.string() }),
  });

describe.each(ENGINES)("tokens ($name)", (engine) => {
  const store = storeOf(engine);
  const founded = async () => {
    const at = await newWorld(store());
    const keys = await found(at);
    const cookie = await signedIn(at, keys["ana"]);
    const make = async (more: object = {}) =>
      await at.call("POST", "/api/v1/tokens", { cookie, body: { ...MAKE, ...more } });
    return { at, keys, cookie, make };
  };
  const asker = (at: World) => {
    const app = httpApp({ origin: ORIGIN, log: false });
    const handler = async ({ actor }: Call<unknown, unknown, unknown>) => ({
      ok: true as const,
      value: { repository: actor.kind === "token" ? actor.repository : "" },
    });
    bind(app, authenticator(at.terms), asking("gate"), handler);
    bind(app, authenticator(at.terms), asking("read"), handler);
    return async (verb: string, secret: string | null, url = "") => {
      const headers = secret === null ? {} : { authorization: `Bearer ${secret}` };
      const answer = await app.inject({
        method: "POST",
        url: `/api/v1/ask-${verb}${url}`,
        headers,
      });
      return { status: answer.statusCode, body: answer.json() };
    };
  };

  it("speaks for one repository and its verbs, is shown once, and is in the ledger", async () => {
    const { at, cookie, make } = await founded();
    const { token, secret } = expect200(await make());
    expect(secret).toMatch(/^ilk_[A-Za-z0-9_-]{43}$/);
    expect(token).toMatchObject({ verbs: ["check", "read"], expiresAt: at.clock.now + 90 * DAY });
    const listed = await at.call("GET", "/api/v1/tokens", { cookie });
    expect(expect200(listed).tokens).toEqual([token]);
    expect(JSON.stringify(listed.body)).not.toContain(secret.slice(4));
    const rows = await at.store.db.selectFrom("token").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(secret.slice(4));
    expect(await asker(at)("read", secret)).toEqual({
      status: 200,
      body: { repository: "repository-1" },
    });
    const [entry] = (await entries(at)).slice(7);
    expect(entry).toMatchObject({ kind: "token", body: { token: token.token, by: "ana" } });
    expect(JSON.stringify(entry)).not.toContain(secret.slice(4));
  });

  it("TK2 a token that may read may not do what another verb does", async () => {
    const { at, make } = await founded();
    const { secret } = expect200(await make({ verbs: ["read"] }));
    expect(await asker(at)("gate", secret)).toMatchObject({
      status: 403,
      body: { code: "NOT_ALLOWED" },
    });
  });

  it("TK12 unknown, revoked, expired and malformed tokens get one answer", async () => {
    const { at, keys, make } = await founded();
    const ask = asker(at);
    const revoked = expect200(await make());
    const expired = expect200(await make({ lifeMs: 60_000 }));
    const cookie = await signedIn(at, keys["bo"]);
    const url = `/api/v1/tokens/${revoked.token.token}/revoke`;
    const body = { reason: "seen in a log" };
    expect200(await at.call("POST", url, { cookie, body }));
    at.clock.now += 60_000;
    const none = await ask("read", null);
    expect(none).toMatchObject({ status: 401, body: { code: "SIGN_IN_NEEDED" } });
    const cases = [revoked.secret, expired.secret, `ilk_${"A".repeat(43)}`, "ilk_", "nonsense"];
    for (const secret of [...cases, revoked.secret.slice(4)])
      expect(await ask("read", secret)).toEqual(none);
    expect((await entries(at)).at(-1)).toMatchObject({
      kind: "token-revoked",
      body: { by: ["bo"], reason: "seen in a log" },
    });
  });

  it("TK6 a token that was revoked is as unknown as one that never was", async () => {
    const { at, cookie, make } = await founded();
    const { token } = expect200(await make());
    const revoke = async (id: string) =>
      await at.call("POST", `/api/v1/tokens/${id}/revoke`, { cookie, body: { reason: "over" } });
    expect((await revoke(token.token)).status).toBe(200);
    const [again, never] = [await revoke(token.token), await revoke("never")];
    expect(again).toMatchObject({ status: 404, body: never.body });
    const proposals = ["/api/v1/proposals/never", "/api/v1/sessions/never"] as const;
    expect((await at.call("GET", proposals[0], { cookie })).status).toBe(404);
    expect((await at.call("DELETE", proposals[1], { cookie })).status).toBe(404);
  });

  it.each<readonly [string, object]>([
    ["TK7 a field that nobody defined", { approved: true }],
    ["a verb that nobody knows", { verbs: ["approve"] }],
    ["no verb", { verbs: [] }],
    ["a verb twice", { verbs: ["gate", "gate"] }],
    ["more than a year", { lifeMs: 366 * DAY }],
    ["no life", { lifeMs: 0 }],
  ])("refuses %s", async (_name, more) => {
    const { make } = await founded();
    expect(await make(more)).toMatchObject({ status: 400, body: { code: "INPUT_INVALID" } });
  });

  it("TK9 a token in the address is no token", async () => {
    const { at, make } = await founded();
    const { secret } = expect200(await make());
    expect((await asker(at)("read", null, `?token=${secret}`)).status).toBe(401);
    expect((await asker(at)("read", secret, `?token=${secret}`)).status).toBe(400);
  });

  it("TK11 a token can do nothing that a person does: endorse, enrol, revoke, look", async () => {
    const { at, make } = await founded();
    const { secret } = expect200(await make({ verbs: ["gate", "check", "read"] }));
    const all = [peopleApi, signInApi, tokensApi].flatMap((api) =>
      Object.values(api).filter((one) => "access" in one && "path" in one),
    );
    const sessionOnly = all.filter(({ access }) => access === "session" || access === "person");
    expect(sessionOnly.length).toBeGreaterThanOrEqual(15);
    for (const { method, path } of sessionOnly) {
      const url = path.replace(/:[a-z]+/g, "x");
      const answer = await at.call(method, url, { bearer: secret });
      expect([path, answer.status, answer.body.code]).toEqual([path, 403, "NOT_ALLOWED"]);
    }
  });

  it("UI6 a page of another site changes nothing with the browser's session", async () => {
    const { at, cookie } = await founded();
    for (const headers of [
      { origin: "https://evil.example.com" },
      { "sec-fetch-site": "cross-site" },
    ])
      expect(
        await at.call("POST", "/api/v1/tokens", { cookie, body: MAKE, headers }),
      ).toMatchObject({ status: 403 });
  });
});
