// SPDX-License-Identifier: Apache-2.0
/** What happens, told as it happens: by several servers, resumed, and to nobody whose session ended. */
import type { LiveEvent } from "@interlock/protocol";
import { type Actor, eventRoutes, httpApp } from "@interlock/server";
import { ENGINES } from "@interlock/testkit";
import type { FastifyInstance } from "fastify";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ORIGIN, openWorld, question, type World } from "./world.ts";

let contents = 0;
const fresh = () => `d${(++contents).toString(16).padStart(63, "0")}`;

type Listening = {
  readonly status: number;
  readonly events: LiveEvent[];
  readonly ids: string[];
  /** Waits for an event. */
  readonly until: (found: (event: LiveEvent) => boolean) => Promise<LiveEvent>;
  readonly ended: Promise<void>;
  readonly stop: () => void;
};

describe.each(ENGINES)("on $name", (engine) => {
  let world: World;
  const apps: FastifyInstance[] = [];
  const sessions = new Set(["s1", "s2"]);
  beforeAll(async () => {
    world = await openWorld(engine);
  });
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
    sessions.add("s1");
  });
  afterAll(() => world.close());

  /** A server of its own beside the one that judges: all they share is the database. */
  async function another(): Promise<string> {
    const app = httpApp({ origin: ORIGIN, log: false });
    const authenticate = (request: { readonly headers: Readonly<Record<string, unknown>> }) => {
      const session = String(request.headers["x-session"]);
      const actor: Actor = sessions.has(session)
        ? { kind: "person", person: "bo", session, means: "passkey" as const }
        : { kind: "nobody" };
      return Promise.resolve(actor);
    };
    const { store } = world;
    eventRoutes(app, { store, authenticate, now: () => 1, periodMs: 10, beatEvery: 3 });
    apps.push(app);
    return await app.listen({ host: "127.0.0.1", port: 0 });
  }

  async function listen(
    url: string,
    { query = "", headers = {}, session = "s1" } = {},
  ): Promise<Listening> {
    const stop = new AbortController();
    const response = await fetch(`${url}/api/v1/events${query}`, {
      headers: { "x-session": session, ...headers },
      signal: stop.signal,
    });
    const events: LiveEvent[] = [];
    const ids: string[] = [];
    const waiting = new Set<() => void>();
    const reading = async () => {
      let text = "";
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          const lines = text.slice(0, end).split("\n");
          text = text.slice(end + 2);
          const data = lines.find((line) => line.startsWith("data: "));
          const id = lines.find((line) => line.startsWith("id: "));
          if (id !== undefined) ids.push(id.slice(4));
          if (data !== undefined) events.push(JSON.parse(data.slice(6)) as LiveEvent);
        }
        for (const look of [...waiting]) look();
      }
    };
    const ended = response.status === 200 ? reading().catch(() => undefined) : Promise.resolve();
    return {
      ...{ status: response.status, events, ids, ended, stop: () => stop.abort() },
      until: (found) =>
        new Promise((done) => {
          const look = () => {
            const event = events.find(found);
            if (event === undefined) return;
            waiting.delete(look);
            done(event);
          };
          waiting.add(look);
          look();
        }),
    };
  }

  const judged = async () =>
    (await world.call("gate", "POST", "/api/v1/gate", question({ digest: fresh() }))).body;

  it("what another server recorded is told: judged, signed, published", async () => {
    const on = await listen(await another());
    const { change, index } = await judged();
    const told = await on.until((e) => e.kind === "judged" && e.index === index);
    expect(told).toMatchObject({ kind: "judged", change, index });
    const signed = await world.sign("bo", String(change), "approve");
    const event = await on.until((e) => e.kind === "signed");
    expect(event).toMatchObject({
      change,
      person: "bo",
      signed: "approval",
      index: signed.body["index"],
    });
    await on.until((e) => e.kind === "published" && e.size > Number(signed.body["index"]));
    await on.until((e) => e.kind === "beat");
    on.stop();
  });

  it("whoever comes back goes on where they were, on any server, and hears nothing twice", async () => {
    const first = await listen(await another());
    const { index } = await judged();
    await first.until((e) => e.kind === "judged" && e.index === index);
    first.stop();
    const missed = [await judged(), await judged(), await judged()].map((one) =>
      Number(one["index"]),
    );
    const url = await another();
    const headers = { "last-event-id": first.ids.at(-1) ?? "" };
    for (const how of [{ headers }, { query: `?after=${index}` }, { headers, query: "?after=0" }]) {
      const again = await listen(url, how);
      await again.until((e) => e.kind === "judged" && e.index === missed[2]);
      const indexes = again.events.flatMap((e) => (e.kind === "judged" ? [e.index] : []));
      expect(indexes).toEqual(missed);
      again.stop();
    }
  });

  it("whoever is ahead of this ledger is told to start again", async () => {
    const on = await listen(await another(), { query: "?after=999999" });
    expect(await on.until((e) => e.kind === "restart")).toMatchObject({ kind: "restart" });
    on.stop();
  });

  it("TK10 ends with the session: nothing of what happens afterwards is told", async () => {
    const on = await listen(await another());
    await on.until((e) => e.kind === "beat");
    sessions.delete("s1");
    const { index } = await judged();
    expect(await on.until((e) => e.kind === "end")).toEqual({ kind: "end", because: "signed-out" });
    await on.ended;
    expect(on.events.some((e) => e.kind === "judged" && e.index === index)).toBe(false);
  });

  it("is for people who are signed in", async () => {
    const url = await another();
    expect((await listen(url, { session: "none" })).status).toBe(401);
    expect((await listen(url, { query: "?after=x" })).status).toBe(400);
  });

  it("PX9 one session that opens many streams is refused more, and others are not", async () => {
    const url = await another();
    const own = await Promise.all(Array.from({ length: 10 }, () => listen(url)));
    expect(own.filter(({ status }) => status === 429)).toHaveLength(2);
    const other = await listen(url, { session: "s2" });
    expect(other.status).toBe(200);
    for (const one of [...own, other]) one.stop();
  });

  it("a server that stops says so and closes its streams", async () => {
    const on = await listen(await another());
    await on.until((e) => e.kind === "beat");
    const [app] = apps.splice(0);
    await app?.close();
    await on.ended;
    expect(on.events.at(-1)).toEqual({ kind: "end", because: "stopping" });
  });
});
