// SPDX-License-Identifier: Apache-2.0
/** Waves of a data fix that go on by what the orders of the watched cell say. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { NO_IDENTITY, startServer } from "@interlock/server";
import { freePort } from "@interlock/testkit";
import { describe, expect, it, onTestFinished } from "vitest";
import { readDataFile } from "../src/data/file.ts";
import { judgedBefore, keptText, lets } from "../src/data/watched.ts";
import { remoteOf } from "../src/remote/access.ts";
import { database, shop } from "./data-shop.ts";
import { listening } from "./gate-server.ts";
import { folder, put } from "./scratch.ts";

const MINUTE = 60_000;
const CELLS = ["eu-1", "eu-2", "us-1"];
const FIX = `-- interlock data fix
-- version: 1
-- database: shop
-- key: [id]
-- expect: { rows: { min: 1, max: 40 } }
-- batch: 2
-- pauseMs: 0
-- waves: [10, 50]
-- watch: { system: shop, cells: [eu-1] }
UPDATE promise SET days = days + 100 WHERE region = 'north';
`;

const descriptionWith = (url: string): string => `version: 1
targets:
  - {name: here, kind: files, settings: {root: "${folder()}", cells: {eu-1: one, eu-2: two, us-1: three}}}
systems:
  - name: shop
    tier: 1
    ordersPerMinute: 3000
    asyncFailure: 1m
    lossBudget: 1000
    cells:
      - {id: eu-1, region: eu, share: 33%, runs: v1}
      - {id: eu-2, region: eu, share: 33%, runs: v1}
      - {id: us-1, region: us, share: 34%, runs: v1}
configSets: []
signals:
  - name: orders
    system: shop
    kind: http
    measures: orders
    settings: {url: "${url}/?from={from}", count: "/{cell}", slotMs: 60000, settleMs: 0, learnMs: 7200000}
    unit: orders
    fresh: 5m
    minimumSamples: 100
    weight: 100%
`;

/** A server whose clock stands unless the test moves it, and orders that the test lets fall in `eu-1` from a moment on. */
async function watched() {
  const began = Date.now();
  const clock = { ahead: 0, harmFrom: Number.MAX_SAFE_INTEGER };
  const now = () => began + clock.ahead;
  const url = await listening((request, reply) => {
    const from = Number(new URL(request.url ?? "", "http://shop").searchParams.get("from"));
    // By the slots since then, whatever time of day it is; some of them are before it.
    const slot = 53_000 + Math.floor(from / MINUTE) - Math.floor(began / MINUTE);
    const noise = (i: number) => (slot * (7 + 4 * i)) % 53;
    const count = (cell: string, i: number) =>
      noise(i) + (cell === "eu-1" && from >= clock.harmFrom ? 500 : 1_000);
    reply.setHeader("content-type", "application/json");
    reply.end(JSON.stringify(Object.fromEntries(CELLS.map((cell, i) => [cell, count(cell, i)]))));
  });
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const started = await startServer({
    ...{ data: folder(), port, host: "127.0.0.1", origin, databaseUrl: null, now },
    ...{ witnesses: [], console: null, identity: NO_IDENTITY, log: false },
    onTrouble: (trouble) => console.error(trouble),
  });
  if (!started.ok) throw new Error(started.failure.message);
  onTestFinished(() => started.value.close());
  return { clock, now, url, origin, setUp: String(started.value.setUpLink).split("#")[1] ?? "" };
}

