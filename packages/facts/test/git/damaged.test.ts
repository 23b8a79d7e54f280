// SPDX-License-Identifier: Apache-2.0
/** Repositories that lack something, or hold what git would not write (attack cases GT10, GT11, GT12). */
import { createHash } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { deflateSync } from "node:zlib";
import { isUnknown } from "@interlock/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readChange, readingMemory } from "../../src/git/change.ts";
import { openRepository, type Repository } from "../../src/git/repository.ts";
import type { TreeChange } from "../../src/git/tree-change.ts";
import { ENTRIES_MAX } from "../../src/git/tree-diff.ts";
import { type Scratch, scratch, scratchAt, scratchFolder, treeEntry } from "./scratch.ts";

const loose = (repo: Scratch, oid: string) =>
  join(repo.dir, ".git/objects", oid.slice(0, 2), oid.slice(2));

/** Writes bytes under an id that is not theirs. */
function plant(repo: Scratch, oid: string, object: Buffer | string): void {
  mkdirSync(dirname(loose(repo, oid)), { recursive: true });
  rmSync(loose(repo, oid), { force: true });
  writeFileSync(loose(repo, oid), deflateSync(object));
}

async function using<T>(
  repo: Scratch,
  act: (repository: Repository) => Promise<T>,
  options: { readonly silenceMs?: number } = {},
): Promise<T> {
  const repository = await openRepository(repo.dir, options);
  try {
    return await act(repository);
  } finally {
    repository.close();
  }
}

const digestOf = (repository: Repository, change: TreeChange, after: string) =>
  readChange({
    ...{ repository, change, after, memory: readingMemory(), wantsText: () => true },
    ...{ identity: "git:test", target: "refs/heads/main" },
  });

/** Why the digest of the newest commit is unknown, and what of its file could not be read. */
async function reasons(repo: Scratch, id: string, options: { readonly silenceMs?: number } = {}) {
  const read = async (repository: Repository) => {
    for await (const change of repository.changes([id], true)) {
      const { digest, files } = await digestOf(repository, change, id);
      return {
        because: isUnknown(digest) ? digest.$unknown.because : null,
        unread: files.map((f) => f.unread?.code ?? null),
      };
    }
    throw new Error("no change");
  };
  return await using(repo, read, options);
}

