// SPDX-License-Identifier: Apache-2.0

/** Half-open on neither side: `[low, high]` code points. */
export type Ranges = readonly (readonly [number, number])[];

export type Regex =
  | { readonly kind: "set"; readonly ranges: Ranges }
  | { readonly kind: "cat"; readonly items: readonly Regex[] }
  | { readonly kind: "alt"; readonly items: readonly Regex[] }
  | { readonly kind: "repeat"; readonly item: Regex; readonly min: number; readonly max: number }
  /** An assertion that may fail: `$`, `\b`, a look-around. */
  | { readonly kind: "assert" };

const TOP = 0x10ffff;
/** Nesting beyond this is no pattern that a person wrote. */
const DEPTH_MAX = 60;
export const REGEX_TEXT_MAX = 4_000;

const DIGIT: Ranges = [[48, 57]];
const WORD: Ranges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
];
const SPACE: Ranges = [
  [9, 13],
  [32, 32],
  [160, 160],
  [8192, 8202],
  [8232, 8233],
  [65279, 65279],
];
export const DOT: Ranges = [
  [0, 9],
  [11, 12],
  [14, TOP],
];

const EMPTY: Regex = { kind: "cat", items: [] };

/** The complement of sorted or unsorted ranges. */
export function complement(ranges: Ranges): Ranges {
  const out: [number, number][] = [];
  let next = 0;
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (low > next) out.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  if (next <= TOP) out.push([next, TOP]);
  return out;
}

export function intersects(a: Ranges, b: Ranges): boolean {
  return a.some(([low, high]) => b.some(([l, h]) => low <= h && l <= high));
}

type Cursor = { readonly text: string; at: number; readonly fold: boolean; depth: number };

/**
 * Parses the common subset of the JavaScript, Python, Java and PCRE dialects.
 * `null` when the text is no regular expression of these. Possessive and atomic parts cannot be
 * backtracked into, so they are read as matching once.
 */
