// SPDX-License-Identifier: Apache-2.0
/** Attack cases GT3, GT5, GT6 and GT9: nothing that a repository configures runs or changes what is read. */
import { execFileSync } from "node:child_process";
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readChange, readingMemory } from "../../src/git/change.ts";
import { openRepository } from "../../src/git/repository.ts";
import { copyOf, type Scratch, scratch, scratchFolder } from "./scratch.ts";

/** A repository with something for every attack to act on. */
function target(): Scratch {
  const repo = scratch();
  repo.commit({
    ".gitattributes": "*.txt diff=evil filter=evil merge=evil\n*.bin -diff\n",
    "a.txt": "one\ntwo\nthree\nfour\nfive\n",
    "café.txt": "latin\n",
    "b.bin": "text after all\n",
  });
  repo.git("branch", "side");
  repo.commit({ "a.txt": "one\ntwo\nthree\nfour\nFIVE\n", "b.bin": "text after all\nmore\n" });
  repo.git("checkout", "-q", "side");
  repo.commit(
    { "a.txt": "ONE\ntwo\nthree\nfour\nfive\n" },
    "side\n\nSigned-off-by: cy <cy@example.com>",
  );
  repo.git("notes", "--ref=ai", "add", "-m", "written by hand", "HEAD");
  repo.git("checkout", "-q", "main");
  repo.write({ "a.txt": "staged\n" });
  repo.git("add", "a.txt");
  return repo;
}

/** Everything that can be read, through every door. */
async function readAll(dir: string): Promise<unknown> {
  const repository = await openRepository(dir);
  try {
    const head = await repository.resolve("HEAD");
    const side = await repository.resolve("side");
    const ids = await repository.history({ to: head });
    const changes = [];
    for await (const change of repository.changes(ids, true)) changes.push(change);
    const staged = (await repository.stagedTree()) ?? "";
    const merged = await repository.mergeTree(head, side);
    const after = "tree" in merged ? merged.tree : "";
    const memory = readingMemory();
    const wantsText = () => true;
    const digests = [];
    for (const change of [
      ...changes,
      await repository.compare(head, staged, true),
      await repository.compare(head, after, true),
    ])
      digests.push(
        await readChange({
          ...{ repository, change, memory, wantsText },
          ...{ after: change.commit === "" ? staged : change.commit },
          ...{ identity: "git:test", target: "refs/heads/main" },
        }),
      );
    return {
      ids,
      side,
      merged,
      digests,
      identity: await repository.identity(),
      branch: await repository.branch(),
      commits: await Promise.all([...ids, side].map((id) => repository.commit(id))),
      refs: await repository.refs("refs/"),
      note: await repository.note("refs/notes/ai", side),
      files: await repository.list(head, ""),
    };
  } finally {
    repository.close();
  }
}

