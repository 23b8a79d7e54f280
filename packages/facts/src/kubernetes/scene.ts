// SPDX-License-Identifier: Apache-2.0
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { type Workload, workloadOf } from "./workload.ts";

/** What one change does to the objects it touches, and what stands around them afterwards. */
export type Scene = {
  readonly pairs: readonly Pair[];
  /** Objects after the change in the changed files and, where a question needs it, beside them. */
  readonly around: readonly KubeObject[];
  readonly workloads: readonly Workload[];
  /** `around` is everything there is beside the change, not a part of it. */
  readonly complete: boolean;
};

export function sceneOf(
  pairs: readonly Pair[],
  beside: readonly KubeObject[],
  complete: boolean,
): Scene {
  const after = pairs.flatMap((pair) => (pair.after === null ? [] : [pair.after]));
  const around = [...after, ...beside];
  const workloads = around.flatMap((object) => workloadOf(object) ?? []);
  return { pairs, around, workloads, complete };
}

/** Objects without a namespace may land in any, so they may meet everybody. */
export function mayMeet(a: KubeObject, b: KubeObject): boolean {
  return a.namespace === "" || b.namespace === "" || a.namespace === b.namespace;
}
