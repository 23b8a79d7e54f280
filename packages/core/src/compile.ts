// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, digestOf, type Json } from "@interlock/digest";
import type { Analyses, Analysis, ImpliedKey } from "./analysis.ts";
import { type Expression, expression } from "./expression.ts";
import type { Mode, Override, Policy, Rule } from "./policy.ts";
import { normalise, type Requirements } from "./requirement.ts";

/**
 * A rule ready to be asked, with what the decision needs to know without asking. Its expressions are
 * parsed when one of them is first looked at: most rules of a policy have nothing to look through.
 */
export type CompiledRule = {
  readonly rule: Rule;
  readonly digest: string;
  /** Dotted path of the list that `each` names, e.g. `kubernetes` or `change.files`. */
  readonly each: string | null;
  /** Told from the text alone; what is false here is certainly not in `reads`. */
  readonly mayRead: (group: string) => boolean;
  readonly when: Expression | null;
  readonly where: Expression | null;
  /** Groups of facts it reads; a gap in one of them leaves the rule unknown. */
  readonly reads: readonly string[];
  /** Dotted paths of lists that must not be empty for the rule to apply. */
  readonly needs: readonly string[];
  /** What an item of `each` must say to be worth a look. */
  readonly key: ImpliedKey | null;
};

export type CompiledPolicy = {
  readonly policy: Policy;
  readonly digest: string;
  /** Sorted by id, then by content. */
  readonly rules: readonly CompiledRule[];
  /** The policy's `otherwise` in normal form. */
  readonly otherwise: Requirements;
  /** The strictest mode of a rule for any of the systems. */
  readonly modeOf: (rule: Rule, where: ModeScope) => Mode;
  /** Whether the rule is enforced whatever the systems turn out to be. */
  readonly isEnforced: (rule: Rule, where: ModeScope) => boolean;
};

/** What a mode may depend on besides the rule. */
export type ModeScope = {
  /** The systems that the change touches; `null`: nobody knows which they are. */
  readonly systems: readonly string[] | null;
  /** Milliseconds since 1970 UTC: an override that has ended by then no longer applies. */
  readonly now: number;
};

const EACH = /^[a-z][A-Za-z]*(\.[a-z][A-Za-z]*)*$/;
/** The path of no fact: a rule that looks through what is no path at all must hold. by (fail-closed) */
const NOWHERE = "";
const MODE_RANK: Readonly<Record<Mode, number>> = { observe: 0, warn: 1, enforce: 2 };

const NONE_KNOWN: Analyses = new Map();

/**
 * Plans every expression at most once. A policy is judged by its content: equal content, equal digest.
 * `known` spares parsing what is only ruled out; it must hold what `analysisOf` says of each source.
 */
export function compilePolicy(policy: Policy, known: Analyses = NONE_KNOWN): CompiledPolicy {
  const rules = policy.rules.map((rule) => compileRule(rule, known)).sort(byIdThenContent);
  return {
    policy,
    digest: digestOfPolicy(
      policy,
      rules.map((r) => r.digest),
    ),
    rules,
    otherwise: normalise(policy.otherwise),
    modeOf: (rule, where) => strictest(modesOf(policy, rule, where)),
    isEnforced: (rule, where) => {
      const modes = modesOf(policy, rule, where);
      // Any of several known systems makes the rule stricter; of unknown ones each may be the one.
      return where.systems === null
        ? modes.every((m) => m === "enforce")
        : modes.some((m) => m === "enforce");
    },
  };
}

export const policyDigest = (policy: Policy): string =>
  digestOfPolicy(policy, policy.rules.map(ruleDigest));

/** Order of rules, overrides, freezes and calendars is no content. by (order-free) */
function digestOfPolicy(policy: Policy, rules: readonly string[]): string {
  const sorted = <T>(items: readonly T[]) => items.map((i) => canonicalJson(i as Json)).sort();
  return digestOf("interlock/policy/v1", {
    id: policy.id,
    version: policy.version,
    mode: policy.mode,
    missingOwner: policy.missingOwner,
    otherwise: sorted(policy.otherwise),
    rules: [...rules].sort(),
    overrides: sorted(policy.overrides),
    freezes: sorted(policy.freezes),
    calendars: sorted(policy.calendars),
    // A policy that says nothing of it keeps the digest that it had before there was such a thing.
    ...(policy.ifDown === undefined ? {} : { ifDown: sorted(policy.ifDown) }),
  });
}

function ruleDigest(rule: Rule): string {
  // Titles, help and motives may be reworded without ending approvals; what decides may not.
  const {
    title: _title,
    help: _help,
    motive: _motive,
    origin: _origin,
    mode: _mode,
    ...decides
  } = rule;
  return digestOf("interlock/rule/v1", decides as Json);
}

function compileRule(rule: Rule, known: Analyses): CompiledRule {
  const each = rule.each === undefined ? null : EACH.test(rule.each) ? rule.each : NOWHERE;
  const root = each?.split(".")[0];
  const when = once(() => (rule.when === undefined ? null : expression(rule.when)));
  const where = once(() => (rule.where === undefined ? null : expression(rule.where)));
  const analysis = once(() =>
    ofBoth(known.get(rule.when ?? "") ?? when(), known.get(rule.where ?? "") ?? where(), each),
  );
  return {
    rule,
    digest: ruleDigest(rule),
    each,
    mayRead: (group) =>
      group === root || rule.when?.includes(group) === true || rule.where?.includes(group) === true,
    get when() {
      return when();
    },
    get where() {
      return where();
    },
    get reads() {
      return analysis().reads;
    },
    get needs() {
      return analysis().needs;
    },
    get key() {
      return analysis().key;
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function ofBoth(when: Analysis | null, where: Analysis | null, each: string | null): Analysis {
  const reads = new Set([...(when?.reads ?? []), ...(where?.reads ?? [])]);
  reads.delete("it");
  if (each !== null) reads.add(each.split(".")[0] ?? "");
  const needs = [...(when?.needs ?? []), ...(each === null ? [] : [each])];
  return {
    reads: [...reads].sort(),
    needs: [...new Set(needs)].sort(),
    key: where?.key ?? null,
  };
}

function byIdThenContent(a: CompiledRule, b: CompiledRule): number {
  if (a.rule.id !== b.rule.id) return a.rule.id < b.rule.id ? -1 : 1;
  return a.digest < b.digest ? -1 : a.digest > b.digest ? 1 : 0;
}

/** The modes that a rule may have for the systems that the change touches, or may touch. */
function modesOf(policy: Policy, rule: Rule, { systems, now }: ModeScope): readonly Mode[] {
  const own = policy.overrides.filter((o) => o.rule === rule.id && isLive(o, now));
  // Of several for one system the strictest counts, so that their order decides nothing. by (order-free)
  const of = (system: string, otherwise: Mode): Mode => {
    const modes = own.filter((o) => o.system === system).map((o) => o.mode);
    return modes.length === 0 ? otherwise : strictest(modes);
  };
  const everywhere = of("", rule.mode ?? policy.mode);
  if (systems === null) return [everywhere, ...own.map((o) => o.mode)];
  if (systems.length === 0) return [everywhere];
  return systems.map((s) => of(s, everywhere));
}

const isLive = ({ until }: Override, now: number): boolean => until === undefined || now < until;

const strictest = (modes: readonly Mode[]): Mode =>
  modes.reduce((a, b) => (MODE_RANK[a] >= MODE_RANK[b] ? a : b), "observe");