/** Each adds to the configuration; `RUN` is a programme that leaves a canary. */
const SETTINGS: Readonly<Record<string, string>> = {
  "core.fsmonitor": "[core]\n\tfsmonitor = RUN\n",
  "core.hooksPath": "[core]\n\thooksPath = HOOKS\n",
  "core.sshCommand": '[core]\n\tsshCommand = RUN\n[remote "origin"]\n\turl = host.example.com:x\n',
  "core.gitProxy": "[core]\n\tgitProxy = RUN\n",
  "core.pager": "[core]\n\tpager = RUN\n[pager]\n\tcat-file = RUN\n\trev-list = RUN\n",
  "core.editor and askPass": "[core]\n\teditor = RUN\n\taskPass = RUN\n",
  "core.alternateRefsCommand": "[core]\n\talternateRefsCommand = RUN\n",
  "core.worktree": "[core]\n\tworktree = /\n",
  "core.bare": "[core]\n\tbare = true\n",
  "core.attributesFile": "[core]\n\tattributesFile = ATTRIBUTES\n",
  "core.ignoreCase": "[core]\n\tignoreCase = true\n\tprecomposeUnicode = true\n",
  "core.bigFileThreshold": "[core]\n\tbigFileThreshold = 1\n",
  "core.quotePath and abbrev": "[core]\n\tquotePath = true\n\tabbrev = 4\n",
  "credential.helper": "[credential]\n\thelper = !RUN\n",
  "diff.external": "[diff]\n\texternal = RUN\n",
  "a diff driver": '[diff "evil"]\n\tcommand = RUN\n',
  "a diff driver's textconv": '[diff "evil"]\n\ttextconv = RUN\n\tcachetextconv = true\n',
  "a diff driver that calls text binary": '[diff "evil"]\n\tbinary = true\n',
  "a filter":
    '[filter "evil"]\n\tclean = RUN\n\tsmudge = RUN\n\tprocess = RUN\n\trequired = true\n',
  "a merge driver": '[merge "evil"]\n\tdriver = RUN\n[merge]\n\tdefault = evil\n',
  "diff.renames": "[diff]\n\trenames = copies\n\trenameLimit = 1\n",
  "diff.algorithm": "[diff]\n\talgorithm = histogram\n\tindentHeuristic = false\n",
  "diff.orderFile": "[diff]\n\torderFile = ATTRIBUTES\n\tnoprefix = true\n\trelative = true\n",
  "diff.ignoreSubmodules": "[diff]\n\tignoreSubmodules = all\n",
  "merge.renames": "[merge]\n\trenames = false\n\tdirectoryRenames = true\n",
  "gpg.program": "[gpg]\n\tprogram = RUN\n[log]\n\tshowSignature = true\n",
  "log.*": "[log]\n\tshowRoot = false\n\tdate = relative\n\tfollow = true\n\tdecorate = full\n",
  "i18n.logOutputEncoding": "[i18n]\n\tlogOutputEncoding = utf-16\n\tcommitEncoding = utf-16\n",
  "a mailmap": "[mailmap]\n\tfile = MAILMAP\n[log]\n\tmailmap = true\n",
  "an alias": '[alias]\n\trev-list = "!RUN"\n\tcat-file = "!RUN"\n',
  "include.path": "[include]\n\tpath = INCLUDED\n",
  includeIf: '[includeIf "gitdir:/"]\n\tpath = INCLUDED\n',
  "a file that is included and never ends": "[include]\n\tpath = /dev/zero\n",
  "uploadpack.packObjectsHook": "[uploadpack]\n\tpackObjectsHook = RUN\n",
  "a promisor remote":
    '[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = evil\n[remote "evil"]\n\turl = ext::RUN\n\tpromisor = true\n\tpartialclonefilter = blob:none\n\tuploadpack = RUN\n[protocol]\n\tallow = always\n[protocol "ext"]\n\tallow = always\n',
  trace2: "[trace2]\n\tnormalTarget = CANARY\n\tperfTarget = CANARY\n",
  "core.notesRef": "[core]\n\tnotesRef = refs/heads/main\n[notes]\n\tdisplayRef = refs/*\n",
  "core.logAllRefUpdates": "[core]\n\tlogAllRefUpdates = always\n\tsharedRepository = world\n",
  "broken syntax": "[core\n\tbare = = =\n]]]\n",
};

type Files = (repo: Scratch, canary: string, run: string) => void;
/** Attacks outside the configuration. */
const OTHERS: Readonly<Record<string, Files>> = {
  hooks: (repo, _canary, run) => {
    for (const hook of [
      "post-index-change",
      "reference-transaction",
      "post-checkout",
      "pre-auto-gc",
    ])
      cpSync(run, join(repo.dir, ".git/hooks", hook));
  },
  "info/attributes": (repo) =>
    writeFileSync(join(repo.dir, ".git/info/attributes"), "* binary -text diff=evil\n"),
  "attributes that are only in the work tree": (repo) =>
    writeFileSync(join(repo.dir, ".gitattributes"), "* binary\n"),
  "a replacement of the newest commit": (repo) =>
    repo.git("update-ref", `refs/replace/${repo.git("rev-parse", "HEAD")}`, "side"),
  "a replacement of a blob": (repo) =>
    repo.git(
      "replace",
      "-f",
      repo.git("rev-parse", "HEAD:a.txt"),
      repo.git("rev-parse", "HEAD:b.bin"),
    ),
  grafts: (repo) =>
    writeFileSync(
      join(repo.dir, ".git/info/grafts"),
      `${repo.git("rev-parse", "HEAD")} ${repo.git("rev-parse", "side")}\n`,
    ),
  "a programme called git in the work tree": (repo, _canary, run) =>
    cpSync(run, join(repo.dir, "git")),
  "a bare repository buried in the work tree": (repo, canary) => {
    const buried = join(repo.dir, "buried");
    mkdirSync(join(buried, "objects"), { recursive: true });
    mkdirSync(join(buried, "refs"));
    writeFileSync(join(buried, "HEAD"), "ref: refs/heads/main\n");
    writeFileSync(join(buried, "config"), `[core]\n\tfsmonitor = touch ${canary}\n`);
  },
};

