// SPDX-License-Identifier: Apache-2.0
/**
 * Writes of each driver against its engine's own floor, by turns in the same run: a bare fsync and
 * rename for each file, a bare locked UPDATE in one transaction, bare git plumbing. What we add is the
 * fence, the idempotency key, the comparison of versions and a batch that is whole or not at all.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Json } from "@interlock/digest";
import { type BatchItem, openTarget, type Target } from "@interlock/targets";
import { postgresBinaries, startCluster } from "@interlock/testkit";
import pg from "pg";

const ROUNDS = { warmUp: 1, measured: 6 };
const VALUE_BYTES = 400;
const CELL = "cell";

type Contest = {
  readonly name: string;
  readonly target: Target;
  /** Writes the same keys without us. */
  readonly floor: (keys: readonly string[], round: number) => Promise<void>;
  readonly sizes: readonly number[];
  /** How many batches make a round. */
  readonly batches: number;
};

const keysOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `key-${at}`);
const contentOf = (round: number): Buffer => Buffer.alloc(VALUE_BYTES, `round ${round} `);
let rounds = 0;
let sent = 0;

async function opened(kind: Target["kind"], settings: Json): Promise<Target> {
  const target = await openTarget({ name: kind, kind, settings }, async () => null);
  if (!target.ok) throw new Error(target.failure.message);
  return target.value;
}

/** Milliseconds of the writes alone; what they are over is read before. */
async function ours(target: Target, keys: readonly string[]): Promise<number> {
  const read = await target.read(CELL, keys);
  if (!read.ok) throw new Error(read.failure.message);
  const value = contentOf(++rounds);
  const items = keys.map((key): BatchItem => {
    const over = read.value.items.get(key)?.version ?? null;
    return { key, value, over };
  });
  const from = performance.now();
  const outcome = await target.write({ cell: CELL, items, fence: 1, idempotencyKey: `b${++sent}` });
  if (outcome.kind !== "written") throw new Error(JSON.stringify(outcome));
  return performance.now() - from;
}

async function timed(run: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await run();
  return performance.now() - from;
}

async function measure({ name, target, floor, sizes, batches }: Contest): Promise<void> {
  for (const size of sizes) {
    const keys = keysOf(size);
    let mine = 0;
    let bare = 0;
    for (let round = 0; round < ROUNDS.warmUp + ROUNDS.measured; round++) {
      let [our, their] = [0, 0];
      for (let batch = 0; batch < batches; batch++) our += await ours(target, keys);
      for (let batch = 0; batch < batches; batch++)
        their += await timed(() => floor(keys, ++rounds));
      if (round < ROUNDS.warmUp) continue;
      mine += our;
      bare += their;
    }
    const perSecond = (ms: number): string =>
      ((ROUNDS.measured * batches * 1_000) / ms).toFixed(0).padStart(6);
    process.stdout.write(
      `${name.padEnd(9)} ${String(size).padStart(4)} keys a batch: ${perSecond(mine)} batches/s, floor ${perSecond(bare)}/s, ratio ${(bare / mine).toFixed(2)}\n`,
    );
  }
}

async function synced(path: string, content?: Buffer): Promise<void> {
  const file = await open(path, content === undefined ? "r" : "w");
  if (content !== undefined) await file.writeFile(content);
  await file.sync();
  await file.close();
}

async function filesContest(home: string): Promise<Contest> {
  const root = join(home, "ours");
  const bare = join(home, "bare");
  for (const folder of [root, bare]) mkdirSync(folder);
  return {
    name: "files",
    target: await opened("files", { root, cells: { [CELL]: "cell" } }),
    floor: async (keys, round) => {
      for (const key of keys) {
        await synced(join(bare, `${key}.draft`), contentOf(round));
        await rename(join(bare, `${key}.draft`), join(bare, key));
      }
      await synced(bare);
    },
    sizes: [1, 100],
    batches: 5,
  };
}

async function rowsContest(url: string): Promise<Contest & { readonly end: () => Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const table = "(key text primary key, value bytea)";
  await client.query(`create table ours ${table}; create table bare ${table};
    insert into bare select 'key-' || n from generate_series(0, 99) n`);
  const target = await opened("postgres", { url, createFence: true, cells: { [CELL]: "ours" } });
  return {
    name: "postgres",
    target,
    floor: async (keys, round) => {
      await client.query("begin");
      await client.query("select key, value from bare where key = any($1) for update", [keys]);
      const values = keys.map(() => contentOf(round));
      const given = "unnest($1::text[], $2::bytea[]) d(k, v)";
      await client.query(`update bare set value = d.v from ${given} where key = d.k`, [
        keys,
        values,
      ]);
      await client.query("commit");
    },
    sizes: [1, 100],
    batches: 20,
    end: async () => {
      await target.close();
      await client.end();
    },
  };
}

async function gitContest(home: string): Promise<Contest> {
  const [mine, bare] = [join(home, "ours.git"), join(home, "bare.git")];
  const git = (dir: string, args: readonly string[], input = ""): string => {
    const all = [
      "-c",
      "core.fsync=all",
      "-c",
      "user.name=a",
      "-c",
      "user.email=a@example.com",
      ...args,
    ];
    const { status, stdout, stderr } = spawnSync("git", all, { cwd: dir, input, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return stdout.trim();
  };
  for (const dir of [mine, bare]) git(home, ["init", "-q", "--bare", dir]);
  let tip = "";
  return {
    name: "git",
    target: await opened("git", {
      repository: mine,
      cells: { [CELL]: { branch: "main", folder: "cell" } },
    }),
    floor: async ([key], round) => {
      const blob = git(bare, ["hash-object", "-w", "--stdin"], contentOf(round).toString());
      const folder = git(bare, ["mktree"], `100644 blob ${blob}\t${key}\n`);
      const tree = git(bare, ["mktree"], `040000 tree ${folder}\tcell\n`);
      const parents = tip === "" ? [] : ["-p", tip];
      const commit = git(bare, ["commit-tree", ...parents, "-m", "bare", tree]);
      git(bare, ["update-ref", "refs/heads/main", commit, tip]);
      tip = commit;
    },
    sizes: [1],
    batches: 2,
  };
}

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "interlock-bench-"));
  chmodSync(home, 0o755);
  try {
    await measure(await filesContest(home));
    const git = await gitContest(home);
    await measure(git);
    await git.target.close();
    if (postgresBinaries() === null) {
      process.stdout.write("postgres: not installed\n");
      return;
    }
    const cluster = startCluster(join(home, "postgres"));
    try {
      const contest = await rowsContest(cluster.newDatabase());
      await measure(contest);
      await contest.end();
    } finally {
      await cluster.kill();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await main();
