// SPDX-License-Identifier: Apache-2.0
import type { World } from "../source.ts";
import { BACKUP } from "./backup.ts";
import { holdsOnlyDefinitions, mayHoldObjects, standing } from "./file.ts";
import { child, same } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { REFERENCED_KINDS } from "./reference.ts";
import { workloadOf } from "./workload.ts";

/** Folders that are looked into for one change, and files that are read in them. */
const FOLDERS_MAX = 60;
const FILES_MAX = 300;
const YAML = /\.(?:ya?ml|json)$/i;

export type Neighbours = {
  readonly objects: readonly KubeObject[];
  /** Texts of the files that were read. */
  readonly texts: readonly string[];
  /** Folders that were not read to the end. */
  readonly cut: readonly string[];
};

type Asked = {
  readonly changed: ReadonlySet<string>;
  /** Folders to look into whatever the pairs ask. */
  readonly folders: readonly string[];
};

/**
 * Objects in unchanged files beside the changed ones, read only where a question needs them: who
 * still selects, scales, guards or names what changes.
 */
export async function neighboursOf(
  pairs: readonly Pair[],
  { changed, folders: upgraded }: Asked,
  world: World,
): Promise<Neighbours> {
  const folders = [
    ...new Set([...pairs.filter(asksAround).map((pair) => folderOf(pair)), ...upgraded]),
  ].sort();
  // One gap for all folders beyond the limit.
  const cut = folders.slice(FOLDERS_MAX, FOLDERS_MAX + 1);
  const objects: KubeObject[] = [];
  const texts: string[] = [];
  const seen = new Set<string>(changed);
  for (const folder of folders.slice(0, FOLDERS_MAX)) {
    const listed = (await world.listAfter(folder)).filter((path) => YAML.test(path));
    const paths = listed.filter((path) => !seen.has(path) && isDirect(path, folder));
    if (paths.length > FILES_MAX) cut.push(folder);
    for (const path of paths.slice(0, FILES_MAX)) {
      seen.add(path);
      const text = await world.readAfter(path);
      if (text === null || !mayHoldObjects(text) || holdsOnlyDefinitions(text)) continue;
      texts.push(text);
      const side = standing(path, text);
      if (side.kind === "objects") objects.push(...side.objects);
    }
  }
  return { objects, texts, cut };
}

/** Same folder or one below: the layout of a kustomize base and of most plain manifests. */
function isDirect(path: string, folder: string): boolean {
  const rest = folder === "" ? path : path.slice(folder.length + 1);
  return rest.split("/").length <= 2;
}

function folderOf(pair: Pair): string {
  const { path } = pair.after ?? pair.before;
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function asksAround(pair: Pair): boolean {
  const { before, after } = pair;
  if (after === null) return REFERENCED_KINDS.has(before.kind) || ASKING.has(before.kind);
  if (before === null) return after.kind === "PodDisruptionBudget" || BACKUP.test(after.name);
  if (ASKING.has(after.kind)) return !same(child(before.root, "spec"), child(after.root, "spec"));
  const [old, now] = [workloadOf(before), workloadOf(after)];
  if (old === null || now === null) return false;
  return old.replicas !== now.replicas || labels(old.labels) !== labels(now.labels);
}

const ASKING = new Set(["Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"]);

const labels = (map: ReadonlyMap<string, string>): string => JSON.stringify([...map].sort());
