/** What other tools read: SARIF, annotations and comments of a forge. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { VERSION } from "../src/version.ts";
import { commit, ENFORCED, type Files, git, interlock, repository, web } from "./scratch.ts";

const ODD = "k8s/100% a#b?c,d:e f.yaml";
const OWN = `${ENFORCED}rules:
  - id: night
    title: "\`night\` work, twice"
    each: kubernetes
    where: it.aspect == "replicas"
    says: "{subject}: {before} -> {after}"
    class: H
    motive: { says: it was down, links: ["http://example.com/a b"] }
  - id: whole
    title: Of the change as a whole
    when: change.totals.files > 0
    class: n
`;

const shop = (policy: Files, after: Files = { [ODD]: web(0) }) => {
  const dir = repository({ CODEOWNERS: "* @payments\n", [ODD]: web(3), ...policy });
  const evil =
    "50%,: <img src=x> @bo #1 o/r#2 GH-3 https://example.com www.example.com [a](b) | `c` $d$";
  commit(dir, after, evil);
  return dir;
};

type Obj = Readonly<Record<string, unknown>>;
const PLACE = {
  physicalLocation: { artifactLocation: { uri: "", uriBaseId: "" }, region: { startLine: 1 } },
};
/** The part of SARIF 2.1.0 that is used: no other property, and of the same kind. */
const SHAPE = {
  $schema: "",
  version: "2.1.0",
  runs: [
    {
      tool: {
        driver: {
          name: "",
          semanticVersion: "",
          rules: [
            {
              id: "",
              name: "",
              shortDescription: { text: "" },
              fullDescription: { text: "" },
              help: { text: "" },
              helpUri: "",
              defaultConfiguration: { level: "" },
              properties: { mode: "", severity: "" },
            },
          ],
        },
      },
      invocations: [
        {
          executionSuccessful: true,
          exitCode: 0,
          toolExecutionNotifications: [
            {
              level: "",
              message: { text: "" },
              associatedRule: { id: "", index: 0 },
              locations: [PLACE],
            },
          ],
        },
      ],
      originalUriBaseIds: { "%SRCROOT%": { description: { text: "" } } },
      results: [
        {
          ruleId: "",
          ruleIndex: 0,
          level: "",
          message: { text: "" },
          locations: [PLACE],
          partialFingerprints: { "interlockFinding/v1": "" },
        },
      ],
      properties: { outcome: "", effective: "" },
    },
  ],
};

function fits(value: unknown, shape: unknown, at: string): void {
  if (Array.isArray(shape)) {
    expect([at, Array.isArray(value)]).toEqual([at, true]);
    for (const [i, item] of (value as readonly unknown[]).entries())
      fits(item, shape[0], `${at}[${i}]`);
  } else if (typeof shape === "object" && shape !== null) {
    for (const [key, item] of Object.entries(value as Obj)) {
      expect(Object.keys(shape), `${at}.${key}`).toContain(key);
      fits(item, (shape as Obj)[key], `${at}.${key}`);
    }
  } else {
    expect([at, typeof value]).toEqual([at, typeof shape]);
    if (/\.level$/.test(at)) expect(["none", "note", "warning", "error"]).toContain(value);
  }
}

function sarifOf(dir: string, ...args: readonly string[]) {
  const { stdout } = interlock(dir, "check", "--format", "sarif", ...args);
  const log = JSON.parse(stdout);
  fits(log, SHAPE, "");
  const [run] = log.runs;
  const ids = run.tool.driver.rules.map((r: { id: string }) => r.id);
  expect(ids).toEqual([...new Set(ids)].sort());
  for (const r of run.results) {
    expect(ids[r.ruleIndex]).toBe(r.ruleId);
    expect(r.locations).toHaveLength(1);
    expect(r.locations[0].physicalLocation.region.startLine).toBeGreaterThan(0);
  }
  const prints = run.results.map(
    (r: { partialFingerprints: Obj }) => Object.values(r.partialFingerprints)[0],
  );
  expect(new Set(prints).size).toBe(prints.length);
  return run;
}

