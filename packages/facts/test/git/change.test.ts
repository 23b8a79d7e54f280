// SPDX-License-Identifier: Apache-2.0
import { chmodSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openRepository } from "../../src/git/repository.ts";
import type { TreeChange } from "../../src/git/tree-change.ts";
import { type Content, type Scratch, scratch } from "./scratch.ts";

async function compare(repo: Scratch, from: string, to: string): Promise<TreeChange> {
  const repository = await openRepository(repo.dir);
  try {
    return await repository.compare(from, to, true);
  } finally {
    repository.close();
  }
}

async function changesOf(repo: Scratch, ids: readonly string[]): Promise<readonly TreeChange[]> {
  const repository = await openRepository(repo.dir);
  try {
    const changes: TreeChange[] = [];
    for await (const change of repository.changes(ids, true)) changes.push(change);
    return changes;
  } finally {
    repository.close();
  }
}

const brief = (change: TreeChange) =>
  change.entries.map((e) => [e.status, e.oldPath ?? "", e.path, e.added, e.deleted]);

describe("what a change does to a file", () => {
  test("adds, edits, deletes, moves, copies, retypes, and makes it executable", async () => {
    const repo = scratch();
    const text = Array.from({ length: 20 }, (_, i) => `line ${i}\n`).join("");
    const from = repo.commit({
      edited: "a\nb\nc\n",
      gone: "x\ny\n",
      "old/moved": text,
      "old/edited-move": `${text}tail\n`,
      retyped: "plain\n",
      run: "#!/bin/sh\n",
      same: "same\n",
    });
    renameSync(join(repo.dir, "old"), join(repo.dir, "new"));
    rmSync(join(repo.dir, "retyped"));
    symlinkSync("same", join(repo.dir, "retyped"));
    chmodSync(join(repo.dir, "run"), 0o755);
    const to = repo.commit({
      edited: "a\nB\nc\nd\n",
      gone: null,
      "new/edited-move": `${text}other tail\n`,
      fresh: "1\n2\n",
    });
    const change = await compare(repo, from, to);
    expect(change).toMatchObject({ truncated: false, incomplete: null });
    expect(brief(change)).toEqual([
      ["modified", "", "edited", 2, 1],
      ["added", "", "fresh", 2, 0],
      ["deleted", "", "gone", 0, 2],
      ["renamed", "old/edited-move", "new/edited-move", 1, 1],
      ["renamed", "old/moved", "new/moved", 0, 0],
      ["retyped", "", "retyped", 1, 1],
      ["modified", "", "run", 0, 0],
    ]);
    const entry = (path: string) => change.entries.find((e) => e.path === path);
    expect(entry("run")).toMatchObject({ oldMode: "100644", mode: "100755" });
    expect(entry("retyped")).toMatchObject({ oldMode: "100644", mode: "120000" });
    expect(entry("new/moved")?.similarity).toBe(100);
    expect(entry("new/edited-move")?.similarity).toBeGreaterThan(90);
  });

  test("GT7 a submodule shows the commits it points to", async () => {
    const repo = scratch();
    const [one, two] = ["1".repeat(40), "2".repeat(40)];
    const point = (id: string) => {
      repo.git("update-index", "--add", "--cacheinfo", `160000,${id},sub`);
      repo.git("commit", "-q", "-m", "bump");
      return repo.git("rev-parse", "HEAD");
    };
    const change = await compare(repo, point(one), point(two));
    expect(change.entries).toMatchObject([
      {
        path: "sub",
        oldMode: "160000",
        mode: "160000",
        oldOid: one,
        oid: two,
        added: 1,
        deleted: 1,
      },
    ]);
  });

  test.each<readonly [string, Content, Content, string, number | null]>([
    ["binary content", "text\n", Buffer.from([1, 0, 2]), "binary", null],
    ["large binary content", "text\n", Buffer.alloc(5_000_000), "binary", null],
    ["a large text", "small\n", "0123456789\n".repeat(400_000), "too-large", null],
    ["a missing line end", "a\nb", "a\nb\n", "lines", 1],
    ["an emptied file", "a\nb\n", "", "lines", 0],
  ])("%s", async (_name, before, after, counted, added) => {
    const repo = scratch();
    const change = await compare(repo, repo.commit({ f: before }), repo.commit({ f: after }));
    expect(change.entries).toMatchObject([{ path: "f", counted, added }]);
  });

  test("binary content that only becomes executable is binary", async () => {
    const repo = scratch();
    const from = repo.commit({ run: "\0binary" });
    chmodSync(join(repo.dir, "run"), 0o755);
    const change = await compare(repo, from, repo.commit({}));
    expect(change.entries).toMatchObject([{ path: "run", counted: "binary", added: null }]);
  });

  test("a path that is not UTF-8 is escaped and keeps apart from the one that looks like it", async () => {
    const repo = scratch();
    const blob = repo.object("blob", "x\n");
    const list = Buffer.concat([
      Buffer.from(`100644 blob ${blob}\ta`),
      Buffer.from([0xff]),
      Buffer.from(`b\x00100644 blob ${blob}\ta\\xffb\x00100644 blob ${blob}\té\\n\0`),
    ]);
    const tree = repo.gitWith(list, "mktree", "-z");
    const change = await compare(repo, repo.git("hash-object", "-t", "tree", "/dev/null"), tree);
    expect(change.entries.map((e) => e.path)).toEqual(["a\\x5cxffb", "a\\xffb", "é\\n"]);
  });
});

