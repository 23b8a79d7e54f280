// SPDX-License-Identifier: Apache-2.0
/** Patterns that come to cover more: `secret/*` for `secret/data/shop/*`, `s3:*` for `s3:Get*`. */
import { optionOfStep } from "../config/options.ts";
import type { ConfigDelta, ConfigDiff, Place } from "../config/types.ts";
import { unescaped } from "./tree.ts";

const PATTERN_MAX = 500;
/** More entries than that were not narrowed by hand. */
const GONE_MAX = 200;

/** Whether a pattern with `*` matches all that another text or pattern matches, and more. Linear. */
export function covers(wide: string, narrow: string): boolean {
  if (wide === narrow || wide.length > PATTERN_MAX || narrow.length > PATTERN_MAX) return false;
  const parts = wide.split("*");
  const first = parts[0] ?? "";
  const last = parts[parts.length - 1] ?? "";
  if (parts.length < 2 || !narrow.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = narrow.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return narrow.length - last.length >= at && narrow.endsWith(last);
}

/** Entries that leave each container, as they were written. */
export function goneFrom(diff: ConfigDiff): ReadonlyMap<Place, readonly string[]> {
  const gone = new Map<Place, string[]>();
  for (const { op, place } of diff.deltas) {
    if (op !== "removed" || place.above === null) continue;
    const found = gone.get(place.above) ?? [];
    if (found.length < GONE_MAX) found.push(entryText(place.step));
    gone.set(place.above, found);
  }
  return gone;
}

const entryText = (step: string): string =>
  optionOfStep(step) ?? unescaped(step.replace(/^\[(.*)\]$/, "$1"));

/** The value, or the entry beside what goes, takes in all that stood there and more. */
export function isWidened(d: ConfigDelta, gone: ReadonlyMap<Place, readonly string[]>): boolean {
  if (d.op === "changed") return d.after.kind === "string" && covers(d.after.text, d.before.text);
  if (d.op !== "added" || d.place.above === null || !d.place.step.includes("*")) return false;
  const entry = entryText(d.place.step);
  return (gone.get(d.place.above) ?? []).some((was) => covers(entry, was));
}

/** More values than that are not compared with each other. */
const MOVED_MAX = 200;

/**
 * Values that leave one operator for another and match more there: `StringEquals: {sub: a/b}` that
 * becomes `StringLike: {sub: a/*}`. Both operators stand in one map, and each under its own key.
 */
export function movedUnderPattern(diff: ConfigDiff): ReadonlySet<Place> {
  const ended = diff.deltas.filter(
    ({ op, before }) => op === "removed" && before.kind === "string",
  );
  const come = diff.deltas.filter(
    ({ op, after }) => op === "added" && after.kind === "string" && after.text.includes("*"),
  );
  if (ended.length > MOVED_MAX || come.length > MOVED_MAX) return new Set();
  const isMoved = (is: ConfigDelta, was: ConfigDelta): boolean =>
    is.key === was.key &&
    is.place.above !== was.place.above &&
    is.place.above?.above !== undefined &&
    is.place.above.above === was.place.above?.above &&
    covers(is.after.text, was.before.text);
  return new Set(
    come.filter((is) => ended.some((was) => isMoved(is, was))).map(({ place }) => place),
  );
}

const PLACEHOLDER =
  /\$?\{\{?[^{}\n]{1,100}\}\}?|%\([A-Za-z_]\w{0,60}\)s|<[a-z_]{1,60}>|\$[A-Za-z_]\w{0,60}/g;

/** A text that was told apart by several parts is told apart by fewer: `{tenant}/{database}`. */
export function losesPlaceholder(d: ConfigDelta): boolean {
  if (d.op !== "changed" || d.before.text.length > PATTERN_MAX) return false;
  if (d.before.kind !== "string" || d.after.kind !== "string") return false;
  const had: readonly string[] = d.before.text.match(PLACEHOLDER) ?? [];
  const has = new Set<string>(d.after.text.match(PLACEHOLDER) ?? []);
  return had.length > has.size && [...has].every((one) => had.includes(one)) && d.after.size > 0;
}
