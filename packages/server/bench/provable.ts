// SPDX-License-Identifier: Apache-2.0
/**
 * How long after it is durable an entry is in a published checkpoint, and in one that a witness of
 * its own process has cosigned, at 500 entries a second; and proofs in a log of `BENCH_ENTRIES`
 * (10,000,000) entries whose tiles are in Postgres, against reading one row by its key.
 */
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { prepare, treeAround } from "@interlock/server";
import { latestCheckpoint, readTiles, type Store } from "@interlock/store";
import { type EngineUnderTest, opened, quantile, sequence, startCluster } from "@interlock/testkit";
import {
  type CheckedTiles,
  checkedTiles,
  EMPTY_EDGE,
  formatVerifierKey,
  growEdge,
  parseTilePath,
  parseVerifierKey,
  proveInclusion,
  rootOfEdge,
  type TileReader,
  treeHash,
  verifyInclusion,
} from "@interlock/tlog";
import { sql } from "kysely";
import { KEY, openWorld } from "../test/world.ts";

const SECONDS = Number(process.env["BENCH_SECONDS"] ?? 10);
const ENTRIES = Number(process.env["BENCH_ENTRIES"] ?? 10_000_000);
const RATE = 500;
const PROOFS = 2_000;
/** What a server has read by then it goes on holding; the first ones are not counted. */
const WARM = 500;
const MAIN = fileURLToPath(
  new URL("../../../../packages/cli/dist/bundle/interlock.js", import.meta.url),
);
const native = treeHash((bytes) => createHash("sha256").update(bytes).digest());

const home = mkdtempSync(join(tmpdir(), "interlock-bench-"));
chmodSync(home, 0o755);
const cluster = startCluster(join(home, "server"));
const engine: EngineUnderTest = {
  name: "postgres",
  home: () => Promise.resolve({ place: { url: cluster.newDatabase() }, remove: () => undefined }),
};
try {
  if (SECONDS > 0) await provable();
  await proofs();
} finally {
  await cluster.kill();
  rmSync(home, { recursive: true, force: true });
}

async function provable(): Promise<void> {
  const witness = await startWitness();
  const terms = { periodMs: 100, witnesses: [witness.at], fetch };
  const world = await openWorld(engine, terms);
  const signed: number[] = [];
  const cosigned: { readonly index: number; readonly from: number }[] = [];
  const cosignedAfter: number[] = [];
  let done = false;
  const watch = (async () => {
    while (!done || cosigned.length > 0) {
      const newest = await latestCheckpoint(world.store.db);
      const now = performance.now();
      if (newest?.note.includes("— witness.example.com ") === true)
        while (cosigned[0] !== undefined && cosigned[0].index < newest.size)
          cosignedAfter.push(now - (cosigned.shift()?.from ?? now));
      await sleep(5);
    }
  })();
  const started = performance.now();
  const under: Promise<void>[] = [];
  for (let n = 0; n < RATE * SECONDS; n++) {
    const due = started + (n * 1_000) / RATE;
    if (due > performance.now()) await sleep(due - performance.now());
    under.push(one(n));
  }
  async function one(n: number): Promise<void> {
    const body = { person: "ana", credential: "AAAA", reason: `${n} `.repeat(100), by: ["ana"] };
    const entry = prepare({ kind: "revocation", at: n, subject: null, body });
    const appended = await world.ledger.appendSoon([entry]);
    if (appended.kind !== "committed") throw new Error("an entry was not appended");
    const from = performance.now();
    const [index = 0] = appended.value;
    cosigned.push({ index, from });
    const published = await world.ledger.published(index, 30_000);
    if (!published.ok) throw new Error(published.failure.message);
    signed.push(performance.now() - from);
  }
  await Promise.all(under);
  const took = (performance.now() - started) / 1_000;
  done = true;
  await watch;
  witness.stop();
  await world.close();
  console.log(`${(under.length / took).toFixed(0)} entries a second, every one durable first`);
  shown("from durable to a signed checkpoint", signed);
  shown("from durable to one that a witness has cosigned", cosignedAfter);
}

function shown(what: string, ms: readonly number[]): void {
  const at = (share: number) => `${quantile(ms, share).toFixed(1)} ms`;
  console.log(`${what.padEnd(52)} p50 ${at(0.5)}  p99 ${at(0.99)}  worst ${at(1)}`);
}

