// SPDX-License-Identifier: Apache-2.0
/** docs/reference/policy.md: its examples load and its tests agree, and it names every field. */
import { readFileSync } from "node:fs";
import { compilePolicy } from "@interlock/core";
import { JSON_SCHEMAS, loadPolicy, runPolicyTests, untested } from "@interlock/policy";
import { describe, expect, it } from "vitest";

const reference = (name: string) =>
  readFileSync(new URL(`../../../docs/reference/${name}.md`, import.meta.url), "utf8");
const page = reference("policy");
const files = new Map(
  [...page.matchAll(/^```yaml\n# (\S+)\n([\s\S]*?)^```$/gm)].map(([, path = "", text = ""]) => [
    path,
    text,
  ]),
);

/** Every name of a field in a schema, wherever it stands. */
function fieldsOf(schema: unknown): readonly string[] {
  if (typeof schema !== "object" || schema === null) return [];
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(key === "properties" ? Object.keys(value) : []),
    ...fieldsOf(value),
  ]);
}

describe("the reference of the policy language", () => {
  it("has examples that load without a warning, and tests that agree and name every rule", () => {
    expect(page.match(/^```yaml$/gm)).toHaveLength(files.size);
    const path = "interlock/policy.yaml";
    const loaded = loadPolicy(path, files.get(path) ?? "", {
      read: (included) => {
        const text = files.get(included);
        return text === undefined ? { kind: "missing" } : { kind: "text", text };
      },
      now: Date.parse("2030-05-02T09:00:00Z"),
    });
    if (!loaded.ok) expect(loaded.problems).toEqual([]);
    if (!loaded.ok) return;
    expect(loaded.warnings).toEqual([]);
    const policy = compilePolicy(loaded.policy);
    const tests = [...files].filter(([file]) => file.includes("/tests/"));
    const runs = tests.map(([file, text]) => runPolicyTests(policy, { file, text }));
    expect(runs.flatMap((r) => r.problems)).toEqual([]);
    expect(runs.flatMap((r) => r.results)).toHaveLength(8);
    expect(runs.flatMap((r) => r.results).filter((r) => r.differences.length > 0)).toEqual([]);
    expect(untested(path, loaded.places, runs)).toEqual([]);
  });

  it("names every field", () => {
    const fields = [...new Set(fieldsOf(JSON_SCHEMAS.policy()))];
    expect(fields.length).toBeGreaterThan(40);
    const named = (field: string) => new RegExp(`\`${field}\\b`).test(page);
    expect(fields.filter((f) => !named(f))).toEqual([]);
  });
});

describe("the reference of cases", () => {
  it("names every key", () => {
    const text = reference("cases");
    const { definitions, ...schema } = JSON_SCHEMAS["policy-test"]() as {
      readonly definitions: Readonly<Record<string, unknown>>;
    }; // our own document
    const { policy: _p, rule: _r, requirement: _q, delta: _d, ...own } = definitions;
    const keys = [...new Set(fieldsOf({ ...schema, own }))].filter((k) => /^[a-z0-9 -]+$/.test(k));
    expect(keys.length).toBeGreaterThan(80);
    expect(keys.filter((k) => !new RegExp(`[\`{ ,(]${k}\\b|^${k}:`, "m").test(text))).toEqual([]);
  });
});
