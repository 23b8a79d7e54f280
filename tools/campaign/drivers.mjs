#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm run campaign:drivers -- [--rollouts N] [--servers N] [--waves N] [--lease MS] [--seconds S] [--away S] [--seed S]
// [--kill-every MS]`: many rollouts at once on several drivers of one Postgres, which are killed with `kill -9` (at any
// time, and at points between two steps), stopped beyond their leases, given clocks that jump by hours, and left without
// their target, once for a minute. One rollout in four shares its cells with another. Counts every write and fence at
// the target, and exits 1 where a write took effect twice or out of order, or a rollout was lost.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { beginRollout, DEFAULT_CEILING } from "../../packages/core/dist/index.js";
import { digestOf, sha256Hex } from "../../packages/digest/dist/index.js";
import { saveBegun } from "../../packages/server/dist/index.js";
import { append, openStore, plain, saveValues } from "../../packages/store/dist/index.js";
import { startCluster } from "../../packages/testkit/dist/index.js";

const CHILD = fileURLToPath(new URL("drivers-child.mjs", import.meta.url));
const { values } = parseArgs({
  options: {
    rollouts: { type: "string", default: "100" },
    servers: { type: "string", default: "2" },
    waves: { type: "string", default: "2" },
    lease: { type: "string", default: "3000" },
    away: { type: "string", default: "60" },
    seconds: { type: "string", default: "300" },
    seed: { type: "string", default: "1" },
    "kill-every": { type: "string", default: "1500" },
  },
});
const COUNT = Number(values.rollouts);
const WAVES = Number(values.waves);
const LEASE_MS = Number(values.lease);
/** One for each wave, and one more for the last. */
const CELLS = Array.from({ length: WAVES + 1 }, (_, at) => `cell-${at}`);
const ROLLOUTS = Array.from({ length: COUNT }, (_, at) => {
  const name = `system-${at}`;
  const place = at % 4 === 3 ? `system-${at - 1}` : name;
  return {
    ...{ name, keys: [`${name}-one`, `${name}-two`] },
    cells: CELLS.map((cell) => `${place}-${cell}`),
  };
});
const counts = {
  kills: 0,
  atPoints: 0,
  stops: 0,
  jumps: 0,
  aways: 0,
  sent: 0,
  fenced: 0,
  conflicts: 0,
  again: 0,
  lost: 0,
};
const wrong = [];
const home = mkdtempSync(join(tmpdir(), "interlock-drivers-"));
const cluster = startCluster(home);
const children = new Map();

/** mulberry32: the same numbers for the same seed. */
let seed = Number(values.seed) >>> 0;
function random(below) {
  seed = (seed + 0x6d2b79f5) >>> 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4_294_967_296) * below);
}

const cells = new Map();
let versions = 0;
/** How many reasons there are for the target not to answer. */
let away = 0;
/** No more is done to the drivers. */
let over = false;
let ended = false;
function cellOf(id) {
  if (!cells.has(id)) cells.set(id, { keys: new Map(), fence: 0, done: new Set(), landed: [] });
  return cells.get(id);
}

function write({ cell: id, items, idempotencyKey, fence, owner }) {
  counts.sent++;
  const cell = cellOf(id);
  if (cell.done.has(idempotencyKey)) {
    counts.again++;
    return { kind: "already" };
  }
  if (fence < cell.fence) {
    counts.fenced++;
    return { kind: "fenced", fence: cell.fence };
  }
  const keys = items.filter(({ key, over }) => (cell.keys.get(key)?.version ?? null) !== over);
  if (keys.length > 0) {
    counts.conflicts++;
    return { kind: "conflict", keys: keys.map(({ key }) => key), done: [] };
  }
  for (const { key, value } of items) cell.keys.set(key, { value, version: `v${++versions}` });
  cell.fence = fence;
  cell.done.add(idempotencyKey);
  cell.landed.push({ fence, owner, key: items[0].key });
  return { kind: "written" };
}

const target = createServer((request, response) => {
  let text = "";
  request.on("data", (chunk) => {
    text += chunk;
  });
  request.on("end", () => {
    if (away > 0) return request.socket.destroy();
    const body = JSON.parse(text);
    const { keys, fence } = cellOf(body.cell);
    const answer =
      request.url === "/write"
        ? write(body)
        : { items: body.keys.map((key) => [key, keys.get(key) ?? null]), fence };
    // It took effect, and nobody hears of it.
    if (request.url === "/write" && random(20) === 0) {
      counts.lost++;
      return request.socket.destroy();
    }
    response.end(JSON.stringify(answer));
  });
});

