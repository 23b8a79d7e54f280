/** The command as people and pipelines meet it: exit codes, streams, bad input. */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commit, type Files, folder, git, interlock, repository } from "./scratch.ts";

const WEB = (replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: ${replicas}
`;

function shop(files: Files = {}): string {
  const dir = repository({ "k8s/web.yaml": WEB(3), CODEOWNERS: "* @payments\n", ...files });
  commit(dir, { "k8s/web.yaml": WEB(0) }, "save cost on the weekend");
  return dir;
}

const ENFORCED = "policy: shop\nversion: 1\nmode: enforce\npacks: [reliability-core]\n";

describe("check", () => {
  it("without a policy observes: it says what it would have held, and passes", () => {
    const { status, stdout } = interlock(shop(), "check", "--format", "json");
    const { change, decision, findings, effects } = JSON.parse(stdout);
    expect(status).toBe(0);
    expect(change.digest).toMatch(/^[0-9a-f]{64}$/);
    expect([decision.outcome, decision.effective]).toEqual(["hold", "allow"]);
    expect(decision.beyond).toContainEqual({ rule: "R43", kind: "approvals", state: "unmet" });
    expect(findings).toContainEqual({
      rule: "R43",
      path: "k8s/web.yaml",
      line: 5,
      message: "`replicas` of `Deployment/shop/web[replicas]` falls from 3 to 0",
      outcome: "hold",
    });
    expect(effects[0]).toMatchObject({ verb: "removes", what: "replicas", count: 3, of: 3 });
    const rule = decision.rules.find((r: { rule: string }) => r.rule === "R43");
    expect(rule.requirements[0]).toMatchObject({
      kind: "approvals",
      state: "unmet",
      because: "0 of 2 approvals by owners whose statement names the finding",
      who: ["payments"],
    });
  });

  it("with an enforced policy holds with exit code 1, in every format", () => {
    const dir = shop({ "interlock/policy.yaml": ENFORCED });
    for (const format of ["text", "json", "sarif", "github", "markdown"]) {
      const { status, stdout } = interlock(dir, "check", "--format", format);
      expect([format, status]).toEqual([format, 1]);
      expect(stdout).toContain("R43");
    }
  });

  it("judges a change to the policy by both versions: switching it off does not let the change through", () => {
    const dir = shop({ "interlock/policy.yaml": ENFORCED });
    writeFileSync(
      join(dir, "interlock/policy.yaml"),
      "policy: shop\nversion: 2\nmode: observe\npacks: [reliability-core]\n",
    );
    git(dir, "commit", "-qam", "switch it off");
    expect(interlock(dir, "check").status).toBe(1);
    writeFileSync(join(dir, "interlock/policy.yaml"), "policy: [\n");
    git(dir, "commit", "-qam", "break it");
    expect(interlock(dir, "check").stdout).toContain("the policy cannot be read");
  });

  it("judges what is staged, and a branch as it would land", () => {
    const dir = shop();
    writeFileSync(join(dir, "k8s/web.yaml"), WEB(3));
    git(dir, "add", "-A");
    expect(
      JSON.parse(interlock(dir, "check", "--staged", "--format", "json").stdout).change.kind,
    ).toBe("index");
    expect(
      JSON.parse(interlock(dir, "check", "HEAD~1..HEAD", "--format", "json").stdout).decision
        .beyond,
    ).toContainEqual({ rule: "R43", kind: "approvals", state: "unmet" });
  });
});

describe("decide and replay", () => {
  it("a decision is the same from facts alone, and replays to the same bytes", () => {
    const dir = shop();
    writeFileSync(join(dir, "facts.json"), interlock(dir, "facts").stdout);
    const { stdout } = interlock(dir, "decide", "facts.json");
    expect(JSON.parse(stdout).decision.outcome).toBe("hold");
    writeFileSync(
      join(dir, "record.json"),
      interlock(dir, "decide", "facts.json", "--record").stdout,
    );
    expect(interlock(dir, "replay", "record.json")).toMatchObject({
      status: 0,
      stdout: "1 the same, 0 different, 0 erased\n",
    });
    const record = JSON.parse(interlock(dir, "decide", "facts.json", "--record").stdout);
    writeFileSync(
      join(dir, "record.json"),
      JSON.stringify({ ...record, decision: { ...record.decision, outcome: "allow" } }),
    );
    expect(interlock(dir, "replay", "record.json").status).toBe(1);
  });
});

describe("backtest", () => {
  it("judges a history on all cores; stdout is data", () => {
    const dir = shop();
    const { status, stdout } = interlock(dir, "backtest", "--format", "jsonl");
    const lines = stdout
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l));
    expect(status).toBe(0);
    expect(
      lines.map((l) => [l.subject, l.outcome, l.beyond.map((b: { rule: string }) => b.rule)]),
    ).toEqual([
      ["state 0", "hold", expect.anything()],
      ["save cost on the weekend", "hold", expect.arrayContaining(["R43"])],
    ]);
    expect(interlock(dir, "backtest", "--html", join(dir, "r.html")).stdout).toContain(
      "reviewer-hours a month",
    );
  });
});

describe("init", () => {
  it("writes files that load, and overwrites none", () => {
    const dir = shop();
    expect(interlock(dir, "init").status).toBe(0);
    expect(interlock(dir, "policy", "lint").stdout).toMatch(
      /^interlock\/policy\.yaml:6:7: warning: the policy blocks nothing: it observes\n.*\n.* 1 warning\n$/,
    );
    expect(interlock(dir, "policy", "test")).toMatchObject({
      status: 0,
      stdout: "3 cases: 3 agree, 0 do not\n",
    });
    for (const name of ["policy", "catalog", "people", "tests/two-people-tier-1"]) {
      const file = join(dir, `interlock/${name}.yaml`);
      const [, schema = ""] =
        /^# yaml-language-server: \$schema=(.*)\n/.exec(readFileSync(file, "utf8")) ?? [];
      const described = JSON.parse(readFileSync(join(file, "..", schema), "utf8"));
      const kind = name.startsWith("tests/") ? "policy-test" : name;
      expect(described).toEqual(JSON.parse(interlock(dir, "schema", kind).stdout));
    }
    git(dir, "add", "-A");
    git(dir, "commit", "-qm", "gate");
    const [, digest = ""] =
      /--trust-first-policy ([0-9a-f]{64})/.exec(interlock(dir, "check").stdout) ?? [];
    expect(interlock(dir, "check", "--trust-first-policy", digest).status).toBe(0);
    expect(interlock(dir, "init")).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("exists already"),
    });
  });
});

describe("bad input gets a clear error and the right code, never a stack trace and never an allow", () => {
  const facts = (dir: string, text: string) => {
    writeFileSync(join(dir, "f.json"), text);
    return ["decide", "f.json"];
  };
  it.each<[string, (dir: string) => readonly string[], number, RegExp]>([
    ["a folder that is no repository", () => ["check"], 3, /is not inside a Git repository/],
    ["an unknown command", () => ["chek"], 64, /unknown command/],
    ["an unknown option", () => ["check", "--polcy", "x"], 64, /unknown option/],
    ["an unknown format", () => ["check", "--format", "xml"], 64, /no format is called/],
    ["an unknown rule", () => ["explain", "R99"], 64, /no rule is called/],
    ["a missing file", () => ["decide", "nowhere.json"], 3, /cannot be read/],
    ["no JSON", (d) => facts(d, "{"), 3, /is no JSON/],
    [
      "facts of another version",
      (d) => facts(d, '{"version": 99}'),
      3,
      /version `99` is not known/,
    ],
    ["facts with an unknown field", (d) => facts(d, '{"version": 1, "nwo": 5}'), 3, /no such fact/],
    [
      "a broken policy",
      (d) => {
        writeFileSync(
          join(d, "p.yaml"),
          "policy: x\nrules:\n  - id: a\n    when: change.fils.size() > 0\n    require: [{approvals: 1}]\n",
        );
        return ["policy", "lint", "p.yaml"];
      },
      3,
      /$/,
    ],
    [
      "a record that is none",
      (d) => {
        writeFileSync(join(d, "r.json"), "[]");
        return ["replay", "r.json"];
      },
      3,
      /no decision record/,
    ],
  ])("%s", (_name, args, code, message) => {
    const dir = folder();
    const { status, stderr } = interlock(dir, ...args(dir));
    expect(status).toBe(code);
    expect(stderr).toMatch(message);
  });

  it("a policy problem names file, line, column and what to write instead", () => {
    const dir = folder();
    writeFileSync(
      join(dir, "p.yaml"),
      "policy: x\nrules:\n  - id: a\n    when: change.fils.size() > 0\n    require: [{approvals: 1}]\n",
    );
    expect(interlock(dir, "policy", "lint", "p.yaml").stdout).toMatch(
      /^p\.yaml:4:1\d: no fact is called `fils` here\n {2}help: did you mean `files`\?/,
    );
  });

  it("facts with missing groups hold, each with its reason", () => {
    const dir = shop();
    const whole = JSON.parse(interlock(dir, "facts").stdout);
    delete whole.kubernetes;
    writeFileSync(join(dir, "f.json"), JSON.stringify(whole));
    writeFileSync(join(dir, "p.yaml"), ENFORCED);
    const { status, stdout } = interlock(dir, "decide", "f.json", "--policy", "p.yaml");
    expect(status).toBe(1);
    expect(stdout).toContain("`kubernetes` is missing from the facts document");
  });

  it("a repository of another owner is read, since nothing of it runs", () => {
    const dir = shop();
    if (process.getuid?.() !== 0) return;
    spawnSync("chown", ["-R", "12345:12345", dir]);
    chmodSync(dir, 0o755);
    expect(interlock(dir, "check").status).toBe(0);
  });
});
