// SPDX-License-Identifier: Apache-2.0
// TextDecoder is in every browser and in Node, but in no type library that both have.
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean; readonly ignoreBOM: boolean },
) => { readonly decode: (bytes: Uint8Array) => string };

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of UTF-8 bytes, or `null` when they are no UTF-8. A byte order mark stays what it is. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return STRICT.decode(bytes);
  } catch {
    // The decoder's only failure is the one this function answers with `null`.
    return null;
  }
}

/** Whether a text has an ASCII control character other than a newline. */
export function hasControls(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 && unit !== 0x0a) return true;
  }
  return false;
}

/** Half a character has no UTF-8 form. */
export function hasLoneSurrogate(text: string): boolean {
  return /[\ud800-\udfff]/u.test(text);
}

// White_Space of Unicode (PropList.txt), which signed-note calls spaces.
const SPACE_OR_PLUS = /[+\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Whether a text can name a key: not empty, no Unicode space, no plus (signed-note). */
export function isKeyName(text: string): boolean {
  return text !== "" && !SPACE_OR_PLUS.test(text) && !hasControls(text) && !hasLoneSurrogate(text);
}
