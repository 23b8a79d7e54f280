// SPDX-License-Identifier: Apache-2.0
/** The change of a case before it goes out: real facts, real rules, `decide`. */
import {
  approvals,
  compilePolicy,
  type Decision,
  decide,
  type Evidence,
  type Facts,
  type Outcome,
  type Policy,
  type Requirement,
  type Rule,
} from "@interlock/core";
import { digestOf } from "@interlock/digest";
import {
  EMPTY_CATALOG,
  gatherFacts,
  NO_EVIDENCE,
  type RawFile,
  readCatalog,
  SOURCES,
} from "@interlock/facts";
import { builtInPacks } from "@interlock/policy";
import type { OutageCase, Side } from "./cases/read.ts";

/** 5 March 2026, noon UTC: when a drill's change is judged. */
export const JUDGED_AT = Date.UTC(2026, 2, 5, 12);
const TARGET = "refs/heads/main";
const person = (id: string) => ({
  id,
  accounts: [`email:${id}@example.com`],
  agents: [],
  teams: ["owners"],
  active: true,
});

const PEOPLE = { persons: ["ana", "bo", "cy", "dee"].map(person), machines: [] };

/** Facts of the change as the gate gathers them; `ana` made it. */
export function factsOf(given: OutageCase, side: Side, evidence: Evidence): Promise<Facts> {
  const paths = [...new Set([...Object.keys(side.before), ...Object.keys(side.after)])].sort();
  const catalog = side.catalog === "" ? EMPTY_CATALOG : readCatalog(given.id, side.catalog);
  return gatherFacts(
    {
      files: paths
        .filter((path) => side.before[path] !== side.after[path])
        .map((path) => rawFile(path, side.before[path] ?? null, side.after[path] ?? null)),
      gaps: [],
      world: {
        readAfter: async (path) => side.after[path] ?? null,
        listAfter: async (folder) =>
          Object.keys(side.after)
            .filter((path) => folder === "" || path.startsWith(`${folder}/`))
            .sort(),
      },
      change: {
        digest: changeDigest(side),
        kind: "commit",
        repository: "repository:drill",
        target: TARGET,
        subject: given.title,
        contributors: [{ account: "email:ana@example.com", did: "author" }],
        pushedBy: ["email:ana@example.com"],
        provenance: { ai: "unknown", agents: [], signals: [] },
      },
      now: JUDGED_AT,
      catalog,
      people: PEOPLE,
      evidence,
      context: [],
      ownersOf: () => ["owners"],
    },
    SOURCES,
  );
}

export const changeDigest = ({ before, after }: Side) =>
  digestOf("interlock/drill-change/v1", { before, after });

function rawFile(path: string, before: string | null, after: string | null): RawFile {
  const lines = (text: string | null) => (text === null ? 0 : text.split("\n").length);
  const bytes = (text: string | null) => new TextEncoder().encode(text ?? "").length;
  return {
    path,
    oldPath: null,
    status: before === null ? "added" : after === null ? "deleted" : "modified",
    mode: after === null ? "000000" : "100644",
    oldMode: before === null ? "000000" : "100644",
    oid: after === null ? "0".repeat(40) : "a".repeat(40),
    oldOid: before === null ? "0".repeat(40) : "b".repeat(40),
    attributes: {},
    added: lines(after),
    deleted: lines(before),
    binary: false,
    bytesBefore: bytes(before),
    bytesAfter: bytes(after),
    before,
    after,
    unread: null,
  };
}

const ours = (id: string, title: string, require: readonly Requirement[]): Rule => ({
  id,
  title,
  says: "",
  help: "",
  require,
  covers: false,
  origin: "drill",
});

const SECTIONS = ["why", "steps", "signals", "rollback"];
const TWO_PEOPLE = ours("two-people", "two people besides the author approve by passkey", [
  approvals(2, "anyone", { via: "passkey" }),
]);
const DOCUMENT = ours("change-document", "a change document with steps and a rollback", [
  { kind: "document", sections: SECTIONS },
]);
const STAGED = ours("staged", "it begins at one cell and one per cent of the orders", [
  { kind: "staged", cells: 1, trafficPpm: 10_000, bakeMs: 30 * 60_000 },
]);

/** The safeguards that stand before a change goes out, as policies. */
export const POLICIES = {
  "two-people": () => [TWO_PEOPLE],
  document: () => [DOCUMENT],
  rules: () => builtInPacks().get("reliability-core") ?? [],
  waves: () => [STAGED],
  interlock: () => [
    ...(builtInPacks().get("reliability-core") ?? []),
    TWO_PEOPLE,
    DOCUMENT,
    STAGED,
  ],
} as const;

export type PolicyName = keyof typeof POLICIES;

const policyOf = (id: string, rules: readonly Rule[]): Policy => ({
  id,
  version: 1,
  mode: "enforce",
  rules,
  otherwise: [],
  overrides: [],
  freezes: [],
  calendars: [],
  missingOwner: "hold",
});

export type Stop = { readonly rule: string; readonly outcome: Outcome; readonly says: string };

export type Gate = {
  readonly policy: PolicyName;
  /** Submitted by one operator with nothing else. */
  readonly alone: Outcome;
  readonly stops: readonly Stop[];
  /** With everything that people can supply who were fooled: approvals that name each finding, a document. */
  readonly fooled: Outcome;
  readonly fooledStops: readonly Stop[];
  /** What a plan of waves must keep to. */
  readonly staged: readonly Extract<Requirement, { readonly kind: "staged" }>[];
};

/** Judges a side of a case by one policy, with and without what people supply. */
export async function gateOf(given: OutageCase, side: Side, name: PolicyName): Promise<Gate> {
  const compiled = compilePolicy(policyOf(name, POLICIES[name]()));
  const judge = (facts: Facts): Decision =>
    decide([{ role: "in-force", kind: "policy", policy: compiled }], facts);
  const alone = judge(await factsOf(given, side, NO_EVIDENCE));
  const fooled = judge(await factsOf(given, side, suppliedFor(side, alone)));
  return {
    policy: name,
    alone: alone.outcome,
    stops: stopsOf(alone),
    fooled: fooled.outcome,
    fooledStops: stopsOf(fooled),
    staged: alone.requires.filter((one) => one.kind === "staged"),
  };
}

const stopsOf = (decision: Decision): readonly Stop[] =>
  decision.rules
    .filter(({ outcome }) => outcome !== "allow")
    .map(({ rule, outcome, title, findings: [first] }) => ({
      rule,
      outcome,
      says: first === undefined ? title : `${first.path}:${first.line} ${first.message}`,
    }));

/** Two approvals, a document and a plan of waves: everything but the truth. */
function suppliedFor(side: Side, decision: Decision): Evidence {
  const digest = changeDigest(side);
  const naming = decision.rules.flatMap(({ findings }) => findings.map(({ id }) => id)).sort();
  const approval = (by: string) => ({
    by: `email:${by}@example.com`,
    digest,
    via: "passkey" as const,
    at: JUDGED_AT - 60_000,
    withdrawn: false,
    environment: "",
    target: TARGET,
    rules: decision.rulesDigest,
    naming: [...new Set(naming)],
  });
  return {
    ...NO_EVIDENCE,
    approvals: [approval("cy"), approval("dee")],
    documents: [
      {
        digest: digestOf("interlock/drill-document/v1", digest),
        change: digest,
        sections: SECTIONS,
        by: "email:ana@example.com",
      },
    ],
    staging: [{ digest, firstWaveCells: 1, firstWaveTrafficPpm: 10_000, bakeMs: 30 * 60_000 }],
  };
}
