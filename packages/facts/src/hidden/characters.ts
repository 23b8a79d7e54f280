// SPDX-License-Identifier: Apache-2.0
/**
 * Characters that make a reviewer see something else than a machine reads (CVE-2021-42574,
 * CVE-2021-42694; Unicode Technical Standard 39).
 */
export type HiddenKind = "bidi" | "zero-width" | "tag-characters" | "control" | "homoglyph";

export type Hidden = { readonly kind: HiddenKind; readonly detail: string };

const BIDI = /[\u202A-\u202E\u2066-\u2069]/u;
const TAGS = /[\u{E0000}-\u{E007F}]/u;
/** Control characters but for tab, line ends, form feed, escape and next line. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROL = /[^\P{Cc}\t\n\f\r\x1B\x85]/u;
/** Joiners are ordinary between letters of scripts that need them and inside emoji; elsewhere they hide. */
const ZERO_WIDTH =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: the class lists single code points on purpose
  /[\u200B\u2060-\u2064\uFEFF\u180E]|(?<![\p{Extended_Pictographic}\uFE0F\p{Script=Arabic}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Tamil}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Kannada}\p{Script=Telugu}\u{1F3FB}-\u{1F3FF}])[\u200C\u200D]/u;
/** A flag of a region is an emoji followed by tag characters that end in the cancel tag. */
const REGION_FLAG = /\u{1F3F4}[\u{E0061}-\u{E007A}]{2,6}\u{E007F}/gu;

/** Latin letters beside Cyrillic or Greek look-alikes inside one word. */
const WORD = /[\p{L}\p{N}_$]{2,80}/gu;
const LOOKALIKE =
  /[\u0430\u0435\u043E\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u0501\u051B\u051D\u0410\u0412\u0415\u041A\u041C\u041D\u041E\u0420\u0421\u0422\u0425\u0405\u0406\u0408\u03BF\u03B1\u03BD\u03C1\u0391\u0392\u0395\u0396\u0397\u0399\u039A\u039C\u039D\u039F\u03A1\u03A4\u03A5\u03A7]/u;

/** What a line hides; empty for ordinary text of any language. */
export function hiddenIn(line: string): readonly Hidden[] {
  // The common case costs one look: plain ASCII hides nothing but control characters.
  if (!/[^\t\x20-\x7E]/.test(line)) return [];
  const found: Hidden[] = [];
  const bare = line.replace(REGION_FLAG, "");
  if (BIDI.test(bare)) found.push({ kind: "bidi", detail: codePoint(BIDI.exec(bare)?.[0]) });
  if (TAGS.test(bare))
    found.push({ kind: "tag-characters", detail: codePoint(TAGS.exec(bare)?.[0]) });
  if (ZERO_WIDTH.test(bare))
    found.push({ kind: "zero-width", detail: codePoint(ZERO_WIDTH.exec(bare)?.[0]) });
  if (CONTROL.test(bare.replace(/\r$/, "")))
    found.push({ kind: "control", detail: codePoint(CONTROL.exec(bare)?.[0]) });
  for (const [word] of bare.matchAll(WORD))
    if (
      LOOKALIKE.test(word) &&
      /[A-Za-z]/.test(word) &&
      [...word].every((c) => /[A-Za-z0-9_$]/.test(c) || LOOKALIKE.test(c))
    ) {
      found.push({ kind: "homoglyph", detail: word });
      break;
    }
  return found;
}

const codePoint = (c: string | undefined): string =>
  c === undefined ? "" : `U+${(c.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