async function startWitness() {
  const dir = mkdtempSync(join(home, "witness-"));
  const named = ["--name", "witness.example.com", "--key", "key.pem"];
  const made = spawnSync(process.execPath, [MAIN, "witness", ...named, "--new-key"], {
    cwd: dir,
    encoding: "utf8",
  });
  const key = parseVerifierKey(made.stdout.trim());
  if (!key.ok) throw new Error(`${key.failure.message}: ${made.stderr}`);
  writeFileSync(join(dir, "logs.txt"), `log ${formatVerifierKey(KEY.verifier)}\nquorum none\n`);
  const port = await freePort();
  const args = ["--policy", "logs.txt", "--state", "heads", "--listen", `127.0.0.1:${port}`];
  const child = spawn(process.execPath, [MAIN, "witness", ...named, ...args], { cwd: dir });
  await new Promise((listening) => child.stderr.once("data", listening));
  return {
    at: { key: key.value, url: `http://127.0.0.1:${port}` },
    stop: () => child.kill("SIGKILL"),
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

function leafAt(index: number): Uint8Array {
  return native.leaf(Buffer.from(`entry ${index}`));
}

async function proofs(): Promise<void> {
  const { place } = await engine.home();
  const store = await opened(place);
  let edge = EMPTY_EDGE;
  for (let at = 0; at < ENTRIES; at += 16_384) {
    const width = Math.min(16_384, ENTRIES - at);
    const grown = growEdge(
      edge,
      Array.from({ length: width }, (_, i) => leafAt(at + i)),
      native,
    );
    edge = grown.edge;
    const tiles = grown.tiles.flatMap(({ path, bytes }) => {
      const parsed = parseTilePath(path);
      if (!parsed.ok || parsed.value.kind !== "hashes") return [];
      return [{ ...parsed.value.tile, hashes: Buffer.from(bytes) }];
    });
    await sql`
      insert into ledger_tile (level, n, width, hashes)
      select level, n, octet_length(hashes) / 32, hashes from unnest(
        ${tiles.map(({ level }) => level)}::integer[],
        ${tiles.map(({ index }) => index)}::bigint[],
        ${tiles.map(({ hashes }) => hashes)}::bytea[]
      ) as given(level, n, hashes)
      on conflict (level, n) do update set width = excluded.width, hashes = excluded.hashes
      where excluded.width > ledger_tile.width`.execute(store.db);
  }
  const root = rootOfEdge(edge);
  const below = sequence(1);
  const head = { size: ENTRIES, root };
  // A log of this size grew over years: its tables are not written and read at once.
  await sql`vacuum analyze ledger_tile`.execute(store.db);
  await sql`checkpoint`.execute(store.db);
  const tiles = Math.floor(ENTRIES / 256);
  const [served, cold, row, tile]: readonly number[][] = [[], [], [], []];
  const kept = checkedTiles(1_024);
  for (let n = 0; n < WARM + PROOFS; n++) {
    const index = below(ENTRIES);
    const around = (checked: CheckedTiles) => treeAround(store.db, { head, index }, checked);
    const took = [
      await timed(() => prove(around(kept), index, root)),
      await timed(() => prove(around(checkedTiles(16)), index, root)),
      await timed(() => widthOf(store, below(tiles))),
      await timed(() => readTiles(store.db, [{ level: 0, n: below(tiles) }])),
    ];
    if (n >= WARM)
      for (const [i, all] of [served, cold, row, tile].entries()) all?.push(took[i] ?? 0);
  }
  await store.close();
  console.log(`${ENTRIES.toLocaleString("en")} entries, tiles in Postgres, ${PROOFS} proofs`);
  shown("a proof made and verified, as a server does it", served ?? []);
  shown("the same, nothing kept", cold ?? []);
  shown("only one row by its key", row ?? []);
  shown("only one tile by its key", tile ?? []);
  const ratio = quantile(served ?? [], 0.5) / quantile(row ?? [], 0.5);
  console.log(`ratio ${ratio.toFixed(2)} of one row by its key`);
}

async function widthOf({ db }: Store, n: number): Promise<number> {
  const found = db.selectFrom("ledger_tile").select("width").where("level", "=", 0);
  return (await found.where("n", "=", n).executeTakeFirstOrThrow()).width;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

async function prove(reader: TileReader, index: number, root: Uint8Array): Promise<void> {
  const proof = await proveInclusion(index, ENTRIES, reader.hashes);
  if (!proof.ok) throw new Error(proof.failure.message);
  const claim = { leafHash: leafAt(index), index, size: ENTRIES, root, proof: proof.value };
  if (!verifyInclusion(claim).ok) throw new Error("a proof does not verify");
}