describe("one object", () => {
  const made = () => {
    const repo = scratch();
    repo.commit({ a: "1\n" });
    const id = repo.commit({ a: "2\n", "b/c": "new\n" });
    return { repo, id };
  };

  test("a whole repository has a digest", async () => {
    const { repo, id } = made();
    expect(await reasons(repo, id)).toEqual({ because: null, unread: [null, null] });
  });

  test.each<readonly [string, string, string, readonly (string | null)[]]>([
    [
      "a missing new blob",
      "HEAD:a",
      "the content of `a` is not in the repository",
      ["missing-object", null],
    ],
    [
      "a missing old blob",
      "HEAD~1:a",
      "the content of `a` is not in the repository",
      ["missing-object", null],
    ],
    ["a missing folder", "HEAD:b", "the folder `b/` cannot be read: object OID is missing", [null]],
    [
      "a missing top folder",
      "HEAD^{tree}",
      "the folder `/` cannot be read: object OID is missing",
      [],
    ],
    ["a missing parent", "HEAD~1", "the commit `OID12` is missing", []],
  ])("%s", async (_name, revision, because, unread) => {
    const { repo, id } = made();
    const oid = repo.git("rev-parse", revision);
    rmSync(loose(repo, oid));
    const said = because.replace("OID12", oid.slice(0, 12)).replace("OID", oid);
    expect(await reasons(repo, id)).toEqual({ because: said, unread });
  });

  test.each<readonly [string, (repo: Scratch, oid: string) => void]>([
    [
      "cut off",
      (repo, oid) => {
        const path = loose(repo, oid);
        const bytes = readFileSync(path);
        chmodSync(path, 0o600);
        writeFileSync(path, bytes.subarray(0, bytes.length - 6));
      },
    ],
    ["under the wrong id", (repo, oid) => plant(repo, oid, "blob 4\0evil")],
    ["of another type", (repo, oid) => plant(repo, oid, "tree 0\0")],
    ["that says it is larger than it is", (repo, oid) => plant(repo, oid, "blob 400\0evil")],
    [
      "that says it is smaller, to speak for what follows",
      (repo, oid) =>
        plant(repo, oid, `blob 1\0e\n${repo.git("rev-parse", "HEAD:b/c")} blob 4\nnew\n\n`),
    ],
  ])("a blob %s", async (_name, spoil) => {
    const { repo, id } = made();
    spoil(repo, repo.git("rev-parse", "HEAD:a"));
    // Git waits for what is not there; longer than it ever takes for what is.
    expect(await reasons(repo, id, { silenceMs: 4_000 })).toEqual({
      because: "the content of `a` is damaged or not what its id says",
      unread: ["corrupt-object", null],
    });
  });

  test("a blob that was overwritten is missing for git", async () => {
    const { repo, id } = made();
    const oid = repo.git("rev-parse", "HEAD:a");
    chmodSync(loose(repo, oid), 0o600);
    writeFileSync(loose(repo, oid), "not zlib at all");
    expect((await reasons(repo, id)).unread).toEqual(["missing-object", null]);
  });

  test("a commit or tree under the wrong id is not believed", async () => {
    const { repo, id } = made();
    const tree = repo.git("rev-parse", "HEAD^{tree}");
    const parent = repo.git("cat-file", "commit", "HEAD~1");
    plant(repo, id, `commit ${parent.length}\0${parent}`);
    await using(repo, async (r) => {
      expect(await r.commit(id)).toBeNull();
      expect((await r.compare(id, tree, true)).incomplete?.because).toContain("is corrupt");
    });
  });

  test("what comes behind an unreadable object is read all the same", async () => {
    const { repo } = made();
    const [bad, good] = [repo.git("rev-parse", "HEAD:a"), repo.git("rev-parse", "HEAD:b/c")];
    plant(repo, bad, "blob 4\0evil");
    await using(repo, async (r) => {
      const answers = await Promise.all(
        [good, bad, bad, good, bad].map((oid, i) => r.object(oid, 100 + i)),
      );
      expect(answers.map((a) => a.kind)).toEqual([
        "content",
        "corrupt",
        "corrupt",
        "content",
        "corrupt",
      ]);
    });
  });
});

