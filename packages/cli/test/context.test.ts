/** Live state that is handed in, from the file to the decision. */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { readContext } from "@interlock/facts";
import { builtInPacks } from "@interlock/policy";
import { describe, expect, it, onTestFinished } from "vitest";
import { interlock, repository } from "./scratch.ts";

const AT = "observedAt: 2030-05-02T09:00:00Z";

const quota = (n: number) => ({ "quota.yaml": `quota: {user-id: ${n}}\n` });
const live = (dir: string, observedAt: number, more = "validFor: 15m") => {
  const file = join(dir, "..", `${dir.split("/").pop()}-live.yaml`);
  onTestFinished(() => rmSync(file, { force: true }));
  writeFileSync(
    file,
    `- kind: peak-use\n  subject: /quota/user-id\n  value: 700\n  observedAt: ${new Date(observedAt).toISOString()}\n  ${more}\n`,
  );
  return file;
};
const rulesOf = (stdout: string): readonly { rule: string; because: string }[] =>
  JSON.parse(stdout).decision.rules;

describe("--context", () => {
  it("denies what live state contradicts, and is silent without it", () => {
    const dir = repository(quota(1000), quota(800));
    const file = live(dir, Date.now() - 1_000);
    const held = rulesOf(interlock(dir, "check", "--format", "json", "--context", file).stdout);
    expect(held.map((r) => r.rule)).toContain("L02-config");
    const silent = rulesOf(interlock(dir, "check", "--format", "json").stdout);
    expect(silent.map((r) => r.rule)).not.toContain("L02-config");
    const explained = interlock(dir, "explain", "HEAD", "--context", file).stdout;
    expect(explained).toContain("less than its peak use");
  });

  it("holds what it is too old to tell", () => {
    const dir = repository(quota(1000), quota(800));
    const file = live(dir, Date.now() - 3_600_000);
    const rule = rulesOf(
      interlock(dir, "check", "--format", "json", "--context", file).stdout,
    ).find((r) => r.rule === "L02-config");
    expect(rule?.because).toContain("context stale");
  });

  it("joins a facts document in `decide`, from a second file", () => {
    const dir = repository(quota(1000), quota(800));
    const { stdout } = interlock(dir, "facts");
    const facts = join(dir, "..", `${dir.split("/").pop()}-facts.json`);
    onTestFinished(() => rmSync(facts, { force: true }));
    writeFileSync(facts, stdout);
    const now: number = JSON.parse(stdout).now;
    const decided = interlock(dir, "decide", facts, "--context", live(dir, now - 1_000));
    expect(rulesOf(decided.stdout).map((r) => r.rule)).toContain("L02-config");
  });

  it.each([
    ["no list", "kind: traffic", "list of mappings"],
    ["no kind", `- subject: x\n  ${AT}`, "has no `kind`"],
    ["no instant", "- {kind: a, subject: x}", "no instant"],
    ["a day without a zone", "- {kind: a, subject: x, observedAt: 2030-05-02}", "no instant"],
    ["an unknown field", `- {kind: a, subject: x, valu: 1, ${AT}}`, "no field `valu`"],
    ["two values", `- {kind: a, subject: x, value: [1], ${AT}}`, "no single value"],
    ["a life that is none", `- {kind: a, subject: x, validFor: soon, ${AT}}`, "no duration"],
    [
      "a number that does not fit",
      `- {kind: peak-use, subject: x, value: 12Gi, ${AT}}`,
      "no value of",
    ],
    ["a word for a number", `- {kind: rows, subject: x, value: many, ${AT}}`, "no value of"],
    [
      "a word for a version",
      `- {kind: fleet-version, subject: x, value: newest, ${AT}}`,
      "no value of",
    ],
    ["broken YAML", "- {kind: a", "live.yaml"],
  ])("refuses %s", (_name, text, message) => {
    expect(() => readContext("live.yaml", text)).toThrow(GateError);
    expect(() => readContext("live.yaml", text)).toThrow(message);
  });

  it("reads numbers with units, and versions in their order", () => {
    const micro = (kind: string, value: string) =>
      readContext("live.yaml", `[{kind: ${kind}, subject: x, value: "${value}", ${AT}}]`)[0]?.micro;
    expect(micro("peak-use", "2Gi")).toBe(2 * 1024 ** 3 * 1_000_000);
    expect(micro("live-role", "primary")).toBe(0);
    expect(micro("fleet-version", "1.10.3") ?? 0).toBeGreaterThan(
      micro("fleet-version", "v1.9") ?? 0,
    );
  });
});

describe("the reference of context", () => {
  const text = readFileSync(
    new URL("../../../docs/reference/facts-context.md", import.meta.url),
    "utf8",
  );
  it("has an example that loads", () => {
    const example = /^```yaml\n([\s\S]*?)^```$/m.exec(text)?.[1] ?? "";
    expect(readContext("facts-context.md", example).map((c) => [c.kind, c.validForMs])).toEqual([
      ["traffic", 900_000],
      ["fleet-version", 3_600_000],
    ]);
  });
  it("names every kind that a rule reads", () => {
    const rules = builtInPacks().get("reliability-core") ?? [];
    const source = rules.map((r) => `${r.when ?? ""} ${r.where ?? ""}`).join("\n");
    const kinds = new Set(
      [
        ...source.matchAll(
          /c\.kind == "([a-z-]+)"|c\.kind in \[([^\]]+)\]|it\.kind == "([a-z]+-[a-z]+)"/g,
        ),
      ].flatMap((m) => (m[1] ?? m[2] ?? m[3] ?? "").replaceAll('"', "").split(", ")),
    );
    expect(kinds.size).toBeGreaterThan(8);
    for (const kind of kinds) expect(text, kind).toContain(`\`${kind}\``);
  });
});
