/** A contract of the catalog, from a Git repository to the exit code. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

const GATE = {
  "interlock/policy.yaml": "policy: shop\nversion: 1\nmode: enforce\npacks: [reliability-core]\n",
  "interlock/catalog.yaml":
    "systems: [{id: console, tier: 1, paths: [console/**]}]\ncontracts:\n  - {id: motd, path: etc/motd, maxBytes: 40, readBy: [console]}\n  - {id: pools, path: routes.yaml, pointer: /pool, existsIn: {path: pools.txt, format: lines, pointer: ''}, readBy: [console]}\n",
};

function repository() {
  const dir = mkdtempSync(join(tmpdir(), "interlock-contracts-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const git = (...args: readonly string[]) =>
    expect(
      spawnSync("git", [
        "-C",
        dir,
        "-c",
        "user.name=ana",
        "-c",
        "user.email=ana@example.com",
        ...args,
      ]).status,
    ).toBe(0);
  git("init", "-q", "-b", "main");
  return {
    git,
    commit(files: Readonly<Record<string, string>>) {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), text);
      }
      git("add", "-A");
      git("commit", "-q", "-m", "a change");
    },
    check() {
      const { status, stdout } = spawnSync(process.execPath, [MAIN, "check", "--format", "json"], {
        cwd: dir,
        encoding: "utf8",
        env: { PATH: process.env["PATH"] ?? "", HOME: dir },
      });
      const findings: readonly { rule: string; path: string; message: string }[] =
        JSON.parse(stdout).findings;
      return {
        status,
        found: findings
          .filter((f) => f.rule.startsWith("B"))
          .map((f) => `${f.rule} ${f.path}: ${f.message}`),
      };
    },
  };
}

it("denies what a reader cannot take, whatever kind of file it is", () => {
  const repo = repository();
  repo.commit({
    ...GATE,
    "etc/motd": "welcome\n",
    "routes.yaml": "pool: blue\n",
    "pools.txt": "blue\n",
  });
  repo.commit({ "etc/motd": `welcome${" to this machine".repeat(5)}\n` });
  expect(repo.check()).toEqual({
    status: 2,
    found: [
      "B03 etc/motd: `etc/motd`: 88 bytes, where console (tier 1) takes at most 40 bytes (contract `motd`)",
    ],
  });
  repo.git("mv", "etc/motd", "etc/greeting");
  repo.commit({});
  expect(repo.check().found).toEqual([
    "B08 etc/greeting: `etc/greeting`: the file is gone, where console (tier 1) takes it to be there (contract `motd`)",
  ]);
});

it("finds a reference in a file that the change leaves alone", () => {
  const repo = repository();
  repo.commit({ ...GATE, "routes.yaml": "pool: blue\n", "pools.txt": "blue\ngreen\n" });
  repo.commit({ "pools.txt": "green\n" });
  const { status, found } = repo.check();
  expect(status).toBe(2);
  expect(found).toEqual([
    "B06 routes.yaml: `/pool`: `blue`, where console (tier 1) takes what stands in `pools.txt` (contract `pools`)",
  ]);
});
