// SPDX-License-Identifier: Apache-2.0
import type { CompiledRule } from "./compile.ts";
import { type Bindings, celValue, type Verdict } from "./expression.ts";
import type { Facts, Visible } from "./facts/facts.ts";
import { VISIBLE } from "./facts/facts.ts";
import type { Gap } from "./facts/reach.ts";
import { isUnknown } from "./schema.ts";

type Item = Readonly<Record<string, unknown>>;

/** One reading of the visible facts: wrapped for expressions once, when first asked for. */
export type Reading = {
  readonly visible: Visible;
  readonly gaps: readonly Gap[];
  readonly bindings: Bindings & { it?: unknown };
  readonly items: (path: readonly string[]) => readonly WrappedItem[] | null | string;
};

export type WrappedItem = { readonly item: Item; readonly cel: unknown };

export type Scope = {
  readonly applies: "yes" | "no" | "unknown";
  /** It applies whatever the unknown facts are: only then may a covering rule stand for `otherwise`. */
  readonly certain: boolean;
  /** Why it is unknown, sorted and distinct; empty otherwise. */
  readonly unknowns: readonly string[];
  readonly matches: readonly Item[];
};

const NAMES = Object.keys(VISIBLE.fields);

export function reading(facts: Facts, gaps: readonly Gap[]): Reading {
  const bindings: Record<string, unknown> = {};
  for (const name of NAMES) {
    let wrapped: unknown;
    Object.defineProperty(bindings, name, {
      enumerable: true,
      get: () => {
        wrapped ??= celValue((facts as Readonly<Record<string, unknown>>)[name]);
        return wrapped;
      },
    });
  }
  bindings["it"] = null;
  const lists = new Map<string, readonly WrappedItem[] | null | string>();
  return {
    visible: facts,
    gaps,
    bindings: bindings as Bindings,
    items: (path) => {
      const key = path.join(".");
      const known = lists.get(key);
      if (known !== undefined) return known;
      const list = wrapList(at(facts, path));
      lists.set(key, list);
      return list;
    },
  };
}

function wrapList(value: unknown): readonly WrappedItem[] | null | string {
  if (isUnknown(value)) return value.$unknown.because;
  if (!Array.isArray(value)) return null;
  return value.map((item: Item) => ({ item, cel: celValue(item) }));
}

function at(facts: Facts, path: readonly string[]): unknown {
  let value: unknown = facts;
  for (const name of path) {
    if (isUnknown(value)) return value;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name))
      return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}

/**
 * Whether a rule applies and to what.
 *
 * INVARIANT (fail-closed): what cannot be evaluated is unknown, and unknown is never "no". A gap in
 * a group that the rule reads leaves it unknown even where the known part does not match.
 */
export function scopeOf(compiled: CompiledRule, reading: Reading): Scope {
  const unknowns = new Set<string>();
  for (const gap of reading.gaps)
    if (compiled.reads.includes(gap.group))
      unknowns.add(`${gap.group} ${gap.code} ${gap.path}`.trim());
  if (unknowns.size === 0 && isRuledOut(compiled, reading)) return NO;
  if (compiled.when !== null) {
    const when = compiled.when.evaluate(reading.bindings);
    if (isFalse(when)) return finish(unknowns, []);
    if (when.kind === "unknown") unknowns.add(when.because);
  }
  if (compiled.each === null) return unknowns.size > 0 ? finish(unknowns, []) : YES;
  const items = reading.items(compiled.each);
  if (items === null || typeof items === "string") {
    unknowns.add(items ?? `\`${compiled.rule.each}\` is no list of facts`);
    return finish(unknowns, []);
  }
  return finish(unknowns, matching(compiled, items, reading, unknowns));
}

const NO: Scope = { applies: "no", certain: false, unknowns: [], matches: [] };
const YES: Scope = { applies: "yes", certain: true, unknowns: [], matches: [] };

function isRuledOut(compiled: CompiledRule, reading: Reading): boolean {
  return compiled.needs.some((path) => {
    const list = at(reading.visible as Facts, path);
    return Array.isArray(list) && list.length === 0;
  });
}

function matching(
  compiled: CompiledRule,
  items: readonly WrappedItem[],
  reading: Reading,
  unknowns: Set<string>,
): readonly Item[] {
  if (compiled.where === null) return items.map((i) => i.item);
  const matches: Item[] = [];
  const bindings = reading.bindings as { it: unknown };
  for (const { item, cel } of items) {
    bindings.it = cel;
    const where = compiled.where.evaluate(reading.bindings);
    if (where.kind === "unknown") unknowns.add(where.because);
    else if (where.holds) matches.push(item);
  }
  return matches;
}

const isFalse = (verdict: Verdict): boolean => verdict.kind === "known" && !verdict.holds;

function finish(unknowns: ReadonlySet<string>, matches: readonly Item[]): Scope {
  const applies = matches.length > 0 ? "yes" : unknowns.size > 0 ? "unknown" : "no";
  const certain = applies === "yes" && unknowns.size === 0;
  return { applies, certain, unknowns: [...unknowns].sort(), matches };
}

/** The stricter of two scopes, for facts of which a contributor supplied a part. */
export function stricter(a: Scope, b: Scope): Scope {
  const matches = [...new Set([...a.matches, ...b.matches])];
  const applies = [a.applies, b.applies].includes("yes")
    ? "yes"
    : [a.applies, b.applies].includes("unknown")
      ? "unknown"
      : "no";
  return {
    applies,
    certain: a.certain && b.certain,
    matches,
    unknowns: [...new Set([...a.unknowns, ...b.unknowns])].sort(),
  };
}
