/** `interlock policy lint` and `interlock policy test`: exit codes, places, JSON. */
import { describe, expect, it } from "vitest";
import { folder, interlock, put } from "./scratch.ts";

const POLICY = `policy: shop
mode: enforce
rules:
  - id: two-owners
    when: change.systems.exists(s, s.tier == 1)
    covers: true
    require: [{ approvals: 2 }]
`;
const TEST = `case: one owner is not enough for Tier 1
why: the second pair of eyes is the point
given:
  systems: { checkout: { tier: 1 } }
  approvals: [{ by: bo }]
then:
  outcome: hold
  because: [{ rule: two-owners, contains: 1 of 2 }]
`;

function gate(tests: Readonly<Record<string, string>>): string {
  const dir = folder();
  put(dir, { "interlock/policy.yaml": POLICY, ...tests });
  return dir;
}

describe("interlock policy test", () => {
  it("decides every case beside the policy, and says so", () => {
    const dir = gate({ "interlock/tests/a.yaml": TEST, "interlock/b.test.yaml": TEST });
    expect(interlock(dir, "policy", "test")).toMatchObject({
      status: 0,
      stdout: "2 cases: 2 agree, 0 do not\n",
    });
    const { agrees, problems, results } = JSON.parse(
      interlock(dir, "policy", "test", "--json").stdout,
    );
    expect([agrees, problems]).toEqual([true, []]);
    expect(results.map((r: { file: string; line: number }) => `${r.file}:${r.line}`)).toEqual([
      "interlock/b.test.yaml:1",
      "interlock/tests/a.yaml:1",
    ]);
  });

  it("tells the line of what differs and what was decided instead", () => {
    const dir = gate({ "interlock/tests/a.yaml": TEST.replace("1 of 2", "2 of 3") });
    const { status, stdout } = interlock(dir, "policy", "test");
    expect(status).toBe(3);
    expect(stdout).toContain("interlock/tests/a.yaml:8: nobody says");
    expect(stdout).toContain("in-force two-owners: hold, enforce: ");
    expect(stdout).toContain("1 case: 0 agree, 1 do not");
    const { agrees, results } = JSON.parse(interlock(dir, "policy", "test", "--json").stdout);
    expect(agrees).toBe(false);
    expect(results[0].differences[0].line).toBe(8);
  });

  it("fails where a test or the policy cannot be read, or nothing is tested", () => {
    const typo = gate({ "interlock/tests/a.yaml": TEST.replace("given:", "gven:") });
    const unread = interlock(typo, "policy", "test");
    expect([unread.status, unread.stdout]).toEqual([
      3,
      expect.stringMatching(/^interlock\/tests\/a\.yaml:3:1: a case: no key is called `gven`/),
    ]);
    const none = interlock(gate({}), "policy", "test");
    expect([none.status, none.stdout]).toEqual([3, expect.stringContaining("no tests\n  help: ")]);
    const broken = gate({ "interlock/tests/a.yaml": TEST });
    put(broken, { "interlock/policy.yaml": "policy: [\n" });
    expect(interlock(broken, "policy", "test")).toMatchObject({ status: 3 });
    expect(interlock(folder(), "policy", "test")).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(
        /there is no policy `interlock\/policy\.yaml`\n.*interlock init/,
      ),
    });
    expect(interlock(broken, "policy", "test", "nowhere.yaml", "--jsn")).toMatchObject({
      status: 64,
    });
  });

  it("judges as the gate does: a change of the gate's own files is held by every policy", () => {
    const dir = gate({
      "interlock/tests/gate.yaml": `case: the policy itself changes
why: whoever writes the rules does not accept them alone
given: { change: { gate: [policy], touches: [interlock/policy.yaml] }, approvals: [{ by: bo }] }
then: { outcome: hold, because: [{ rule: R65, outcome: hold, contains: approvals }, { rule: "interlock:gate", outcome: hold, contains: approvals }] }
`,
    });
    expect(interlock(dir, "policy", "test")).toMatchObject({ status: 0 });
  });
});

describe("interlock policy lint", () => {
  it("names the next command where there are no tests, and the rules that none names", () => {
    const untested = interlock(gate({}), "policy", "lint");
    expect([untested.status, untested.stdout]).toEqual([
      0,
      expect.stringMatching(
        /^interlock\/policy\.yaml:1:1: warning: the policy has no tests\n {2}help: .*`interlock policy test`/,
      ),
    ]);
    const other = TEST.replace("two-owners", "otherwise");
    expect(interlock(gate({ "interlock/tests/a.yaml": other }), "policy", "lint").stdout).toContain(
      "interlock/policy.yaml:4:9: warning: no test names `two-owners`",
    );
    const tested = gate({ "interlock/tests/a.yaml": TEST });
    expect(interlock(tested, "policy", "lint").stdout).toBe(
      "interlock/policy.yaml: 1 rule, mode enforce, 0 warnings\n",
    );
    expect(JSON.parse(interlock(tested, "policy", "lint", "--json").stdout)).toEqual([]);
  });
});
