// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { imageTags } from "./images.ts";
import { child, itemsOf, lineOf, same, textOf, textsOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { count } from "./quantity.ts";
import { deltaOf, fieldDelta } from "./report.ts";

const LISTS = ["resources", "bases", "components", "helmCharts"] as const;
// Changing one of these gives every object another name or place: the old ones are pruned.
const TRANSFORMS = ["namespace", "namePrefix", "nameSuffix"] as const;

/** A kustomization file, not the Flux object of the same kind. */
export function isKustomization(object: KubeObject): boolean {
  const own = object.kind === "Kustomization" || object.kind === "Component";
  return own && !/toolkit\.fluxcd\.io/.test(object.apiVersion);
}

/** Images, replicas, resources and name transformers of a kustomization. */
export function kustomizationDeltas(pair: Pair, listed: ReadonlySet<string>): readonly Delta[] {
  if (pair.before === null || pair.after === null || !isKustomization(pair.after)) return [];
  const [old, now] = [pair.before.root, pair.after.root];
  return [
    ...imageDeltas(pair, old, now),
    ...replicaDeltas(pair, old, now),
    ...dropped(pair, listed),
    ...TRANSFORMS.flatMap((key) =>
      fieldDelta(pair, {
        aspect: "name-transform",
        key,
        before: child(old, key),
        after: child(now, key),
        line: lineOf(now, key),
      }),
    ),
    ...fieldDelta(pair, {
      aspect: "selector-labels",
      key: "commonLabels",
      before: child(old, "commonLabels"),
      after: child(now, "commonLabels"),
      line: lineOf(now, "commonLabels"),
    }),
  ];
}

function byName(list: Node | undefined): ReadonlyMap<string, Node> {
  return new Map(itemsOf(list).map((item) => [textOf(child(item, "name")), item]));
}

function imageDeltas(pair: Pair, old: Node, now: Node): readonly Delta[] {
  const before = byName(child(old, "images"));
  return [...byName(child(now, "images"))].flatMap(([name, image]) => {
    const was = before.get(name);
    if (same(was, image)) return [];
    const ref = (node: Node) => ({
      name: textOf(child(node, "newName")) || name,
      // Without a new tag the one of the base stands, which is not known here.
      tag: textOf(child(node, "newTag")) || "base",
      digest: textOf(child(node, "digest")),
    });
    const spell = (node: Node | undefined) => {
      if (node === undefined) return "";
      const { name: image, tag, digest } = ref(node);
      return digest === "" ? `${image}:${tag}` : `${image}@${digest}`;
    };
    return fieldDelta(pair, {
      aspect: "image",
      key: "newTag",
      before: was,
      after: image,
      line: lineOf(image, "newTag"),
      part: name,
      says: { before: spell(was), after: spell(image) },
      tags: imageTags(was === undefined ? null : ref(was), ref(image)),
    });
  });
}

function replicaDeltas(pair: Pair, old: Node, now: Node): readonly Delta[] {
  const before = byName(child(old, "replicas"));
  return [...byName(child(now, "replicas"))].flatMap(([name, item]) =>
    fieldDelta(pair, {
      aspect: "replicas",
      key: "count",
      before: child(before.get(name), "count"),
      after: child(item, "count"),
      part: name,
      measure: count,
    }),
  );
}

/** Entries that this file no longer lists and no other changed file does: their objects go. */
function dropped(pair: Pair, listed: ReadonlySet<string>): readonly Delta[] {
  const { before, after } = pair;
  if (before === null || after === null) return [];
  const folder = before.path.split("/").slice(0, -1);
  return LISTS.flatMap((key) => {
    const kept = new Set(textsOf(child(after.root, key)));
    return textsOf(child(before.root, key))
      .filter((entry) => entry !== "" && !kept.has(entry) && !listed.has(resolve(folder, entry)))
      .map((entry) => ({
        ...deltaOf(pair, {
          aspect: "resource-dropped",
          key,
          op: "removed",
          line: lineOf(after.root, key),
          says: { before: entry, after: "" },
          tags: kept.size === 0 ? ["last"] : [],
        }),
        beforeCount: textsOf(child(before.root, key)).length,
        afterCount: kept.size,
        removedCount: 1,
      }));
  });
}

/** What kustomizations list after the change, as paths from the root of the repository. */
export function listedAfter(pairs: readonly Pair[]): ReadonlySet<string> {
  const listed = new Set<string>();
  for (const { after } of pairs) {
    if (after === null || !isKustomization(after)) continue;
    const folder = after.path.split("/").slice(0, -1);
    for (const key of LISTS) {
      for (const entry of textsOf(child(after.root, key))) listed.add(resolve(folder, entry));
    }
  }
  return listed;
}

function resolve(folder: readonly string[], entry: string): string {
  if (/^[a-z+]+:\/\//.test(entry)) return entry;
  const path = [...folder];
  for (const part of entry.split("/")) {
    if (part === "..") path.pop();
    else if (part !== "." && part !== "") path.push(part);
  }
  return path.join("/");
}
