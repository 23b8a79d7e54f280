// SPDX-License-Identifier: Apache-2.0
/** Changes of one sign: a condition or an answer that is turned round, a jump that stands twice. */
import { type Delta, delta } from "@interlock/core";
import type { Pair } from "./novelty.ts";
import { withoutComments } from "./words.ts";

/** A larger difference is more than one sign. */
const REGION_MAX = 4_000;
const TOKEN =
  /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|[A-Za-z_$][\w$]*|\d[\w.]*|[=!]==?|[<>]=?|&&?|\|\|?|[^\s]/g;
/** Signs and words of which one can stand in another's place, each with those that mean its like. */
const SIGNS: ReadonlyMap<string, string> = new Map([
  ...["<", "<=", ">", ">=", "==", "!=", "===", "!=="].map((sign) => [sign, "compares"] as const),
  ...["&&", "||", "&", "|", "and", "or"].map((sign) => [sign, "joins"] as const),
  ...["true", "false", "True", "False", "TRUE", "FALSE"].map((sign) => [sign, "is"] as const),
]);
const NEGATION = new Set(["!", "not"]);
/** `==` for `===` and `<` for `<=` at most: the strictness of a language, not the sense. */
const ALIKE = new Set(["== ===", "!= !==", "=== ==", "!== !="]);

type Token = { readonly text: string; readonly line: number };

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 0;
  let from = 0;
  for (const m of text.matchAll(TOKEN)) {
    for (let i = text.indexOf("\n", from); i >= 0 && i < m.index; i = text.indexOf("\n", i + 1))
      line++;
    from = m.index;
    tokens.push({ text: m[0], line });
  }
  return tokens;
}

/** The first token in which two runs differ, when all that differs is a sign; `null` otherwise. */
function turnedAt(
  before: readonly Token[],
  after: readonly Token[],
): { readonly was: string; readonly is: string; readonly line: number } | null {
  const bare = (tokens: readonly Token[]) => tokens.filter(({ text }) => !NEGATION.has(text));
  const [a, b] = [bare(before), bare(after)];
  if (a.length !== b.length) return null;
  let found: { was: string; is: string; line: number } | null = null;
  for (const [i, old] of a.entries()) {
    const now = b[i];
    if (now === undefined) return null;
    if (now.text === old.text) continue;
    const group = SIGNS.get(old.text);
    if (group === undefined || SIGNS.get(now.text) !== group) return null;
    if (ALIKE.has(`${old.text} ${now.text}`)) return null;
    found ??= { was: old.text, is: now.text, line: now.line };
  }
  if (found !== null || before.length === after.length) return found;
  const at = after.findIndex(({ text }, i) => text !== before[i]?.text);
  const [was, is] = before.length > after.length ? ["not", ""] : ["", "not"];
  return { was, is, line: after[at]?.line ?? 0 };
}

/** An entry of a table, as PHP writes it: a setting. */
const ENTRY = /^(?:'[^']*'|"[^"]*")\s*=>\s*(?:true|false)\s*,?\s*(?:(?:\/\/|#).*)?$/i;

/** One finding for a file whose only difference is a sign of a condition, or a literal answer. */
export function turnedDeltas({ before, after, regions }: Pair): readonly Delta[] {
  if (before === null || after === null || regions.after.length > REGION_MAX) return [];
  if (regions.before.length > REGION_MAX) return [];
  const found = turnedAt(
    tokensOf(withoutComments(regions.before, before.path)),
    tokensOf(withoutComments(regions.after, after.path)),
  );
  if (found === null) return [];
  const text = (regions.after.split("\n")[found.line] ?? "").trim();
  // `flag = false` is a setting; a condition or what a question is answered with steers others.
  const steers = /\b(if|elif|elsif|unless|while|return|when|assert|case)\b|\?|&&|\|\||\)\s*=>/;
  if (!steers.test(text) || ENTRY.test(text)) return [];
  return [
    delta({
      path: after.path,
      line: regions.line + found.line,
      subject: text.slice(0, 200),
      aspect: "condition-turned",
      op: "changed",
      before: found.was,
      after: found.is,
      beforeKind: "string",
      afterKind: "string",
    }),
  ];
}

const JUMP = /^(?:goto\s+\w{1,60}|return\b[^;{}]{0,200}|break|continue|throw\s[^;{}]{1,200});$/;

/** A jump right below an equal one: the second runs whatever the condition above the first says. */
export function repeatedJumps({ before, after, addedLines, regions }: Pair): readonly Delta[] {
  if (after === null || !/[;]/.test(regions.after)) return [];
  const lines = after.text.split("\n");
  const jumps = [...addedLines()].filter((line) => {
    const text = (lines[line - 1] ?? "").trim();
    return JUMP.test(text) && (lines[line - 2] ?? "").trim() === text;
  });
  return jumps.slice(0, 20).map((line) =>
    delta({
      path: after.path,
      line,
      subject: (lines[line - 1] ?? "").trim().slice(0, 200),
      aspect: "jump-repeated",
      op: before === null ? "added" : "changed",
    }),
  );
}
