// SPDX-License-Identifier: Apache-2.0
/** A request with a key is done once, however often and by however many it is sent. */
import { endpoint } from "@interlock/protocol";
import { type Actor, httpApp } from "@interlock/server";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { type Answer, bind } from "../src/http/bind.ts";
import { openOnce } from "../src/http/once.ts";
import { ENGINES, storeOf } from "./engines.ts";
import { ORIGIN } from "./world.ts";

const DAY = 24 * 3_600_000;
const MAKE = endpoint({
  ...{ id: "make", method: "POST", path: "/api/v1/make", summary: "makes", onceByKey: true },
  access: "session",
  body: z.strictObject({ name: z.string() }),
  answer: z.strictObject({ made: z.string() }),
});
const KEY = (n: number) => `"key-of-the-test-${n}"`;
let keys = 0;

describe.each(ENGINES)("on $name", (engine) => {
  const store = storeOf(engine);

  function world() {
    const clock = { now: 1_000 };
    const made: string[] = [];
    const next: { fail: "never" | "refused" | "uncertain"; wait: Promise<void> } = {
      fail: "never",
      wait: Promise.resolve(),
    };
    const app = httpApp({ origin: ORIGIN, log: false, once: openOnce(store(), () => clock.now) });
    const authenticate = (request: { readonly headers: Readonly<Record<string, unknown>> }) => {
      const person = String(request.headers["x-person"]);
      const actor: Actor = { kind: "person", person, session: "s", means: "passkey" };
      return Promise.resolve(actor);
    };
    bind(app, authenticate, MAKE, async ({ body }): Promise<Answer<{ made: string }>> => {
      await next.wait;
      const code = { never: null, refused: "NOT_ALLOWED", uncertain: "STORE_UNCERTAIN" } as const;
      const failed = code[next.fail];
      if (failed !== null)
        return { ok: false, failure: { code: failed, message: "no", help: "no" } };
      made.push(body.name);
      return { ok: true, value: { made: `${body.name} secret-${made.length}` } };
    });
    const send = async (key: string | null, name = "one", person = "bo") => {
      const headers = { "x-person": person, ...(key === null ? {} : { "idempotency-key": key }) };
      const reply = await app.inject({
        method: "POST",
        url: MAKE.path,
        headers,
        payload: { name },
      });
      return { status: reply.statusCode, body: reply.json() as Readonly<Record<string, unknown>> };
    };
    return { clock, made, next, send };
  }

  it("answers again what it answered, and does nothing", async () => {
    const { made, send } = world();
    const key = KEY(++keys);
    const first = await send(key);
    expect([first.status, first.body["made"]]).toEqual([200, "one secret-1"]);
    expect(await send(key)).toEqual(first);
    expect(made).toEqual(["one"]);
    await send(null);
    expect(made).toHaveLength(2);
  });

  it("the same key with another request is refused; of another person, it is another key", async () => {
    const { made, send } = world();
    const key = KEY(++keys);
    await send(key);
    const other = await send(key, "two");
    expect([other.status, other.body["code"]]).toEqual([422, "KEY_REUSED"]);
    expect((await send(key, "two", "cy")).status).toBe(200);
    expect(made).toEqual(["one", "two"]);
  });

  it("done-once: many at once are done once, and the others are told to wait", async () => {
    const { made, next, send } = world();
    const key = KEY(++keys);
    let go = () => undefined as undefined;
    next.wait = new Promise<void>((done) => {
      go = () => void done();
    });
    const first = send(key);
    const rest = await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (;;) {
          const reply = await send(key);
          if (reply.status !== 200) return reply;
        }
      }),
    );
    go();
    expect(new Set(rest.map(({ status, body }) => `${status} ${body["code"]}`))).toEqual(
      new Set(["409 KEY_IN_USE"]),
    );
    expect((await first).status).toBe(200);
    expect(made).toEqual(["one"]);
  });

  it("what was refused may be tried again; what nobody knows may not", async () => {
    const { made, next, send } = world();
    const key = KEY(++keys);
    next.fail = "refused";
    expect((await send(key)).status).toBe(403);
    next.fail = "uncertain";
    expect((await send(key)).status).toBe(503);
    next.fail = "never";
    expect((await send(key)).body["code"]).toBe("KEY_IN_USE");
    expect(made).toEqual([]);
  });

  it("is forgotten after a day", async () => {
    const { clock, made, send } = world();
    const key = KEY(++keys);
    await send(key);
    clock.now += DAY - 1;
    await send(key);
    expect(made).toHaveLength(1);
    clock.now += 1;
    await send(key);
    expect(made).toHaveLength(2);
  });

  it("IN7 no secret stands in the database, and a row that was changed answers nothing", async () => {
    const { send } = world();
    const key = KEY(++keys);
    await send(key);
    const rows = await store().db.selectFrom("once").selectAll().execute();
    for (const { id, request, answer } of rows)
      expect(`${id} ${request.toString("latin1")} ${answer?.toString("latin1")}`).not.toMatch(
        /secret-|key-of-the-test/,
      );
    await store()
      .db.updateTable("once")
      .set({ answer: Buffer.alloc(60) })
      .execute();
    expect((await send(key)).status).toBe(500);
  });

  it.each([
    "short",
    "no-quotes-but-long-enough",
    '"with a blank in the key"',
    `"${"x".repeat(200)}"`,
  ])("a key that is none is refused: %s", async (key) => {
    expect((await world().send(key)).body["code"]).toBe("INPUT_INVALID");
  });
});
