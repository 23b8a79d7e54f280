// SPDX-License-Identifier: Apache-2.0
/** The process that reads objects, which is ended when it has been silent for too long. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SILENCE_MAX_MS } from "../../src/git/object-process.ts";
import { openRepository, type Repository } from "../../src/git/repository.ts";
import { type Scratch, scratch } from "./scratch.ts";

async function using(repo: Scratch, act: (repository: Repository) => Promise<void>): Promise<void> {
  const repository = await openRepository(repo.dir);
  try {
    await act(repository);
  } finally {
    repository.close();
  }
}

/** As many objects as are asked for, more than a pipe holds; none is read twice. */
function made(count: number) {
  const repo = scratch();
  const names = Array.from({ length: count }, (_, n) => `f${n}`);
  repo.commit(Object.fromEntries(names.map((name) => [name, name.padEnd(1_000)])));
  const listed = repo.git("ls-tree", "--object-only", "HEAD").split("\n").values();
  return { repo, next: () => listed.next().value ?? "" };
}
/** Lets the clock of silence go, and nothing else. */
const silent = () => vi.advanceTimersByTime(SILENCE_MAX_MS);
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

test("is ended when nobody asks it for long, and who asks just then is answered", async () => {
  const { repo, next } = made(6);
  await using(repo, async (r) => {
    for (let round = 0; round < 3; round++) {
      expect((await r.object(next(), 1_000)).kind).toBe("content");
      silent();
      expect((await r.object(next(), 1_000)).kind).toBe("content");
    }
  });
});

test("is not held to be silent while somebody asks just when it would be ended", async () => {
  const { repo, next } = made(2);
  await using(repo, async (r) => {
    expect((await r.object(next(), 1_000)).kind).toBe("content");
    vi.advanceTimersByTime(SILENCE_MAX_MS - 1);
    const asked = r.object(next(), 1_000);
    vi.advanceTimersByTime(1);
    expect((await asked).kind).toBe("content");
  });
});

test("is not held to be silent when it was us who stood still", async () => {
  const { repo, next } = made(300);
  await using(repo, async (r) => {
    await r.object(next(), 1_000);
    const asked = Array.from({ length: 299 }, () => r.object(next(), 1_000));
    await new Promise((sent) => setImmediate(sent));
    // Git fills the pipe meanwhile, which nobody reads.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    silent();
    const kinds = (await Promise.all(asked)).map(({ kind }) => kind);
    expect(new Set(kinds)).toEqual(new Set(["content"]));
  });
});
