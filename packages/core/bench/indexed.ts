// SPDX-License-Identifier: Apache-2.0
/**
 * A decision by 100 rules of which the index leaves at most ten, against the same rules asked about
 * every item. That both give the same decision is checked first.
 */
import {
  approvals,
  type CompiledPolicy,
  compilePolicy,
  decide,
  delta,
  type Facts,
  isUnknown,
} from "@interlock/core";
import {
  factsOf,
  interleaved,
  policyOf,
  processorTime,
  quantile,
  rule,
  sequence,
  shownComparison,
} from "@interlock/testkit";

const RULES = 100;
const ASPECTS = 50;
const DOCUMENTS = 300;
const AT_MOST = 10;

const pick = sequence(13);
const rules = Array.from({ length: RULES }, (_, i) =>
  rule(`rule-${String(i).padStart(3, "0")}`, {
    each: "kubernetes",
    where: `it.aspect == 'aspect-${i % ASPECTS}' && it.line > ${pick(900)}`,
    require: [approvals(1, "owners")],
  }),
);

/** Facts with four items that rules ask about, among as many others as are wanted. */
const documentsOf = (items: number): readonly Facts[] =>
  Array.from({ length: DOCUMENTS }, (_, i) =>
    factsOf({
      kubernetes: Array.from({ length: items }, (_, n) => ({
        ...delta({
          path: `k8s/${i}.yaml`,
          aspect: `${n < 4 ? "aspect" : "other"}-${pick(ASPECTS)}`,
          op: "changed",
        }),
        line: pick(1_000),
      })),
    }),
  );

const indexed = compilePolicy(policyOf(rules));
const scanned: CompiledPolicy = {
  ...indexed,
  rules: indexed.rules.map((r) => ({ ...r, needs: [], key: null })),
};
const by = (policy: CompiledPolicy) => (facts: Facts) =>
  decide([{ role: "in-force", kind: "policy", policy }], facts);

/** How many rules the index leaves for one change. */
function left({ kubernetes }: Facts): number {
  const aspects = new Set(isUnknown(kubernetes) ? [] : kubernetes.map((d) => d.aspect));
  return indexed.rules.filter((r) => [...(r.key?.values ?? [])].some((v) => aspects.has(v))).length;
}

for (const items of [4, 200]) {
  const documents = documentsOf(items);
  const most = Math.max(...documents.map(left));
  if (most > AT_MOST) throw new Error(`the index leaves ${most} rules, not at most ${AT_MOST}`);
  for (const facts of documents)
    if (by(indexed)(facts).digest !== by(scanned)(facts).digest)
      throw new Error("the index changed a decision");
  const all = (answer: (facts: Facts) => unknown) => () => {
    for (const facts of documents) answer(facts);
  };
  const compared = await interleaved(all(by(indexed)), all(by(scanned)), {
    warmUp: 3,
    measured: 15,
  });
  console.log(`${RULES} rules, of which the index leaves at most ${most}; ${items} items`);
  console.log(shownComparison("one decision / without the index", compared, DOCUMENTS));
  const single: number[] = [];
  for (const facts of documents) single.push(await processorTime(() => by(indexed)(facts), 0));
  console.log(`99 of 100 decisions take at most ${quantile(single, 0.99)} µs`);
}
