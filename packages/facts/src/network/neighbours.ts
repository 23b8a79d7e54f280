// SPDX-License-Identifier: Apache-2.0
/** Sessions of a router with others, and whether what they announce is filtered (RFC 8212). */
type Neighbour = {
  readonly line: number;
  readonly remote: string;
  readonly filtered: boolean;
  /** Its settings come from a group, which may filter. */
  readonly grouped: boolean;
};

const ROW =
  /^\s*neighbor\s+(\S{1,60})\s+(remote-as|peer-group|inherit|use|route-map|prefix-list|filter-list|distribute-list)\s+(\S{1,100})(?:\s+(in|out))?\b/i;

function neighboursIn(text: string): {
  readonly own: string;
  readonly all: ReadonlyMap<string, Neighbour>;
} {
  const all = new Map<string, Neighbour>();
  let own = "";
  for (const [at, row] of text.split("\n").entries()) {
    own = /^\s*router bgp (\S+)/i.exec(row)?.[1] ?? own;
    const [, name = "", word = "", value = "", way = ""] = ROW.exec(row.slice(0, 400)) ?? [];
    if (name === "") continue;
    const known = all.get(name) ?? { line: at + 1, remote: "", filtered: false, grouped: false };
    const kind = word.toLowerCase();
    if (kind === "remote-as") all.set(name, { ...known, line: at + 1, remote: value });
    else if (/^(?:peer-group|inherit|use)$/.test(kind)) all.set(name, { ...known, grouped: true });
    else all.set(name, { ...known, filtered: known.filtered || way.toLowerCase() === "in" });
  }
  return { own, all };
}

export type Unfiltered = { readonly name: string; readonly line: number; readonly remote: string };

/** New sessions with other networks that take whatever they are told, where the others are filtered. */
export function unfilteredNeighbours(before: string, after: string): readonly Unfiltered[] {
  if (!/neighbor\s/i.test(after)) return [];
  const old = neighboursIn(before).all;
  const { own, all } = neighboursIn(after);
  const isUsual = [...all.values()].some((one) => one.filtered);
  if (!isUsual) return [];
  return [...all].flatMap(([name, one]) =>
    old.has(name) || one.remote === "" || one.remote === own || one.filtered || one.grouped
      ? []
      : [{ name, line: one.line, remote: one.remote }],
  );
}
