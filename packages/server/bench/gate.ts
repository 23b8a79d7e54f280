// SPDX-License-Identifier: Apache-2.0
/**
 * Decisions over HTTP, stored and durable in the ledger, on Postgres, against a bare Postgres that
 * commits rows of the same size one by one under one lock, in the same run.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { decisionAt } from "@interlock/store";
import { type EngineUnderTest, opened, startCluster } from "@interlock/testkit";
import { sql } from "kysely";
import { openWorld, question } from "../test/world.ts";

/** `BENCH_SECONDS` of each part; shorter ones say little. */
const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 10);
const LOAD = fileURLToPath(
  new URL("../../../../packages/server/bench/load/load.mjs", import.meta.url),
);

const home = mkdtempSync(join(tmpdir(), "interlock-bench-"));
chmodSync(home, 0o755);
const cluster = startCluster(join(home, "server"));
const engine: EngineUnderTest = {
  name: "postgres",
  home: () => Promise.resolve({ place: { url: cluster.newDatabase() }, remove: () => undefined }),
};
const world = await openWorld(engine, { periodMs: 100 });
const origin = await world.app.listen({ host: "127.0.0.1", port: 0 });
const asked = question({ digest: "DIGEST" });
const body = JSON.stringify({ ...asked, place: { ...asked.place, head: "COMMIT" } });

type Loaded = {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly failures: Readonly<Record<string, number>>;
};

function load(connections: number, seconds: number, rate: number): Promise<Loaded> {
  const args = [LOAD, `${origin}/api/v1/gate`, String(connections), String(seconds), String(rate)];
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(body);
  return new Promise((done, fail) => {
    let out = "";
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString("utf8");
    });
    child.on("close", (code) =>
      code === 0 ? done(JSON.parse(out) as Loaded) : fail(new Error(`the load ended with ${code}`)),
    );
  });
}

/** Rows of a decision's size, each in a transaction of its own behind one row's lock. */
async function bare(bytes: number): Promise<number> {
  const { place, remove } = await engine.home();
  const store = await opened(place);
  await sql`create table head (n bigint); `.execute(store.db);
  await sql`insert into head values (0)`.execute(store.db);
  await sql`create table bare (n bigint primary key, t text)`.execute(store.db);
  const text = "x".repeat(bytes);
  const end = performance.now() + (SECONDS * 1_000) / 2;
  let rows = 0;
  const writer = async () => {
    while (performance.now() < end) {
      await store.db
        .transaction()
        .setIsolationLevel("read committed")
        .execute(async (tx) => {
          await sql`with h as (update head set n = n + 1 returning n) insert into bare select n, ${text} from h`.execute(
            tx,
          );
        });
      rows++;
    }
  };
  await Promise.all(Array.from({ length: 8 }, writer));
  await store.close();
  remove();
  return rows / (SECONDS / 2);
}

/**
 * A server that has run for a while reuses segments of its log. A new one makes each as it goes, and every
 * commit waits until 16 MB are written and synced.
 */
async function segmentsAhead(): Promise<void> {
  const { db } = world.store;
  await sql`create table ahead (n int)`.execute(db);
  for (let segment = 0; segment < 40; segment++) {
    await sql`insert into ahead values (${segment})`.execute(db);
    await sql`select pg_switch_wal()`.execute(db);
  }
  for (let round = 0; round < 2; round++) await sql`checkpoint`.execute(db);
}

/** Processor time of the database's processes in milliseconds (proc(5): user and system time in 1/100 s). */
function databaseMs(): number {
  const postmaster = Number(
    readFileSync(join(home, "server/data/postmaster.pid"), "utf8").split("\n")[0],
  );
  let ticks = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^[0-9]+$/.test(name))) {
    const stat = statOf(pid);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (Number(fields[1]) === postmaster || Number(pid) === postmaster)
      ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * 10;
}

/** Empty for a process that has ended meanwhile. */
function statOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return "";
  }
}

/** Processor time of server and database, and transactions: what a busy machine does not distort as it does times. */
async function spent() {
  const { rows } = await sql<{ readonly transactions: number }>`
    select xact_commit + xact_rollback as transactions from pg_stat_database
    where datname = current_database()`.execute(world.store.db);
  const { user, system } = process.cpuUsage();
  return {
    server: (user + system) / 1_000,
    database: databaseMs(),
    transactions: rows[0]?.transactions ?? 0,
  };
}

const say = (name: string, { perSecond, p50, p99, failures }: Loaded) =>
  console.log(
    `${name.padEnd(44)} ${perSecond.toFixed(0).padStart(6)} /s   p50 ${p50.toFixed(1)} ms   p99 ${p99.toFixed(1)} ms   failures ${JSON.stringify(failures)}`,
  );

await segmentsAhead();
await load(8, 3, 0);
// As the database does by itself after a minute: what it knows of its tables decides how it reads them.
await sql`analyze`.execute(world.store.db);
const before = await spent();
const most = await load(16, SECONDS, 0);
// The database's own counts are a second late.
await new Promise((done) => setTimeout(done, 1_500));
const after = await spent();
const each = (name: keyof typeof before) =>
  ((after[name] - before[name]) / (most.perSecond * SECONDS)).toFixed(2);
const record = await decisionAt(world.store.db, 10);
const size = record?.record?.text.length ?? 0;
const floor = await bare(size);
say("16 callers, as fast as it answers", most);
say("at 200 a second", await load(16, SECONDS, 200));
say("at 500 a second", await load(16, SECONDS, 500));
console.log(
  `a bare Postgres commits ${floor.toFixed(0)} rows of ${size} bytes a second under one lock: ratio ${(most.perSecond / floor).toFixed(2)}`,
);
console.log(
  `of each decision: ${each("server")} ms of the server's processor time, ${each("database")} ms of Postgres', ${each("transactions")} transactions`,
);
await world.close();
await cluster.kill();
rmSync(home, { recursive: true, force: true });
