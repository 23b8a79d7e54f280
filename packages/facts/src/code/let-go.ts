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
  /,?\s{0,20}\b\w{0,30}[tT]imeout\w{0,20}["']?\s{0,20}[=:]\s{0,20}(?:\([^()\n]{0,60}\)|[\w.$]{1,60}\([^()\n]{0,60}\)|[^,(){}\n]{1,60})(?=[,)}])/g;

/** `Math.min(asked, MOST)`, of which the first part is left. */
const BOUND =
  /\b(?:Math\.)?min\(\s{0,20}((?:[^(),]|\([^()]{0,200}\)){1,200}?)\s{0,20},\s{0,20}(?:[A-Z][A-Z0-9_]{2,60}|(?:this\.|self\.|\w{1,40}\.)?max\w{1,40}|\d[\d_]{0,15})\s{0,20}\)/;
/** What makes a bare number a duration, or a duration of another size. */
const UNIT =
  /\s{0,20}\*\s{0,20}(?:time\.(?:Millisecond|Second|Minute|Hour)|1[_,]?000(?![\d_])|(?:MS|MILLIS|SECONDS?|MINUTES?)_PER_\w{1,20}|60(?![\d_.]))/;
const CONDITION = /\b(?:if|elif|elsif|else if|unless|while|when|return|filter|where)\b/;
const RELEASE =
  /^defer\s+((\w{1,60})(?:\.\w{1,60})?)\.(Rollback|Close|Unlock|RUnlock|Release|Stop|Shutdown)\(|^defer\s+((cancel)\w{0,20})\(/;

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
    const rest = text.replace(LIMIT, "").replace(/\(\s{0,20},\s{0,20}/g, "(");
    return rest === text ? null : rest;
  });
  const bounds = stripped(was, is, (text) => {
    const rest = text.replace(BOUND, "$1");
    return rest === text ? null : rest;
  });
  const units = stripped(was, is, (text) => {
    const rest = text.replace(UNIT, "");
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
    ...units.map((one) => found("unit-removed", one)),
    ...bounds.map((one) => found("bound-removed", one)),
    ...shortened(old, now, (one) => found("condition-shortened", one), regions.line),
    ...unreleased(old, now, after, regions.line),
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

/** The only difference is a condition that lost one of the parts that all had to hold. */
function shortened(
  old: string,
  now: string,
  found: (one: { readonly was: string; readonly is: Line }) => Delta,
  line: number,
): readonly Delta[] {
  const [was, is] = [old.trim(), now.trim()];
  if (was.includes("\n") || is.includes("\n") || !CONDITION.test(was) || is === "") return [];
  const [a, b] = [tokens(was), tokens(is)];
  if (b.length >= a.length) return [];
  let head = 0;
  while (head < b.length && a[head] === b[head]) head++;
  // What is gone may begin with the same word as what is left: the joint decides where it is cut.
  for (let at = head; at >= 0; at--) {
    const gone = a.slice(at, a.length - (b.length - at));
    if (a.slice(a.length - (b.length - at)).join(" ") !== b.slice(at).join(" ")) continue;
    if (gone.length < 2 || !(isAnd(gone[0]) || isAnd(gone.at(-1)))) continue;
    return gone.some((word) => /^(?:or|\|\|)$/.test(word))
      ? []
      : [found({ was, is: { text: is, line } })];
  }
  return [];
}

const isAnd = (word: string | undefined): boolean => word === "and" || word === "&&";
const tokens = (text: string): readonly string[] => text.match(/&&|\|\||[\w$.]+|[^\s\w]/g) ?? [];

/** A `defer` that gave back what a function took is all that the change takes away of it. */
function unreleased(
  old: string,
  now: string,
  after: { readonly path: string; readonly text: string },
  line: number,
): readonly Delta[] {
  if (!after.path.endsWith(".go")) return [];
  return linesOf(old, line).flatMap(({ text, line: at }) => {
    const m = RELEASE.exec(text);
    const what = m?.[1] ?? m?.[4] ?? "";
    const call = m?.[3] === undefined ? `${what}(` : `${what}.${m[3]}(`;
    if (m === null || now.includes(call) || after.text.includes(call)) return [];
    // Without the thing itself there is nothing to give back.
    if (!new RegExp(`\\b${(m[2] ?? m[5] ?? "").replace(/\W/g, "")}\\b`).test(after.text)) return [];
    return [
      delta({
        path: after.path,
        line: Math.max(1, at - 1),
        subject: what,
        aspect: "release-removed",
        op: "removed",
        before: text,
        beforeKind: "string",
        format: "go",
      }),
    ];
  });
}
