// SPDX-License-Identifier: Apache-2.0
/** `interlock mode` and `interlock enforce` in a work tree. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { BacktestLine } from "../src/backtest/line.ts";
import { trialOf } from "../src/modes/trial.ts";
import { secondApproval } from "../src/modes/waits.ts";
import { commit, git, interlock, put, repository } from "./scratch.ts";

const POLICY = `policy: shop # ours
mode: observe
packs: [reliability-core]
include: [more.yaml]
rules:
  - id: two
    title: Two people review Tier 1
    when: change.systems.exists(s, s.tier == 1)
    covers: true
    require: { approvals: { count: 2, from: owners } }
`;
const MORE = "overrides:\n  - { rule: two, system: web, mode: warn }\n";
const CATALOG = `systems:
  - { id: pay, tier: 1, owner: payments, paths: ["pay/**"] }
  - { id: web, tier: 1, owner: payments, paths: ["web/**"] }
`;
const GATE = {
  CODEOWNERS: "* @payments\n",
  "interlock/policy.yaml": POLICY,
  "interlock/more.yaml": MORE,
  "interlock/catalog.yaml": CATALOG,
};

const shop = (): string =>
  repository(GATE, { "pay/a": "1" }, { "web/a": "1" }, { "docs/a.md": "1" }, { "pay/a": "2" });
const policyIn = (dir: string): string => readFileSync(join(dir, "interlock/policy.yaml"), "utf8");
const json = (dir: string, ...args: readonly string[]) => {
  const { status, stdout, stderr } = interlock(dir, ...args, "--json");
  expect([status, stderr]).toEqual([0, expect.not.stringContaining("error")]);
  return JSON.parse(stdout);
};

describe("enforce", () => {
  it("shows what the rule alone would have held, edits one line, and says who signs", () => {
    const dir = shop();
    const { status, stdout } = interlock(dir, "enforce", "two", "--system", "pay", "--yes");
    expect(status).toBe(0);
    expect(stdout).toContain(
      "two would have held 2 of 5 changes of the last 90d (2 in pay): 40.0 %\n",
    );
    expect(stdout.match(/ {2}hold {2}.*/g)).toEqual(["  hold  state 4", "  hold  state 1"]);
    expect(stdout).toContain("how long two approvals take is not known: ");
    expect(stdout).toContain("two persons of payments sign it with their passkeys");
    expect(stdout).toContain(
      "  git commit -m 'policy: enforce two for pay' -- interlock/policy.yaml  ",
    );
    expect(policyIn(dir)).toBe(
      `${POLICY}overrides:\n  - { rule: two, system: pay, mode: enforce }\n`,
    );
  });

  it("edits the file that has the override already, once, and gives the rule of a pack its reason", () => {
    const dir = shop();
    const made = json(
      dir,
      "enforce",
      "two",
      "R43",
      "--system",
      "web",
      "--until",
      "2099-01-01",
      "--yes",
    );
    expect(made).toMatchObject({
      ...{ mode: "enforce", rules: ["two", "R43"], systems: ["web"], written: true },
      until: Date.UTC(2099, 0, 1),
      trials: [
        { rule: "two", changes: 5, inSystems: 1, held: 1, sharePpm: 200_000 },
        { rule: "R43", changes: 5, held: 0, latest: [] },
      ],
      files: ["interlock/policy.yaml", "interlock/more.yaml"].sort().reverse(),
      signers: { kind: "owners", owners: ["payments"] },
    });
    expect(readFileSync(join(dir, "interlock/more.yaml"), "utf8")).toBe(
      "overrides:\n  - { rule: two, system: web, mode: enforce, until: 2099-01-01T00:00:00Z }\n",
    );
    expect(policyIn(dir)).toBe(
      `${POLICY}overrides:\n  - { rule: R43, system: web, mode: enforce, until: 2099-01-01T00:00:00Z, reason: "would have held 0 of 5 changes of the last 90d" }\n`,
    );
    const again = json(
      dir,
      "enforce",
      "two",
      "R43",
      "--system",
      "web",
      "--until",
      "2099-01-01",
      "--yes",
    );
    expect([again.files, again.written]).toEqual([[], false]);
  });

  it("refuses what cannot be meant, and with --dry-run edits nothing", () => {
    const dir = shop();
    const refused: readonly (readonly [readonly string[], RegExp])[] = [
      [["enforce", "twoo"], /no rule is called `twoo`[\s\S]*`two`/],
      [["enforce", "two", "--system", "pya"], /no system `pya`[\s\S]*pay/],
      [["enforce", "two", "--until", "2020-01-01"], /is over already/],
      [["enforce", "two", "--for", "soon"], /`soon` is no end/],
      [["enforce", "two", "--for", "2d", "--until", "2099-01-01"], /two ends/],
      [["enforce", "two"], /nobody can be asked here[\s\S]*--yes/],
      [["mode", "enforced", "two"], /no mode is called `enforced`/],
      [["mode", "warn"], /no rule is named/],
      [["mode", "observe", "--system", "pay"], /for every system/],
    ];
    for (const [args, says] of refused) {
      const { status, stderr } = interlock(dir, ...args);
      expect([args, status, stderr]).toEqual([
        args,
        expect.any(Number),
        expect.stringMatching(says),
      ]);
      expect(status).not.toBe(0);
    }
    const { stdout } = interlock(dir, "enforce", "two", "--dry-run");
    expect(stdout).toContain("two would have held 3 of 5 changes");
    expect(stdout).toContain("! `two` stays in warn for `web`: name it with `--system`");
    expect(stdout).toContain("nothing was edited; it would be interlock/policy.yaml");
    expect(git(dir, "status", "--porcelain")).toBe("");
  });

  it("leaves alone a policy that no edit can keep, and says what to write", () => {
    const dir = repository({ ...GATE, "interlock/policy.yaml": `${POLICY}...\n` });
    const { status, stderr } = interlock(dir, "enforce", "two", "--yes");
    expect(status).toBe(3);
    expect(stderr).toContain("by hand: - { rule: two, mode: enforce }");
  });
});

