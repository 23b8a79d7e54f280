// SPDX-License-Identifier: Apache-2.0
/**
 * Reading from Git against git's own `--raw --numstat` in the same run. INTERLOCK_BENCH_REPO names a
 * repository; without it one is made, small enough to be made quickly and so kinder to git's start.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readChange, readingMemory } from "../src/git/change.ts";
import { openRepository, type Repository } from "../src/git/repository.ts";

const COMMITS = 5_000;
const ROUNDS_ONE = 9;
const ROUNDS_HISTORY = 3;

async function best(rounds: number, work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await work();
    least = Math.min(least, performance.now() - start);
  }
  return least;
}

function report(what: string, ms: number, floor: number): void {
  console.log(
    `${what.padEnd(58)} ${ms.toFixed(1).padStart(9)} ms   ratio ${(ms / floor).toFixed(2)}`,
  );
}

async function digested(repository: Repository, after: string, before: string): Promise<void> {
  const change = await repository.compare(before, after, true);
  await read(repository, change, after);
}

const memory = readingMemory();
const read = (
  repository: Repository,
  change: Awaited<ReturnType<Repository["compare"]>>,
  after: string,
) =>
  readChange({
    ...{ repository, change, after, memory, wantsText: () => true },
    ...{ identity: "git:bench", target: "refs/heads/main" },
  });

/** A history of configuration files that grow and change a few lines at a time. */
function made(): string {
  const dir = mkdtempSync(join(tmpdir(), "interlock-bench-"));
  execFileSync("git", ["init", "-q", "--bare", "-b", "main", dir]);
  const files = Array.from(
    { length: 400 },
    (_, i) => `services/team-${i % 20}/service-${i}/app.yaml`,
  );
  const text = (file: number, version: number) =>
    Array.from(
      { length: 120 },
      (_, l) => `key-${l}: ${l % 40 === version % 40 ? version : file}`,
    ).join("\n");
  const stream: string[] = [];
  const data = (t: string) => `data ${Buffer.byteLength(t)}\n${t}\n`;
  for (let n = 0; n <= COMMITS; n++) {
    const touched = n === 0 ? files.map((_, i) => i) : [n % 400, (n * 7) % 400, (n * 31) % 400];
    stream.push(
      `commit refs/heads/main\ncommitter ana <ana@example.com> ${1_600_000_000 + n} +0000\n${data(`change ${n}`)}`,
    );
    for (const i of new Set(touched))
      stream.push(`M 100644 inline ${files[i]}\n${data(text(i, n))}`);
  }
  execFileSync("git", ["fast-import", "--quiet"], { cwd: dir, input: stream.join("") });
  execFileSync("git", ["repack", "-adq"], { cwd: dir });
  return dir;
}

async function measure(dir: string): Promise<void> {
  const env = { PATH: process.env["PATH"] ?? "", GIT_DIR: dir };
  const git = (...args: string[]) =>
    spawnSync("git", args, { env, stdio: ["ignore", "pipe", "ignore"], maxBuffer: 2 ** 30 });
  const repository = await openRepository(dir);
  const head = await repository.resolve("HEAD");
  const ids = await repository.history({ to: head, max: COMMITS });
  repository.close();
  const oldest = ids[ids.length - 1] ?? head;
  const parent = ids[1] ?? head;
  const range = ["--first-parent", "--diff-merges=first-parent", "--raw", "--numstat", "-z"];

  const diff = await best(ROUNDS_ONE, () =>
    git("diff", "--raw", "--numstat", "-M", "-z", parent, head),
  );
  const one = await best(ROUNDS_ONE, async () => {
    const opened = await openRepository(dir);
    await digested(opened, await opened.resolve("HEAD"), parent);
    opened.close();
  });
  report("one commit, opened and digested / git diff", one, diff);

  const log = await best(ROUNDS_HISTORY, () => git("log", ...range, "-M", `-${ids.length}`, head));
  const walk = await best(ROUNDS_HISTORY, () => git("rev-list", "--first-parent", head));
  const opened = await openRepository(dir);
  const identity = await best(ROUNDS_HISTORY, () => opened.identity());
  opened.close();
  report("identity of the repository / git rev-list --first-parent", identity, walk);
  const all = (digest: boolean) => async () => {
    const fresh = await openRepository(dir);
    for await (const change of fresh.changes(ids, true))
      if (digest) await read(fresh, change, change.commit);
    fresh.close();
  };
  console.log(
    `${ids.length} commits from ${oldest.slice(0, 12)}; git log took ${log.toFixed(0)} ms`,
  );
  report("history: paths, moves, lines / git log", await best(ROUNDS_HISTORY, all(false)), log);
  report(
    "history: all of it, text and digests / git log",
    await best(ROUNDS_HISTORY, all(true)),
    log,
  );
}

const given = process.env["INTERLOCK_BENCH_REPO"];
const dir = given ?? made();
try {
  await measure(dir);
} finally {
  if (given === undefined) rmSync(dir, { recursive: true, force: true });
}
