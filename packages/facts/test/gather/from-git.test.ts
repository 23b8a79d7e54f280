/** The reader of repositories on hostile, broken and odd ones, made with git itself. */

import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { GateError, isUnknown } from "@interlock/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { EMPTY_CATALOG } from "../../src/catalog/catalog.ts";
import { gatherFromGit, NO_EVIDENCE } from "../../src/gather/from-git.ts";
import { readingMemory } from "../../src/git/change.ts";
import { openRepository, type Repository } from "../../src/git/repository.ts";
import { SOURCES } from "../../src/sources.ts";
import { scratch } from "./scratch.ts";

async function open(dir: string): Promise<Repository> {
  const repository = await openRepository(dir);
  onTestFinished(() => repository.close());
  return repository;
}

async function factsOf(repository: Repository, id: string) {
  const commit = await repository.commit(id);
  if (commit === null) throw new Error("no such commit");
  for await (const change of repository.changes([id], true))
    return gatherFromGit(
      {
        repository,
        identity: "repository:test",
        target: "refs/heads/main",
        catalog: EMPTY_CATALOG,
        people: { persons: [], machines: [] },
        sources: SOURCES,
        memory: readingMemory(),
      },
      {
        kind: "commit",
        commits: [commit],
        change,
        before: commit.parents[0] ?? null,
        after: id,
        now: commit.committer.at,
        evidence: NO_EVIDENCE,
        context: [],
        pushedBy: null,
      },
    );
  throw new Error("no change");
}

const failing = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "no failure";
  } catch (error) {
    return error instanceof GateError ? error.code : String(error);
  }
};

describe("who wrote it is read from", () => {
  it("a note under refs/notes/ai", async () => {
    const s = scratch();
    s.write("a.txt", "one\n");
    const id = s.commit("first");
    s.git("notes", "--ref=ai", "add", "-m", '{"tool": "some-agent"}', id);
    const { provenance } = (await factsOf(await open(s.dir), id)).change;
    expect(provenance).toMatchObject({ ai: "declared", signals: ["a note under `refs/notes/ai`"] });
  });

  it.each([
    ["Merge pull request #12 from example/copilot/fix-1", "likely"],
    ["Merge branch 'claude/tidy' into main", "likely"],
    ["Merge branch 'fix-claude/x' into main", "unknown"],
    ["Merge pull request of a friend", "unknown"],
  ])("the branch that a merge names: %s", async (subject, ai) => {
    const s = scratch();
    s.write("a.txt", "one\n");
    const id = s.commit(subject);
    expect((await factsOf(await open(s.dir), id)).change.provenance.ai).toBe(ai);
  });
});

describe("a hostile repository runs nothing", () => {
  it("neither configuration, attributes, hooks nor replacement refs take part in reading", async () => {
    const s = scratch();
    s.write("a.txt", "one\n");
    s.write("b.yaml", "replicas: 3\n");
    const first = s.commit("first");
    s.write("a.txt", "two\n");
    s.write("b.yaml", "replicas: 2\n");
    const second = s.commit("second");
    const marker = join(s.dir, "ran");
    const evil = join(s.dir, "evil.sh");
    s.write("evil.sh", `#!/bin/sh\necho ran >> ${marker}\ncat\n`);
    chmodSync(evil, 0o755);
    for (const [key, value] of [
      ["diff.external", evil],
      ["diff.evil.command", evil],
      ["diff.evil.textconv", evil],
      ["filter.evil.smudge", evil],
      ["filter.evil.clean", evil],
      ["merge.evil.driver", evil],
      ["core.fsmonitor", evil],
      ["core.pager", evil],
      ["core.sshCommand", evil],
      ["core.alternateRefsCommand", evil],
      ["log.showSignature", "true"],
      ["gpg.program", evil],
      ["remote.evil.url", `ext::${evil}`],
      ["remote.evil.promisor", "true"],
      ["extensions.partialClone", "evil"],
      ["core.repositoryFormatVersion", "1"],
      ["protocol.ext.allow", "always"],
    ] as const)
      s.git("config", key, value);
    s.write(".git/info/attributes", "* diff=evil merge=evil filter=evil\n");
    for (const hook of [
      "post-index-change",
      "pre-commit",
      "reference-transaction",
      "fsmonitor-watchman",
    ]) {
      s.write(`.git/hooks/${hook}`, `#!/bin/sh\necho ran >> ${marker}\n`);
      chmodSync(join(s.dir, ".git/hooks", hook), 0o755);
    }
    rmSync(marker, { force: true });
    const repository = await open(s.dir);
    const head = await repository.resolve("HEAD");
    expect(head).toBe(second);
    const change = await repository.compare(first, second, true);
    expect(change.entries.map((e) => e.path)).toEqual(["a.txt", "b.yaml"]);
    await repository.mergeTree(first, second);
    await repository.stagedTree();
    await repository.history({ to: head });
    await repository.object("1".repeat(40), 10);
    const facts = await factsOf(repository, second);
    expect(isUnknown(facts.change.digest)).toBe(false);
    expect(existsSync(marker)).toBe(false);
  });

  it("a replacement ref does not change what is read", async () => {
    const s = scratch();
    s.write("a", "good\n");
    const good = s.commit("good");
    s.write("a", "bad\n");
    const bad = s.commit("bad");
    s.git("replace", good, bad);
    const repository = await open(s.dir);
    expect((await repository.commit(good))?.subject).toBe("good");
  });
});

