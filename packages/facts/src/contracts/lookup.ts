// SPDX-License-Identifier: Apache-2.0
/** Values that stand elsewhere and to which a contract refers. */
import type { Bound, Contract, Place } from "../catalog/contract.ts";
import type { Node } from "../config/types.ts";
import { quantityOf } from "../settings/quantity.ts";
import type { Doubt } from "./breach.ts";
import { childrenOf, type Found, select } from "./pointer.ts";
import { type Files, type Side, statesAt } from "./state.ts";

/** Documents of the other files that a contract names, on one side of the change. */
export type Elsewhere = {
  readonly documents: ReadonlyMap<string, readonly Node[]>;
  readonly doubts: readonly Doubt[];
};

export function placesOf(contract: Contract): readonly Place[] {
  const bounds = [contract.min, contract.max].flatMap((b) =>
    b?.kind === "place" ? [b.place] : [],
  );
  return contract.existsIn === null ? bounds : [...bounds, contract.existsIn];
}

export async function elsewhereOf(
  contract: Contract,
  files: Files,
  side: Side,
): Promise<Elsewhere> {
  const documents = new Map<string, readonly Node[]>();
  const doubts: Doubt[] = [];
  for (const place of placesOf(contract)) {
    const { path, format } = place;
    if (path === null || documents.has(keyOf(place))) continue;
    const read = await statesAt(files, path, side, format);
    doubts.push(...read.doubts);
    const all: Node[] = [];
    for (const one of read.states) {
      if ("code" in one.documents)
        doubts.push({ ...one.documents, detail: `\`${one.path}\`: ${one.documents.detail}` });
      else all.push(...one.documents);
    }
    documents.set(keyOf(place), all);
  }
  return { documents, doubts };
}

const keyOf = ({ path, format }: Place): string => `${format ?? ""} ${path ?? ""}`;

/** How a place is called in a finding. */
export const placeText = ({ path, pointer }: Place): string =>
  `\`${path ?? "the same file"}\`${pointer === "" ? "" : ` at \`${pointer}\``}`;

/** Where a value is looked for: the other files, and the document that it stands in itself. */
export type Around = {
  readonly own: Node;
  readonly elsewhere: Elsewhere;
  /** What stood at a place, once it has been looked up. */
  readonly known: Map<Place, ReadonlySet<string>>;
};

/** Scalars, or keys, at a place; members of a list count each. */
export function valuesAt(place: Place, around: Around): ReadonlySet<string> {
  const known = around.known.get(place) ?? new Set(valuesNow(place, around));
  around.known.set(place, known);
  return known;
}

function valuesNow(place: Place, { own, elsewhere }: Around): readonly string[] {
  const roots = place.path === null ? [own] : (elsewhere.documents.get(keyOf(place)) ?? []);
  return roots
    .flatMap((root) => select(root, place.pointer).found)
    .flatMap((found) => (place.keys ? keysOf(found) : scalarsOf(found)));
}

const keysOf = ({ node }: Found): readonly string[] =>
  node.kind === "map" ? node.entries.map((e) => e.key) : [];

function scalarsOf(found: Found): readonly string[] {
  if (found.node.kind === "scalar") return [found.node.text];
  if (found.node.kind === "map") return [];
  return childrenOf(found).flatMap(({ node }) => (node.kind === "scalar" ? [node.text] : []));
}

export type Limit = { readonly unit: string; readonly micro: number; readonly text: string };

/** The number that a bound stands for: of several, the one that asks most. */
export function limitOf(bound: Bound, side: "min" | "max", around: Around): Limit | Doubt {
  if (bound.kind === "quantity") return bound;
  const numbers = [...valuesAt(bound.place, around)].flatMap((text): readonly Limit[] => {
    const quantity = quantityOf(text);
    return quantity === null ? [] : [{ ...quantity, text }];
  });
  const first = numbers[0];
  if (first === undefined || numbers.some((n) => n.unit !== first.unit))
    return {
      code: "no-limit",
      detail: `no one number stands in ${placeText(bound.place)}`,
      help: "mend the reference in the contract, or write the number there",
    };
  return numbers.reduce((a, b) =>
    (side === "max" ? b.micro < a.micro : b.micro > a.micro) ? b : a,
  );
}
