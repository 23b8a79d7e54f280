// SPDX-License-Identifier: Apache-2.0
/**
 * Characters that make a reviewer see something else than a machine reads (CVE-2021-42574,
 * CVE-2021-42694; Unicode Technical Standards 39 and 55). Writing in any language, emoji and their
 * joiners are no attack; what is looked for has no purpose but to be overlooked.
 */
export type HiddenKind =
  | "bidi"
  | "zero-width"
  | "tag-characters"
  | "variation-selectors"
  | "control"
  | "terminal-escape"
  | "homoglyph"
  | "pushed-aside";

export type Hidden = { readonly kind: HiddenKind; readonly detail: string };

type Detector = (line: string) => string | null;

/** What a line hides, each kind once; empty for ordinary text of any language. */
export function hiddenIn(line: string): readonly Hidden[] {
  const found: Hidden[] = [];
  const aside = pushedAside(line);
  if (aside !== null) found.push({ kind: "pushed-aside", detail: aside });
  // The common case costs one look: printable ASCII hides nothing else.
  if (!NOT_PLAIN.test(line)) return found;
  for (const [kind, detect] of DETECTORS) {
    const detail = detect(line);
    if (detail !== null) found.push({ kind, detail });
  }
  return found;
}

const NOT_PLAIN = /[^\t\x20-\x7e]/;

/** As `U+202E`. */
export const codePoint = (c: string): string =>
  `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;

/** The first match of a pattern, as its code point. */
const first =
  (pattern: RegExp): Detector =>
  (line) => {
    const match = pattern.exec(line)?.[0];
    return match === undefined ? null : codePoint(match);
  };

/** Blanks between two texts on a line: wider than any screen, which is how code is pushed out of it. */
const ASIDE_MIN = 200;
const ASIDE = new RegExp(`\\S[\\t ]{${ASIDE_MIN},}\\S`);

function pushedAside(line: string): string | null {
  if (line.length < ASIDE_MIN) return null;
  const match = ASIDE.exec(line);
  return match === null ? null : `${match[0].length - 2} blanks`;
}

const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const OVERRIDE = /[\u202d\u202e]/u;
const EMBEDDING = /[\u202a\u202b\u2066-\u2068]/u;
const MARK = /[\u200e\u200f\u061c]/u;
/** What a text in another direction would have no use for, and code that is to look displaced would. */
const CODE = /["'`;{}()[\]<>=/\\*#]/;

/**
 * Overrides always; embeddings and isolates unless they are closed on their line, hold letters that
 * are written from right to left, and hold nothing that code is made of. Marks are ordinary beside
 * such letters and without purpose elsewhere.
 */
function bidi(line: string): string | null {
  const override = OVERRIDE.exec(line)?.[0];
  if (override !== undefined) return codePoint(override);
  const opened: number[] = [];
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? "";
    if (EMBEDDING.test(c)) opened.push(i);
    else if (c === "\u202c" || c === "\u2069") {
      const start = opened.pop();
      // A close without an open hides nothing by itself, but nobody writes one either.
      if (start === undefined) return codePoint(c);
      const inside = line.slice(start + 1, i);
      if (CODE.test(inside) || !RIGHT_TO_LEFT.test(line)) return codePoint(line[start] ?? "");
    }
  }
  const open = opened[0];
  if (open !== undefined) return codePoint(line[open] ?? "");
  return RIGHT_TO_LEFT.test(line) ? null : first(MARK)(line);
}

/** A flag of a region is a black flag with tag letters and the cancel tag; nothing else uses them. */
const REGION_FLAG = /\u{1f3f4}[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}/gu;
const TAG = /[\u{e0000}-\u{e007f}]/u;
const tags: Detector = (line) => first(TAG)(line.replace(REGION_FLAG, ""));

/**
 * Scripts whose letters join, and so have a use for joiners: the zero-width (non-)joiner beside one
 * of them is spelling. Beside a letter of ours it only makes two equal words differ.
 */
const JOINING =
  "\\p{Script=Arabic}\\p{Script=Syriac}\\p{Script=Mongolian}\\p{Script=Devanagari}\\p{Script=Bengali}\\p{Script=Gurmukhi}\\p{Script=Gujarati}\\p{Script=Oriya}\\p{Script=Tamil}\\p{Script=Telugu}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Sinhala}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Balinese}\\p{Script=Javanese}\\p{M}";
