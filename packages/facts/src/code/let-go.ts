// SPDX-License-Identifier: Apache-2.0
/** Calls that stay and lose what they waited for: an `await`, or the limit of the time that they wait. */
import { type Delta, delta } from "@interlock/core";
import type { Pair } from "./novelty.ts";
import { lineAt } from "./sighting.ts";
import { withoutComments } from "./words.ts";

/** Larger differences are rewrites, in which lines stand for nothing. */
const REGION_MAX = 20_000;
const AWAIT = /^await\s+(?=[\w$.]{1,200}\s*[(<])/;
const LIMIT =
  /,?\s*\b\w{0,30}[tT]imeout\w{0,20}["']?\s*[=:]\s*(?:\([^()\n]{0,60}\)|[\w.$]{1,60}\([^()\n]{0,60}\)|[^,(){}\n]{1,60})(?=[,)}])/g;

type Line = { readonly text: string; readonly line: number };

const linesOf = (text: string, start: number): readonly Line[] =>
  text.split("\n").map((row, at) => ({ text: row.trim(), line: start + at }));

const count = (text: string, pattern: RegExp): number => [...text.matchAll(pattern)].length;

/** Lines of the old side that are on the new one without `part`, each with its new place. */
function stripped(
  before: readonly Line[],
  after: readonly Line[],
  part: (text: string) => string | null,
): readonly { readonly was: string; readonly is: Line }[] {
  const kept = new Set(after.map(({ text }) => text));
  const known = new Set(before.map(({ text }) => text));
  return before.flatMap(({ text }) => {
    const rest = kept.has(text) ? null : part(text);
    const is = rest === null ? undefined : after.find((row) => row.text === rest);
    return is === undefined || known.has(is.text) ? [] : [{ was: text, is }];
  });
}

export function letGo({ before, after, regions }: Pair): readonly Delta[] {
  if (before === null || after === null) return [];
  if (regions.before.length > REGION_MAX || regions.after.length > REGION_MAX) return [];
  const [old, now] = [
    withoutComments(regions.before, before.path),
    withoutComments(regions.after, after.path),
  ];
  const [was, is] = [linesOf(old, regions.line), linesOf(now, regions.line)];
  // A function that is no longer asynchronous waits for nothing by itself.
  const sync = count(old, /\basync\b/g) > count(now, /\basync\b/g);
  const waits = sync
    ? []
    : stripped(was, is, (text) => (AWAIT.test(text) ? text.replace(AWAIT, "") : null));
  const limits = stripped(was, is, (text) => {
    const rest = text.replace(LIMIT, "").replace(/\(\s*,\s*/g, "(");
    return rest === text ? null : rest;
  });
  const found = (aspect: string, { was: text, is: row }: (typeof waits)[number]): Delta =>
    delta({
      path: after.path,
      line: row.line,
      subject: row.text.split("(", 1)[0]?.slice(0, 200) ?? "",
      aspect,
      op: "changed",
      before: text.slice(0, 500),
      after: row.text.slice(0, 500),
      beforeKind: "string",
      afterKind: "string",
      format: after.language ?? "",
    });
  return [
    ...waits.map((one) => found("await-removed", one)),
    ...limits.map((one) => found("timeout-removed", one)),
    ...limitLine(old, now, regions.line, after.path),
  ];
}

const LIMIT_LINE =
  /^[ \t]*["']?\w{0,30}[tT]imeout\w{0,20}["']?[ \t]*[=:][ \t]*[^=\s][^\n]{0,120},[ \t]*$/m;

/** The line of an argument or option that is all that the change takes away. */
function limitLine(old: string, now: string, line: number, path: string): readonly Delta[] {
  const m = LIMIT_LINE.exec(old);
  if (m === null || old.replace(m[0], "").trim() !== now.trim()) return [];
  return [
    delta({
      path,
      line: Math.max(1, line + lineAt(old, m.index) - 2),
      subject: m[0].trim().split(/[=:]/, 1)[0]?.trim() ?? "",
      aspect: "timeout-removed",
      op: "removed",
      before: m[0].trim(),
      after: `without ${m[0].trim()}`,
      beforeKind: "string",
      afterKind: "string",
    }),
  ];
}