const BAKE = { ms: 1_000, samples: 10, marginPpm: 20_000 };
function planOf({ name, keys, cells }) {
  const sharePpm = Math.floor(1_000_000 / cells.length);
  const own = cells.map((id) => ({
    ...{ id, region: "north", sharePpm, base: "old", runs: "code-7", divisible: false },
  }));
  const steps = own.map(({ id }) => ({ cell: id, toPpm: 1_000_000 }));
  const change = digestOf("interlock/campaign/v1", name);
  return {
    ...{ change, system: name, tier: 2, target: "campaign", keys, version: change },
    ...{ lane: "normal", cells: own, provenRuns: ["code-7"] },
    waves: Array.from({ length: WAVES }, (_, at) => ({
      ...{ name: `wave ${at + 1}`, bake: BAKE },
      steps: at + 1 < WAVES ? steps.slice(at, at + 1) : steps.slice(at),
    })),
    microOrdersPerMinute: 1_000_000,
    detection: { sampleMs: 1_000, lostMicroOrders: 1_000_000, worstMs: 60_000, stopMs: 1_000 },
    ...{ asyncFailureMs: 0, speedPpmPerMinute: 100_000_000, signals: ["orders"], freshMs: 30_000 },
    ...{ askEveryMs: 1_000, onFailure: "halt", ceiling: DEFAULT_CEILING },
    back: { batchPpm: 1_000_000, everyMs: 100, jitterMs: 10 },
    goodUntil: Date.now() + 86_400_000,
  };
}

const contentFor = (text, name) => Buffer.from(`${text} ${name}`);

async function begin(store, rollout) {
  const { name, keys } = rollout;
  const plan = planOf(rollout);
  const id = digestOf("interlock/campaign-rollout/v1", name);
  const entry = digestOf("interlock/campaign-entry/v1", name);
  const proven = [
    { version: "old", kind: "baseline", entry, fits: ["code-7"], halted: false, bad: false },
  ];
  const begun = beginRollout(id, plan, { proven, now: Date.now() });
  if (!begun.ok) throw new Error(begun.failure.message);
  const contents = ["old", "new"].map((text) => contentFor(text, name));
  const [base, next] = contents.map((bytes) => sha256Hex(bytes));
  await saveValues(
    store.db,
    contents.map((bytes) => ({ sha256: sha256Hex(bytes), bytes })),
  );
  const deliveries = plan.cells.flatMap(({ id: cell }) =>
    keys.map((key) => {
      const value = contentFor("old", name).toString("base64");
      cellOf(cell).keys.set(key, { value, version: `v${++versions}` });
      return { cell, key, base, next };
    }),
  );
  const ledger = {
    append: (tx, all) =>
      append(
        tx,
        all.map((one) => one.entry),
      ),
  };
  const saved = await saveBegun(
    { store, ledger, now: Date.now },
    {
      ...{ state: begun.state, change: name, decision: { entry, index: 0 }, by: "ana" },
      ...{ persons: ["ana", "bo"], lossMicroOrders: 0, deliveries },
    },
  );
  if (!saved.ok) throw new Error(saved.failure.message);
}

const POINTS = [
  ...["step.saved", "entry.appended", "write.journalled", "write.answered", "read.answered"],
  "none",
];

/** Five in six die by themselves between two steps, somewhere. */
function start(at, url) {
  const owner = `driver ${at} (${counts.kills + counts.atPoints})`;
  const point = over ? "none" : POINTS[random(POINTS.length)];
  const port = target.address().port;
  const args = [CHILD, url, `http://127.0.0.1:${port}`, owner, point];
  args.push(String(1 + random(20)), values.lease);
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "ignore", "ipc"] });
  child.on("error", () => undefined);
  children.set(at, child);
  child.on("exit", () => {
    if (ended || children.get(at) !== child) return;
    counts.atPoints++;
    start(at, url);
  });
}

const HOURS_MS = 6 * 3_600_000;

/** One thing that happens to a driver, or to its target. */
async function ordeal(url) {
  const at = random(Number(values.servers));
  const child = children.get(at);
  const choice = random(10);
  if (choice < 5) {
    counts.kills++;
    start(at, url);
    child.kill("SIGKILL");
  } else if (choice < 7) {
    child.kill("SIGSTOP");
    counts.stops++;
    await pause(LEASE_MS + 1_000);
    child.kill("SIGCONT");
  } else if (choice < 9) {
    counts.jumps++;
    const jump = random(2 * HOURS_MS) - HOURS_MS;
    // A driver that dies meanwhile needs no clock any more.
    const told = (ms) => child.connected && child.send({ clock: ms }, () => undefined);
    told(jump);
    await pause(3_000);
    told(0);
  } else await without(3_000);
}

async function without(ms) {
  away++;
  counts.aways++;
  await pause(ms);
  away--;
}

async function asked(store, text) {
  const { rows } = await store.db.executeQuery(plain(text));
  return rows;
}