describe("clones that were cut off", () => {
  function cloned(...options: string[]): {
    readonly clone: Scratch;
    readonly ids: readonly string[];
  } {
    const repo = scratch();
    repo.git("config", "uploadpack.allowFilter", "true");
    const ids = ["1", "2", "3", "4"].map((n) => repo.commit({ a: `${n}\n`, [`f/${n}`]: "x\n" }));
    const dir = join(scratchFolder(), "clone");
    repo.git("clone", "-q", "--no-checkout", ...options, `file://${repo.dir}`, dir);
    return { clone: scratchAt(dir), ids: ids.reverse() };
  }

  test("shallow: the oldest commit is unknown with the way out, the others are judged", async () => {
    const { clone, ids } = cloned("--depth=2");
    await using(clone, async (r) => {
      expect(r.isShallow).toBe(true);
      expect(await r.history({ to: ids[0] ?? "" })).toEqual(ids.slice(0, 2));
      expect(await r.identity()).toMatch(/^shallow:/);
      const seen = [];
      for await (const change of r.changes(ids.slice(0, 2), true))
        seen.push([change.entries.length, change.incomplete]);
      expect(seen).toEqual([
        [2, null],
        [
          0,
          {
            because: `the commit \`${ids[2]?.slice(0, 12)}\` is missing: this is a shallow clone`,
            help: "fetch the whole history with `git fetch --unshallow`",
          },
        ],
      ]);
    });
  });

  test("shallow: no digest is made from an identity that is a guess", async () => {
    const { clone, ids } = cloned("--depth=2");
    await using(clone, async (r) => {
      for await (const change of r.changes(ids.slice(0, 1), true)) {
        const { digest } = await readChange({
          ...{ repository: r, change, after: ids[0] ?? "", memory: readingMemory() },
          ...{ wantsText: () => true, identity: await r.identity(), target: "refs/heads/main" },
        });
        expect(digest).toMatchObject({
          $unknown: { because: "a shallow clone does not show which repository it is" },
        });
      }
    });
  });

  test("partial without blobs: paths are listed, their content is missing", async () => {
    const { clone, ids } = cloned("--filter=blob:none");
    await using(clone, async (r) => {
      expect(r.isPartial).toBe(true);
      expect(await r.history({ to: ids[0] ?? "" })).toEqual(ids);
      for await (const change of r.changes(ids, true)) {
        expect(change.incomplete).toBeNull();
        expect(change.entries.every((e) => e.counted === "unreadable" && e.added === null)).toBe(
          true,
        );
        const { digest, files } = await digestOf(r, change, change.commit);
        expect(isUnknown(digest)).toBe(true);
        expect(new Set(files.map((f) => f.unread?.code))).toEqual(new Set(["missing-object"]));
      }
    });
  });

  test("PE7 partial without trees: every change is unknown, none throws", async () => {
    const { clone, ids } = cloned("--filter=tree:0");
    await using(clone, async (r) => {
      let count = 0;
      for await (const change of r.changes(ids, true)) {
        expect(change.incomplete?.because).toContain("is missing");
        count++;
      }
      expect(count).toBe(4);
    });
  });

  test("a missing commit in the middle ends the history with the change that needs it", async () => {
    const repo = scratch();
    const ids = ["1", "2", "3", "4"].map((n) => repo.commit({ a: `${n}\n` })).reverse();
    rmSync(loose(repo, ids[2] ?? ""));
    await using(repo, async (r) => {
      expect(await r.history({ to: ids[0] ?? "" })).toEqual(ids.slice(0, 2));
      const seen = [];
      for await (const change of r.changes(ids, true)) seen.push(change.incomplete === null);
      expect(seen).toEqual([true, false, false, true]);
    });
  });
});

