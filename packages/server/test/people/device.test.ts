// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { ENGINES, storeOf } from "../engines.ts";
import { expect200, found, HOUR, MINUTE, newWorld, signedIn, type World } from "./world.ts";

const SECOND = 1_000;

describe.each(ENGINES)("signing in a terminal ($name)", (engine) => {
  const store = storeOf(engine);
  const founded = async () => {
    const at = await newWorld(store());
    const keys = await found(at);
    return { at, keys, cookie: await signedIn(at, keys["ana"]) };
  };
  const start = async (at: World, name = "interlock on laptop", from = "192.0.2.7") =>
    expect200(await at.call("POST", "/api/v1/device", { body: { name }, from }));
  const poll = async (at: World, { deviceCode }: { readonly deviceCode: string }) =>
    expect200(await at.call("POST", "/api/v1/device/poll", { body: { deviceCode } }));
  const answer = (at: World, cookie: string, userCode: string, allow = true) =>
    at.call("POST", "/api/v1/device/answer", { cookie, body: { userCode, allow } });
  const letIn = async (at: World, cookie: string) => {
    const asked = await start(at);
    expect200(await answer(at, cookie, asked.userCode));
    return await poll(at, asked);
  };

  it("shows who asks and from where, and lets one terminal in once", async () => {
    const { at, cookie } = await founded();
    const asked = await start(at);
    expect(asked).toMatchObject({
      page: "https://interlock.example.com/device",
      userCode: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      expiresAt: at.clock.now + 10 * MINUTE,
      intervalMs: 5 * SECOND,
    });
    at.clock.now += 5 * SECOND;
    expect(await poll(at, asked)).toEqual({ state: "pending", intervalMs: 5 * SECOND });
    const typed = asked.userCode.toLowerCase().replace("-", " ");
    const shown = await at.call("POST", "/api/v1/device/show", {
      cookie,
      body: { userCode: typed },
    });
    expect(expect200(shown)).toMatchObject({
      ...{ name: "interlock on laptop", address: "192.0.2.7", userCode: asked.userCode },
    });
    expect200(await answer(at, cookie, typed));
    const allowed = await poll(at, asked);
    expect(allowed).toMatchObject({ state: "allowed", person: "ana", name: "Ana" });
    expect(allowed.secret).toMatch(/^ilt_[A-Za-z0-9_-]{43}$/);
    expect(await poll(at, asked)).toEqual({ state: "expired" });
    expect((await answer(at, cookie, typed)).body.code).toBe("NOT_FOUND");
    const rows = await at.store.db.selectFrom("terminal_session").selectAll().execute();
    expect(JSON.stringify(rows)).not.toContain(allowed.secret.slice(4));
    const who = await at.call("GET", "/api/v1/terminal", { bearer: allowed.secret });
    expect(expect200(who)).toMatchObject({ person: "ana", personName: "Ana" });
  });

  it("is told to slow down, five seconds more each time (RFC 8628 section 3.5)", async () => {
    const { at } = await founded();
    const asked = await start(at);
    expect(await poll(at, asked)).toEqual({ state: "slow-down", intervalMs: 10 * SECOND });
    at.clock.now += 9 * SECOND;
    expect(await poll(at, asked)).toEqual({ state: "slow-down", intervalMs: 15 * SECOND });
    at.clock.now += 15 * SECOND;
    expect(await poll(at, asked)).toEqual({ state: "pending", intervalMs: 15 * SECOND });
  });

  it("a refusal, and the end of the ten minutes, let nobody in", async () => {
    const { at, cookie } = await founded();
    const refused = await start(at);
    expect200(await answer(at, cookie, refused.userCode, false));
    expect(await poll(at, refused)).toEqual({ state: "denied" });
    const late = await start(at);
    at.clock.now += 9 * MINUTE;
    expect200(await answer(at, cookie, late.userCode));
    at.clock.now += MINUTE;
    expect(await poll(at, late)).toEqual({ state: "expired" });
    const unanswered = await start(at);
    at.clock.now += 10 * MINUTE;
    expect((await answer(at, cookie, unanswered.userCode)).status).toBe(401);
    expect(await poll(at, unanswered)).toEqual({ state: "expired" });
    const none = { deviceCode: "A".repeat(43) };
    expect(await poll(at, none)).toEqual({ state: "expired" });
  });

  it("TK10 a session that was left open lets no terminal in", async () => {
    const { at, cookie } = await founded();
    at.clock.now += 10 * MINUTE;
    const asked = await start(at);
    expect((await answer(at, cookie, asked.userCode)).body.code).toBe("SIGN_IN_NEEDED");
    expect((await at.call("POST", "/api/v1/device/show", { body: asked })).status).toBe(401);
  });

  it("a terminal reads and asks, and can do nothing else of its person's", async () => {
    const { at, cookie } = await founded();
    const { secret: bearer } = await letIn(at, cookie);
    const refused = await Promise.all([
      at.call("GET", "/api/v1/tokens", { bearer }),
      at.call("GET", "/api/v1/sessions", { bearer }),
      at.call("POST", "/api/v1/me/revoke-key", { bearer, body: {} }),
      at.call("POST", "/api/v1/proposals", { bearer, body: {} }),
      at.call("POST", "/api/v1/device/answer", {
        bearer,
        body: { userCode: "AAAA", allow: true },
      }),
    ]);
    expect(refused.map(({ body }) => body.code)).toEqual(refused.map(() => "NOT_ALLOWED"));
    const asCookie = await at.call("GET", "/api/v1/me", { cookie: bearer.slice(4) });
    expect(asCookie.status).toBe(401);
    const browser = await at.call("GET", "/api/v1/terminal", { bearer: `ilt_${cookie}` });
    expect(browser.status).toBe(401);
  });

  it("TK6 ends by its own sign-out, from the list, and only by its own person", async () => {
    const { at, cookie, keys } = await founded();
    const { secret: bearer, session } = await letIn(at, cookie);
    const other = await signedIn(at, keys["bo"]);
    const foreign = await at.call("DELETE", `/api/v1/terminals/${session}`, { cookie: other });
    expect(foreign.body.code).toBe("NOT_FOUND");
    const listed = expect200(await at.call("GET", "/api/v1/terminals", { cookie }));
    expect(listed.terminals).toMatchObject([{ session, name: "interlock on laptop" }]);
    expect200(await at.call("DELETE", `/api/v1/terminals/${session}`, { cookie }));
    expect((await at.call("GET", "/api/v1/terminal", { bearer })).status).toBe(401);
    const second = await letIn(at, cookie);
    expect200(await at.call("POST", "/api/v1/terminal/sign-out", { bearer: second.secret }));
    expect((await at.call("GET", "/api/v1/terminal", { bearer: second.secret })).status).toBe(401);
  });

  it("ends with the key that let it in, and after a week", async () => {
    const { at, cookie } = await founded();
    const { secret: bearer } = await letIn(at, cookie);
    const open = () => at.call("GET", "/api/v1/terminal", { bearer });
    at.clock.now += 7 * 24 * HOUR - 1;
    expect((await open()).status).toBe(200);
    at.clock.now += 1;
    expect((await open()).status).toBe(401);
    at.clock.now -= HOUR;
    await at.store.db.updateTable("credential").set({ revoked_at: at.clock.now }).execute();
    expect((await open()).status).toBe(401);
  });

  it("what a terminal says of itself is one line", async () => {
    const { at } = await founded();
    const bad = await at.call("POST", "/api/v1/device", { body: { name: "a\u202eb" } });
    expect(bad.body.code).toBe("INPUT_INVALID");
  });

  it("PX9 knocking is limited", async () => {
    const limits = { each: { burst: 3, everyMs: 60_000 }, all: { burst: 99, everyMs: 1 } };
    const at = await newWorld(store(), { limits });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++)
      statuses.push((await at.call("POST", "/api/v1/device", { body: { name: "x" } })).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});
