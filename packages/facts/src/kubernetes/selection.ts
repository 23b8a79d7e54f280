// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, isEmpty, lineOf, preview } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { deltaOf, fieldDelta } from "./report.ts";
import { mayMeet, type Scene } from "./scene.ts";
import {
  type Labels,
  matches,
  type Selector,
  selectorOf,
  selectsNothingInParticular,
  workloadOf,
} from "./workload.ts";

// Where the kinds that pick pods by label keep their selector.
const SELECTORS: { readonly [kind: string]: readonly string[] } = {
  Service: ["spec", "selector"],
  PodDisruptionBudget: ["spec", "selector"],
  PodMonitor: ["spec", "selector"],
  NetworkPolicy: ["spec", "podSelector"],
  CiliumNetworkPolicy: ["spec", "endpointSelector"],
  Deployment: ["spec", "selector"],
  StatefulSet: ["spec", "selector"],
  DaemonSet: ["spec", "selector"],
  ReplicaSet: ["spec", "selector"],
  Rollout: ["spec", "selector"],
};
// An empty selector of these means every pod; of a Service it means none.
const EMPTY_IS_ALL = new Set(["NetworkPolicy", "CiliumNetworkPolicy", "PodDisruptionBudget"]);

const selectorNode = (object: KubeObject) => at(object.root, ...(SELECTORS[object.kind] ?? ["-"]));
const selectorIn = (object: KubeObject): Selector | null => selectorOf(selectorNode(object));

/** Labels and selectors that no longer meet, and selectors that were emptied. */
export function selectionDeltas(scene: Scene): readonly Delta[] {
  return [
    ...scene.pairs.flatMap((pair) => orphanedByLabels(pair, scene)),
    ...scene.pairs.flatMap((pair) => orphanedBySelector(pair, scene)),
    ...scene.pairs.flatMap(emptied),
  ];
}

/** The labels of pods change and a selector that found them finds nothing any more. */
function orphanedByLabels(pair: Pair, scene: Scene): readonly Delta[] {
  if (pair.before === null || pair.after === null || isGuess(pair.after)) return [];
  const old = workloadOf(pair.before)?.labels;
  const now = workloadOf(pair.after)?.labels;
  if (old === undefined || now === undefined || old.size === 0 || sameLabels(old, now)) return [];
  return scene.around.flatMap((holder) => {
    const selector = selectorIn(holder);
    if (selector === null || isGuess(holder) || !mayMeet(holder, pair.after)) return [];
    const own = holder === pair.after;
    // A controller selects only its own pods.
    if (holder.kind in CONTROLLERS && !own) return [];
    if (!matches(selector, old) || matches(selector, now)) return [];
    const others = own ? [] : scene.workloads;
    if (others.some((w) => mayMeet(holder, w.object) && matches(selector, w.labels))) return [];
    const template = at(pair.after.root, "spec", "template", "metadata");
    const line = lineOf(template, "labels");
    return [orphan(pair, holder, line)];
  });
}

const CONTROLLERS: { readonly [kind: string]: true } = {
  Deployment: true,
  StatefulSet: true,
  DaemonSet: true,
  ReplicaSet: true,
  Rollout: true,
};

function orphan(pair: Pair, holder: KubeObject, line: number): Delta {
  const selector = selectorNode(holder);
  const found = deltaOf(pair, {
    aspect: "selector-orphaned",
    key: "labels",
    op: "changed",
    line,
    says: { before: preview(child(selector, "matchLabels") ?? selector), after: "no pods" },
  });
  return { ...found, subject: holder.id };
}

/** A selector changes and finds none of the pods that it found before, nor any others. */
function orphanedBySelector(pair: Pair, scene: Scene): readonly Delta[] {
  const { before, after } = pair;
  if (before === null || after === null || after.kind in CONTROLLERS) return [];
  if (isGuess(after)) return [];
  const [old, now] = [selectorIn(before), selectorIn(after)];
  if (old === null || now === null || selectsNothingInParticular(now)) return [];
  const met = scene.workloads.filter((w) => mayMeet(w.object, after));
  const found = met.some((w) => matches(old, w.labels));
  if (!found || met.some((w) => matches(now, w.labels))) return [];
  return fieldDelta(pair, {
    aspect: "selector-orphaned",
    key: "selector",
    before: selectorNode(before),
    after: selectorNode(after),
    says: { before: preview(selectorNode(after)), after: "no pods" },
  });
}

function emptied(pair: Pair): readonly Delta[] {
  const { before, after } = pair;
  if (before === null || after === null || !(after.kind in SELECTORS)) return [];
  const [had, has] = [selectorNode(before), selectorNode(after)];
  if (holdsNothing(had) || !holdsNothing(has)) return [];
  // A Service may give up its pods on purpose for an external name.
  if (child(child(after.root, "spec"), "externalName") !== undefined) return [];
  return [
    deltaOf(pair, {
      aspect: "selector-emptied",
      key: SELECTORS[after.kind]?.at(-1) ?? "selector",
      op: "emptied",
      before: had,
      after: has,
      line: lineOf(child(after.root, "spec"), SELECTORS[after.kind]?.at(-1) ?? ""),
      says: { before: preview(had), after: EMPTY_IS_ALL.has(after.kind) ? "all pods" : "no pods" },
      tags: EMPTY_IS_ALL.has(after.kind) ? ["all"] : ["none"],
    }),
  ];
}

/** A template prints labels that are not written in it. */
const isGuess = (object: KubeObject): boolean => object.approximate;

/** Absent or empty at every level; a text that a template prints is something. */
function holdsNothing(node: Node | undefined): boolean {
  if (node === undefined || isEmpty(node)) return true;
  return node.kind === "map" && node.entries.every((entry) => holdsNothing(entry.value));
}

function sameLabels(a: Labels, b: Labels): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
