// SPDX-License-Identifier: Apache-2.0
import type { Node } from "../config/types.ts";
import { child, eachMap, isFalse, keysOf, textOf } from "../kubernetes/node.ts";
import { folderOf, type Resource } from "./resource.ts";

/**
 * How both sides belong together: at the same place, by a `moved` block, by an equal address in
 * another folder (a state move, or a new resource), or not at all; `kept` leaves the state by a
 * `removed` block and is not destroyed.
 */
export type Bond = "same" | "moved" | "folder" | "kept" | "none";

/** One resource on both sides. At least one side is there. */
export type ResourcePair =
  | { readonly before: Resource; readonly after: Resource; readonly bond: Bond }
  | { readonly before: null; readonly after: Resource; readonly bond: "none" }
  | { readonly before: Resource; readonly after: null; readonly bond: Bond };

export type Declared = {
  readonly before: readonly Resource[];
  readonly after: readonly Resource[];
  /** The whole trees after the change, for `moved` and `removed` blocks. */
  readonly trees: readonly { readonly path: string; readonly root: Node }[];
};

/** Pairs resources by folder and address, then by `moved` blocks, then by address in another folder. */
export function pairResources(declared: Declared): readonly ResourcePair[] {
  const pairs: ResourcePair[] = [];
  const fresh: Fresh = new Map();
  for (const after of declared.after) {
    const queue = fresh.get(placeOf(after));
    if (queue === undefined) fresh.set(placeOf(after), [after]);
    else queue.push(after);
  }
  const lost: Resource[] = [];
  for (const before of declared.before) {
    const after = fresh.get(placeOf(before))?.shift();
    if (after === undefined) lost.push(before);
    else pairs.push({ before, after, bond: "same" });
  }
  const moves = movesOf(declared);
  for (const before of lost) pairs.push(withoutPartner(before, fresh, moves));
  for (const after of [...fresh.values()].flat()) pairs.push({ before: null, after, bond: "none" });
  return pairs;
}

/** What the new side declares and nothing has claimed yet; an address may stand twice (providers). */
type Fresh = Map<string, Resource[]>;

export const placeOf = (resource: Resource): string =>
  `${folderOf(resource.path)}\0${resource.address}`;

function withoutPartner(before: Resource, fresh: Fresh, moves: Moves): ResourcePair {
  const place = placeOf(before);
  const target = moves.to.get(place);
  const renamed =
    target === undefined ? undefined : fresh.get(`${folderOf(before.path)}\0${target}`)?.shift();
  if (renamed !== undefined) return { before, after: renamed, bond: "moved" };
  if (target !== undefined || moves.kept.has(place)) return { before, after: null, bond: "kept" };
  // A provider or a backend belongs to its folder.
  const movable = before.kind === "resource" || before.kind === "module";
  const elsewhere = movable
    ? [...fresh.values()].find((queue) => queue[0]?.address === before.address)
    : undefined;
  const after = elsewhere?.shift();
  return after === undefined
    ? { before, after: null, bond: "none" }
    : { before, after, bond: "folder" };
}

type Moves = {
  readonly to: ReadonlyMap<string, string>;
  /** Addresses that leave the state without being destroyed. */
  readonly kept: ReadonlySet<string>;
};

// https://developer.hashicorp.com/terraform/language/modules/develop/refactoring
export function movesOf({ trees }: Declared): Moves {
  const to = new Map<string, string>();
  const kept = new Set<string>();
  for (const { path, root } of trees) {
    if (!keysOf(root).some((key) => key === "moved" || key === "removed")) continue;
    const folder = folderOf(path);
    eachMap(root, (map, keys) => {
      const [key] = keys.slice(-1);
      const from = addressIn(child(map, "from"));
      if (key === "moved" && from !== "") to.set(`${folder}\0${from}`, addressIn(child(map, "to")));
      const destroy = child(child(map, "lifecycle"), "destroy");
      if (key === "removed" && isFalse(destroy)) kept.add(`${folder}\0${from}`);
    });
  }
  return { to, kept };
}

/** `${aws_s3_bucket.logs["a"]}` speaks of `aws_s3_bucket.logs`. */
function addressIn(node: Node | undefined): string {
  return textOf(node)
    .slice(0, 1_000)
    .replace(/^\$\{|\}$/g, "")
    .replace(/\[[^\]]*\]/g, "");
}
