// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { child, lineOf, textOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { countOrShare } from "./quantity.ts";
import { deltaOf } from "./report.ts";
import { mayMeet, type Scene } from "./scene.ts";
import { matches, selectorOf, type Workload, workloadOf } from "./workload.ts";

const WHOLE_PPM = 1_000_000_000_000;
const BUDGET = "PodDisruptionBudget";

/** Disruption budgets that go away, or that from now on never let a node be drained. */
export function disruptionDeltas(scene: Scene): readonly Delta[] {
  return [...removedBudgets(scene), ...impossibleBudgets(scene)];
}

function removedBudgets(scene: Scene): readonly Delta[] {
  return scene.pairs.flatMap((pair) => {
    if (pair.after !== null || pair.before.kind !== BUDGET) return [];
    const guarded = guardedBy(pair.before, scene.workloads);
    // Another budget for the same pods is a rename.
    const covered = scene.around.some(
      (other) =>
        other.kind === BUDGET &&
        guarded.some((workload) => guardedBy(other, [workload]).length > 0),
    );
    if (guarded.length === 0 || covered) return [];
    return [
      deltaOf(pair, {
        aspect: "pdb-removed",
        key: "kind",
        op: "removed",
        says: { before: BUDGET, after: guarded[0]?.object.id ?? "" },
        tags: guarded.some((w) => (w.replicas ?? 1) > 1) ? ["replicated"] : [],
      }),
    ];
  });
}

function guardedBy(budget: KubeObject, workloads: readonly Workload[]): readonly Workload[] {
  const selector = selectorOf(child(child(budget.root, "spec"), "selector"));
  if (selector === null) return [];
  return workloads.filter((w) => mayMeet(budget, w.object) && matches(selector, w.labels));
}

function impossibleBudgets(scene: Scene): readonly Delta[] {
  const pairOf = new Map<KubeObject, Pair>();
  for (const pair of scene.pairs) if (pair.after !== null) pairOf.set(pair.after, pair);
  return scene.around.flatMap((budget) => {
    if (budget.kind !== BUDGET) return [];
    return guardedBy(budget, scene.workloads).flatMap((workload) => {
      const own = pairOf.get(budget);
      const theirs = pairOf.get(workload.object);
      if (own === undefined && theirs === undefined) return [];
      if (!blocksEveryDrain(budget, workload)) return [];
      const pairs = { own, theirs };
      if (wasImpossible(pairs, budget, workload)) return [];
      return [impossibleDelta(pairs, budget, workload)];
    });
  });
}

type Touched = { readonly own: Pair | undefined; readonly theirs: Pair | undefined };

function wasImpossible(pairs: Touched, budget: KubeObject, workload: Workload): boolean {
  const oldBudget = pairs.own === undefined ? budget : pairs.own.before;
  const oldObject = pairs.theirs === undefined ? workload.object : pairs.theirs.before;
  const oldWorkload = oldObject === null ? null : workloadOf(oldObject);
  return oldBudget !== null && oldWorkload !== null && blocksEveryDrain(oldBudget, oldWorkload);
}

function blocksEveryDrain(budget: KubeObject, workload: Workload): boolean {
  const spec = child(budget.root, "spec");
  const least = countOrShare(textOf(child(spec, "minAvailable")));
  const away = countOrShare(textOf(child(spec, "maxUnavailable")));
  if (away !== null) return away.micro === 0;
  if (least === null) return false;
  if (least.unit === "ppm") return least.micro >= WHOLE_PPM;
  return workload.replicas !== null && least.micro >= workload.replicas * 1_000_000;
}

function impossibleDelta(pairs: Touched, budget: KubeObject, workload: Workload): Delta {
  const spec = child(budget.root, "spec");
  const key = child(spec, "minAvailable") === undefined ? "maxUnavailable" : "minAvailable";
  const value = child(spec, key);
  // The finding belongs where the author can see it: in the budget if the change touches it.
  const pair = pairs.own ?? pairs.theirs ?? { before: null, after: budget };
  const line =
    pairs.own === undefined
      ? lineOf(child(workload.object.root, "spec"), "replicas")
      : (value?.line ?? budget.line);
  const found = deltaOf(pair, {
    aspect: "pdb-min-available",
    key,
    op: pairs.own?.before === null ? "added" : "changed",
    line,
    says: {
      before: `${workload.object.id} with ${workload.replicas ?? "unknown"} replicas`,
      after: textOf(value),
    },
    tags: ["impossible"],
  });
  return { ...found, subject: budget.id };
}
