// SPDX-License-Identifier: Apache-2.0
import { approvals, type DocumentFact } from "@interlock/core";
import { readDocument } from "@interlock/document";
import { contributor, factsOf, person } from "../facts.ts";
import { policyOf, rule } from "../policies.ts";

/** Who founds the organisation of a campaign: ana writes changes, the others own what they touch. */
export const FOUNDERS = ["ana", "bo", "cy", "dee"] as const;
export const REPOSITORY = "repository:example";
export const RULE = "two-people";

const POLICY = policyOf([
  rule(RULE, { covers: true, require: [approvals(2, "owners", { via: "passkey" })] }),
]);
/** Ana writes changes and owns nothing. */
const PERSONS = FOUNDERS.map((id) =>
  person(id, {
    accounts: [`email:${id}@example.com`],
    teams: id === "ana" ? [] : ["payments"],
  }),
);

export type Question = {
  /** Stands in the facts, and tells this question from all others. */
  readonly marker: string;
  readonly digest: string;
  readonly document: string | null;
  /** Team whose changes a debt of this one holds. */
  readonly team: string;
};

/** A question of an enforcement point, as the gate takes it. */
export function questionOf({ marker, digest, document, team }: Question) {
  const base = factsOf({ people: { persons: PERSONS, machines: [] } });
  const system = { id: `of-${team}`, tier: 1, owner: team, org: [], cells: [] };
  const change = {
    ...base.change,
    ...{ digest, subject: marker, contributors: [contributor("ana")] },
    systems: [{ ...system, orderSharePpm: 0, incidents: 0 }],
  };
  const documents = document === null ? [] : [factOf(document, digest)];
  return {
    place: {
      ...{ repository: REPOSITORY, target: base.change.target, environment: "unknown" },
      ...{ base: "1".repeat(40), head: "2".repeat(40), merge: "3".repeat(40) },
    },
    facts: {
      ...base,
      change,
      evidence: { ...base.evidence, documents },
    },
    policies: [{ role: "in-force", policy: POLICY }],
  };
}

function factOf(text: string, change: string): DocumentFact {
  const read = readDocument("d.md", text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { digest } = read.sited.document;
  return { digest, change, sections: ["steps"], by: "email:ana@example.com" };
}

const DAY = new Date().toISOString().slice(0, 10);
const tail = (
  more: string,
) => `signals: [{ name: lines, where: file, normal: 2, abort: more than 4 for 1 minute }]
rollback: { how: take them out, rehearsed: { at: ${DAY}, where: here, by: bo } }
${more}---
`;
const head = (kind: string, title: string) => `---
version: 1
kind: ${kind}
title: ${title}
why: 2 lines are missing
`;

/** A document with one step, which ana runs alone. */
export const documentOf = (
  title: string,
): string => `${head("other", title)}scope: { systems: [shop], blast: { systems: 1 } }
preChecks: [the file is there]
steps:
  - id: one
    do: append
    run: [append, one]
    expect: { contains: [one] }
    verify: the file has 1 line
    undo: { do: take it out, run: [remove, one] }
    repeatable: false
${tail("who: { operator: ana, second: bo }\n")}`;

/** How often the remedy may be run within an hour. */
export const REMEDY_RUNS = 25;
export const REMEDY = `${head("remedy", "append a line")}id: append
scope: { systems: [shop] }
parameters:
  - { name: line, type: choice, values: [one, two], about: which }
limits: { runs: ${REMEDY_RUNS}, within: 1h, rehearsalValid: 90d }
mayRun: [ana]
preChecks: [the file is there]
steps:
  - id: append
    do: append
    run: [append, "{line}"]
    expect: { contains: ["noted"] }
    verify: the line is there
    abortIf: 1 line is missing
    undo: { do: take it out, run: [remove, "{line}"] }
    repeatable: false
${tail("")}`;

const DO = { task: "step:one", part: "do" };
const VERIFY = { task: "step:one", part: "verify" };
const CHECK = { task: "check-1", part: "do" };
const output = { digest: "a".repeat(64), bytes: 4, tail: "one\n" };
const passed = { kind: "finished", passed: true, missed: [] };

/** What happens in a run of the document, from the first step to the end. */
export const RUN_EVENTS: readonly object[] = [
  { kind: "started", ...CHECK },
  { ...passed, ...CHECK, by: "ana" },
  { kind: "started", ...DO },
  { ...passed, ...DO, by: "", argv: ["append", "one"], exit: 0, output },
  { kind: "started", ...VERIFY },
  { ...passed, ...VERIFY, by: "ana" },
  { kind: "end", outcome: "done", left: [] },
];