it("orders let waves go on, and halt the run where they fall (watched-waves)", async () => {
  const at = await database();
  if (at === null) return;
  const { clock, now, url, ...server } = await watched();
  const { hers, ana, bo, brought, entries } = await shop(at.url, Promise.resolve(server));
  const plane = folder();
  put(plane, { "plane.yaml": descriptionWith(url) });
  const proposing = [
    "control-plane",
    "propose",
    join(plane, "plane.yaml"),
    "--reason",
    "we sell",
    "--json",
  ];
  const proposed = await hers.run(...proposing);
  expect([proposed.status, proposed.says]).toEqual([0, expect.stringContaining("proposal")]);
  for (const who of [ana, bo])
    expect((await who.endorse(JSON.parse(proposed.says).proposal)).status).toBe(200);
  /** Until everything was read that is over by now. */
  const read = async () => {
    const until = Math.floor(now() / MINUTE) * MINUTE;
    for (;;) {
      const { body } = await ana.call("GET", "/api/v1/signals");
      const [orders] = (body["signals"] ?? []) as readonly { readUntil: number | null }[];
      if ((orders?.readUntil ?? 0) >= until) return;
      await sleep(100);
    }
  };
  const later = async (minutes: number) => {
    clock.ahead += minutes * MINUTE;
    await read();
  };
  await read();
  expect((await hers.run("data", "prepare", "shop")).status).toBe(0);
  const { change, land, again } = await brought("fixes/days.sql", FIX);
  await land();
  const run = async (...more: readonly string[]) =>
    await hers.run("data", "run", "fixes/days.sql", "--change", change, ...more);

  const first = await run();
  expect([first.status, first.says]).toEqual([
    1,
    expect.stringMatching(/stopped: 2 row\(s\)[\s\S]*analysis before wave 1: [\s\S]*wave 2 waits/),
  ]);
  const early = await run("--wave", "2");
  expect([early.status, early.says]).toEqual([
    1,
    expect.stringMatching(/^wave 2 waits for the analysis[\s\S]*again with `--wave 2`/),
  ]);
  expect((await hers.run("data", "status", "shop")).says).toMatch(
    /^open .* 2 row\(s\)[\s\S]*analysis before wave 2: inconclusive; /,
  );
  await later(30);
  const second = await run("--wave", "2");
  expect([second.status, second.says]).toEqual([
    1,
    expect.stringMatching(
      /stopped: 10 row\(s\)[\s\S]*before wave 2: successful[\s\S]*wave 3 waits/,
    ),
  ]);

  clock.harmFrom = now();
  await later(10);
  const third = await run("--wave", "3");
  expect([third.status, third.says]).toEqual([
    1,
    expect.stringMatching(/^halted by the analysis[\s\S]*`--resume`/),
  ]);
  const refused = await run("--wave", "3", "--resume");
  expect([refused.status, refused.says]).toEqual([
    3,
    expect.stringContaining("it was halted (`the analysis: "),
  ]);
  // Approved again while orders still fall: it is halted anew, and needs another approval.
  await again();
  await later(10);
  expect((await run("--wave", "3", "--resume")).says).toMatch(/^halted by the analysis/);
  expect((await run("--wave", "3", "--resume")).says).toContain("nobody approved");
  expect((await at.rows()).filter((row) => Number(row.split(",")[2]) > 100)).toHaveLength(10);
  const shown = await hers.run("data", "status", "shop", "--json");
  const [row] = JSON.parse(shown.says);
  expect(row).toMatchObject({ rows: 10, wave: 2, verdict: { wave: 3, result: "failed" } });
  expect(await entries(row.run)).toMatchObject({
    halts: [{ because: expect.stringMatching(/^the analysis: /), by: "ana" }, { by: "ana" }],
    ends: [
      { outcome: "stopped", wave: 2, verdict: { wave: 1 } },
      { outcome: "stopped", wave: 3, verdict: { wave: 2, result: "successful" } },
    ],
  });

  clock.harmFrom = Number.MAX_SAFE_INTEGER;
  await again();
  await later(40);
  const last = await run("--wave", "3", "--resume");
  expect([last.says, last.status]).toEqual([expect.stringContaining("done: 20 row(s)"), 0]);
});

const fileOf = async (text: string) => {
  const dir = folder();
  put(dir, { "fix.sql": text });
  return await readDataFile(join(dir, "fix.sql"));
};

