// SPDX-License-Identifier: Apache-2.0
/** The two short cuts of `decide`, held against the long way: the index, and direct evaluation. */
import {
  type CompiledPolicy,
  compilePolicy,
  type Decision,
  decide,
  delta,
  type Facts,
  type Policy,
  unknown,
} from "@interlock/core";
import { factsOf, file, generators, policyOf, rule } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { activationOf, expression } from "../src/expression.ts";

/** Every rule is asked about every item, by the CEL evaluator alone. */
function longWay(policy: CompiledPolicy): CompiledPolicy {
  const slow = <E extends CompiledPolicy["rules"][number]["when"]>(e: E): E =>
    e === null ? e : { ...e, judge: ({ bindings }) => e.evaluate(bindings()) };
  return {
    ...policy,
    rules: policy.rules.map((r) => ({
      ...r,
      needs: [],
      key: null,
      when: slow(r.when),
      where: slow(r.where),
    })),
  };
}

const by = (policy: CompiledPolicy, facts: Facts): Decision =>
  decide([{ role: "in-force", kind: "policy", policy }], facts);

const lost = unknown("lost", "find it");
const systems = (tier: number) => [
  { id: "pay", tier, owner: "payments", org: [], cells: [], orderSharePpm: 0, incidents: 0 },
];

const WHEN = [
  "change.systems.exists(s, s.tier == 1)",
  "change.files.exists(f, f.kind == 'config') && change.totals.files > 0",
  "kubernetes.exists(k, k.aspect == 'replicas') && blast.cells > 1",
  "context.exists(c, c.kind == 'load')",
  "no.such == 1",
  "((",
] as const;

const WHERE = [
  "it.aspect == 'replicas'",
  "it.aspect in ['replicas', 'timeout'] && it.afterMicro * 2 <= it.beforeMicro",
  "it.aspect == 'replicas' || it.aspect == 'image'",
  "it.aspect == 'replicas' || it.op == 'removed'",
  "(it.aspect == 'image' && 'mutable' in it.tags) || it.aspect == 'timeout'",
  "it.op == 'changed' && it.nothing == 1",
  "it.nothing == 1 && it.aspect == 'image'",
  "it.words.exists(w, w.startsWith('time')) && it.line > 1",
  "it.key.matches('^t') && it.aspect == 'timeout'",
  "it.aspect == 1",
  "it.aspect != 'image'",
  "'image' == it.aspect",
  "it.aspect in []",
] as const;

const deltas = fc
  .record({
    aspect: fc.constantFrom("replicas", "timeout", "image", ""),
    op: fc.constantFrom("changed" as const, "removed" as const),
    line: fc.integer({ min: 1, max: 3 }),
    tags: fc.subarray(["mutable", "stateful"]),
    words: fc.subarray(["timeout", "ms"]),
    afterMicro: fc.constantFrom(0, 5_000_000),
  })
  .map((d) => delta({ ...d, path: "a.yaml", key: d.aspect, beforeMicro: 9_000_000 }));

const lists = fc.oneof(
  { weight: 5, arbitrary: fc.array(deltas, { maxLength: 6 }) },
  { weight: 1, arbitrary: fc.constant(lost) },
);

const keyedRules = fc
  .record({
    id: fc.constantFrom("a", "b", "c", "d", "e"),
    when: fc.option(fc.constantFrom(...WHEN), { nil: undefined }),
    where: fc.option(fc.constantFrom(...WHERE), { nil: undefined }),
    each: fc.constantFrom("kubernetes", "config", "change.files", "change.gate", "no.where", "x y"),
    severity: fc.constantFrom("1" as const, "H" as const),
  })
  .map(({ id, each, severity, when, where }) =>
    rule(id, {
      each,
      severity,
      says: "{aspect}",
      ...(when === undefined ? {} : { when }),
      ...(where === undefined ? {} : { where }),
    }),
  );

const keyedPolicies: fc.Arbitrary<Policy> = fc
  .uniqueArray(keyedRules, { maxLength: 5, selector: (r) => r.id })
  .map((rules) => policyOf(rules));

const keyedFacts: fc.Arbitrary<Facts> = fc
  .record({
    kubernetes: lists,
    config: lists,
    systems: fc.constantFrom(systems(1), systems(2), [], lost),
    files: fc.constantFrom([file("a.yaml")], [file("a.yaml", { owners: lost })], [], lost),
    gate: fc.constantFrom<string[]>([], ["policy"]),
    gaps: fc.subarray(["kubernetes", "change", "config"]),
  })
  .map(({ kubernetes, config, gaps, ...more }) =>
    factsOf({
      kubernetes,
      config,
      change: more,
      gaps: gaps.map((group) => ({ group, path: "x", code: "unparsable", detail: "", help: "" })),
    }),
  );

describe("index-equals-scan", () => {
  it.each([
    ["the policies of the other laws", generators.policies, generators.knownFacts],
    ["rules that look for a text, facts with unknowns and gaps", keyedPolicies, keyedFacts],
  ] as const)(
    "every decision is the same without index and by CEL alone: %s",
    (_n, policies, all) => {
      fc.assert(
        fc.property(policies, all, (policy, facts) => {
          const compiled = compilePolicy(policy);
          expect(by(compiled, facts)).toEqual(by(longWay(compiled), facts));
        }),
        { numRuns: 300 },
      );
    },
  );
});