describe("histories", () => {
  test("a root commit adds, a merge is compared with its first parent, an empty commit is empty", async () => {
    const repo = scratch();
    const root = repo.commit({ a: "1\n" });
    for (const side of ["x", "y", "z"]) {
      repo.git("checkout", "-q", "-b", side, root);
      repo.commit({ [side]: "1\n" });
    }
    repo.git("checkout", "-q", "main");
    const own = repo.commit({ own: "1\n" });
    repo.git("merge", "-q", "-m", "octopus", "x", "y", "z");
    const octopus = repo.git("rev-parse", "HEAD");
    const empty = repo.commit({}, "nothing");
    const repository = await openRepository(repo.dir);
    expect(await repository.history({ to: empty })).toEqual([empty, octopus, own, root]);
    expect(await repository.history({ to: empty, not: own })).toEqual([empty, octopus]);
    expect(await repository.history({ to: empty, max: 2 })).toEqual([empty, octopus]);
    expect((await repository.commit(octopus))?.parents).toHaveLength(4);
    repository.close();
    const changes = await changesOf(repo, [root, own, octopus, empty]);
    expect(changes.map((c) => [c.commit, c.entries.map((e) => e.path)])).toEqual([
      [root, ["a"]],
      [own, ["own"]],
      [octopus, ["x", "y", "z"]],
      [empty, []],
    ]);
  });
});

/** Names that sort differently as files and as folders, and ones that git quotes. */
const NAMES = ["a", "a.b", "a-b", "a0", "b", "é", "x y", 'q"', "\t", "z"];
const CONTENTS = ["", "1\n", "1\n2\n3\n", "2\n1\n3\n", "1\n2\n3", "\0binary", "3\n".repeat(9)];
const tree = fc.dictionary(
  fc
    .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
    .map((names) => names.join("/")),
  fc.record({
    content: fc.constantFrom(...CONTENTS),
    mode: fc.constantFrom("100644", "100755", "120000"),
  }),
  { maxKeys: 12 },
);

test("differences and line counts are those of git diff-tree", async () => {
  const repo = scratch();
  const blobs = new Map(CONTENTS.map((content) => [content, repo.object("blob", content)]));
  const repository = await openRepository(repo.dir);
  const written = (files: Readonly<Record<string, { content: string; mode: string }>>) => {
    repo.git("read-tree", "--empty");
    // A path cannot be a file and a folder at once.
    const paths = Object.keys(files).filter(
      (p) => !Object.keys(files).some((q) => p.startsWith(`${q}/`)),
    );
    const lines = paths.map(
      (p) => `${files[p]?.mode} ${blobs.get(files[p]?.content ?? "")} 0\t${p}\0`,
    );
    repo.gitWith(lines.join(""), "update-index", "-z", "--index-info");
    return repo.git("write-tree");
  };
  await fc.assert(
    fc.asyncProperty(tree, tree, async (before, after) => {
      const from = written(before);
      const to = written(after);
      const raw = repo.git(
        "diff-tree",
        "-r",
        "-z",
        "--raw",
        "--numstat",
        "--no-abbrev",
        "--no-renames",
        from,
        to,
      );
      const change = await repository.compare(from, to, false);
      const records = change.entries.map((e) => {
        const letter = {
          added: "A",
          modified: "M",
          deleted: "D",
          retyped: "T",
          renamed: "R",
          copied: "C",
        };
        return `:${e.oldMode} ${e.mode} ${e.oldOid} ${e.oid} ${letter[e.status]}\0${Buffer.from(e.path).toString("latin1")}\0`;
      });
      const counts = change.entries.map(
        (e) =>
          `${e.added ?? "-"}\t${e.deleted ?? "-"}\t${Buffer.from(e.path).toString("latin1")}\0`,
      );
      const fields = raw.split("\0");
      const theirs = { records: [] as string[], counts: [] as string[] };
      for (let i = 0; i < fields.length; i++) {
        const field = fields[i] ?? "";
        if (field.startsWith(":")) theirs.records.push(`${field}\0${fields[++i]}\0`);
        else if (field !== "") theirs.counts.push(`${field}\0`);
      }
      expect([...records].sort()).toEqual(theirs.records.sort());
      expect([...counts].sort()).toEqual(theirs.counts.sort());
    }),
    { numRuns: 60 },
  );
  repository.close();
});