describe("SARIF", () => {
  it("says of each rule what it is, and of each finding where, how bad and whether it is the same", () => {
    const dir = shop({ "interlock/policy.yaml": OWN });
    const run = sarifOf(dir);
    const of = (id: string) => run.results.find((r: { ruleId: string }) => r.ruleId === id);
    expect(of("night")).toMatchObject({
      level: "error",
      message: { text: expect.stringContaining("3 -> 0") },
    });
    expect(decodeURIComponent(of("night").locations[0].physicalLocation.artifactLocation.uri)).toBe(
      ODD,
    );
    expect(of("night").locations[0].physicalLocation.artifactLocation.uri).not.toMatch(/[#? :,]/);
    expect(of("R43").level).toBe("warning");
    expect(of("whole")).toMatchObject({ level: "note" });
    expect(run.tool.driver.rules.find((r: { id: string }) => r.id === "night")).toMatchObject({
      name: "NightWorkTwice",
      shortDescription: { text: "`night` work, twice" },
      fullDescription: { text: "it was down" },
      helpUri: "http://example.com/a%20b",
      defaultConfiguration: { level: "error" },
    });
    expect(sarifOf(dir)).toEqual(run);
    git(dir, "reset", "-q", "--hard", "HEAD~1");
    commit(dir, { [ODD]: `# moved down\n\n${web(0)}` }, "again");
    const moved = sarifOf(dir).results.find((r: { ruleId: string }) => r.ruleId === "night");
    expect(moved.partialFingerprints).toEqual(of("night").partialFingerprints);
    expect(moved.locations[0].physicalLocation.region.startLine).toBe(
      of("night").locations[0].physicalLocation.region.startLine + 2,
    );
  });

  it("rules that only look on fail no build", () => {
    const levels = sarifOf(shop({})).results.map((r: { level: string }) => r.level);
    expect(new Set(levels)).toEqual(new Set(["note"]));
  });

  it("what holds without a line, and what was not read, is said beside the results", () => {
    const dir = shop({ "interlock/policy.yaml": "policy: [\n" }, { "a.yaml": "a: [\n" });
    const [invocation] = sarifOf(dir).invocations;
    expect(invocation.exitCode).toBe(1);
    expect(invocation.toolExecutionNotifications).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          associatedRule: { id: "policy", index: 0 },
          message: { text: expect.stringContaining("the policy cannot be read") },
        }),
        expect.objectContaining({ message: { text: expect.stringMatching(/^not read \(/) } }),
      ]),
    );
  });

  it("names the version of the package", () => {
    const manifest = new URL("../package.json", import.meta.url);
    expect(VERSION).toBe(JSON.parse(readFileSync(manifest, "utf8")).version);
  });
});

it("annotations say what holds without a line", () => {
  const dir = shop({ "interlock/policy.yaml": "policy: [\n" });
  expect(interlock(dir, "check", "--format", "github").stdout).toMatch(
    /^::warning title=policy::the policy cannot be read/,
  );
});

it("annotations escape what would end a property or a message", () => {
  const dir = shop({ "interlock/policy.yaml": OWN });
  const lines = interlock(dir, "check", "--format", "github").stdout.trimEnd().split("\n");
  const odd = "k8s/100%25 a#b?c%2Cd%3Ae f.yaml";
  expect(lines).toContainEqual(
    expect.stringMatching(
      new RegExp(`^::error file=${odd.replace("?", "\\?")},line=5,title=night::`),
    ),
  );
  expect(lines.at(-1)).toMatch(/^::error title=interlock::deny: 50%25,: <img/);
  for (const line of lines)
    expect(line).toMatch(/^::(?:error|warning|notice) (?:file=[^,:]+,line=\d+,)?title=[^,:]+::.*$/);
});

it("a comment shows what a subject or path holds, and nothing of it acts", () => {
  const dir = shop({ "interlock/policy.yaml": OWN });
  writeFileSync(join(dir, "x"), "");
  const text = interlock(dir, "check", "--format", "markdown").stdout;
  const [headline = ""] = text.split("\n");
  expect(headline).toContain("&lt;img src=x&gt;");
  expect(headline).toContain("\\[a\\]\\(b\\) \\| \\`c\\` \\$d\\$");
  expect(text).not.toMatch(/@(?!&#8288;)|(?<!&)#(?=\d)|gh-\d|:\/\/|www\.|<(?!br>)/i);
  const table = text.split("\n").filter((l) => l.startsWith("|"));
  for (const row of table) expect(row.match(/(?<!\\)\|/g)).toHaveLength(5);
});
