// SPDX-License-Identifier: Apache-2.0
/** Runs `conformance/rules/*.yaml`: files before and after, and the findings that one rule must make. */
import {
  compilePolicy,
  decide,
  type Facts,
  type Finding,
  type Policy,
  type Rule,
  type RuleResult,
} from "@interlock/core";
import { contextMicro, readCatalog } from "@interlock/facts";
import { parse, stringify } from "yaml";
import { NOW } from "./facts.ts";
import { type FileMap, factsOfFiles } from "./files.ts";
import { policyOf } from "./policies.ts";

export type RuleCase = {
  readonly kind: "bad" | "good" | "already-bad";
  readonly case: string;
  readonly before?: FileMap;
  readonly after?: FileMap;
  readonly finds?: readonly {
    readonly path: string;
    readonly line: number;
    readonly says: string;
  }[];
  readonly systems?: readonly unknown[];
  readonly contracts?: readonly unknown[];
  readonly context?: readonly Readonly<Record<string, unknown>>[];
  readonly now?: string;
};

export type RuleFile = { readonly rule: string; readonly cases: readonly RuleCase[] };

export function readRuleFile(text: string): RuleFile {
  const value = parse(text) as RuleFile; // fixtures of our own; what is missing fails the test below
  if (typeof value?.rule !== "string" || !Array.isArray(value.cases))
    throw new Error("a rule fixture needs `rule` and `cases`");
  return value;
}

export type RuleVerdict = {
  readonly result: RuleResult | null;
  readonly findings: readonly Finding[];
  readonly facts: Facts;
};

/** Judges the case by one rule of the pack alone. */
export async function runRuleCase(rule: Rule, given: RuleCase): Promise<RuleVerdict> {
  const facts = await caseFacts(given);
  const policy: Policy = policyOf([rule], { otherwise: [] });
  const decision = decide(
    [{ role: "in-force", kind: "policy", policy: compilePolicy(policy) }],
    facts,
  );
  const result = decision.rules.find((r) => r.rule === rule.id) ?? null;
  return { result, findings: result?.findings ?? [], facts };
}

export async function caseFacts(given: Omit<RuleCase, "kind" | "case">): Promise<Facts> {
  const now = given.now === undefined ? NOW : Date.parse(given.now);
  const catalog = readCatalog(
    "catalog.yaml",
    stringify({ systems: given.systems ?? [], contracts: given.contracts ?? [] }),
  );
  const context = (given.context ?? []).map((c) => ({
    kind: String(c["kind"] ?? ""),
    subject: String(c["subject"] ?? ""),
    value: String(c["value"] ?? ""),
    micro: contextMicro(String(c["kind"] ?? ""), String(c["value"] ?? "")) ?? 0,
    source: String(c["source"] ?? "test"),
    by: String(c["by"] ?? "machine:test"),
    observedAt: now - 1_000,
    validForMs: 3_600_000,
  }));
  const people = {
    persons: [
      {
        id: "ana",
        accounts: ["email:ana@example.com"],
        agents: [],
        teams: ["payments"],
        active: true,
      },
    ],
    machines: [{ account: "machine:test", purpose: "", mayTouch: [] }],
  };
  return factsOfFiles({
    before: given.before ?? {},
    after: given.after ?? {},
    catalog,
    context,
    people,
    now,
  });
}
