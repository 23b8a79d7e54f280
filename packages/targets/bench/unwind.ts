// SPDX-License-Identifier: Apache-2.0
/**
 * An unwind against a bare batched UPDATE that writes the same values, on the same server, in turns.
 *
 *     ROWS=1000000 npm run bench -- targets/unwind
 */
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type DataFix,
  openSession,
  prepareJournal,
  type RunOf,
  runFix,
  runUnwind,
  type Session,
} from "@interlock/targets";
import { startCluster } from "@interlock/testkit";
import pg from "pg";

const rows = Number(process.env["ROWS"] ?? 200_000);
const rounds = Number(process.env["ROUNDS"] ?? 3);
const BATCH = Number(process.env["BATCH"] ?? 10_000);

const runOf = (name: string): RunOf => {
  const hash = createHash("sha256").update(name).digest("hex");
  return { run: hash, change: hash.slice(0, 20), digest: hash, entry: hash };
};

const terms = {
  expect: { min: rows, max: rows },
  batch: BATCH,
  pauseMs: 0,
  lockTimeoutMs: 5_000,
  statementTimeoutMs: 60_000,
  tries: 3,
};

const fix = (value: string): DataFix => ({
  statement: {
    ...{ action: "update", schema: null, table: "promise", alias: null, functions: [] },
    set: `days = ${value}`,
    columns: [{ column: "days", reads: ["days"], adds: null }],
    ...{ where: "true", whereReads: [] },
  },
  ...{ key: ["id"], beyond: [], terms },
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return (performance.now() - from) / 1_000;
}

/** The floor: as many rows a transaction, by the key, nothing remembered. */
async function bare(db: pg.Client): Promise<void> {
  for (let from = 0; from < rows; from += BATCH)
    await db.query("update promise set days = days + 1 where id > $1 and id <= $2", [
      from,
      from + BATCH,
    ]);
}

const directory = mkdtempSync(join(tmpdir(), "interlock-bench-"));
// The account of the server has to get there.
chmodSync(directory, 0o755);
const cluster = startCluster(join(directory, "cluster"));
try {
  const url = cluster.newDatabase();
  const db = new pg.Client({ connectionString: url });
  await db.connect();
  await db.query(
    `create table promise (id bigint primary key, sku text not null, days int not null, at timestamptz not null);
     insert into promise select i, 'sku-' || i, i % 7, now() from generate_series(1, ${rows}) i;`,
  );
  // One a run, as from the command line.
  const within = async <T>(work: (session: Session) => Promise<T>): Promise<T> => {
    const opened = await openSession(url);
    if (!opened.ok) throw new Error(opened.failure.message);
    const done = await work(opened.value);
    await opened.value.close();
    return done;
  };
  await within(prepareJournal);
  const settled = () => db.query("vacuum analyze promise; ").then(() => db.query("checkpoint"));
  const ratios: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const [name, back] = [`fix ${round}`, `undo ${round}`];
    const did = async (work: Promise<{ readonly ok: boolean }>) => {
      const answer = await work;
      if (!answer.ok) throw new Error(JSON.stringify(answer));
    };
    const fixed = await timed(() =>
      did(within((session) => runFix(session, { fix: fix("days + 40"), of: runOf(name) }))),
    );
    // Before and after, since whatever else runs on the machine changes meanwhile.
    const floorOnce = async () => {
      await settled();
      const took = await timed(() => bare(db));
      await db.query("update promise set days = days - 1");
      return took;
    };
    const before = await floorOnce();
    await settled();
    const unwind = {
      run: runOf(name).run,
      way: "undo",
      terms: { ...terms, quarantineMax: 0 },
    } as const;
    const undone = await timed(() =>
      did(within((session) => runUnwind(session, { unwind, of: runOf(back) }))),
    );
    const after = await floorOnce();
    const floor = (before + after) / 2;
    // Fixes that were taken back would make every later one contested, which is another case.
    await db.query(
      "truncate interlock_journal.run, interlock_journal.batch, interlock_journal.entry, interlock_journal.image, interlock_journal.held cascade",
    );
    ratios.push(floor / undone);
    console.log(
      `${rows} rows  bare ${before.toFixed(2)} and ${after.toFixed(2)} s  unwind ${undone.toFixed(2)} s  ratio ${(floor / undone).toFixed(2)}  fix ${fixed.toFixed(2)} s (${(floor / fixed).toFixed(2)})`,
    );
  }
  const middle = [...ratios].sort((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 0;
  console.log(`median ratio ${middle.toFixed(2)}, has to be 0.70`);
  await db.end();
} finally {
  await cluster.kill();
  rmSync(directory, { recursive: true, force: true });
}