describe("what cannot be read is said", () => {
  it("a missing object holds its own commit and no other", async () => {
    const s = scratch();
    s.write("a.yaml", "a: 1\n");
    s.commit("first");
    s.write("a.yaml", "a: 2\n");
    const lost = s.commit("lost");
    s.write("b.yaml", "b: 1\n");
    s.write("a.yaml", "a: 3\n");
    const next = s.commit("next");
    s.write("b.yaml", "b: 2\n");
    const last = s.commit("last");
    const oid = s.git("rev-parse", `${lost}:a.yaml`);
    rmSync(join(s.dir, ".git/objects", oid.slice(0, 2), oid.slice(2)), { force: true });
    const repository = await open(s.dir);
    const seen: string[] = [];
    for await (const change of repository.changes([last, next, lost], true))
      seen.push(change.commit);
    expect(seen).toEqual([last, next, lost]);
    const facts = await factsOf(repository, lost);
    expect(facts.gaps.map((g) => [g.group, g.path, g.code])).toContainEqual([
      "config",
      "a.yaml",
      "missing-object",
    ]);
    expect(isUnknown(facts.change.digest)).toBe(true);
    expect((await factsOf(repository, last)).gaps).toEqual([]);
  });

  it.each([
    ["a folder that is no repository", "NOT_A_REPOSITORY", async () => openRepository("/")],
    [
      "a repository without commits",
      "EMPTY_REPOSITORY",
      async () => (await open(scratch().dir)).resolve("HEAD"),
    ],
    [
      "a revision that does not exist",
      "NO_SUCH_REVISION",
      async () => {
        const s = scratch();
        s.commit("first");
        return (await open(s.dir)).resolve("no-such");
      },
    ],
    [
      "a revision that looks like an option",
      "NO_SUCH_REVISION",
      async () => {
        const s = scratch();
        s.commit("first");
        return (await open(s.dir)).resolve("--upload-pack=x");
      },
    ],
  ])("%s is %s", async (_name, code, work) => {
    expect(await failing(work())).toBe(code);
  });

  it("a file that is too large is a gap, is hashed all the same, and nothing else is", async () => {
    const s = scratch();
    s.write("big.json", `{"a": "${"x".repeat(5_000_000)}"}`);
    s.write("big.bin", Buffer.concat([Buffer.from([0, 1, 2]), Buffer.alloc(20_000_000, 7)]));
    const id = s.commit("big");
    const facts = await factsOf(await open(s.dir), id);
    expect([...new Set(facts.gaps.map((g) => `${g.path} ${g.code}`))]).toEqual([
      "big.json too-large",
    ]);
    expect(isUnknown(facts.change.digest)).toBe(false);
  });
});

