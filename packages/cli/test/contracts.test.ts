/** A contract of the catalog, from a Git repository to the exit code. */
import { expect, it } from "vitest";
import { commit, git, interlock, repository } from "./scratch.ts";

const GATE = {
  "interlock/policy.yaml": "policy: shop\nversion: 1\nmode: enforce\npacks: [reliability-core]\n",
  "interlock/catalog.yaml":
    "systems: [{id: console, tier: 1, paths: [console/**]}]\ncontracts:\n  - {id: motd, path: etc/motd, maxBytes: 40, readBy: [console]}\n  - {id: pools, path: routes.yaml, pointer: /pool, existsIn: {path: pools.txt, format: lines, pointer: ''}, readBy: [console]}\n",
};

function check(dir: string) {
  const { status, stdout } = interlock(dir, "check", "--format", "json");
  const findings: readonly { rule: string; path: string; message: string }[] =
    JSON.parse(stdout).findings;
  return {
    status,
    found: findings
      .filter((f) => f.rule.startsWith("B"))
      .map((f) => `${f.rule} ${f.path}: ${f.message}`),
  };
}

it("denies what a reader cannot take, whatever kind of file it is", () => {
  const dir = repository({
    ...GATE,
    "etc/motd": "welcome\n",
    "routes.yaml": "pool: blue\n",
    "pools.txt": "blue\n",
  });
  commit(dir, { "etc/motd": `welcome${" to this machine".repeat(5)}\n` }, "a change");
  expect(check(dir)).toEqual({
    status: 2,
    found: [
      "B03 etc/motd: `etc/motd`: 88 bytes, where console (tier 1) takes at most 40 bytes (contract `motd`)",
    ],
  });
  git(dir, "mv", "etc/motd", "etc/greeting");
  commit(dir, {}, "another name");
  expect(check(dir).found).toEqual([
    "B08 etc/greeting: `etc/greeting`: the file is gone, where console (tier 1) takes it to be there (contract `motd`)",
  ]);
});

it("finds a reference in a file that the change leaves alone", () => {
  const dir = repository({ ...GATE, "routes.yaml": "pool: blue\n", "pools.txt": "blue\ngreen\n" });
  commit(dir, { "pools.txt": "green\n" }, "a change");
  const { status, found } = check(dir);
  expect(status).toBe(2);
  expect(found).toEqual([
    "B06 routes.yaml: `/pool`: `blue`, where console (tier 1) takes what stands in `pools.txt` (contract `pools`)",
  ]);
});
