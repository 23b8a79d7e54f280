// SPDX-License-Identifier: Apache-2.0
/**
 * Whether an object is what was approved: all that was approved stands in it as it was approved, and
 * everything else is what the API server writes by itself.
 */
import type { Json } from "@interlock/digest";
import { isBelow, type Path } from "./pointer.ts";
import { sameQuantity } from "./quantity.ts";
import { type Around, isList, isMap, type JsonMap, own, type Shape, sameJson } from "./shape.ts";

/** `missing`: approved and not there; `extra`: there and neither approved nor explained. */
export type Finding = {
  readonly path: Path;
  readonly kind: "missing" | "different" | "extra" | "order";
  readonly approved: Json | undefined;
  readonly held: Json | undefined;
};

export type Containing = {
  readonly approved: JsonMap;
  readonly held: JsonMap;
  readonly shape: Shape;
  /** Whether the kind is the API server's own; of others nothing is left out or taken for the same. */
  readonly known: boolean;
  /** Paths that others may write. */
  readonly declared: readonly Path[];
};

/** INVARIANT (explained): every path of the held object is approved, or named by the shape or a declaration. */
export function differences(containing: Containing): readonly Finding[] {
  const { approved, held, shape, known, declared } = containing;
  const found: Finding[] = [];
  compare({ found, known, root: held }, { approved, held, shape, at: null, around: null });
  return found.filter(({ path }) => !declared.some((above) => isBelow(path, above)));
}

type Walk = { readonly found: Finding[]; readonly known: boolean; readonly root: JsonMap };

type Place = {
  readonly approved: Json | undefined;
  readonly held: Json | undefined;
  readonly shape: Shape;
  readonly at: Trail;
  readonly around: Around | null;
};

/** The way to a place, from its end: a path is made of it only where something is found. */
type Trail = { readonly above: Trail; readonly part: string } | null;

function pathOf(trail: Trail): Path {
  const path: string[] = [];
  for (let at = trail; at !== null; at = at.above) path.push(at.part);
  return path.reverse();
}

function find(walk: Walk, at: Trail, finding: Omit<Finding, "path">): void {
  walk.found.push({ path: pathOf(at), ...finding });
}

const NO_SHAPE: Shape = {};

function compare(walk: Walk, place: Place): void {
  const { approved, held, shape, at } = place;
  const says = nothingIf(walk, approved);
  const has = nothingIf(walk, held);
  if (says === undefined && has === undefined) return;
  if (says === undefined) {
    added(walk, place);
    return;
  }
  if (has === undefined) {
    // A zero that is left out where something else is the default does not mean the same.
    const left = shape.zero === true && shape.default === undefined && isZero(says);
    if (!left) find(walk, at, { kind: "missing", approved, held });
    return;
  }
  if (isMap(says) && isMap(has)) compareMaps(walk, { ...place, approved: says, held: has });
  else if (isList(says) && isList(has)) compareLists(walk, { ...place, says, has });
  else if (says !== has && !(shape.quantity === true && sameQuantity(says, has)))
    find(walk, at, { kind: "different", approved, held });
}

/** In known kinds `null` and empty lists are what is not there (Kubernetes API conventions). */
function nothingIf({ known }: Walk, value: Json | undefined): Json | undefined {
  return known && (value === null || (isList(value) && value.length === 0)) ? undefined : value;
}

const isZero = (value: Json): boolean =>
  value === false ||
  value === 0 ||
  value === "" ||
  (isMap(value) && Object.keys(value).length === 0);

type Maps = Place & { readonly approved: JsonMap; readonly held: JsonMap };

function compareMaps(walk: Walk, { approved, held, shape, at }: Maps): void {
  const around: Around = { approved, held, root: walk.root };
  const member = (name: string, says: Json | undefined, has: Json | undefined): void =>
    compare(walk, {
      approved: says,
      held: has,
      around,
      shape: memberOf(shape, name),
      at: { above: at, part: name },
    });
  for (const name of Object.keys(approved)) {
    const has = own(held, name);
    // Most members are the same text or number on both sides.
    if (approved[name] !== has) member(name, approved[name], has);
  }
  for (const name of Object.keys(held))
    if (!Object.hasOwn(approved, name)) member(name, undefined, held[name]);
}

