// SPDX-License-Identifier: Apache-2.0
import type { CompiledRule } from "./compile.ts";
import { type Activation, activationOf, type Verdict } from "./expression.ts";
import type { Facts } from "./facts/facts.ts";
import type { Gap } from "./facts/reach.ts";
import { isUnknown } from "./schema.ts";

type Item = Readonly<Record<string, unknown>>;
type List = readonly Item[] | null | string;

/** One reading of the visible facts. */
export type Reading = {
  /** What could not be read, by group of facts. */
  readonly gaps: ReadonlyMap<string, readonly string[]>;
  readonly activation: Activation;
  /** A list of facts by its dotted path: `null` where none is, a text where it is unknown. */
  readonly list: (path: string) => List;
  /** The items of a list by the text in one of their fields; `null` where one of them has none. */
  readonly buckets: (path: string, field: string) => Buckets | null;
};

type Buckets = ReadonlyMap<string, readonly Item[]>;

export type Scope = {
  readonly applies: "yes" | "no" | "unknown";
  /** It applies whatever the unknown facts are: only then may a covering rule stand for `otherwise`. */
  readonly certain: boolean;
  /** Why it is unknown, sorted and distinct; empty otherwise. */
  readonly unknowns: readonly string[];
  readonly matches: readonly Item[];
};

export function reading(facts: Facts, gaps: readonly Gap[]): Reading {
  const list = remembered((path) => listOf(at(facts, path.split("."))));
  const buckets = remembered((field) => remembered((path) => bucketsOf(list(path), field)));
  return {
    gaps: byGroup(gaps),
    activation: activationOf(facts),
    list,
    buckets: (path, field) => buckets(field)(path),
  };
}

/** Calls once for each name and keeps the answer as long as the reading lives. */
function remembered<T>(make: (name: string) => T): (name: string) => T {
  const made = new Map<string, T>();
  return (name) => {
    const known = made.get(name);
    if (known !== undefined) return known;
    const value = make(name);
    made.set(name, value);
    return value;
  };
}

/** Some lists hold plain texts, and a document that nobody validated may hold anything. */
const isRecord = (item: unknown): boolean => typeof item === "object" && item !== null;

function bucketsOf(list: List, field: string): Buckets | null {
  if (list === null || typeof list === "string") return null;
  const buckets = new Map<string, Item[]>();
  for (const item of list) {
    const text = isRecord(item) && Object.hasOwn(item, field) ? item[field] : null;
    if (typeof text !== "string") return null;
    const bucket = buckets.get(text);
    if (bucket === undefined) buckets.set(text, [item]);
    else bucket.push(item);
  }
  return buckets;
}

function byGroup(gaps: readonly Gap[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const { group, code, path } of gaps) {
    const texts = groups.get(group) ?? [];
    texts.push(`${group} ${code} ${path}`.trim());
    groups.set(group, texts);
  }
  return groups;
}

function listOf(value: unknown): List {
  if (isUnknown(value)) return value.$unknown.because;
  return Array.isArray(value) ? value : null;
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
  const unknowns = reading.gaps.size === 0 ? [] : gapsOf(compiled, reading);
  if (unknowns.length === 0 && isRuledOut(compiled, reading)) return NO;
  const when = compiled.when?.judge(reading.activation) ?? ALWAYS;
  if (isFalse(when)) return finish(unknowns, []);
  const matches = compiled.each === null ? [] : matching(compiled, reading, unknowns);
  // Where nothing could match it does not matter whether the condition holds.
  if (when.kind === "unknown" && (compiled.each === null || matches.length + unknowns.length > 0))
    unknowns.push(when.because);
  return compiled.each === null && unknowns.length === 0 ? YES : finish(unknowns, matches);
}

const ALWAYS: Verdict = { kind: "known", holds: true };
const NO: Scope = { applies: "no", certain: false, unknowns: [], matches: [] };
const YES: Scope = { applies: "yes", certain: true, unknowns: [], matches: [] };

function gapsOf(compiled: CompiledRule, reading: Reading): string[] {
  return [...reading.gaps].flatMap(([group, texts]) =>
    compiled.mayRead(group) && compiled.reads.includes(group) ? texts : [],
  );
}

/**
 * The index: a rule that needs a list which is empty, or a text that no item has, is not asked.
 *
 * INVARIANT (index-equals-scan): no decision differs from one that asks every rule about every item.
 */
function isRuledOut(compiled: CompiledRule, reading: Reading): boolean {
  const { each } = compiled;
  // What it looks through is asked first, since that leaves its expressions unparsed.
  if (each !== null && isEmpty(each, reading)) return true;
  for (const path of compiled.needs) if (isEmpty(path, reading)) return true;
  if (each === null || compiled.key === null) return false;
  const buckets = reading.buckets(each, compiled.key.field);
  if (buckets === null) return false;
  for (const text of compiled.key.values) if (buckets.has(text)) return false;
  return true;
}

function isEmpty(path: string, reading: Reading): boolean {
  const list = reading.list(path);
  return typeof list === "object" && list?.length === 0;
}

/** The items that the rule's key leaves to look at; `null`: it has no key, or none can be used. */
function candidates({ each, key }: CompiledRule, reading: Reading): readonly Item[] | null {
  if (each === null || key === null) return null;
  const buckets = reading.buckets(each, key.field);
  if (buckets === null) return null;
  const found = [...key.values].flatMap((text) => {
    const bucket = buckets.get(text);
    return bucket === undefined ? [] : [bucket];
  });
  return found.length === 1 ? (found[0] ?? []) : found.flat();
}

function matching(compiled: CompiledRule, reading: Reading, unknowns: string[]): readonly Item[] {
  const { where, each } = compiled;
  const items = candidates(compiled, reading) ?? reading.list(each ?? "");
  if (items === null || typeof items === "string") {
    unknowns.push(items ?? `\`${compiled.rule.each}\` is no list of facts`);
    return [];
  }
  if (where === null) return items;
  const { activation } = reading;
  const matches: Item[] = [];
  for (const item of items) {
    activation.frame.it = item;
    const verdict = where.judge(activation);
    if (verdict.kind === "unknown") unknowns.push(verdict.because);
    else if (verdict.holds) matches.push(item);
  }
  activation.frame.it = null;
  return matches;
}

const isFalse = (verdict: Verdict): boolean => verdict.kind === "known" && !verdict.holds;

function finish(unknowns: readonly string[], matches: readonly Item[]): Scope {
  if (unknowns.length === 0)
    return matches.length === 0 ? NO : { applies: "yes", certain: true, unknowns, matches };
  const applies = matches.length > 0 ? "yes" : "unknown";
  return { applies, certain: false, unknowns: [...new Set(unknowns)].sort(), matches };
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
