// SPDX-License-Identifier: Apache-2.0
/** What the digest of a change is bound to, in real repositories (`bound`). */

import { createHash } from "node:crypto";
import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { changeDigest } from "@interlock/digest";
import { describe, expect, test } from "vitest";
import { attachedDigest } from "../../src/gather/attached.ts";
import { type ReadChange, readChange, readingMemory } from "../../src/git/change.ts";
import { openRepository } from "../../src/git/repository.ts";
import { type Scratch, scratch, treeEntry } from "./scratch.ts";

const IDENTITY = "git:test";
const TARGET = "refs/heads/main";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const ATTACHED = { path: "plan/a.json", before: null, after: "{}" };

async function read(
  repo: Scratch,
  from: string | null,
  to: string,
  binding: { identity?: string; target?: string; plan?: ReturnType<typeof attachedDigest> } = {},
): Promise<ReadChange> {
  const repository = await openRepository(repo.dir);
  try {
    const before = from ?? repo.git("hash-object", "-t", "tree", "/dev/null");
    const after = to === "staged" ? ((await repository.stagedTree()) ?? "") : to;
    return await readChange({
      ...{ repository, after, change: await repository.compare(before, after, true) },
      ...{ identity: IDENTITY, target: TARGET, ...binding },
      ...{ memory: readingMemory(), wantsText: (path) => !path.endsWith(".unwanted") },
    });
  } finally {
    repository.close();
  }
}

const digest = async (...args: Parameters<typeof read>) => (await read(...args)).digest;

