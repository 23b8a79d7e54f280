// SPDX-License-Identifier: Apache-2.0
/**
 * Keys that stand more than once in one map. Readers differ on them: most take the last, INI-like
 * ones (`[Peer]`, `ExecStart=`, access lists) take all. Every occurrence is therefore compared.
 */
import { pairByContent } from "./identity.ts";
import type { Entry } from "./types.ts";

export type EntryPair = {
  readonly before: Entry | null;
  readonly after: Entry | null;
  /** The key; `key#2` for a further occurrence. */
  readonly name: string;
};

export type PairedEntries = {
  readonly pairs: readonly EntryPair[];
  /** Keys whose occurrences stand in another order. */
  readonly reordered: readonly string[];
};

/** Pairs the entries of two maps by key: first those of the new map in its order, then what is gone. */
export function pairEntries(before: readonly Entry[], after: readonly Entry[]): PairedEntries {
  const was = grouped(before);
  const is = grouped(after);
  const pairs: EntryPair[] = [];
  const reordered: string[] = [];
  for (const [key, now] of is) {
    const old = was.get(key);
    if (old === undefined || (old.length === 1 && now.length === 1)) {
      now.forEach((entry, i) => {
        pairs.push({ before: old?.[0] ?? null, after: entry, name: nth(key, i) });
      });
      continue;
    }
    const repeated = pairRepeated(key, old, now);
    pairs.push(...repeated.pairs);
    if (repeated.reordered) reordered.push(key);
  }
  for (const [key, old] of was)
    if (!is.has(key))
      old.forEach((entry, i) => {
        pairs.push({ before: entry, after: null, name: nth(key, i) });
      });
  return { pairs, reordered };
}

const nth = (key: string, index: number): string => (index === 0 ? key : `${key}#${index + 1}`);

function grouped(entries: readonly Entry[]): ReadonlyMap<string, readonly Entry[]> {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.key);
    if (group === undefined) groups.set(entry.key, [entry]);
    else group.push(entry);
  }
  return groups;
}

type Repeated = { readonly pairs: readonly EntryPair[]; readonly reordered: boolean };

function pairRepeated(key: string, was: readonly Entry[], is: readonly Entry[]): Repeated {
  const isScalar = [...was, ...is].every((e) => e.value.kind === "scalar");
  if (isScalar && (was.length === 1 || is.length === 1)) return pairEffective(key, was, is);
  const entryOf = new Map([...was, ...is].map((e) => [e.value, e]));
  const { pairs, reordered } = pairByContent(
    was.map((e) => e.value),
    is.map((e) => e.value),
  );
  return {
    reordered,
    pairs: pairs.map((p) => ({
      before: (p.before === null ? undefined : entryOf.get(p.before)) ?? null,
      after: (p.after === null ? undefined : entryOf.get(p.after)) ?? null,
      name: nth(key, Number(p.name)),
    })),
  };
}

/** A repetition that begins or ends: the last occurrence is the value, the others come or go. */
function pairEffective(key: string, was: readonly Entry[], is: readonly Entry[]): Repeated {
  const before = was[was.length - 1] ?? null;
  const after = is[is.length - 1] ?? null;
  const pairs: EntryPair[] = [{ before, after, name: key }];
  const more = (
    entries: readonly Entry[],
    known: Entry | null,
  ): readonly (readonly [Entry, string])[] =>
    entries
      .slice(0, -1)
      .map((entry, i) => [entry, nth(key, i + 1)] as const)
      .filter(([entry]) => textOf(entry) !== textOf(known));
  // Where the value stays, each repetition that goes is told; one that comes is a duplicate anyway.
  const stays = textOf(before) === textOf(after);
  for (const [entry, name] of more(is, before)) pairs.push({ before: null, after: entry, name });
  for (const [entry, name] of more(was, stays ? null : after))
    pairs.push({ before: entry, after: null, name });
  return { pairs, reordered: false };
}

const textOf = (entry: Entry | null): string | null =>
  entry?.value.kind === "scalar" ? `${entry.value.type} ${entry.value.text}` : null;
