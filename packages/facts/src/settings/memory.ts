// SPDX-License-Identifier: Apache-2.0

/** Results kept at once; beyond it all are forgotten, so that a history cannot fill the memory. */
const REMEMBERED_MAX = 50_000;
/** Longer texts seldom come twice. */
const TEXT_MAX = 400;

/** The same function of a text, that remembers recent results: pointers and values repeat a lot. */
export function remembered<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    if (text.length > TEXT_MAX) return compute(text);
    const found = known.get(text);
    if (found !== undefined) return found;
    const made = compute(text);
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(text, made);
    return made;
  };
}
