/** Repositories that are damaged, cut off or made to mislead: a reason or an error, never an allow. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { commit, ENFORCED, folder, git, interlock, put, repository, web } from "./scratch.ts";

const shop = () => repository({ "k8s/web.yaml": web(3) }, { "k8s/web.yaml": web(0) });

function without(dir: string, object: string): string {
  const id = git(dir, "rev-parse", object);
  rmSync(join(dir, ".git/objects", id.slice(0, 2), id.slice(2)));
  return dir;
}

function clone(...args: readonly string[]): string {
  const source = shop();
  git(source, "config", "uploadpack.allowFilter", "true");
  const dir = join(folder(), "clone");
  git(source, "clone", "-q", ...args, `file://${source}`, dir);
  return dir;
}

function conflict(): string {
  const dir = repository({ "a.yaml": "a: 1\n", "interlock/policy.yaml": ENFORCED });
  git(dir, "checkout", "-q", "-b", "topic");
  commit(dir, { "a.yaml": "a: 2\n" }, "two");
  git(dir, "checkout", "-q", "main");
  commit(dir, { "a.yaml": "a: 3\n" }, "three");
  return dir;
}

describe("check holds what it cannot read, with the reason and what to do", () => {
  it.each<[string, () => string, readonly string[], number, RegExp]>([
    [
      "a shallow clone",
      () => clone("--depth", "1"),
      [],
      1,
      /this is a shallow clone[\s\S]+--unshallow/,
    ],
    ["a missing parent", () => without(shop(), "HEAD~1"), [], 1, /is missing[\s\S]+help: fetch/],
    [
      "a missing tree",
      () => without(shop(), "HEAD~1^{tree}"),
      [],
      1,
      /cannot be read: object [0-9a-f]+ is missing/,
    ],
    [
      "a missing blob",
      () => without(shop(), "HEAD:k8s/web.yaml"),
      [],
      0,
      /^● hold[\s\S]+not read: k8s\/web.yaml \(missing-object/,
    ],
    [
      "a partial clone",
      () => clone("--filter=blob:none", "--no-checkout"),
      [],
      0,
      /^● hold[\s\S]+not read: k8s\/web.yaml \(missing-object/,
    ],
    [
      "a merge conflict",
      conflict,
      ["main..topic"],
      1,
      /`main\.\.topic` does not merge: `a.yaml` conflict[\s\S]+help: rebase/,
    ],
    ["staged files before the first commit", unborn, ["--staged"], 0, /^● hold {2}staged/],
  ])("%s", (_name, make, args, code, says) => {
    const { status, stdout, stderr } = interlock(make(), "check", ...args);
    expect([status, stderr]).toEqual([code, ""]);
    expect(stdout).toMatch(says);
  });

  it("a policy whose content is missing holds: it may forbid what the built-in one allows", () => {
    const dir = repository({ "interlock/policy.yaml": ENFORCED, a: "1" }, { a: "2" });
    const { status, stdout } = interlock(without(dir, "HEAD:interlock/policy.yaml"), "check");
    expect(status).toBe(1);
    expect(stdout).toContain("the content of `interlock/policy.yaml` is not in this clone");
  });
});

function unborn(): string {
  const dir = repository();
  put(dir, { "k8s/web.yaml": web(3) });
  git(dir, "add", "-A");
  return dir;
}

function orphan(): string {
  const dir = shop();
  git(dir, "checkout", "-q", "--orphan", "other");
  return dir;
}

describe("check says plainly what cannot be judged at all", () => {
  it.each<[string, () => string, readonly string[], number, RegExp]>([
    [
      "an empty repository",
      () => repository(),
      [],
      3,
      /has no commit yet\n {2}help: commit something/,
    ],
    ["a branch without commits", orphan, [], 3, /the branch `other` has no commit yet/],
    ["a bare repository has no staging area", bare, ["--staged"], 3, /staging area/],
    ["two changes at once", shop, ["--staged", "HEAD"], 64, /two different changes/],
    ["a name that nothing has", shop, ["nope"], 3, /no commit is named `nope`/],
    ["an option in disguise", shop, ["--", "--output=x"], 3, /no commit is named `--output=x`/],
    ["a range without commits", shop, ["main..main"], 3, /holds no commit/],
    ["a name with control characters", shop, ["a\u001b[31m"], 3, /named `a\\u\{1b\}\[31m`/],
  ])("%s", (_name, make, args, code, says) => {
    const { status, stdout, stderr } = interlock(make(), "check", ...args);
    expect([status, stdout]).toEqual([code, ""]);
    expect(stderr).toMatch(says);
  });
});

function bare(): string {
  const dir = join(folder(), "bare.git");
  git(shop(), "clone", "-q", "--bare", ".", dir);
  return dir;
}

describe("check reads repositories of every shape", () => {
  it.each<[string, () => string]>([
    ["bare", bare],
    [
      "SHA-256",
      () => {
        const dir = folder();
        git(dir, "init", "-q", "-b", "main", "--object-format=sha256");
        commit(dir, { "k8s/web.yaml": web(3) }, "start");
        commit(dir, { "k8s/web.yaml": web(0) }, "zero");
        return dir;
      },
    ],
    [
      "a linked work tree",
      () => {
        const dir = join(folder(), "linked");
        git(shop(), "worktree", "add", "-q", "--detach", dir);
        return dir;
      },
    ],
    ["a folder inside", () => join(shop(), "k8s")],
    [
      "a detached head",
      () => {
        const dir = shop();
        git(dir, "checkout", "-q", "--detach");
        return dir;
      },
    ],
  ])("%s", (_name, make) => {
    const { status, stdout } = interlock(make(), "check");
    expect([status, stdout]).toEqual([0, expect.stringContaining("falls from 3 to 0")]);
  });
});

describe("nothing of a repository acts on the reader's terminal or forge", () => {
  const EVIL = ["\u001b[2Jgone", "a\nb", "\u202egnp", "\u009b31m", "::error::x", "##[add-mask]x"];
  const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

  let made: string | undefined;
  afterAll(() => made !== undefined && rmSync(made, { recursive: true, force: true }));

  /** Made once: no test here writes to it. */
  function evil(): string {
    if (made !== undefined) return made;
    const dir = mkdtempSync(join(tmpdir(), "interlock-evil-"));
    made = dir;
    git(dir, "init", "-q", "-b", "main");
    commit(dir, { "k8s/web.yaml": web(3) }, "start");
    const files = Object.fromEntries(EVIL.map((name) => [`${name}.yaml`, web(0)]));
    writeFileSync(Buffer.concat([Buffer.from(join(dir, "bad")), Buffer.from([0xff, 0xfe])]), "x");
    commit(dir, { ...files, "k8s/web.yaml": web(0) }, EVIL.join(" ").replace("\n", " "));
    return dir;
  }

  it.each(
    [
      ["check"],
      ["check", "--format", "json"],
      ["check", "--format", "sarif"],
      ["check", "--format", "github"],
      ["check", "--format", "markdown"],
      ["explain"],
      ["facts"],
      ["backtest", "--jobs", "1"],
      ["backtest", "--jobs", "1", "--format", "jsonl"],
    ].map((args) => [args.join(" "), args] as const),
  )("%s", (_name, args) => {
    const { status, stdout } = interlock(evil(), ...args);
    expect(status).toBe(0);
    expect(stdout).not.toMatch(UNSAFE);
    expect(stdout).not.toContain("##[");
    // A line that begins so is a command for GitHub's runner; only our own annotations may.
    if (!args.includes("github")) expect(stdout).not.toMatch(/^\s*::/m);
  });

  it("a name in an error is shown, not obeyed", () => {
    const { stderr } = interlock(shop(), "check", "--policy", "\u001b]0;x\u0007\u202e.yaml");
    expect(stderr).not.toMatch(UNSAFE);
  });

  it("JSON holds the very text", () => {
    const dir = evil();
    const { change } = JSON.parse(interlock(dir, "check", "--format", "json").stdout);
    expect(change.subject).toBe(git(dir, "log", "-1", "--format=%s"));
  });
});

it("a repository of another owner is read like our own", () => {
  const dir = shop();
  if (process.getuid?.() !== 0) return;
  spawnSync("chown", ["-R", "12345:12345", dir]);
  expect(interlock(dir, "check").status).toBe(0);
});
