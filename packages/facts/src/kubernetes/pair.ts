// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from "./object.ts";

/** One object on both sides of the change. At least one side is there. */
export type Pair =
  | { readonly before: KubeObject; readonly after: KubeObject }
  | { readonly before: null; readonly after: KubeObject }
  | { readonly before: KubeObject; readonly after: null };

/** The objects of one changed file; `oldPath` differs from `path` for a renamed file. */
export type FileObjects = {
  readonly path: string;
  readonly before: readonly KubeObject[];
  readonly after: readonly KubeObject[];
};

/**
 * Pairs objects by kind, namespace and name: first inside each file (environments often repeat the
 * same object file by file), then over all files, so that a move between files is no removal.
 * API versions are left out: an object keeps its identity when its version moves on.
 */
export function pairObjects(files: readonly FileObjects[]): readonly Pair[] {
  const pairs: Pair[] = [];
  const lost: KubeObject[] = [];
  const fresh: KubeObject[] = [];
  for (const file of files) {
    const rest = match(file.before, file.after, pairs);
    lost.push(...rest.lost);
    fresh.push(...rest.fresh);
  }
  const rest = match(lost, fresh, pairs);
  for (const before of rest.lost) pairs.push({ before, after: null });
  for (const after of rest.fresh) pairs.push({ before: null, after });
  return pairs;
}

function match(
  before: readonly KubeObject[],
  after: readonly KubeObject[],
  pairs: Pair[],
): { readonly lost: readonly KubeObject[]; readonly fresh: readonly KubeObject[] } {
  const waiting = new Map<string, KubeObject[]>();
  for (const object of before) {
    const queue = waiting.get(object.id);
    if (queue === undefined) waiting.set(object.id, [object]);
    else queue.push(object);
  }
  const fresh: KubeObject[] = [];
  for (const object of after) {
    const partner = waiting.get(object.id)?.shift();
    if (partner === undefined) fresh.push(object);
    else pairs.push({ before: partner, after: object });
  }
  return { lost: [...waiting.values()].flat(), fresh };
}

/** The side that stands after the change, or the one that went away. */
export function present(pair: Pair): KubeObject {
  return pair.after ?? pair.before;
}