describe("a condition that cannot be known", () => {
  const policy = compilePolicy(
    policyOf([rule("r", { each: "config", when: WHEN[0], where: WHERE[4], severity: "H" })], {
      otherwise: [],
    }),
  );
  const about = (aspect: string, tags: readonly string[] = []) =>
    by(
      policy,
      factsOf({
        change: { systems: lost },
        config: [delta({ path: "a.yaml", op: "changed", aspect, tags })],
      }),
    );

  it.each([
    ["leaves the rule in force where something matches", about("timeout"), "deny", []],
    ["does not matter where no item has the text", about("replicas"), "allow", ["r"]],
    ["does not matter where no item matches", about("image"), "allow", ["r"]],
  ] as const)("%s", (_name, decision, outcome, skipped) => {
    expect(decision).toMatchObject({ outcome, skipped });
  });
});

/** Expressions of every operator over values of every type, well-typed or not. */
const { expr } = fc.letrec<{ expr: string }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom(
      ...["true", "false", "0", "-1", "9007199254740993", "'a'", "'timeout'", "[]", "['a', 'b']"],
      ...["it", "it.aspect", "it.tags", "it.numeric", "it.afterMicro", "it.nothing", "it.toString"],
      ...["change", "change.files", "change.totals.files", "change.systems", "kubernetes", "blast"],
      ...[
        "blast.cells",
        "x",
        "x.path",
        "x.kind",
        "null",
        "1.5",
        "google.protobuf.NullValue",
        "int",
      ],
    ),
    fc
      .tuple(
        tie("expr"),
        fc.constantFrom(..."== != < <= > >= && || + - * / % in".split(" ")),
        tie("expr"),
      )
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    tie("expr").map((a) => `!(${a})`),
    tie("expr").map((a) => `-(${a})`),
    fc.tuple(tie("expr"), tie("expr"), tie("expr")).map(([a, b, c]) => `((${a}) ? ${b} : ${c})`),
    fc
      .tuple(
        tie("expr"),
        fc.constantFrom("startsWith", "endsWith", "contains", "matches"),
        tie("expr"),
      )
      .map(([a, f, b]) => `(${a}).${f}(${b})`),
    tie("expr").map((a) => `size(${a})`),
    fc.constantFrom("has(it.aspect)", "has(it.no)", "has(change.reverts)", "has(blast.cells)"),
    fc.constantFrom("has(x.oldPath)", "has(change.systems)", "has(it.toString)"),
    fc
      .tuple(
        tie("expr"),
        fc.constantFrom("exists", "all", "exists_one", "filter", "map"),
        fc.constantFrom("x", "it", "google"),
        tie("expr"),
      )
      .map(([a, macro, name, b]) => `(${a}).${macro}(${name}, ${b})`),
  ),
}));

/** Expressions whose types fit, so that most have an answer. */
const typed = fc.letrec<{ bool: string; int: string; text: string; list: string }>((tie) => ({
  bool: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.constantFrom("true", "it.numeric", "'mutable' in it.tags", "has(it.aspect)"),
    fc
      .tuple(tie("int"), fc.constantFrom("==", "!=", "<", "<=", ">", ">="), tie("int"))
      .map(([a, op, b]) => `${a} ${op} ${b}`),
    fc
      .tuple(tie("text"), fc.constantFrom("==", "!=", "<", ">=", "in"), tie("text"), tie("list"))
      .map(([a, op, b, list]) => `${a} ${op} ${op === "in" ? list : b}`),
    fc
      .tuple(tie("text"), fc.constantFrom("startsWith", "endsWith", "contains"), tie("text"))
      .map(([a, f, b]) => `${a}.${f}(${b})`),
    fc
      .tuple(tie("bool"), fc.constantFrom("&&", "||", "==", "!="), tie("bool"))
      .map(([a, op, b]) => `(${a}) ${op} (${b})`),
    tie("bool").map((a) => `!(${a})`),
    fc
      .tuple(fc.constantFrom("exists", "all", "exists_one"), tie("list"), tie("text"))
      .map(([macro, list, b]) => `${list}.${macro}(w, w == ${b} || w == it.key)`),
  ),
  int: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom("0", "-7", "3", "it.line", "it.afterMicro", "change.totals.files"),
    tie("list").map((list) => `size(${list})`),
    tie("int").map((a) => `-(${a})`),
    fc
      .tuple(tie("int"), fc.constantFrom("+", "-", "*", "/", "%"), tie("int"))
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(tie("bool"), tie("int"), tie("int")).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
  ),
  text: fc.constantFrom("'image'", "'t'", "'timeout'", "it.aspect", "it.key", "it.op"),
  list: fc.constantFrom("it.tags", "it.words", "['image', 'stateful']", "change.gate", "[]"),
}));

describe("direct evaluation", () => {
  it.each([
    ["of any types", expr],
    ["whose types fit", typed.bool],
  ])("never says anything else than CEL: expressions %s", (_name, sources) => {
    const items = fc.oneof(deltas, fc.constantFrom(null, lost, "text", file("a.yaml")));
    fc.assert(
      fc.property(sources, keyedFacts, items, (source, facts, item) => {
        const compiled = expression(source);
        const activation = activationOf(facts);
        activation.frame.it = item;
        expect([source, compiled.judge(activation)]).toEqual([
          source,
          compiled.evaluate(activation.bindings()),
        ]);
      }),
      { numRuns: 2_000 },
    );
  });
});
