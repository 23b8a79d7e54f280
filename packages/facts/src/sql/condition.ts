// SPDX-License-Identifier: Apache-2.0
/** Whether the condition of an UPDATE or DELETE that was edited now takes in more rows. */
import { oneLine, type PlacedOperation, type SqlAspect } from "./operation.ts";

const ROWS: ReadonlySet<SqlAspect> = new Set(["update-some", "delete-some"]);
/** Texts of statements are cut there: what is behind is not known. */
const TEXT_MAX = 2_000;

export type Widened = {
  readonly how: "condition-widened" | "condition-turned";
  readonly before: PlacedOperation;
  readonly after: PlacedOperation;
};

/** Statements that stand for one of the old side and have fewer conditions, or alternatives instead. */
export function widenedConditions(
  before: readonly PlacedOperation[],
  after: readonly PlacedOperation[],
): readonly Widened[] {
  const kept = new Set(after.map(({ text }) => text));
  const known = new Set(before.map(({ text }) => text));
  const gone = before.filter((one) => ROWS.has(one.aspect) && !kept.has(one.text));
  return after.flatMap((is): readonly Widened[] => {
    if (!ROWS.has(is.aspect) || known.has(is.text)) return [];
    const twins = gone.filter(({ aspect, object }) => aspect === is.aspect && object === is.object);
    const was = twins.length === 1 ? twins[0] : undefined;
    if (was === undefined) return [];
    const [old, now] = [termsOf(was.text), termsOf(is.text)];
    if (isWider(old, now)) return [{ how: "condition-widened", before: was, after: is }];
    return isTurned(old, now) ? [{ how: "condition-turned", before: was, after: is }] : [];
  });
}

/** Terms that must all hold, and the number of alternatives beside each other on the outermost level. */
type Terms = { readonly all: readonly string[]; readonly alternatives: number };

function isWider(was: Terms | null, is: Terms | null): boolean {
  if (was === null || is === null) return false;
  if (is.alternatives > was.alternatives) return true;
  // A term that is only written in another way is another term on both sides.
  return (
    is.alternatives === was.alternatives &&
    is.all.length < was.all.length &&
    is.all.every((term) => was.all.includes(term))
  );
}

const SIGN = /<>|!=|<=|>=|=|<|>|\bnot\s+(?=in\b|like\b|exists\b|null\b)/g;
/** The side of a bound, or whether something is asked for or left out. */
const SENSE: Readonly<Record<string, string>> = {
  "<": "below",
  "<=": "below",
  ">": "above",
  ">=": "above",
};

/** All that differs is the sense of a comparison. */
function isTurned(was: Terms | null, is: Terms | null): boolean {
  if (was === null || is === null || was.all.length !== is.all.length) return false;
  const bare = (terms: Terms): string => terms.all.map((one) => one.replace(SIGN, "?")).join("\n");
  const senses = (terms: Terms): string =>
    terms.all
      .flatMap((one) => [...one.matchAll(SIGN)].map(([sign]) => SENSE[sign] ?? sign))
      .join(" ");
  const plainOf = (terms: Terms): string => bare(terms).replaceAll("?", "").replace(/\s+/g, " ");
  return plainOf(was) === plainOf(is) && senses(was) !== senses(is);
}

function termsOf(text: string): Terms | null {
  if (text.length >= TEXT_MAX) return null;
  const where = /\bwhere\b(.*)$/is.exec(text)?.[1];
  if (where === undefined) return null;
  const parts = outermost(where);
  const or = parts.filter(({ joint }) => joint === "or").length;
  return { all: parts.map(({ term }) => term), alternatives: or };
}

const TOKEN =
  /'(?:[^']|'')*'|"[^"]*"|\(|\)|\b(?:between|and|or|returning|order\s+by|limit|on\s+conflict)\b|;/gi;

/** The condition cut at AND and OR outside parentheses and quotes. */
function outermost(where: string): readonly { readonly term: string; readonly joint: string }[] {
  const parts: { term: string; joint: string }[] = [];
  let depth = 0;
  let from = 0;
  let isRange = false;
  let joint = "";
  let end = where.length;
  const cut = (at: number, next: string, behind: number): void => {
    parts.push({ term: plain(where.slice(from, at)), joint });
    [joint, from] = [next, behind];
  };
  for (const m of where.matchAll(TOKEN)) {
    const word = m[0].toLowerCase();
    if (word === "(") depth++;
    else if (word === ")") depth--;
    else if (depth > 0 || /^['"]/.test(word)) continue;
    else if (word === "between") isRange = true;
    else if (word === "and" && isRange) isRange = false;
    else if (word === "and" || word === "or") cut(m.index, word, m.index + m[0].length);
    else {
      end = m.index;
      break;
    }
  }
  parts.push({ term: plain(where.slice(from, end)), joint });
  return parts;
}

const plain = (term: string): string => oneLine(term).toLowerCase();
