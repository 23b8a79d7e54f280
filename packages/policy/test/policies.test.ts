// SPDX-License-Identifier: Apache-2.0
/** `conformance/policy`: policies that load and what they mean, policies that do not and what is said. */
import { readdirSync, readFileSync } from "node:fs";
import { loadPolicy, PROBLEMS, type Problem } from "@interlock/policy";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";

type PolicyCase = {
  readonly case: string;
  readonly why: string;
  /** The text of `policy.yaml`. */
  readonly policy: string;
  /** Files beside it, by path; `{ unreadable: WHY }` cannot be read. */
  readonly files?: Readonly<Record<string, string | { readonly unreadable: string }>>;
  readonly now?: string;
  readonly problems?: readonly Said[];
  readonly warnings?: readonly Said[];
  /** Parts of the loaded policy; rules by their id. */
  readonly loads?: { readonly rules?: readonly { readonly id: string }[] };
};
/** `at` is `line:column`, with the file before it where it is not `policy.yaml`. */
type Said = {
  readonly code: string;
  readonly at: string;
  readonly says: string;
  readonly help: string;
};

const KEYS = ["case", "why", "policy", "files", "now", "problems", "warnings", "loads"];
const folder = new URL("../../../conformance/policy/", import.meta.url);
const cases = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((f) => f.endsWith(".yaml"))
  .sort()
  .map((name) => [name, parse(readFileSync(new URL(name, folder), "utf8")) as PolicyCase] as const); // its keys are tested below

const load = (given: PolicyCase) =>
  loadPolicy("policy.yaml", given.policy, {
    read: (path) => {
      const found = given.files?.[path];
      if (found === undefined) return { kind: "missing" };
      return typeof found === "string"
        ? { kind: "text", text: found }
        : { kind: "unreadable", because: found.unreadable };
    },
    ...(given.now === undefined ? {} : { now: Date.parse(given.now) }),
  });

const said = (problems: readonly Problem[]): readonly Said[] =>
  problems.map((p) => ({
    code: p.code,
    at: `${p.file === "policy.yaml" ? "" : `${p.file}:`}${p.line}:${p.column}`,
    says: p.message,
    help: p.help,
  }));

describe("a policy file", () => {
  it.each(cases)("%s", (_name, given) => {
    expect(Object.keys(given).filter((k) => !KEYS.includes(k))).toEqual([]);
    expect([given.case, given.why].map((t) => typeof t)).toEqual(["string", "string"]);
    const loaded = load(given);
    expect(loaded.ok ? [] : said(loaded.problems)).toEqual(given.problems ?? []);
    if (!loaded.ok) return;
    expect(said(loaded.warnings)).toEqual(given.warnings ?? []);
    expect(given.warnings ?? given.loads, "a policy that loads says what it means").toBeDefined();
    const { rules = [], ...rest } = given.loads ?? {};
    expect(loaded.policy).toMatchObject(rest);
    for (const rule of rules)
      expect(loaded.policy.rules.find((r) => r.id === rule.id) ?? rule.id).toMatchObject(rule);
  });

  it("has every kind of problem among its cases", () => {
    const shown = new Set(
      cases.flatMap(([, c]) => [...(c.problems ?? []), ...(c.warnings ?? [])]).map((s) => s.code),
    );
    // Limits are tested in `limits.test.ts`, tests of policies in `policy-tests.test.ts`.
    const elsewhere = ["TOO_LARGE", "TOO_MANY", "TEST_INVALID", "POLICY_UNTESTED", "RULE_UNTESTED"];
    // Those of the description of a control plane alone, among its own cases.
    elsewhere.push("NAME_UNKNOWN", "SUM_INVALID", "SECRET_WRITTEN");
    expect(Object.keys(PROBLEMS).filter((c) => !shown.has(c) && !elsewhere.includes(c))).toEqual(
      [],
    );
  });
});