export function parseRegex(text: string, fold = false): Regex | null {
  if (text.length > REGEX_TEXT_MAX) return null;
  const cursor: Cursor = { text, at: 0, fold: fold || /^\(\?[a-z]*i/.test(text), depth: 0 };
  const whole = alternation(cursor);
  return whole !== null && cursor.at === text.length ? whole : null;
}

function alternation(c: Cursor): Regex | null {
  c.depth += 1;
  if (c.depth > DEPTH_MAX) return null;
  const items: Regex[] = [];
  for (;;) {
    const branch = sequence(c);
    if (branch === null) return null;
    items.push(branch);
    if (c.text[c.at] !== "|") break;
    c.at += 1;
  }
  c.depth -= 1;
  return items.length === 1 ? (items[0] ?? EMPTY) : { kind: "alt", items };
}

function sequence(c: Cursor): Regex | null {
  const items: Regex[] = [];
  while (c.at < c.text.length && c.text[c.at] !== "|" && c.text[c.at] !== ")") {
    const atom = quantified(c);
    if (atom === null) return null;
    items.push(atom);
  }
  return items.length === 1 ? (items[0] ?? EMPTY) : { kind: "cat", items };
}

function quantified(c: Cursor): Regex | null {
  const item = atom(c);
  if (item === null) return null;
  const quantifier = /^(?:([*+?])|\{(\d{1,5})(,(\d{0,5}))?\})([?+]?)/.exec(
    c.text.slice(c.at, c.at + 16),
  );
  if (quantifier === null) return item;
  c.at += quantifier[0].length;
  const [, sign, from, comma, to, mode] = quantifier;
  const min = sign === undefined ? Number(from) : sign === "+" ? 1 : 0;
  const open = sign === undefined ? comma !== undefined && to === "" : sign !== "?";
  const max = open ? Number.POSITIVE_INFINITY : sign === "?" ? 1 : Number(to ?? from);
  if (item.kind === "assert") return item;
  return mode === "+"
    ? { kind: "repeat", item, min: Math.min(min, 1), max: 1 }
    : { kind: "repeat", item, min, max };
}

function atom(c: Cursor): Regex | null {
  const sign = c.text[c.at] ?? "";
  if (sign === "(") return group(c);
  if (sign === "[") return bracket(c);
  if (sign === "\\") return escaped(c);
  if (sign === "*" || sign === "+" || sign === "?") return null;
  c.at += 1;
  if (sign === "^") return EMPTY;
  if (sign === "$") return { kind: "assert" };
  if (sign === ".") return { kind: "set", ranges: DOT };
  const code = sign.codePointAt(0) ?? 0;
  return { kind: "set", ranges: foldCase([[code, code]], c.fold) };
}

function group(c: Cursor): Regex | null {
  const head =
    /^\((\?(?:[:>|]|<?[=!]|P?<[A-Za-z_]\w*>|'\w+'|[a-zA-Z-]{1,8}:|[a-zA-Z-]{1,8}(?=\))|#[^)]{0,200}))?/.exec(
      c.text.slice(c.at, c.at + 260),
    );
  const mark = head?.[1] ?? "";
  c.at += head?.[0].length ?? 1;
  const inner = alternation(c);
  if (inner === null || c.text[c.at] !== ")") return null;
  c.at += 1;
  if (/^\?<?[=!]$/.test(mark)) return { kind: "assert" };
  return mark === "?>" ? { kind: "repeat", item: firstOnly(inner), min: 1, max: 1 } : inner;
}

/** An atomic group gives nothing back; its loops are read as single steps. */
function firstOnly(regex: Regex): Regex {
  if (regex.kind === "repeat")
    return { ...regex, item: firstOnly(regex.item), min: Math.min(regex.min, 1), max: 1 };
  if (regex.kind === "cat" || regex.kind === "alt")
    return { kind: regex.kind, items: regex.items.map(firstOnly) };
  return regex;
}

function escaped(c: Cursor): Regex | null {
  const sign = c.text[c.at + 1];
  if (sign === undefined) return null;
  c.at += 2;
  if (sign === "b" || sign === "B" || sign === "Z" || sign === "z") return { kind: "assert" };
  if (sign === "A" || sign === "G") return EMPTY;
  if (/[1-9]/.test(sign)) return EMPTY;
  const ranges = classOf(c, sign);
  return { kind: "set", ranges: foldCase(ranges, c.fold) };
}

/** The set of an escape whose letter has just been read; moves past its operand. */
function classOf(c: Cursor, sign: string): Ranges {
  const set = { d: DIGIT, w: WORD, s: SPACE, h: SPACE, R: [[10, 13]] as Ranges }[sign];
  if (set !== undefined) return set;
  const negated = { D: DIGIT, W: WORD, S: SPACE, H: SPACE, N: [[10, 10]] as Ranges }[sign];
  if (negated !== undefined) return complement(negated);
  const operand =
    /^(?:[pP](?:\{[^}]{1,40}\}|[A-Z])|x[0-9a-fA-F]{2}|x\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|k<\w+>)/.exec(
      c.text.slice(c.at - 1, c.at + 45),
    );
  if (operand !== null) {
    c.at += operand[0].length - 1;
    // A Unicode property is read as any letter: wide enough to meet what it may meet.
    if (/^[pP]/.test(operand[0])) return [...WORD, [128, TOP]];
    const code = Number.parseInt(operand[0].replace(/[^0-9a-fA-F]/g, "") || "0", 16);
    return [[code, code]];
  }
  const code =
    ({ n: 10, r: 13, t: 9, f: 12, v: 11, "0": 0, e: 27, a: 7 } as const)[sign] ??
    sign.codePointAt(0) ??
    0;
  return [[code, code]];
}

function bracket(c: Cursor): Regex | null {
  c.at += 1;
  const negated = c.text[c.at] === "^";
  if (negated) c.at += 1;
  const ranges: (readonly [number, number])[] = [];
  for (let first = true; ; first = false) {
    const sign = c.text[c.at];
    if (sign === undefined) return null;
    if (sign === "]" && !first) break;
    const named = /^\[:(\^?)(\w+):\]/.exec(c.text.slice(c.at, c.at + 14));
    if (named !== null) {
      c.at += named[0].length;
      ranges.push(...(/space|blank/.test(named[2] ?? "") ? SPACE : WORD));
      continue;
    }
    const low = member(c);
    const single = low.length === 1 && low[0]?.[0] === low[0]?.[1];
    if (single && c.text[c.at] === "-" && c.text[c.at + 1] !== "]" && c.at + 1 < c.text.length) {
      c.at += 1;
      const high = member(c);
      ranges.push([low[0]?.[0] ?? 0, high[0]?.[1] ?? 0]);
    } else ranges.push(...low);
  }
  c.at += 1;
  const folded = foldCase(ranges, c.fold);
  return { kind: "set", ranges: negated ? complement(folded) : folded };
}

function member(c: Cursor): Ranges {
  const sign = c.text[c.at] ?? "";
  if (sign !== "\\") {
    c.at += 1;
    const code = sign.codePointAt(0) ?? 0;
    return [[code, code]];
  }
  const letter = c.text[c.at + 1] ?? "\\";
  c.at += 2;
  return letter === "b" ? [[8, 8]] : classOf(c, letter);
}

function foldCase(ranges: Ranges, fold: boolean): Ranges {
  if (!fold) return ranges;
  const extra = ranges.flatMap(([low, high]): (readonly [number, number])[] => {
    const upper: [number, number] = [Math.max(low, 97) - 32, Math.min(high, 122) - 32];
    const lower: [number, number] = [Math.max(low, 65) + 32, Math.min(high, 90) + 32];
    return [upper, lower].filter(([l, h]) => l <= h);
  });
  return [...ranges, ...extra];
}