describe("what comes back, or does not (watched-waves)", () => {
  const verdict = (result: string) => ({
    ...{ wave: 2, result, because: ["so"], waitMs: 60_000, promised: true },
  });
  const half = { result: "successful" };
  it.each([
    { of: "harm excluded", status: 200, says: verdict("successful"), goes: true, because: "so" },
    { of: "harm", status: 200, says: verdict("failed"), goes: false, because: "so" },
    { of: "too little", status: 200, says: verdict("inconclusive"), goes: false, because: "so" },
    { of: "another answer", status: 200, says: half, goes: false, because: "away" },
    { of: "a broken server", status: 500, says: {}, goes: false, because: "away" },
    { of: "no answer", status: null, says: {}, goes: false, because: "away" },
  ])("$of: goes on $goes", async ({ status, says, goes, because }) => {
    const url = await listening((_, reply) => {
      if (status === null) reply.destroy();
      else
        reply.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(says));
    });
    const given = { run: "0".repeat(64), file: await fileOf(FIX), known: { batches: 1, wave: 1 } };
    const said = await judgedBefore(remoteOf(url, "x"), { ...given, wave: 2 });
    expect([said?.because.join(), said !== null && lets(said)]).toEqual([
      expect.stringContaining(because),
      goes,
    ]);
  });

  it.each([
    { of: "nothing is written yet", known: { batches: 0, wave: 1 }, wave: undefined, asked: 1 },
    { of: "there is no run yet", known: undefined, wave: undefined, asked: 1 },
    { of: "it goes on within its wave", known: { batches: 3, wave: 2 }, wave: 2, asked: null },
    { of: "no wave is named", known: { batches: 3, wave: 2 }, wave: undefined, asked: null },
    { of: "the next wave", known: { batches: 3, wave: 2 }, wave: 3, asked: 3 },
  ])("$of: asks about wave $asked", async ({ known, wave, asked }) => {
    const heard: unknown[] = [];
    const url = await listening((request, reply) => {
      request.on("data", (chunk: Buffer) => heard.push(JSON.parse(chunk.toString("utf8")).wave));
      request.on("end", () => reply.writeHead(503).end());
    });
    const given = { run: "0".repeat(64), file: await fileOf(FIX), known, wave };
    const said = await judgedBefore(remoteOf(url, "x"), given);
    // Also before the first wave nothing begins unwatched.
    expect(said !== null && lets(said)).toBe(false);
    expect([said?.wave ?? null, heard]).toEqual([asked, asked === null ? [] : [asked]]);
  });
});

describe("`watch` in the head of a fix", () => {
  it.each([
    ["no waves", FIX.replace("-- waves: [10, 50]\n", ""), "has no waves"],
    ["no cells", FIX.replace("[eu-1]", "[]"), "has no cells under `watch`"],
    ["a cell twice", FIX.replace("[eu-1]", "[eu-1, eu-1]"), "or one twice"],
    ["no system", FIX.replace("system: shop, ", ""), "watch.system: missing"],
    ["another field", FIX.replace("cells:", "since: 1, cells:"), "no such field"],
  ])("%s is refused", async (_, text, says) => {
    await expect(fileOf(text)).rejects.toThrow(says);
  });

  it("is read, and is part of the file's bytes", async () => {
    const [with_, without] = [FIX, FIX.replace(/-- watch.*\n/, "")];
    const [read, other] = [await fileOf(with_), await fileOf(without)];
    expect([read.watch, other.watch]).toEqual([{ system: "shop", cells: ["eu-1"] }, null]);
    expect(read.digest).not.toBe(other.digest);
  });
});

it.each([
  ["inconclusive", 2, null, /wave 2 waits[\s\S]*--wave 2` in about 10 min/],
  ["failed", 1, null, /wave 1 waits[\s\S]*nothing was written/],
  ["failed", 2, "the server is away", /halted by[\s\S]*not on record yet[\s\S]*--resume/],
] as const)("says what comes next where it %s before wave %i", (result, wave, unrecorded, says) => {
  const why = result === "failed" && wave > 1 ? "halted" : "analysis";
  const verdict = { wave, result, because: ["so"], waitMs: 600_000, heard: true };
  const kept = { outcome: "stopped", next: wave, why, verdict, unrecorded } as const;
  expect(keptText(kept, "0".repeat(64))).toMatch(says);
});