/** Longer than a lease, two waits of a minute for a target that was away, and what is left of the waves. */
const CALM_MS = 240_000 + Number(values.away) * 1_000;

async function run() {
  const url = cluster.newDatabase();
  const opened = await openStore({ url });
  if (!opened.ok) throw new Error(opened.failure.message);
  const store = opened.value;
  await new Promise((done) => target.listen(0, "127.0.0.1", done));
  const asking = performance.now();
  for (const one of ROLLOUTS) await begin(store, one);
  const started = performance.now();
  for (let at = 0; at < Number(values.servers); at++) start(at, url);
  const until = started + Number(values.seconds) * 1_000;
  const awayAt = setTimeout(
    () => void without(Number(values.away) * 1_000),
    Number(values.seconds) * 300,
  );
  const open = "select count(*)::int as n from rollout where phase <> 'completed'";
  for (;;) {
    await pause(Number(values["kill-every"]));
    const [{ n }] = await asked(store, open);
    // What is late is told from what is lost by letting it be: nothing is killed any more.
    if (n === 0 || performance.now() > until + CALM_MS) break;
    if (performance.now() > until) over = true;
    else await ordeal(url);
  }
  clearTimeout(awayAt);
  const driven = (performance.now() - started) / 1_000;
  await check(store);
  await say(store, { begun: (started - asking) / 1_000, driven });
  await store.close();
}

async function say(store, { begun, driven }) {
  const { length } = [...cells.values()].flatMap(({ landed }) => landed);
  const [{ steps, leases }] = await asked(
    store,
    "select sum(revision)::int as steps, (select last_value::int from rollout_lease) as leases from rollout",
  );
  const lines = [
    `rollouts ${COUNT}, waves ${WAVES}, writes that took effect ${length}`,
    `begun in ${begun.toFixed(1)} s (${(COUNT / begun).toFixed(0)} a second), driven in ${driven.toFixed(0)} s`,
    `steps ${steps} (${(steps / driven).toFixed(0)} a second), leases ${leases}`,
    Object.entries(counts)
      .map((one) => one.join(" "))
      .join(", "),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

async function check(store) {
  const phases = await asked(
    store,
    "select phase, count(*)::int as n from rollout group by phase order by phase",
  );
  for (const { phase, n } of phases)
    if (phase !== "completed") wrong.push(`${n} rollouts are ${phase}`);
  const stuck = await asked(
    store,
    "select id, system, state, lease, lease_owner from rollout where phase <> 'completed' limit 5",
  );
  for (const one of stuck) {
    const { hold, seenAt, fence, turn, wave, outbox, cells: all } = JSON.parse(one.state);
    const open = all.flatMap(({ id, operation }) => (operation ? [{ id, ...operation }] : []));
    wrong.push(
      `${one.id.slice(0, 12)} of ${one.system}: ${JSON.stringify({ hold, seenAt, fence, turn, wave, outbox, open, lease: one.lease, owner: one.lease_owner })}`,
    );
  }
  const twice = await asked(
    store,
    `select subject, kind, count(*)::int as n from ledger_entry where kind like 'rollout-%'
     group by subject, kind having count(*) <> case kind when 'rollout-wave' then ${WAVES} else 1 end`,
  );
  for (const { subject, kind, n } of twice) wrong.push(`${subject} has ${n} entries of ${kind}`);
  const [{ n }] = await asked(
    store,
    "select count(*)::int as n from rollout r where not exists (select from ledger_entry e where e.subject = r.id and e.kind = 'rollout-proven')",
  );
  if (n > 0) wrong.push(`${n} rollouts have no last entry`);
  for (const one of ROLLOUTS) for (const cell of one.cells) checkCell(one, cell);
}

function checkCell({ name, keys }, id) {
  const cell = cellOf(id);
  const landed = cell.landed.filter(({ key }) => keys.includes(key));
  if (landed.length !== 1) wrong.push(`${id} of ${name}: ${landed.length} writes took effect`);
  if (cell.landed.some(({ fence }, at) => at > 0 && fence < cell.landed[at - 1].fence))
    wrong.push(`${id}: a write took effect under an older fence`);
  for (const key of keys)
    if (Buffer.from(cell.keys.get(key).value, "base64").toString() !== `new ${name}`)
      wrong.push(`${id}: \`${key}\` does not hold the new value`);
}

try {
  await run();
} finally {
  ended = true;
  for (const child of children.values()) child.kill("SIGKILL");
  target.close();
  target.closeAllConnections();
  await cluster.kill();
  rmSync(home, { recursive: true, force: true });
}
for (const says of wrong.slice(0, 20)) process.stdout.write(`WRONG: ${says}\n`);
process.stdout.write(`${wrong.length === 0 ? "nothing" : wrong.length} found wrong\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