describe("mode", () => {
  it("tells rule, system, mode and end at the tip, and what ends soon", () => {
    const soon = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const dir = repository({
      ...GATE,
      "interlock/policy.yaml": `${POLICY}overrides:
  - { rule: two, mode: enforce, until: ${soon.slice(0, 19)}Z }
  - { rule: two, system: pay, mode: warn, until: 2020-01-01 }
`,
    });
    put(dir, { "interlock/policy.yaml": "what is not committed is not in force" });
    const { stdout } = interlock(dir, "mode");
    const rows = stdout.split("\n").map((line) => line.trim().split(/ {2,}/));
    expect(rows).toContainEqual(["rule", "system", "mode", "until"]);
    const end = `${soon.slice(0, 19)}.000Z`;
    expect(rows).toContainEqual(["two", "every system", "enforce", end, "ends within 14 days"]);
    expect(rows).toContainEqual(["two", "web", "warn"]);
    expect(rows).toContainEqual([
      "interlock:gate",
      "every system",
      "enforce",
      end,
      "ends within 14 days",
    ]);
    expect(stdout).toMatch(/\d+ rules observe \(--all lists them\)\n$/);
    const { modes } = json(dir, "mode");
    expect(modes).toContainEqual(
      expect.objectContaining({ rule: "R43", mode: "observe", until: null }),
    );
  });

  it("observe: the whole policy back in one change that is held, then lets through and records", () => {
    const loud = POLICY.replace("mode: observe", "mode: enforce").replace(
      "include: [more.yaml]\n",
      "",
    );
    const dir = repository({ ...GATE, "interlock/policy.yaml": loud }, { "pay/a": "1" });
    expect(interlock(dir, "check").status).toBe(1);
    expect(interlock(dir, "mode", "observe", "R43", "--yes").stderr).toContain("--reason TEXT");
    const { stdout } = interlock(dir, "mode", "observe", "--yes");
    expect(stdout).toContain("edited interlock/policy.yaml\n");
    git(dir, "commit", "-qam", "policy: everything back to observe");
    const leaving = JSON.parse(interlock(dir, "check", "--format", "json").stdout).decision;
    expect(leaving.effective).toBe("hold");
    expect(leaving.rules).toContainEqual(
      expect.objectContaining({
        ...{ rule: "interlock:gate", policy: "in-force", mode: "enforce", outcome: "hold" },
        requirements: [
          expect.objectContaining({
            because: "0 of 2 approvals by owners with a passkey",
          }),
        ],
      }),
    );
    commit(dir, { "pay/a": "2" }, "after the leave");
    const { outcome, effective } = JSON.parse(
      interlock(dir, "check", "--format", "json").stdout,
    ).decision;
    expect([outcome, effective]).toEqual(["hold", "allow"]);
    expect(json(dir, "mode", "observe", "--yes")).toMatchObject({ files: [], written: false });
  });

  it("is found from a folder below", () => {
    const dir = shop();
    put(dir, { "pay/deep/x": "1" });
    const { status, stdout } = interlock(join(dir, "pay/deep"), "mode", "observe", "--yes");
    expect([status, stdout]).toEqual([
      0,
      expect.stringContaining("edited ../../interlock/more.yaml"),
    ]);
  });
});

describe("what a rule would have held", () => {
  const line = (systems: readonly string[] | null, unknown: boolean): BacktestLine =>
    ({
      ...{ commit: "c".repeat(40), at: 0, subject: "s", outcome: "hold", effective: "allow" },
      ...{ beyond: [], requires: [], findings: [], risk: null, reverts: null, gaps: 0 },
      totals: { added: 1, deleted: 1, files: 1, binary: 0, directories: 0 },
      systems,
      rules: [{ rule: "two", outcome: "hold", findings: 0, approvals: 2, unknown }],
    }) as const;

  it("counts a change whose systems nobody knows, and says that it could not be read", () => {
    const lines = [line(["pay"], false), line(["web"], false), line(null, true)];
    expect(trialOf("two", lines, ["pay"])).toMatchObject({
      ...{ changes: 3, inSystems: 2, held: 2, unknown: 1 },
    });
  });
});

it("two approvals are those of two persons, at the first of each", () => {
  const signed = (person: string, at: number, kind = "approval") => ({ person, at, kind });
  expect(
    secondApproval([signed("bo", 5), signed("bo", 9), signed("cy", 7, "rejection")]),
  ).toBeNull();
  expect(
    secondApproval([signed("bo", 9), signed("cy", 7), signed("bo", 5), signed("dee", 8)]),
  ).toBe(7);
});
