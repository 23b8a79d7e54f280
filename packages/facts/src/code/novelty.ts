// SPDX-License-Identifier: Apache-2.0
import type { Regions } from "./region.ts";
import type { Detector, Side, Sighting } from "./sighting.ts";

/** Both sides of one file; a side is `null` when the file is absent there. */
export type Pair = {
  readonly before: Side | null;
  readonly after: Side | null;
  readonly addedLines: () => ReadonlySet<number>;
  readonly regions: Regions;
};

export type NewSighting = Sighting & { readonly path: string; readonly detector: Detector };

const speaks = (detector: Detector, side: Side | null): side is Side =>
  side !== null &&
  (detector.languages === "any" ||
    (side.language !== null && detector.languages.includes(side.language)));

/**
 * Whether the detector can find anything different in this file. Both sides are then looked at
 * whole, or neither: an untouched twin in a file that is skipped must not make a new one look moved.
 */
function isTouched(detector: Detector, { before, after, regions }: Pair): boolean {
  if (!speaks(detector, after) && !speaks(detector, before)) return false;
  const { hint, guard } = detector;
  if (hint.test(regions.around) || hint.test(regions.before)) return true;
  // A guard for the whole file, such as a default timeout, that comes or goes.
  return guard !== undefined && (guard.test(regions.before) || guard.test(regions.after));
}

const look = (detector: Detector, side: Side | null): readonly Sighting[] =>
  speaks(detector, side) && detector.hint.test(side.text) ? detector.find(side) : [];

/**
 * What the change adds: sightings after, less those before.
 * The comparison runs over the whole change first by text, so that moved code is not new, and then
 * by number within each file, so that editing an old offender is not new either: one more than
 * before is the finding.
 */
export function newSightings(detector: Detector, all: readonly Pair[]): readonly NewSighting[] {
  const pairs = all.filter((pair) => isTouched(detector, pair));
  const after = pairs.map((pair) => look(detector, pair.after));
  if (after.every((found) => found.length === 0)) return [];
  const before = pairs.map((pair) => look(detector, pair.before));
  const pool = new Map<string, number>();
  for (const { text } of before.flat()) pool.set(text, (pool.get(text) ?? 0) + 1);

  const unseen = pairs.map((pair, i) => takeKnown(after[i] ?? [], pool, pair));
  return pairs.flatMap((pair, i) => {
    const left = unseen[i] ?? [];
    const grown = (after[i]?.length ?? 0) - (before[i]?.length ?? 0);
    const count = Math.max(0, Math.min(left.length, grown));
    const path = pair.after?.path ?? "";
    const edited =
      left.length > count ? withoutEdited(left, gone(before[i] ?? [], after[i] ?? [])) : left;
    return rank(edited, pair)
      .slice(0, count)
      .map((found) => ({ ...found, path, detector }));
  });
}

/** Leaves out, for each old sighting that is gone, the new one most like it: that one was edited. */
function withoutEdited(left: readonly Sighting[], lost: readonly Sighting[]): readonly Sighting[] {
  const rest = [...left].sort((a, b) => a.line - b.line);
  for (const old of lost) {
    if (rest.length === 0) break;
    const scores = rest.map((one) => commonPrefix(one.text, old.text));
    rest.splice(scores.indexOf(Math.max(...scores)), 1);
  }
  return rest;
}

/** Old sightings without a twin of the same text. */
function gone(before: readonly Sighting[], after: readonly Sighting[]): readonly Sighting[] {
  const twins = new Map<string, number>();
  for (const { text } of after) twins.set(text, (twins.get(text) ?? 0) + 1);
  return before.filter(({ text }) => {
    const left = twins.get(text) ?? 0;
    twins.set(text, left - 1);
    return left <= 0;
  });
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length += 1;
  return length;
}

function takeKnown(
  found: readonly Sighting[],
  pool: Map<string, number>,
  pair: Pair,
): readonly Sighting[] {
  // Untouched places claim their old twin first, so that a second copy is the one called new.
  return rank(found, pair)
    .reverse()
    .filter((one) => {
      const known = pool.get(one.text) ?? 0;
      if (known > 0) pool.set(one.text, known - 1);
      return known === 0;
    });
}

/** Those on added lines first, then by line. */
function rank(found: readonly Sighting[], pair: Pair): Sighting[] {
  if (found.length < 2) return [...found];
  const added = pair.addedLines();
  const touched = (one: Sighting): boolean => {
    for (let line = one.line; line <= one.endLine && line < one.line + 200; line += 1)
      if (added.has(line)) return true;
    return false;
  };
  const order = found.map((one) => ({ one, touched: touched(one) }));
  order.sort((a, b) => Number(b.touched) - Number(a.touched) || a.one.line - b.one.line);
  return order.map(({ one }) => one);
}