describe("trees that git would not write", () => {
  const repo = scratch();
  const blob = repo.object("blob", "x\n");
  const other = repo.object("blob", "y\n");
  const empty = repo.git("hash-object", "-t", "tree", "-w", "/dev/null");
  const file = (name: string, oid = blob, mode = "100644") => treeEntry(mode, name, oid);
  const treeOf = (...entries: Buffer[]) => repo.object("tree", Buffer.concat(entries));
  const clean = treeOf(file("a"), file("b"));
  const compareWith = (tree: string, from = empty) =>
    using(repo, (r) => r.compare(from, tree, true));

  test.each<readonly [string, () => string, string]>([
    ["out of order", () => treeOf(file("b"), file("a")), "its entries are out of order"],
    ["a name twice", () => treeOf(file("a"), file("a", other)), "its entries are out of order"],
    ["a name with a slash", () => treeOf(file("a/b")), "a name holds a slash"],
    ["a name that leads upwards", () => treeOf(file("..")), "a name is `..`"],
    ...[
      ".git",
      ".GIT",
      ".g\u200cit",
      "\ufeff.git",
      "git~1",
      "GIT~1",
      ".git ",
      ".git. .",
      ".git::$INDEX",
    ].map(
      (name) =>
        [
          `GT11 the name ${JSON.stringify(name)}`,
          () => treeOf(file(name)),
          "read as `.git`",
        ] as const,
    ),
    ["GT11 such a name behind a backslash", () => treeOf(file("a\\.git\\hooks")), "read as `.git`"],
    ["an empty name", () => treeOf(file("")), "an entry is cut off"],
    ["an entry cut off", () => treeOf(file("a").subarray(0, 20)), "an entry is cut off"],
    ["no mode", () => repo.object("tree", "junk"), "an entry has no mode"],
    [
      "a mode of nothing",
      () => treeOf(file("a", blob, "150000")),
      "an entry has the mode `150000`",
    ],
  ])("%s", async (_name, make, why) => {
    const change = await compareWith(make());
    expect(change.truncated).toBe(true);
    expect(change.incomplete?.because).toContain(why);
  });

  test("GT11 names that only look like it are names", async () => {
    const names = [".gita", ".github", ".gitignore", "git", "git~", "git~10", "x.git"];
    const change = await compareWith(treeOf(...names.map((name) => file(name))));
    expect(change.entries.map((e) => e.path)).toEqual(names);
  });

  test("a name twice, of which one was there before", async () => {
    const change = await compareWith(treeOf(file("a"), file("a", other), file("b")), clean);
    expect(change.incomplete?.because).toContain("its entries are out of order");
  });

  test("a file that some trees write with other bits is the same file, as for git", async () => {
    const change = await compareWith(treeOf(file("a", blob, "100664"), file("b", other)), clean);
    expect(change.entries.map((e) => [e.path, e.oldMode, e.mode])).toEqual([
      ["b", "100644", "100644"],
    ]);
  });

  test("a tree that unfolds without end is cut off", async () => {
    let bomb = treeOf(...Array.from({ length: 10 }, (_, i) => file(`f${i}`)));
    for (let depth = 0; depth < 9; depth++)
      bomb = treeOf(...Array.from({ length: 10 }, (_, i) => file(`d${i}`, bomb, "40000")));
    const change = await compareWith(bomb);
    expect(change.entries.length).toBeLessThanOrEqual(ENTRIES_MAX);
    expect(change.incomplete?.because).toBe("the change touches more paths than are listed");
  });

  test("folders without end and without a file are cut off", async () => {
    let bomb = empty;
    for (let depth = 0; depth < 9; depth++)
      bomb = treeOf(...Array.from({ length: 10 }, (_, i) => file(`d${i}`, bomb, "40000")));
    expect((await compareWith(bomb)).incomplete?.because).toBe(
      "the change touches more paths than are listed",
    );
  });

  test("a path that is too long is reported", async () => {
    let deep = treeOf(file("leaf"));
    for (let depth = 0; depth < 30; depth++) deep = treeOf(file("x".repeat(200), deep, "40000"));
    expect((await compareWith(deep)).incomplete?.because).toBe(
      "a path is longer than 4096 characters",
    );
  });

  test("any bytes for a tree are compared or called malformed, and never throw", async () => {
    const repository = await openRepository(repo.dir);
    const names = fc.constantFrom("a", "b", "a/b", "..", ".git", "", "é");
    const entry = fc
      .tuple(fc.constantFrom("100644", "40000", "120000", "160000", "1", "777777"), names)
      .map(([mode, name]) => treeEntry(mode, name, mode === "40000" ? empty : blob));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 80 }).map((b) => Buffer.from(b)),
      fc.array(entry, { maxLength: 4 }).map((e) => Buffer.concat(e)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (b) => {
        const change = await repository.compare(clean, repo.object("tree", b), true);
        expect(change.truncated).toBe(change.incomplete !== null);
      }),
      { numRuns: 60 },
    );
    repository.close();
  });
});

describe("large content", () => {
  test("a blob of 100 MB is hashed without being held", async () => {
    const repo = scratch();
    const size = 100_000_000;
    const content = Buffer.alloc(size, "0123456789abcdef\n");
    const oid = repo.object("blob", content);
    await using(repo, async (r) => {
      expect(await r.object(oid, 1_000)).toEqual({ kind: "too-large", size });
      expect(await r.blob(oid, 1_000)).toEqual({
        kind: "blob",
        size,
        bytes: null,
        binary: false,
        sha256: createHash("sha256").update(content).digest("hex"),
      });
      // The process that was given up for it goes on with the next request.
      const small = repo.object("blob", "small\n");
      expect(await r.object(small, 1_000)).toMatchObject({ kind: "content", type: "blob" });
    });
  });
});
