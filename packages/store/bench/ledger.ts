// SPDX-License-Identifier: Apache-2.0
/**
 * Entries appended durably by many callers, against one bare connection to a Postgres server that
 * inserts the same rows in the same batches. `fsync` is on everywhere.
 */
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { committer, type NewEntry, openStore, type Store } from "@interlock/store";
import { postgresBinaries, startCluster } from "@interlock/testkit";
import pg from "pg";

const ROUNDS = { warmUp: 3, measured: 15 };
const LEAF_BYTES = 1_024;

function entry(): NewEntry {
  const leaf = randomBytes(LEAF_BYTES);
  const leafHash = createHash("sha256").update(leaf).digest();
  const body = { salt: randomBytes(32), text: JSON.stringify({ fill: "x".repeat(300) }) };
  return { leaf, leafHash, kind: "bench", subject: "change-7", at: 1_700_000_000_000, body };
}

const entries = (count: number): readonly NewEntry[] => Array.from({ length: count }, entry);

function mine(store: Store, count: number): Work {
  const { appendSoon } = committer(store);
  return async () => {
    const outcomes = await Promise.all(entries(count).map((one) => appendSoon([one])));
    if (outcomes.some(({ kind }) => kind !== "committed")) throw new Error("not appended");
  };
}

/** Indexes are counted here, without the head's row: nobody else writes. */
function floor(client: pg.Client, count: number): () => Promise<void> {
  const tuples = (width: number): string =>
    Array.from({ length: count }, (_, row) => {
      const places = Array.from({ length: width }, (_, column) => `$${row * width + column + 1}`);
      return `(${places.join()})`;
    }).join();
  const intoEntry = `insert into ledger_entry values ${tuples(6)}`;
  const intoBody = `insert into ledger_body (index, salt, body) values ${tuples(3)}`;
  return async () => {
    const rows = entries(count).map((one) => ({ ...one, index: next++ }));
    await client.query("begin");
    await client.query(
      intoEntry,
      rows.flatMap((r) => [r.index, r.leaf, r.leafHash, r.kind, r.subject, r.at]),
    );
    await client.query(
      intoBody,
      rows.flatMap((r) => [r.index, r.body?.salt, r.body?.text]),
    );
    await client.query("commit");
  };
}
let next = 0;

async function opened(place: Parameters<typeof openStore>[0]): Promise<Store> {
  const result = await openStore(place);
  if (!result.ok) throw new Error(result.failure.message);
  return result.value;
}

type Work = () => Promise<void>;

/** By the clock, since a server works in processes of its own; in turn, so that load strikes both. */
async function compared(ours: Work, peer: Work, count: number) {
  const took: number[] = [];
  const ratios: number[] = [];
  for (let round = 0; round < ROUNDS.warmUp + ROUNDS.measured; round++) {
    const own = await timed(ours);
    const other = await timed(peer);
    if (round < ROUNDS.warmUp) continue;
    took.push(own);
    ratios.push(other / own);
  }
  return { rate: (count * 1_000) / median(took), ratio: median(ratios) };
}

async function timed(work: Work): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
}

if (postgresBinaries() === null) {
  console.error("error: the floor needs Postgres\nhelp: install the package `postgresql`");
  process.exit(1);
}
const home = mkdtempSync(join(tmpdir(), "interlock-bench-"));
chmodSync(home, 0o755);
const server = startCluster(join(home, "server"));
const embedded = await opened({ directory: join(home, "embedded") });
const postgres = await opened({ url: server.newDatabase() });
const bareUrl = server.newDatabase();
await (await opened({ url: bareUrl })).close();
const bare = new pg.Client(bareUrl);
await bare.connect();
try {
  for (const count of [1, 16, 128, 512])
    for (const store of [postgres, embedded]) {
      const { rate, ratio } = await compared(mine(store, count), floor(bare, count), count);
      const what = `${count} callers at once, ${store.engine} / bare Postgres`;
      console.log(`${what.padEnd(48)} ${rate.toFixed(0)} entries/s, ratio ${ratio.toFixed(2)}`);
    }
} finally {
  await Promise.all([bare.end(), postgres.close(), embedded.close()]);
  await server.kill();
  rmSync(home, { recursive: true, force: true });
}
