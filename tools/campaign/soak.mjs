#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm run campaign:soak -- [--minutes M] [--seed S] [--every SECONDS] [--json]`: one server on Postgres at a
// modest rate, and how fast what it holds grows: memory, handles, files, connections, rows.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { campaign, startCluster } from "../../packages/testkit/dist/index.js";

const MAIN = fileURLToPath(new URL("../../packages/cli/dist/bundle/interlock.js", import.meta.url));
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    every: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});

/** By which an answer of `/metrics` is read. */
const METRICS = {
  heapMb: [/^interlock_nodejs_heap_size_used_bytes (\S+)/m, 1 << 20],
  handles: [/^interlock_nodejs_active_handles_total (\S+)/m, 1],
  entries: [/^interlock_ledger_entries (\S+)/m, 1],
};

async function sampleOf({ port, running }, started) {
  const pid = running()?.pid;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const read = ([pattern, unit]) => Number(pattern.exec(text)?.[1]) / unit;
  return {
    seconds: (Date.now() - started) / 1_000,
    residentMb: Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024,
    files: readdirSync(`/proc/${pid}/fd`).length,
    ...Object.fromEntries(Object.entries(METRICS).map(([name, of]) => [name, read(of)])),
  };
}

/** Least squares over the second half, when caches and the pool have filled: by how much an hour, and an entry. */
function slopes(samples) {
  const late = samples.slice(Math.floor(samples.length / 2));
  const slope = (of, over) => {
    const mean = (f) => late.reduce((sum, one) => sum + f(one), 0) / late.length;
    const [x, y] = [mean(over), mean(of)];
    const spread = mean((one) => (over(one) - x) ** 2);
    return spread === 0 ? 0 : mean((one) => (over(one) - x) * (of(one) - y)) / spread;
  };
  const round = (n) => Math.round(n * 1_000) / 1_000;
  return Object.fromEntries(
    ["residentMb", "heapMb", "handles", "files", "entries"].map((name) => [
      name,
      {
        first: round(samples[0]?.[name] ?? 0),
        last: round(samples.at(-1)?.[name] ?? 0),
        anHour: round(
          slope(
            (one) => one[name],
            (one) => one.seconds / 3_600,
          ),
        ),
        aThousandEntries: round(
          slope(
            (one) => one[name],
            (one) => one.entries / 1_000,
          ),
        ),
      },
    ]),
  );
}

const home = mkdtempSync(join(tmpdir(), "interlock-soak-"));
const cluster = startCluster(home);
const samples = [];
const ordeal = async ({ seats: [seat] }) => {
  const started = Date.now();
  const end = started + Number(values.minutes) * 60_000;
  while (Date.now() < end) {
    samples.push(await sampleOf(seat, started));
    await pause(Number(values.every) * 1_000);
  }
};
try {
  const load = { servers: 1, seed: Number(values.seed), callers: 2 };
  const { wrong, ...counts } = await campaign({ main: MAIN, cluster, ordeal, ...load });
  const report = { ...counts, wrong, slopes: slopes(samples) };
  const rows = Object.entries(report).map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`);
  process.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : rows.join(""));
  process.exitCode = wrong.length === 0 ? 0 : 1;
} finally {
  await cluster.kill();
  rmSync(home, { recursive: true, force: true });
}
