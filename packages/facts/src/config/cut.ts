// SPDX-License-Identifier: Apache-2.0

/** Cuts a text at a length in UTF-16 units, never through a surrogate pair. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}

/**
 * Half a character becomes its escape, `\ud800`. No digest accepts lone surrogates; a replacement
 * character would hide a change from one to another.
 */
export function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  return text.replace(
    /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g,
    (half) => `\\u${half.charCodeAt(0).toString(16)}`,
  );
}
