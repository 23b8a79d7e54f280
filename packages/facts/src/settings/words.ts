// SPDX-License-Identifier: Apache-2.0
/** Lower-case words of a key or pointer: `maxUnavailable_pct` gives max, unavailable, pct. */
export function wordsOf(text: string): readonly string[] {
  return text
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((w) => w !== "");
}
