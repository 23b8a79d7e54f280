// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { describe, expect, test } from "vitest";
import { openRepository, type Repository } from "../../src/git/repository.ts";
import { scratch, scratchAt, scratchFolder } from "./scratch.ts";

async function using<T>(dir: string, act: (repository: Repository) => Promise<T>): Promise<T> {
  const repository = await openRepository(dir);
  try {
    return await act(repository);
  } finally {
    repository.close();
  }
}

/** Code, message and help of what went wrong. */
async function failure(
  act: Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string; readonly help: string }> {
  try {
    await act;
  } catch (error) {
    if (error instanceof GateError)
      return { code: error.code, message: error.message, help: error.help };
    throw error;
  }
  throw new Error("it did not fail");
}

describe("finding a repository", () => {
  const repo = scratch();
  const head = repo.commit({ "deep/down/file": "x\n" });
  const headOf = (dir: string) => using(dir, (r) => r.resolve("HEAD"));

  test("at its top, from a folder in it, and by its .git", async () => {
    for (const place of ["", "deep", "deep/down", ".git"])
      expect(await headOf(join(repo.dir, place))).toBe(head);
  });

  test("a bare one, when it is named itself", async () => {
    const bare = join(scratchFolder(), "bare.git");
    repo.git("clone", "-q", "--bare", repo.dir, bare);
    expect(await headOf(bare)).toBe(head);
    // Looking upwards passes over it: a buried one must not stand in for the repository around it.
    expect((await failure(headOf(join(bare, "objects")))).code).toBe("NOT_A_REPOSITORY");
  });

  test("a linked worktree has its own HEAD and staging area", async () => {
    const dir = join(scratchFolder(), "tree");
    repo.git("worktree", "add", "-q", "-b", "linked", dir);
    const linked = scratchAt(dir);
    const id = linked.commit({ other: "y\n" });
    linked.write({ staged: "z\n" });
    linked.git("add", "staged");
    await using(dir, async (r) => {
      expect(await r.resolve("HEAD")).toBe(id);
      expect(await r.branch()).toBe("refs/heads/linked");
      const change = await r.compare(id, (await r.stagedTree()) ?? "", true);
      expect(change.entries.map((e) => e.path)).toEqual(["staged"]);
    });
    expect(await headOf(repo.dir)).toBe(head);
  });

  test("a submodule, whose .git is a file", async () => {
    const outer = scratch();
    outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", repo.dir, "sub");
    await using(join(outer.dir, "sub"), async (r) => {
      expect(await r.resolve("HEAD")).toBe(head);
      expect(r.location.gitDir.endsWith(".git/modules/sub")).toBe(true);
    });
  });

  test("behind a symbolic link, and one whose .git was moved away", async () => {
    const moved = scratch();
    const id = moved.commit({ a: "1\n" });
    const store = join(scratchFolder(), "store");
    renameSync(join(moved.dir, ".git"), store);
    writeFileSync(join(moved.dir, ".git"), `gitdir: ${store}\n`);
    const link = join(scratchFolder(), "link");
    symlinkSync(moved.dir, link);
    expect(await headOf(link)).toBe(id);
  });

  test("GT9 borrowed objects are found through alternates", async () => {
    const dir = join(scratchFolder(), "shared");
    repo.git("clone", "-q", "--shared", repo.dir, dir);
    expect(await using(dir, (r) => r.commit(head))).not.toBeNull();
  });
});

describe("what cannot be opened or found says so", () => {
  test("no repository", async () => {
    const dir = scratchFolder();
    expect(await failure(openRepository(dir))).toEqual({
      code: "NOT_A_REPOSITORY",
      message: `\`${dir}\` is not inside a Git repository`,
      help: "name one with `--repo PATH`",
    });
    expect((await failure(openRepository(join(dir, "not", "there")))).code).toBe(
      "NOT_A_REPOSITORY",
    );
  });

  test.each([
    ["an unknown extension", "[extensions]\n\tfuture = true\n", "`extensions.future`"],
    ["refs in tables", "[extensions]\n\trefStorage = reftable\n", "`refStorage = reftable`"],
    ["a later format", "[core]\n\trepositoryformatversion = 7\n", "`repositoryFormatVersion = 7`"],
    ["an unknown hash", "[extensions]\n\tobjectFormat = sha9\n", "`objectFormat = sha9`"],
  ])("%s", async (_name, config, named) => {
    const repo = scratch();
    writeFileSync(join(repo.dir, ".git/config"), config);
    const { code, message } = await failure(openRepository(repo.dir));
    expect(code).toBe("GIT_UNUSABLE");
    expect(message).toContain(named);
  });

  test("a HEAD that is no HEAD, and one that is a folder", async () => {
    const repo = scratch();
    writeFileSync(join(repo.dir, ".git/HEAD"), "ref: ../../../etc/passwd\n");
    expect((await failure(openRepository(repo.dir))).code).toBe("NOT_A_REPOSITORY");
    const other = scratch();
    renameSync(join(other.dir, ".git/HEAD"), join(other.dir, ".git/OLD"));
    mkdirSync(join(other.dir, ".git/HEAD"));
    expect((await failure(openRepository(other.dir))).message).toContain("it is no file");
  });

  test("an empty repository, an unborn branch beside others, a missing revision", async () => {
    const empty = scratch();
    await using(empty.dir, async (r) => {
      const { code, help } = await failure(r.resolve("HEAD"));
      expect([code, help]).toEqual([
        "EMPTY_REPOSITORY",
        "commit something first, or judge the staged files with `interlock check --staged`",
      ]);
    });
    const repo = scratch();
    repo.commit({ a: "1\n" });
    repo.git("checkout", "-q", "--orphan", "fresh");
    await using(repo.dir, async (r) => {
      expect((await failure(r.resolve("HEAD"))).code).toBe("NO_SUCH_REVISION");
      expect(await failure(r.resolve("nowhere"))).toEqual({
        code: "NO_SUCH_REVISION",
        message: "no commit is named `nowhere` here",
        help: "fetch it, or name another with a branch, a tag or a commit id",
      });
    });
  });

  // GT1: a name can be nothing but a name.
  test.each([
    "-h",
    "--upload-pack=touch x",
    "--output=/tmp/x",
    "--all",
    "@{-1}",
    "HEAD:a",
    "..",
    "a..b",
    " ",
    "",
    "\u202eHEAD",
    "HEAD\nflush",
    "HEAD\0",
    "x".repeat(5_000),
  ])("the revision %j", async (revision) => {
    const repo = scratch();
    repo.commit({ a: "1\n" });
    await using(repo.dir, async (r) => {
      const { code, message } = await failure(r.resolve(revision));
      expect(code).toBe("NO_SUCH_REVISION");
      expect(message).not.toMatch(/[\n\0\u202e]/);
      expect(message.length).toBeLessThan(400);
      expect(await r.resolve("HEAD")).toBe(repo.git("rev-parse", "HEAD"));
    });
  });

  test("a closed repository answers nothing more", async () => {
    const repo = scratch();
    const id = repo.commit({ a: "1\n" });
    const repository = await openRepository(repo.dir);
    repository.close();
    expect((await failure(repository.resolve(id))).code).toBe("GIT_UNUSABLE");
  });
});

