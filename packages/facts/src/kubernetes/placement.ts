// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { at, child, isTrue, lineOf, preview, sizeOf, textOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { count } from "./quantity.ts";
import { deltaOf, fieldDelta } from "./report.ts";
import { spreadOf } from "./served.ts";
import { workloadOf } from "./workload.ts";

/** Where pods may run, whose network they share, and who is evicted for whom. */
export function placementDeltas(pair: Pair): readonly Delta[] {
  if (pair.after === null) return [];
  if (pair.after.kind === "PriorityClass") return priorityDeltas(pair, pair.after);
  return [
    ...hostNetwork(pair, pair.after),
    ...nodeSelector(pair, pair.after),
    ...spread(pair, pair.after),
  ];
}

function spread(pair: Pair, object: KubeObject): readonly Delta[] {
  const podSpec = workloadOf(object)?.podSpec;
  const had = pair.before === null ? undefined : spreadOf(workloadOf(pair.before)?.podSpec);
  if (podSpec === undefined || sizeOf(had) === 0 || sizeOf(spreadOf(podSpec)) > 0) return [];
  return [
    deltaOf(pair, {
      aspect: "spread-removed",
      key: "podAntiAffinity",
      op: "removed",
      before: had,
      line: lineOf(podSpec, "containers"),
      says: { before: preview(had), after: "" },
    }),
  ];
}

function hostNetwork(pair: Pair, object: KubeObject): readonly Delta[] {
  const read = (of: KubeObject | null) =>
    child(of === null ? undefined : workloadOf(of)?.podSpec, "hostNetwork");
  const [before, after] = [read(pair.before), read(object)];
  if (!isTrue(after) || isTrue(before)) return [];
  return [deltaOf(pair, { aspect: "host-network", key: "hostNetwork", before, after })];
}

function nodeSelector(pair: Pair, object: KubeObject): readonly Delta[] {
  if (pair.before === null) return [];
  const [old, now] = [workloadOf(pair.before)?.podSpec, workloadOf(object)?.podSpec];
  const [had, has] = [child(old, "nodeSelector"), child(now, "nodeSelector")];
  if (now === undefined || sizeOf(had) === 0 || sizeOf(has) > 0) return [];
  // Moving the same wish into an affinity keeps it.
  if (at(now, "affinity", "nodeAffinity") !== undefined) return [];
  return [
    deltaOf(pair, {
      aspect: "node-selector-emptied",
      key: "nodeSelector",
      op: "emptied",
      before: had,
      after: has,
      line: lineOf(now, "nodeSelector"),
      says: { before: preview(had), after: "any node" },
      tags: object.kind === "DaemonSet" ? ["daemonset"] : [],
    }),
  ];
}

/** A class that every pod without one gets: running pods keep the old, lower priority. */
function priorityDeltas(pair: Pair, object: KubeObject): readonly Delta[] {
  const [before, after] = [pair.before, object].map((of) => child(of?.root, "globalDefault"));
  const found = [
    ...fieldDelta(pair, {
      aspect: "priority-value",
      key: "value",
      before: child(pair.before?.root, "value"),
      after: child(object.root, "value"),
      measure: count,
    }),
  ];
  if (!isTrue(after) || isTrue(before)) return found;
  return [
    ...found,
    deltaOf(pair, {
      aspect: "priority-default",
      key: "globalDefault",
      op: "added",
      before,
      after,
      line: lineOf(object.root, "globalDefault"),
      says: { before: textOf(before), after: textOf(child(object.root, "value")) },
    }),
  ];
}