const memberOf = ({ fields, values }: Shape, name: string): Shape =>
  (fields === undefined ? undefined : own(fields, name)) ?? values ?? NO_SHAPE;

/** What stands there though nothing was approved. */
function added(walk: Walk, place: Place): void {
  const { held, shape, at, around } = place;
  if (held === undefined || explains(walk, held, { shape, around })) return;
  if (shape.added !== undefined && isList(held)) {
    compareLists(walk, { ...place, says: [], has: held });
    return;
  }
  if (shape.made === true && isMap(held)) {
    const inner: Around = { approved: {}, held, root: walk.root };
    for (const [name, value] of Object.entries(held))
      added(walk, {
        ...{ approved: undefined, held: value, around: inner },
        ...{ shape: memberOf(shape, name), at: { above: at, part: name } },
      });
    return;
  }
  find(walk, at, { kind: "extra", approved: undefined, held });
}

type Explaining = { readonly shape: Shape; readonly around: Around | null };

function explains(walk: Walk, held: Json, { shape, around }: Explaining): boolean {
  if (nothingIf(walk, held) === undefined) return true;
  if (around === null) return false;
  if (shape.allocated?.(held, around) === true) return true;
  const value = typeof shape.default === "function" ? shape.default(around) : shape.default;
  if (value === undefined) return shape.zero === true && isZero(held);
  return sameJson(value, held) || (shape.quantity === true && sameQuantity(value, held));
}

type Lists = Place & { readonly says: readonly Json[]; readonly has: readonly Json[] };

function compareLists(walk: Walk, place: Lists): void {
  const { says, has, shape, at } = place;
  const approved = keyedItems(says, shape);
  const held = keyedItems(has, shape);
  if (approved !== null && held !== null) {
    compareKeyed(walk, { ...place, approved, held });
    return;
  }
  const each = shape.each ?? NO_SHAPE;
  if (says.length !== has.length) {
    find(walk, at, { kind: "different", approved: says, held: has });
    return;
  }
  const around: Around = { approved: {}, held: {}, root: walk.root };
  says.forEach((item, i) => {
    // An item is never nothing: the others would move up.
    const both = { approved: item, held: has[i] };
    const here = { above: at, part: String(i) };
    if (item === null || has[i] === null || isList(item) || isList(has[i])) {
      if (!sameJson(item, has[i] ?? null)) find(walk, here, { ...both, kind: "different" });
    } else compare(walk, { ...both, shape: each, at: here, around });
  });
}

type Keyed = ReadonlyMap<string, JsonMap>;
type KeyedPlace = Omit<Lists, "approved" | "held"> & {
  readonly approved: Keyed;
  readonly held: Keyed;
};

function compareKeyed(walk: Walk, { approved, held, shape, at, around }: KeyedPlace): void {
  const each = shape.each ?? NO_SHAPE;
  const parent = around ?? { approved: {}, held: {}, root: walk.root };
  for (const [key, item] of approved)
    compare(walk, {
      ...{ approved: item, held: held.get(key), shape: each, around: parent },
      at: { above: at, part: key },
    });
  for (const [key, item] of held) {
    if (approved.has(key) || shape.added?.(item, parent) === true) continue;
    find(walk, { above: at, part: key }, { kind: "extra", approved: undefined, held: item });
  }
  const order = [...held.keys()].filter((key) => approved.has(key));
  const wanted = [...approved.keys()].filter((key) => held.has(key));
  if (order.some((key, i) => key !== wanted[i]))
    find(walk, at, { kind: "order", approved: wanted, held: order });
}

/** Items by their keys in their order; `null` where two have one, or an item has none. */
function keyedItems(items: readonly Json[], { keys }: Shape): Keyed | null {
  if (keys === undefined) return null;
  const found = new Map<string, JsonMap>();
  const names = Object.keys(keys);
  for (const item of items) {
    if (!isMap(item)) return null;
    let key = "";
    for (const name of names) {
      const value = own(item, name) ?? keys[name];
      if (typeof value !== "string" && typeof value !== "number") return null;
      key += `${key === "" ? "{" : ","}${name}=${value}`;
    }
    key += "}";
    if (found.has(key)) return null;
    found.set(key, item);
  }
  return found;
}
