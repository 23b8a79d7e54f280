// SPDX-License-Identifier: Apache-2.0
import { lineAt } from "./sighting.ts";

export type Regions = {
  /** The part of each side between the first and the last difference, in whole lines. */
  readonly before: string;
  readonly after: string;
  /** 1-based line on which both parts begin. */
  readonly line: number;
  /** `after` with the lines around it, in which a change can give an old line a new meaning. */
  readonly around: string;
};

/** Lines around a difference that a detector may need to see, such as the head of a loop. */
const AROUND = 30;

/**
 * Where two texts differ, from both ends inwards: far cheaper than a line diff, and enough to skip
 * the detectors that cannot find anything new.
 */
export function changedRegions(before: string | null, after: string | null): Regions {
  if (before === null || after === null)
    return { before: before ?? "", after: after ?? "", line: 1, around: after ?? "" };
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start += 1;
  let tail = 0;
  while (
    tail < shorter - start &&
    before.charCodeAt(before.length - 1 - tail) === after.charCodeAt(after.length - 1 - tail)
  )
    tail += 1;
  const first = start === 0 ? 0 : after.lastIndexOf("\n", start - 1) + 1;
  return {
    before: wholeLines(before, first, before.length - tail),
    after: wholeLines(after, first, after.length - tail),
    line: lineAt(after, first),
    around: after.slice(back(after, first), forward(after, after.length - tail)),
  };
}

function wholeLines(text: string, from: number, to: number): string {
  const end = text.indexOf("\n", Math.max(from, to));
  return text.slice(from, end === -1 ? text.length : end);
}

function back(text: string, from: number): number {
  let at = from;
  for (let i = 0; i < AROUND && at > 0; i += 1) at = text.lastIndexOf("\n", at - 2) + 1;
  return at;
}

function forward(text: string, from: number): number {
  let at = from;
  for (let i = 0; i < AROUND; i += 1) {
    const next = text.indexOf("\n", at + 1);
    if (next === -1) return text.length;
    at = next;
  }
  return at;
}