describe("odd repositories", () => {
  it("paths that are not UTF-8, links, submodules, modes and renames", async () => {
    const s = scratch();
    s.write("old.txt", "a fairly long text\nthat moves\nto another name\n");
    s.write("run.sh", "echo\n");
    s.commit("first");
    s.git("mv", "old.txt", "new.txt");
    chmodSync(join(s.dir, "run.sh"), 0o755);
    symlinkSync("../outside", join(s.dir, "link"));
    s.git("add", "-A");
    const blob = s.git("rev-parse", "HEAD:run.sh");
    execFileSync("git", ["-C", s.dir, "update-index", "-z", "--index-info"], {
      input: Buffer.concat([
        Buffer.from(`100644 ${blob}\t`),
        Buffer.from([0x66, 0xff, 0x0a]),
        Buffer.from("\0"),
      ]),
    });
    s.git("update-index", "--add", "--cacheinfo", `160000,${"a".repeat(40)},sub`);
    s.git("commit", "-q", "-m", "odd");
    const id = s.git("rev-parse", "HEAD");
    const facts = await factsOf(await open(s.dir), id);
    const files = isUnknown(facts.change.files) ? [] : facts.change.files;
    expect(files.map((f) => [f.path, f.status, f.mode])).toEqual(
      [
        ["f\\xff\\x0a", "added", "100644"],
        ["link", "added", "120000"],
        ["new.txt", "renamed", "100644"],
        ["run.sh", "modified", "100755"],
        ["sub", "added", "160000"],
      ].sort(),
    );
    const hidden = isUnknown(facts.hidden) ? [] : facts.hidden;
    expect(hidden.map((d) => d.aspect).sort()).toEqual([
      "executable-bit",
      "link-escape",
      "name-not-utf8",
      "submodule",
    ]);
  });

  it("a shallow clone says so, a bare one and a subfolder are found, a detached HEAD has no branch", async () => {
    const s = scratch();
    s.write("a/b.txt", "1\n");
    s.commit("first");
    s.write("a/b.txt", "2\n");
    s.commit("second");
    const shallow = `${s.dir}/shallow`;
    s.git("clone", "-q", "--depth", "1", `file://${s.dir}`, shallow);
    expect((await open(shallow)).isShallow).toBe(true);
    const bare = `${s.dir}/bare`;
    s.git("clone", "-q", "--bare", s.dir, bare);
    expect(await (await open(bare)).branch()).toBe("refs/heads/main");
    expect(await (await open(join(s.dir, "a"))).branch()).toBe("refs/heads/main");
    s.git("checkout", "-q", "--detach");
    expect(await (await open(s.dir)).branch()).toBe("HEAD");
  });

  it("a merge conflict names its paths, a clean merge its tree", async () => {
    const s = scratch();
    s.write("a", "1\n");
    s.write("b", "1\n");
    const base = s.commit("base");
    s.write("a", "2\n");
    const left = s.commit("left");
    s.git("checkout", "-q", "-b", "side", base);
    s.write("a", "3\n");
    const conflicting = s.commit("conflicting");
    s.git("checkout", "-q", "-b", "other", base);
    s.write("b", "2\n");
    const clean = s.commit("clean");
    const repository = await open(s.dir);
    expect(await repository.mergeTree(left, conflicting)).toEqual({ conflicts: ["a"] });
    const merged = await repository.mergeTree(left, clean);
    const files = await repository.list("tree" in merged ? merged.tree : "", "");
    expect(files.map((f) => f.path)).toEqual(["a", "b"]);
  });

  it("the staging area is judged as the tree it would become", async () => {
    const s = scratch();
    s.write("a.yaml", "a: 1\n");
    const head = s.commit("first");
    s.write("a.yaml", "a: 2\n");
    s.git("add", "-A");
    s.write("a.yaml", "a: 3\n");
    const repository = await open(s.dir);
    const tree = await repository.stagedTree();
    const change = await repository.compare(head, tree ?? "", false);
    const object = await repository.object(change.entries[0]?.oid ?? "", 100);
    expect(object.kind === "content" && object.bytes.toString()).toBe("a: 2\n");
  });
});

describe("bound: the digest of a change", () => {
  const digestOf = async (dir: string, id: string) =>
    (await factsOf(await open(dir), id)).change.digest;
  const base = (more: Readonly<Record<string, string>> = {}) => {
    const s = scratch();
    s.write("a.txt", "one\n");
    for (const [path, text] of Object.entries(more)) s.write(path, text);
    s.commit("base");
    return s;
  };

  it("is the same for the same change elsewhere in the tree, whoever commits it with whatever words", async () => {
    const [x, y] = [base(), base({ "unrelated.txt": "z\n" })];
    for (const s of [x, y]) s.write("a.txt", "two\n");
    const [one, two] = [x.commit("some words"), y.commit("other words")];
    expect(await digestOf(x.dir, one)).toBe(await digestOf(y.dir, two));
  });

  it.each<[string, (s: ReturnType<typeof scratch>) => void]>([
    ["content", (s) => s.write("a.txt", "three\n")],
    ["the mode", (s) => chmodSync(join(s.dir, "a.txt"), 0o755)],
    ["one more file", (s) => s.write("b.txt", "x\n")],
    ["an attribute in effect on the path", (s) => s.write(".gitattributes", "a.txt -diff\n")],
  ])("changes with %s", async (_name, alter) => {
    const [x, y] = [base(), base()];
    for (const s of [x, y]) s.write("a.txt", "two\n");
    alter(y);
    const [one, two] = [x.commit("c"), y.commit("c")];
    expect(await digestOf(x.dir, one)).not.toBe(await digestOf(y.dir, two));
  });
});

describe("a link", () => {
  it("is not read in the format of its name, and takes the place of what it replaces", async () => {
    const { dir, write, commit } = scratch();
    write("real/limits.json", '{"limit": 1}\n');
    write("site/limits.json", '{"limit": 1}\n');
    commit("before");
    rmSync(join(dir, "site/limits.json"));
    symlinkSync("../real/limits.json", join(dir, "site/limits.json"));
    symlinkSync("real/limits.json", join(dir, "new.json"));
    symlinkSync("../real/variables.tf", join(dir, "site/variables.tf"));
    const facts = await factsOf(await open(dir), commit("after"));
    expect(facts.gaps).toEqual([]);
    const { config } = facts;
    const limits = isUnknown(config) ? [] : config.filter(({ key }) => key === "limit");
    expect(limits.map(({ path, op }) => `${path} ${op}`)).toEqual(["site/limits.json removed"]);
  });
});