const original = target();

function prepared(): { readonly repo: Scratch; readonly canary: string; readonly run: string } {
  const repo = copyOf(original);
  const folder = scratchFolder();
  const canary = join(folder, "canary");
  const run = join(folder, "run");
  writeFileSync(run, `#!/bin/sh\ntouch ${canary}\n`);
  chmodSync(run, 0o755);
  return { repo, canary, run };
}

const stored = (value: unknown): string => JSON.stringify(value);

describe("what a repository configures neither runs nor changes what is read", async () => {
  const expected = stored(await readAll(original.dir));

  test.each(Object.entries(SETTINGS))("%s", async (_name, setting) => {
    const { repo, canary, run } = prepared();
    const folder = scratchFolder();
    const places: Readonly<Record<string, string>> = {
      RUN: run,
      CANARY: canary,
      HOOKS: folder,
      ATTRIBUTES: join(folder, "attributes"),
      MAILMAP: join(folder, "mailmap"),
      INCLUDED: join(folder, "included"),
    };
    cpSync(run, join(folder, "post-index-change"));
    writeFileSync(join(folder, "attributes"), "* binary\n");
    writeFileSync(join(folder, "mailmap"), "eve <eve@example.com> <ana@example.com>\n");
    writeFileSync(join(folder, "included"), `[core]\n\tfsmonitor = ${run}\n\tpager = ${run}\n`);
    const text = setting.replace(/[A-Z]{3,}/g, (word) => places[word] ?? word);
    appendFileSync(join(repo.dir, ".git/config"), text);
    expect(stored(await readAll(repo.dir))).toBe(expected);
    expect(existsSync(canary)).toBe(false);
  });

  test.each(Object.entries(OTHERS))("%s", async (name, attack) => {
    const { repo, canary, run } = prepared();
    attack(repo, canary, run);
    const result = await readAll(repo.dir);
    // A replacement is a ref like any other and is listed as one.
    const { refs: _seen, ...rest } = result as { refs: unknown };
    const { refs: _wanted, ...wanted } = JSON.parse(expected) as { refs: unknown };
    expect(stored(name.startsWith("a replacement") ? rest : result)).toBe(
      name.startsWith("a replacement") ? stored(wanted) : expected,
    );
    expect(existsSync(canary)).toBe(false);
  });

  const promisor = (run: string) =>
    `[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpartialClone = evil\n[remote "evil"]\n\turl = ext::${run}\n\tpromisor = true\n[protocol]\n\tallow = always\n`;

  test("GT2 a missing object of a promisor remote is missing, and nobody fetches it", async () => {
    const { repo, canary, run } = prepared();
    appendFileSync(join(repo.dir, ".git/config"), promisor(run));
    const repository = await openRepository(repo.dir);
    expect(await repository.object("1".repeat(40), 100)).toEqual({ kind: "missing" });
    expect(repository.isPartial).toBe(true);
    repository.close();
    expect(existsSync(canary)).toBe(false);
  });

  // Without them a canary that never sings would prove nothing.
  test.each([
    ["core.fsmonitor", (run: string) => `[core]\n\tfsmonitor = ${run}\n`, ["status"]],
    ["diff.external", (run: string) => `[diff]\n\texternal = ${run}\n`, ["diff", "--cached"]],
    ["a promisor remote", promisor, ["cat-file", "-e", "1".repeat(40)]],
  ])("git itself would have run it: %s", (_name, setting, command) => {
    const { repo, canary, run } = prepared();
    appendFileSync(join(repo.dir, ".git/config"), setting(run));
    try {
      repo.git(...command);
    } catch {
      // The canary answers nothing useful, so that git fails after running it.
    }
    expect(existsSync(canary)).toBe(true);
  });

  test("GT9 a repository of another owner is read, because nothing of it is run", async () => {
    const { repo } = prepared();
    // Only root can give files away; anybody else reads the copy as its owner.
    if (process.getuid?.() === 0) execFileSync("chown", ["-R", "65534:65534", repo.dir]);
    expect(stored(await readAll(repo.dir))).toBe(expected);
  });
});
