/** What goes on while the database or a witness is away, and what comes back by itself. */
import { generateKeyPairSync, sign } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type { LedgerFailure } from "@interlock/server";
import { latestCheckpoint, ledgerSize } from "@interlock/store";
import { ENGINES, FAULTS, type FaultyLine, faultyLine } from "@interlock/testkit";
import {
  cosign,
  cosignedAnswer,
  formatSignature,
  judgeSubmission,
  NOTHING_SEEN,
  openAddCheckpoint,
  parseNote,
  verifierKey,
  type WitnessedHead,
} from "@interlock/tlog";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { KEY, openWorld, question, type World } from "./world.ts";

let contents = 0;
const fresh = () => (0xa3a7000 + ++contents).toString(16).padStart(64, "0");
const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await pause(5);
};

describe.each(ENGINES.filter(({ name }) => name === "postgres"))("a database", (engine) => {
  let line: FaultyLine;
  /** Past the line, and as patient as a server is. */
  let near: World;
  let world: World;
  const failures: LedgerFailure[] = [];
  beforeAll(async () => {
    near = await openWorld(engine, { periodMs: 3_600_000 });
    // Its one round of publishing is over: from here on nobody else signs.
    await until(async () => (await latestCheckpoint(near.store.db)) !== null);
    line = await faultyLine("url" in near.place ? near.place.url : "");
    const onFailure = (failure: LedgerFailure) => void failures.push(failure);
    const beside = { ...near, place: { url: line.url } };
    world = await openWorld(engine, { onFailure, beside, store: { answerMs: 300 } });
  });
  afterAll(async () => {
    line.mend();
    await world.close();
    await line.close();
    await near.close();
  });
  const ask = () =>
    world.app.inject({
      ...{ method: "POST", url: "/api/v1/gate", headers: { authorization: "Bearer gate" } },
      payload: question({ digest: fresh() }),
    });
  /** A database that is merely slow is away for a server that is so impatient. */
  const answered = async () => {
    for (;;) {
      const reply = await ask();
      if (reply.statusCode === 200) return reply;
      await pause(5);
    }
  };

  it.each(FAULTS)(
    "not-the-outage: the database is away (%s): 503 that says when to come again, and it works once it is back",
    async (fault) => {
      const before = await answered();
      line.suffer(fault);
      // A connection that was told goodbye is noticed, and another one made.
      if (fault === "half-close") await ask();
      else {
        const away = await ask();
        expect([away.statusCode, away.json().code, away.headers["retry-after"]]).toEqual([
          503,
          "STORE_UNREACHABLE",
          "2",
        ]);
        expect(failures.every(({ code }) => code.startsWith("STORE_"))).toBe(true);
      }
      line.mend();
      await answered();
      const rows = await near.store.db.selectFrom("decision").select("entry").execute();
      expect(rows.map(({ entry }) => entry)).toContain(before.json().entry);
      const index = (await ledgerSize(near.store.db)) - 1;
      expect(await world.ledger.published(index, 120_000)).toMatchObject({ ok: true });
    },
  );
});

/** A witness as it answers, and a switch that takes it away. */
function witness() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const key = verifierKey("witness.example.com", "cosignature", new Uint8Array(raw));
  const state: { away: boolean; seen: WitnessedHead } = { away: false, seen: NOTHING_SEEN };
  const answer = async (body: Uint8Array) => {
    const opened = await openAddCheckpoint(body, () => [KEY.verifier]);
    if (!opened.ok) return opened.answer;
    const verdict = judgeSubmission(opened.submission, state.seen);
    if (verdict.kind === "answer") return verdict.answer;
    state.seen = verdict.head;
    const signed = await cosign(opened.submission.note.text, key, 1_772_712_000, (message) =>
      Promise.resolve(new Uint8Array(sign(null, message, privateKey))),
    );
    return cosignedAnswer([formatSignature(signed)]);
  };
  const fetched: typeof fetch = async (_url, init) => {
    if (state.away) throw new TypeError("fetch failed");
    const { status, body } = await answer(Buffer.from(init?.body as Uint8Array)); // as it is asked
    return new Response(body, { status });
  };
  return { at: { key, url: "https://witness.example.com" }, state, fetch: fetched };
}

it("not-the-outage: a witness is away: decisions and checkpoints go on, its cosignature waits and is caught up with", async () => {
  const one = witness();
  const [engine] = ENGINES;
  if (engine === undefined) throw new Error("there is an engine");
  const world = await openWorld(engine, { witnesses: [one.at], fetch: one.fetch });
  onTestFinished(() => world.close());
  const ask = async (): Promise<number> => {
    const reply = await world.call("gate", "POST", "/api/v1/gate", question({ digest: fresh() }));
    expect(reply.status).toBe(200);
    return Number(reply.body["index"]);
  };
  const signatures = async (): Promise<number> => {
    const checkpoint = await latestCheckpoint(world.store.db);
    const note = parseNote(Buffer.from(checkpoint?.note ?? ""));
    return note.ok ? note.value.signatures.length : 0;
  };
  const first = await ask();
  // Over all there is, so that nobody is on the way to the witness when it goes.
  expect(await world.ledger.published(first, 120_000)).toMatchObject({ ok: true });
  await until(async () => (await signatures()) === 2);
  one.state.away = true;
  const { size } = one.state.seen;
  const index = await ask();
  expect(await world.ledger.published(index, 120_000)).toMatchObject({ ok: true });
  expect([await signatures(), one.state.seen.size]).toEqual([1, size]);
  one.state.away = false;
  world.clock.now += 6_000;
  await until(async () => (await signatures()) === 2);
  expect(one.state.seen.size).toBeGreaterThan(index);
});
