// SPDX-License-Identifier: Apache-2.0

/** An address or prefix in a text; `*` in place of the address matches like a length of 0. */
const PREFIX =
  /(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}(?:\/\d{1,3}(?!\d))?|\*\/\d{1,3}(?!\d)|(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}(?:\/\d{1,3}(?!\d))?)(?!\.?\d)(?![\w.:]*:)/gi;

export type Prefix = { readonly text: string; readonly length: number; readonly bits: 32 | 128 };

/** The addresses and prefixes of a line, in order. */
export function prefixesIn(line: string): readonly Prefix[] {
  return [...line.slice(0, 2_000).matchAll(PREFIX)]
    .map(([text]) => prefixOf(text))
    .filter((one) => one !== null);
}

/** Reads one address or prefix; `null` for a text that is none. */
export function prefixOf(text: string): Prefix | null {
  const [address = "", length] = text.split("/");
  const bits = address.includes(":") ? 128 : 32;
  if (address !== "*" && bits === 32 && !/^(?:\d{1,3}\.){3}\d{1,3}$/.test(address)) return null;
  if (address !== "*" && bits === 32 && address.split(".").some((part) => Number(part) > 255))
    return null;
  if (bits === 128 && !/^[0-9a-f:]+$/i.test(address)) return null;
  const size = length === undefined ? bits : Number(length);
  return Number.isInteger(size) && size <= bits ? { text, length: size, bits } : null;
}

/** A prefix that holds every address, however it is written. */
export function isEverything(text: string): boolean {
  return /^(?:any[46]?|all|everyone|0\.0\.0\.0\/0|::\/0|0\/0|\*\/0|\*|0\.0\.0\.0 0\.0\.0\.0)$/i.test(
    text.trim(),
  );
}

/** The line with addresses, numbers and white space made alike, so that two versions of it can be matched. */
export function skeletonOf(line: string): string {
  return line
    .replace(PREFIX, "#")
    .replace(/\b\d+\b/g, "#")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
}