describe("the digest of a change in Git", () => {
  test("is the digest of its contents, modes, links, submodules and attributes", async () => {
    const repo = scratch();
    const from = repo.commit({ ".gitattributes": "*.x -diff\n", "a.x": "1\n", gone: "g\n" });
    repo.git("update-index", "--add", "--cacheinfo", `160000,${"7".repeat(40)},sub`);
    symlinkSync("a.x", join(repo.dir, "link"));
    repo.write({ "a.x": "2\n" });
    repo.git("add", "a.x", "link");
    repo.git("rm", "-q", "--cached", "gone");
    repo.git("commit", "-q", "-m", "all of it");
    const { digest: found, files } = await read(repo, from, repo.git("rev-parse", "HEAD"));
    const side = (mode: string | null, content: string | null) => ({ mode, content });
    const entry = (path: string, a: ReturnType<typeof side>, b: ReturnType<typeof side>) => ({
      ...{ path, oldMode: a.mode, newMode: b.mode, oldContent: a.content, newContent: b.content },
    });
    const none = side(null, null);
    expect(found).toBe(
      changeDigest({
        ...{ repository: IDENTITY, target: TARGET, plan: null, document: null },
        entries: [
          entry("a.x", side("100644", sha256("1\n")), side("100644", sha256("2\n"))),
          entry("gone", side("100644", sha256("g\n")), none),
          entry("link", none, side("120000", sha256("a.x"))),
          entry("sub", none, side("160000", `submodule:${"7".repeat(40)}`)),
        ],
        attributes: [{ path: "a.x", attributes: { diff: "unset" } }],
      }),
    );
    expect(files.map((f) => [f.path, f.attributes])).toEqual([
      ["a.x", { diff: "unset" }],
      ["gone", {}],
      ["link", {}],
      ["sub", {}],
    ]);
    expect(files.map((f) => [f.path, f.before, f.after, f.bytesBefore, f.bytesAfter])).toEqual([
      ["a.x", "1\n", "2\n", 2, 2],
      ["gone", "g\n", null, 2, 0],
      ["link", null, "a.x", 0, 3],
      ["sub", null, null, 0, 0],
    ]);
  });

  test("bound: is the same for the staged files, their commit, and the same commit elsewhere in history", async () => {
    const repo = scratch();
    const from = repo.commit({ a: "1\n", other: "x\n" });
    repo.write({ a: "2\n" });
    repo.git("add", "a");
    const staged = await digest(repo, from, "staged");
    const to = repo.commit({});
    expect(await digest(repo, from, to)).toBe(staged);
    repo.git("checkout", "-q", "-b", "moved", from);
    const later = repo.commit({ other: "y\n" }, "unrelated");
    repo.git("cherry-pick", to);
    expect(await digest(repo, later, repo.git("rev-parse", "HEAD"))).toBe(staged);
  });

  test("AQ4 bound: an amend of the message alone keeps it, and brings its author as a contributor", async () => {
    const repo = scratch();
    const from = repo.commit({ a: "1\n" });
    const to = repo.commit({ a: "2\n" }, "first words");
    const before = await digest(repo, from, to);
    repo.git("commit", "-q", "--amend", "-m", "other words", "--author", "Bo <bo@example.com>");
    const amended = repo.git("rev-parse", "HEAD");
    expect(amended).not.toBe(to);
    expect(await digest(repo, from, amended)).toBe(before);
    const repository = await openRepository(repo.dir);
    expect((await repository.commit(amended))?.author.email).toBe("bo@example.com");
    repository.close();
  });

  test("bound: differs for another target, repository, plan, content, mode or attribute", async () => {
    const repo = scratch();
    const from = repo.commit({ a: "1\n" });
    const to = repo.commit({ a: "2\n" });
    const variants = [
      digest(repo, from, to),
      digest(repo, from, to, { target: "refs/heads/release" }),
      digest(repo, from, to, { identity: "git:other" }),
      digest(repo, from, to, { plan: attachedDigest([ATTACHED]) }),
      digest(repo, from, to, { plan: attachedDigest([{ ...ATTACHED, before: "1" }]) }),
      digest(repo, from, repo.commit({ a: "3\n" })),
      digest(repo, to, repo.commit({ a: "2\n" })),
    ];
    repo.git("update-index", "--chmod=+x", "a");
    repo.git("commit", "-q", "-m", "run");
    variants.push(digest(repo, from, repo.git("rev-parse", "HEAD")));
    repo.git("checkout", "-q", "-f", to);
    variants.push(digest(repo, from, repo.commit({ ".gitattributes": "a -diff\n" })));
    const found = await Promise.all(variants);
    // The seventh is an empty change, whose digest is its own.
    expect(new Set(found).size).toBe(found.length);
    expect(found.every((d) => typeof d === "string")).toBe(true);
  });

  test("a rename is a removal and an addition", async () => {
    const repo = scratch();
    const text = "one\ntwo\nthree\nfour\nfive\n";
    const from = repo.commit({ a: text });
    rmSync(join(repo.dir, "a"));
    const to = repo.commit({ b: `${text}six\n` });
    const { digest: found, files } = await read(repo, from, to);
    expect(files).toMatchObject([{ path: "b", oldPath: "a", status: "renamed", before: text }]);
    expect(found).toBe(
      changeDigest({
        ...{ repository: IDENTITY, target: TARGET, plan: null, document: null, attributes: [] },
        entries: [
          {
            path: "a",
            oldMode: "100644",
            newMode: null,
            oldContent: sha256(text),
            newContent: null,
          },
          {
            path: "b",
            oldMode: null,
            newMode: "100644",
            oldContent: null,
            newContent: sha256(`${text}six\n`),
          },
        ],
      }),
    );
  });

  test("text that no source wants is hashed but not given", async () => {
    const repo = scratch();
    const wanted = await read(repo, null, repo.commit({ "a.unwanted": "1\n" }));
    expect(wanted.files).toMatchObject([
      { before: null, after: null, unread: null, bytesAfter: 2 },
    ]);
    expect(typeof wanted.digest).toBe("string");
  });

  test("a file too large to be read is still hashed", async () => {
    const repo = scratch();
    const { digest: found, files } = await read(
      repo,
      null,
      repo.commit({ big: "0123456789\n".repeat(400_000) }),
    );
    expect(files[0]?.unread?.code).toBe("too-large");
    expect(files[0]?.bytesAfter).toBe(4_400_000);
    expect(typeof found).toBe("string");
  });

  test("attributes that cannot be had leave it unknown", async () => {
    const repo = scratch();
    const large = await digest(
      repo,
      null,
      repo.commit({ ".gitattributes": "# x\n".repeat(300_000) }),
    );
    expect(large).toMatchObject({ $unknown: { because: "`.gitattributes` cannot be read" } });
    const rules = `${"*a".repeat(900)}b x\n`.repeat(100);
    // Made without git's help, which would match the patterns itself and not come back.
    const blob = repo.object("blob", "x\n");
    const names = Array.from({ length: 40 }, (_, n) =>
      treeEntry("100644", `${"a".repeat(200)}${10 + n}`, blob),
    );
    const own = treeEntry("100644", ".gitattributes", repo.object("blob", rules));
    const slow = repo.object("tree", Buffer.concat([own, ...names]));
    expect(await digest(repo, null, slow)).toMatchObject({
      $unknown: { because: "the patterns in `.gitattributes` take too long to match" },
    });
  });
});

