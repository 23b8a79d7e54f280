// SPDX-License-Identifier: Apache-2.0
/** Reads and judges `conformance/outages/**`: a fault that took something down, and its benign twin. */
import { compilePolicy, decide, type Facts, type Rule } from "@interlock/core";
import { parse } from "yaml";
import type { FileMap } from "./files.ts";
import { policyOf } from "./policies.ts";
import { caseFacts } from "./rule-cases.ts";

export type OutageSide = {
  readonly before: FileMap;
  readonly after: FileMap;
  /** Text of `interlock/catalog.yaml`: systems, and what readers of a file declare to need. */
  readonly catalog?: string;
  readonly context?: readonly Readonly<Record<string, unknown>>[];
};

/** Which mechanical rewrites the case must survive; see `outage-rewrites.ts`. */
export type RewriteNames = {
  /** Words that stand for a service, host, table or other name, renamed everywhere. */
  readonly identifiers?: readonly string[];
  /** Numbers that count something, multiplied everywhere. */
  readonly numbers?: readonly number[];
  /** Without `paths`, `order`, `format` or `noise`, when the case cannot be written that way. */
  readonly not?: readonly string[];
};

export type OutageCase = {
  readonly outage: string;
  readonly title: string;
  readonly source: string;
  readonly decidable: "yes" | "partial" | "no";
  readonly context: "gathered" | "given";
  readonly fault: OutageSide;
  readonly twin: OutageSide;
  readonly heldBy: readonly string[];
  readonly missed: string;
  readonly rewrites: RewriteNames;
  /** What the rules did before anything was mended for the case; only for outages outside the corpus. */
  readonly first: "held" | "missed" | "twin-held" | null;
};

const FIELDS = new Set([
  "outage",
  "title",
  "source",
  "decidable",
  "context",
  "fault",
  "twin",
  "held by",
  "missed",
  "rewrites",
  "first",
]);

/** Throws with the file's name: a case is our own data and must be whole. */
export function readOutage(name: string, text: string): OutageCase {
  const raw = parse(text) as Readonly<Record<string, unknown>>; // own fixtures; checked below
  const wrong = (what: string): never => {
    throw new Error(`${name}: ${what}`);
  };
  for (const key of Object.keys(raw)) if (!FIELDS.has(key)) wrong(`unknown field \`${key}\``);
  const word = (key: string): string =>
    typeof raw[key] === "string" ? (raw[key] as string) : wrong(`\`${key}\` is missing`);
  const oneOf = <T extends string>(key: string, choices: readonly T[]): T =>
    choices.find((c) => c === raw[key]) ?? wrong(`\`${key}\` is none of ${choices.join(", ")}`);
  const heldBy = (raw["held by"] ?? []) as readonly string[]; // checked by the test against the pack
  const missed = String(raw["missed"] ?? "");
  if (heldBy.length > 0 === (missed !== "")) wrong("it needs either `held by` or `missed`");
  return {
    outage: word("outage"),
    title: word("title"),
    source: word("source"),
    decidable: oneOf("decidable", ["yes", "partial", "no"]),
    context: oneOf("context", ["gathered", "given"]),
    fault: sideOf(raw["fault"], wrong),
    twin: sideOf(raw["twin"], wrong),
    heldBy,
    missed,
    rewrites: (raw["rewrites"] ?? {}) as RewriteNames, // applied by name; an unknown one fails there
    first:
      raw["first"] === undefined ? null : oneOf("first", ["held", "missed", "twin-held"] as const),
  };
}

function sideOf(value: unknown, wrong: (what: string) => never): OutageSide {
  const side = (value ?? wrong("`fault` and `twin` are needed")) as OutageSide; // own fixtures
  return { ...side, before: side.before ?? {}, after: side.after ?? {} };
}

export type OutageVerdict = {
  /** Rules that hold or deny, with the files in which their findings lie. */
  readonly holds: readonly { readonly rule: string; readonly paths: readonly string[] }[];
  readonly facts: Facts;
};

/** Judges sides by the rules alone: no baseline approvals, so that only a rule can hold them. */
export function outageJudge(rules: readonly Rule[]): (side: OutageSide) => Promise<OutageVerdict> {
  const policy = compilePolicy(policyOf(rules, { otherwise: [] }));
  return async (side) => {
    const catalog = parse(side.catalog ?? "{}") as {
      readonly systems?: readonly unknown[];
      readonly contracts?: readonly unknown[];
    }; // own fixtures; the catalog's reader checks them
    const facts = await caseFacts({ ...side, ...catalog });
    const decision = decide([{ role: "in-force", kind: "policy", policy }], facts);
    const holds = decision.rules
      .filter((r) => r.outcome !== "allow")
      .map((r) => ({ rule: r.rule, paths: [...new Set(r.findings.map((f) => f.path))].sort() }));
    return { holds, facts };
  };
}
