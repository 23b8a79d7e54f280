/** The workflow step and the pipeline template, run as their hosts would run them. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { commit, folder, git, MAIN, repository } from "./scratch.ts";

const at = (path: string): string =>
  fileURLToPath(new URL(`../../../integrations/${path}`, import.meta.url));
const SCRIPT = at("github-action/check.sh");

const HELD = `policy: shop
version: 1
mode: enforce
rules:
  - id: two-people
    title: Two people
    when: "true"
    covers: true
    require: { approvals: { count: 2, from: anyone } }
    motive: a test
`;

type Env = Readonly<Record<string, string>>;
function step(dir: string, env: Env) {
  const summary = join(folder(), "summary.md");
  const ran = spawnSync("bash", [SCRIPT], {
    ...{ cwd: dir, encoding: "utf8" },
    env: {
      ...{ PATH: process.env["PATH"] ?? "", HOME: dir, GITHUB_STEP_SUMMARY: summary },
      ...{ INTERLOCK_COMMAND: `${process.execPath} ${MAIN}`, ...env },
    },
  });
  return { ...ran, summary: () => readFileSync(summary, "utf8") };
}

function changed(): { readonly dir: string; readonly range: string } {
  const dir = repository({ "interlock/policy.yaml": HELD, "a.txt": "one\n" });
  const before = git(dir, "rev-parse", "HEAD");
  return { dir, range: `${before}..${commit(dir, { "a.txt": "two\n" }, "x")}` };
}

describe("the GitHub Action", () => {
  it("is what GitHub reads: inputs, and a step whose script takes them from its environment", () => {
    const action = parse(readFileSync(at("github-action/action.yml"), "utf8"));
    expect(Object.keys(action)).toEqual(["name", "description", "inputs", "runs"]);
    expect(action.runs.using).toBe("composite");
    for (const each of action.runs.steps) {
      expect(each.run).not.toContain("${{");
      expect(each.shell).toBe("bash");
    }
    const used = JSON.stringify(action.runs.steps[0].env);
    for (const input of Object.keys(action.inputs)) expect(used).toContain(`inputs.${input} `);
  });

  it("fails on a hold, says why in annotations and in the summary, or only says it", () => {
    const { dir, range } = changed();
    const held = step(dir, { EVENT_RANGE: range });
    expect([held.status, held.stderr]).toEqual([1, ""]);
    expect(held.stdout).toMatch(/^::(warning|error) .*hold/m);
    expect(held.summary()).toMatch(/^### HOLD/);
    expect(step(dir, { EVENT_RANGE: range, INTERLOCK_ENFORCE: "false" }).status).toBe(0);
  });

  it("never succeeds when nothing could be decided, and takes no option for a range", () => {
    const { dir } = changed();
    const wrong = { EVENT_RANGE: "no-such-revision", INTERLOCK_ENFORCE: "false" };
    expect(step(dir, wrong).status).toBe(3);
    expect(step(dir, { INTERLOCK_RANGE: "--policy=/dev/null" }).status).toBe(64);
    writeFileSync(join(dir, "x"), "");
    expect(step(dir, { INTERLOCK_RANGE: "$(touch canary)" }).status).toBe(3);
    expect(git(dir, "status", "--porcelain")).toBe("?? x");
  });
});

it("the GitLab template runs the command on the whole history of merge requests", () => {
  const { interlock: job } = parse(readFileSync(at("gitlab/interlock.gitlab-ci.yml"), "utf8"));
  expect(job.variables.GIT_DEPTH).toBe("0");
  expect(job.rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }]);
  expect(job.allow_failure).toBeUndefined();
  const { dir, range } = changed();
  const [base, head] = range.split("..");
  const bin = folder();
  writeFileSync(join(bin, "interlock"), `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`, {
    mode: 0o755,
  });
  const run = (lines: readonly string[]) =>
    spawnSync("sh", ["-e", "-c", lines.join("\n")], {
      ...{ cwd: dir, encoding: "utf8" },
      env: {
        ...{ PATH: `${bin}:${process.env["PATH"]}`, HOME: dir, INTERLOCK_FORMAT: "sarif" },
        ...{ CI_MERGE_REQUEST_DIFF_BASE_SHA: base ?? "", CI_COMMIT_SHA: head ?? "" },
      },
    });
  expect(run(job.script).status).toBe(1);
  expect(run(job.after_script).status).toBe(0);
  expect(JSON.parse(readFileSync(join(dir, "interlock.sarif"), "utf8")).version).toBe("2.1.0");
});