const EMOJI = "\\p{Extended_Pictographic}\\ufe0f\\u{1f3fb}-\\u{1f3ff}\\u{1f1e6}-\\u{1f1ff}";
const JOINER = new RegExp(`(?<![${JOINING}${EMOJI}])[\\u200c\\u200d]`, "u");
/** Scripts that are written without blanks mark where a line may break. */
const UNSPACED =
  "\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}\\p{Script=Tibetan}";
const BREAK = new RegExp(`(?<![${UNSPACED}\\p{M}])\\u200b|\\u200b(?![${UNSPACED}]|$)`, "u");
// biome-ignore lint/suspicious/noMisleadingCharacterClass: the class lists single code points on purpose
const NEVER_SEEN = /[\u2060-\u2064\ufeff\u115f\u1160\u3164\uffa0\u034f\u17b4\u17b5\ufff9-\ufffb]/u;
/** A soft hyphen in running text is typography; between letters of a name it splits the name. */
const SPLIT_NAME = /(?<=[A-Za-z0-9_$])\u00ad(?=[A-Za-z0-9_$])/u;
const MONGOLIAN_SEPARATOR = /(?<!\p{Script=Mongolian})\u180e/u;

function zeroWidth(line: string): string | null {
  for (const pattern of [JOINER, BREAK, NEVER_SEEN, SPLIT_NAME, MONGOLIAN_SEPARATOR]) {
    const match = pattern.exec(line)?.[0];
    if (match !== undefined) return codePoint(match);
  }
  return null;
}

/**
 * A selector picks a form of the character before it: of an ideograph, a symbol or an emoji. Rows of
 * them, or one behind an ordinary letter, carry bytes that nobody sees.
 */
const SELECTOR_ROW = /[\ufe00-\ufe0f\u{e0100}-\u{e01ef}]{2}/u;
const SELECTOR_ASTRAY =
  /(?<!\p{Script=Han})[\u{e0100}-\u{e01ef}]|(?<![\p{S}\p{Script=Han}\p{Script=Myanmar}\p{Script=Mongolian}\p{Script=Phags_Pa}\p{Emoji}\p{P}\p{Script=Hiragana}\p{Script=Katakana}\u2000-\u2bff])[\ufe00-\ufe0f]/u;

const selectors: Detector = (line) => first(SELECTOR_ROW)(line) ?? first(SELECTOR_ASTRAY)(line);

/** Not tab, form feed or line end; nor escape, which has a kind of its own. */
const CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  /[^\P{Cc}\t\n\f\r\x1b\x85\x9b]|[\u2028\u2029]/u;
/** Sequences that a terminal obeys, and a carriage return that makes it write over the line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const TERMINAL = /[\u001b\u009b]|\r(?!$)/u;

/**
 * Letters of Cyrillic, Greek, Armenian and Cherokee that are drawn like Latin ones in ordinary fonts
 * (Unicode confusables). Small Greek letters of formulas (alpha, nu, rho) are told apart by readers
 * of code and are left out; the omicron is not.
 */
const LOOKALIKES =
  "\\u0430\\u0435\\u043e\\u0440\\u0441\\u0443\\u0445\\u0456\\u0455\\u0458\\u0501\\u051b\\u051d\\u04bb\\u04cf\\u0475\\u0410\\u0412\\u0415\\u041a\\u041c\\u041d\\u041e\\u0420\\u0421\\u0422\\u0425\\u0405\\u0406\\u0408\\u04c0\\u04ae\\u03bf\\u0391\\u0392\\u0395\\u0396\\u0397\\u0399\\u039a\\u039c\\u039d\\u039f\\u03a1\\u03a4\\u03a5\\u03a7\\u03f2\\u03f3\\u0585\\u0578\\u057d\\u0570\\u13a0\\u13a1\\u13a2\\u13ac\\u13d9\\u13da\\u13de\\u13df\\u13e2";
const WORD = /[\p{L}\p{N}_$]{2,200}/gu;
const MIXED = new RegExp(`^(?=.*[A-Za-z])(?=.*[${LOOKALIKES}])[A-Za-z0-9_$${LOOKALIKES}]+$`, "u");

/** A word of Latin letters in which some are not, so that it looks like another word. */
function homoglyph(line: string): string | null {
  for (const [word] of line.matchAll(WORD)) if (MIXED.test(word)) return word;
  return null;
}

const DETECTORS: readonly (readonly [HiddenKind, Detector])[] = [
  ["bidi", bidi],
  ["tag-characters", tags],
  ["zero-width", zeroWidth],
  ["variation-selectors", selectors],
  ["control", first(CONTROL)],
  ["terminal-escape", first(TERMINAL)],
  ["homoglyph", homoglyph],
];
