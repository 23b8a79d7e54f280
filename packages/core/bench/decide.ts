// SPDX-License-Identifier: Apache-2.0
/**
 * A decision by 100 rules, all evaluated, against json-rules-engine and Cedar on the same conditions
 * and the same facts. The peers say which conditions hold; `decide` also judges requirements, gives
 * reasons and digests the decision. That the same rules hold is checked before anything is timed.
 */
import { setFlagsFromString } from "node:v8";
import { preparsePolicySet, statefulIsAuthorized } from "@cedar-policy/cedar-wasm/nodejs";
import { approvals, compilePolicy, decide, type Facts, type JudgingPolicy } from "@interlock/core";
import {
  factsOf,
  file,
  interleaved,
  policyOf,
  processorTime,
  quantile,
  rule,
  sequence,
  shownComparison,
} from "@interlock/testkit";
import { Engine } from "json-rules-engine";

// Node 20 dies in most runs when it leaves optimised code inside an inlined call of WebAssembly
// ("unreachable code", Deoptimizer::DoComputeBuiltinContinuation); without inlining, in none.
setFlagsFromString("--no-turbo-inline-js-wasm-calls");

const RULES = 100;
const DOCUMENTS = 500;
const KINDS = ["commit", "range", "merge"] as const;

type Condition = {
  readonly id: string;
  readonly added: number;
  readonly cells: number;
  readonly kind: (typeof KINDS)[number];
};

/** Few hold for one change, as in a policy; no list is looked through, so none can be skipped. */
const pick = sequence(7);
const conditions: readonly Condition[] = Array.from({ length: RULES }, (_, i) => ({
  id: `rule-${String(i).padStart(3, "0")}`,
  added: 100 + pick(900),
  cells: 1 + pick(8),
  kind: KINDS[pick(KINDS.length)] ?? "commit",
}));

const documents: readonly Facts[] = Array.from({ length: DOCUMENTS }, (_, i) =>
  factsOf({
    blast: {
      ...{ systems: 3, tier1: 1, cells: pick(10), regions: 1, trafficPpm: 0, ordersPerMinute: 0 },
      ...{ global: false, certainty: "certain", reached: [] },
    },
    change: {
      kind: KINDS[pick(KINDS.length)] ?? "commit",
      subject: `change ${i}`,
      totals: { files: 3, added: pick(700), deleted: 0, binary: 0, directories: 1 },
      files: [0, 1, 2].map((n) => file(`billing/${i}/rates-${n}.yaml`)),
    },
  }),
);

const policies: readonly JudgingPolicy[] = [
  {
    role: "in-force",
    kind: "policy",
    policy: compilePolicy(
      policyOf(
        conditions.map(({ id, added, cells, kind }) =>
          rule(id, {
            when: `change.totals.added > ${added} && blast.cells >= ${cells} && change.kind == '${kind}'`,
            require: [approvals(1, "owners")],
          }),
        ),
      ),
    ),
  },
];

const ourAnswer = (facts: Facts): readonly string[] =>
  decide(policies, facts)
    .rules.map((r) => r.rule)
    .filter((id) => id !== "otherwise")
    .sort();

const engine = new Engine(
  conditions.map(({ id, added, cells, kind }) => ({
    name: id,
    event: { type: id },
    conditions: {
      all: [
        { fact: "change", path: "$.totals.added", operator: "greaterThan", value: added },
        { fact: "blast", path: "$.cells", operator: "greaterThanInclusive", value: cells },
        { fact: "change", path: "$.kind", operator: "equal", value: kind },
      ],
    },
  })),
);

async function engineAnswer({ change, blast }: Facts): Promise<readonly string[]> {
  const { events } = await engine.run({ change, blast });
  return events.map((e) => e.type).sort();
}

const POLICY_SET = "bench";
preparsePolicySet(POLICY_SET, {
  staticPolicies: Object.fromEntries(
    conditions.map(({ id, added, cells, kind }) => [
      id,
      `forbid(principal, action, resource) when { context.added > ${added} && context.cells >= ${cells} && context.kind == "${kind}" };`,
    ]),
  ),
});
const entity = (type: string) => ({ type, id: "x" });

function cedarAnswer({ change, blast }: Facts): readonly string[] {
  const answer = statefulIsAuthorized({
    principal: entity("Person"),
    action: entity("Action"),
    resource: entity("Change"),
    context: {
      added: change.totals.added,
      cells: "cells" in blast ? blast.cells : 0,
      kind: change.kind,
    },
    preparsedPolicySetId: POLICY_SET,
    entities: [],
  });
  if (answer.type === "failure") throw new Error(answer.errors.map((e) => e.message).join("; "));
  return [...answer.response.diagnostics.reason].sort();
}

let held = 0;
for (const facts of documents) {
  const ours = ourAnswer(facts);
  held += ours.length;
  for (const theirs of [await engineAnswer(facts), cedarAnswer(facts)])
    if (ours.join() !== theirs.join())
      throw new Error(`the engines disagree: ${ours.join()} and ${theirs.join()}`);
}
console.log(
  `${RULES} rules, ${DOCUMENTS} distinct facts; ${(held / DOCUMENTS).toFixed(1)} hold for one, the same for all engines`,
);

const all = (answer: (facts: Facts) => unknown) => async () => {
  for (const facts of documents) await answer(facts);
};
const ROUNDS = { warmUp: 3, measured: 11 };
for (const [name, peer] of [
  ["json-rules-engine", engineAnswer],
  ["cedar-wasm", cedarAnswer],
] as const) {
  const compared = await interleaved(all(ourAnswer), all(peer), ROUNDS);
  console.log(shownComparison(`one decision / ${name}`, compared, DOCUMENTS));
}
const single: number[] = [];
for (const facts of documents) single.push(await processorTime(() => decide(policies, facts), 0));
console.log(`99 of 100 decisions take at most ${quantile(single, 0.99)} µs`);