describe("revisions", () => {
  const repo = scratch();
  const first = repo.commit({ a: "1\n" }, "first");
  const second = repo.commit({ a: "2\n" }, "second");
  repo.git("tag", "-a", "-m", "tagged", "v1", first);
  repo.git("branch", "-q", "überall", first);

  test.each([
    ["HEAD", second],
    ["HEAD~1", first],
    ["main", second],
    ["refs/heads/main", second],
    ["v1", first],
    ["überall", first],
    [":/first", first],
    ["HEAD@{1}", first],
    [first.slice(0, 12), first],
  ])("%s", async (revision, id) => {
    expect(await using(repo.dir, (r) => r.resolve(revision))).toBe(id);
  });

  test("packed refs, a detached HEAD, and refs listed with what tags point to", async () => {
    repo.git("pack-refs", "--all");
    repo.git("checkout", "-q", "--detach", first);
    await using(repo.dir, async (r) => {
      expect(await r.resolve("main")).toBe(second);
      expect(await r.resolve("HEAD")).toBe(first);
      expect(await r.branch()).toBe("HEAD");
      const { refs, truncated } = await r.refs("refs/");
      expect(truncated).toBe(false);
      expect(refs.map((ref) => [ref.name, ref.target])).toEqual([
        ["refs/heads/main", second],
        ["refs/heads/überall", first],
        ["refs/tags/v1", first],
      ]);
    });
  });

  test("the identity is that of the first commit, for every clone and after merging other histories", async () => {
    const clone = join(scratchFolder(), "clone");
    repo.git("clone", "-q", repo.dir, clone);
    const other = scratch();
    other.commit({ z: "1\n" });
    const merged = scratchAt(clone);
    merged.git("fetch", "-q", other.dir, "main");
    merged.git("merge", "-q", "--allow-unrelated-histories", "-m", "merge", "FETCH_HEAD");
    const identity = await using(repo.dir, (r) => r.identity());
    expect(identity).toMatch(/^git:[0-9a-f]{32}$/);
    expect(await using(clone, (r) => r.identity())).toBe(identity);
    expect(await using(other.dir, (r) => r.identity())).not.toBe(identity);
  });

  test("notes, also where git spread them over folders", async () => {
    const noted = scratch();
    const id = noted.commit({ a: "1\n" });
    const blob = noted.object("blob", "by hand\n");
    const leaf = noted.gitWith(`100644 blob ${blob}\t${id.slice(2)}\n`, "mktree");
    const top = noted.gitWith(`040000 tree ${leaf}\t${id.slice(0, 2)}\n`, "mktree");
    const commit = noted.git("commit-tree", "-m", "notes", top);
    noted.git("update-ref", "refs/notes/ai", commit);
    await using(noted.dir, async (r) => {
      expect(await r.note("refs/notes/ai", id)).toBe("by hand\n");
      expect(await r.note("refs/notes/none", id)).toBeNull();
      expect(await r.note("refs/heads/main", id)).toBeNull();
    });
  });
});

describe("a repository that hashes with SHA-256", () => {
  test("reads the same way", async () => {
    const repo = scratch("--object-format=sha256");
    const first = repo.commit({ a: "1\n" });
    const second = repo.commit({ a: "2\n", b: "new\n" });
    await using(repo.dir, async (r) => {
      expect(r.objectFormat).toBe("sha256");
      expect(await r.history({ to: second })).toEqual([second, first]);
      const change = await r.compare(first, second, true);
      expect(change.entries.map((e) => [e.path, e.status, e.added, e.deleted])).toEqual([
        ["a", "modified", 1, 1],
        ["b", "added", 1, 0],
      ]);
    });
  });
});
