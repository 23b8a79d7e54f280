// SPDX-License-Identifier: Apache-2.0
import { codePoint, hiddenIn } from "./characters.ts";

/** A stretch of a line: `hidden` is what to show in the place of characters that nobody would see. */
export type Piece = { readonly text: string; readonly hidden: string | null };

/**
 * Controls, marks of direction, characters without a width, selectors, fillers and tags: none of them
 * shows, and some of them move what does. A tab is seen; a line end is not part of a line.
 */
const UNSEEN = /[^\P{Cc}\t]|[\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;
const LATIN_WORD = /[A-Za-z0-9_$]/;
const WORD = /[\p{L}\p{N}_$]{2,200}/gu;

/**
 * A line in pieces that can be shown as they are, and pieces that must be spelled out (`U+202E`): every
 * character that nobody sees, wanted or not, and of a word that `hiddenIn` calls a look-alike each
 * letter that is not Latin. The texts of all pieces together are the line, to the last character.
 */
export function piecesOf(line: string): readonly Piece[] {
  const foreign = foreignLetters(line);
  if (foreign.size === 0 && !UNSEEN.test(line))
    return line === "" ? [] : [{ text: line, hidden: null }];
  const pieces: Piece[] = [];
  let plain = "";
  let at = 0;
  for (const c of line) {
    if (UNSEEN.test(c) || foreign.has(at)) {
      if (plain !== "") pieces.push({ text: plain, hidden: null });
      plain = "";
      pieces.push({ text: c, hidden: codePoint(c) });
    } else plain += c;
    at += c.length;
  }
  if (plain !== "") pieces.push({ text: plain, hidden: null });
  return pieces;
}

/** Where letters of another script stand in a word that looks Latin. */
function foreignLetters(line: string): ReadonlySet<number> {
  const found = new Set<number>();
  if (!hiddenIn(line).some(({ kind }) => kind === "homoglyph")) return found;
  for (const match of line.matchAll(WORD)) {
    const [word] = match;
    if (!hiddenIn(word).some(({ kind }) => kind === "homoglyph")) continue;
    for (let i = 0; i < word.length; i++)
      if (!LATIN_WORD.test(word[i] ?? "")) found.add(match.index + i);
  }
  return found;
}