describe("merging", () => {
  const repo = scratch();
  const base = repo.commit({ a: "1\n2\n3\n4\n5\n6\n7\n", b: "x\n" });
  repo.git("checkout", "-q", "-b", "clean");
  const clean = repo.commit({ a: "1\n2\n3\n4\n5\n6\nSEVEN\n" });
  repo.git("checkout", "-q", "-b", "clash", base);
  const clash = repo.commit({ a: "uno\n2\n3\n4\n5\n6\n7\n", b: "y\n" });
  repo.git("checkout", "-q", "main");
  const target = repo.commit({ a: "one\n2\n3\n4\n5\n6\n7\n" });

  test("GT8 gives the tree of the merge, and writes nothing into the repository", async () => {
    const before = repo.git("count-objects", "-v");
    const repository = await openRepository(repo.dir);
    const merged = await repository.mergeTree(target, clean);
    if (!("tree" in merged)) throw new Error("it conflicts");
    const change = await repository.compare(target, merged.tree, true);
    expect(change.entries.map((e) => [e.path, e.added, e.deleted])).toEqual([["a", 1, 1]]);
    expect(await repository.mergeTree(target, target)).toEqual({
      tree: repo.git("rev-parse", "main^{tree}"),
    });
    repository.close();
    expect(repo.git("count-objects", "-v")).toBe(before);
  });

  test("names the paths in conflict", async () => {
    const repository = await openRepository(repo.dir);
    expect(await repository.mergeTree(target, clash)).toEqual({ conflicts: ["a"] });
    repository.close();
  });

  test("histories that share nothing, and objects that are not there, are failures", async () => {
    repo.git("checkout", "-q", "--orphan", "alone");
    const alone = repo.commit({ z: "1\n" });
    const repository = await openRepository(repo.dir);
    await expect(repository.mergeTree(target, alone)).rejects.toMatchObject({
      code: "GIT_UNUSABLE",
    });
    await expect(repository.mergeTree(target, "1".repeat(40))).rejects.toMatchObject({
      code: "GIT_UNUSABLE",
    });
    repository.close();
  });
});

describe("the staging area", () => {
  test("in conflict, missing, damaged, or split over two files", async () => {
    const repo = scratch();
    repo.commit({ a: "1\n" });
    repo.git("update-index", "--split-index");
    repo.write({ a: "2\n" });
    repo.git("add", "a");
    const repository = await openRepository(repo.dir);
    expect(await repository.stagedTree()).toBe(repo.git("write-tree"));
    const [one, two] = ["1\n", "2\n"].map((t) => repo.object("blob", t));
    repo.gitWith(`100644 ${one} 2\ta\n100644 ${two} 3\ta\n`, "update-index", "--index-info");
    expect(await repository.stagedTree()).toBeNull();
    repo.write({ ".git/index": "nonsense" });
    await expect(repository.stagedTree()).rejects.toMatchObject({ code: "GIT_UNUSABLE" });
    rmSync(join(repo.dir, ".git/index"));
    expect(await repository.stagedTree()).toBeNull();
    repository.close();
  });
});
