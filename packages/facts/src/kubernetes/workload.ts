// SPDX-License-Identifier: Apache-2.0
import type { Node } from "../config/types.ts";
import { at, child, itemsOf, textOf } from "./node.ts";
import type { KubeObject } from "./object.ts";

export type Labels = ReadonlyMap<string, string>;

/** An object that runs pods. */
export type Workload = {
  readonly object: KubeObject;
  readonly podSpec: Node;
  readonly labels: Labels;
  /** `null` when nothing is written (the default is 1, or an autoscaler decides). */
  readonly replicas: number | null;
};

export type Container = { readonly name: string; readonly node: Node };

// Where each family of kinds keeps its pod template.
const TEMPLATES = [
  ["spec", "template"],
  ["spec", "jobTemplate", "spec", "template"],
] as const;

/** The pods that an object runs, or `null` for one that runs none. */
export function workloadOf(object: KubeObject): Workload | null {
  const template =
    object.kind === "Pod"
      ? object.root
      : TEMPLATES.map((keys) => at(object.root, ...keys)).find(
          (node) => child(child(node, "spec"), "containers") !== undefined,
        );
  const podSpec = child(template, "spec");
  if (podSpec === undefined) return null;
  const replicas = textOf(at(object.root, "spec", "replicas"));
  return {
    object,
    podSpec,
    labels: labelsOf(at(template, "metadata", "labels")),
    replicas: /^\d{1,9}$/.test(replicas) ? Number(replicas) : null,
  };
}

export function containersOf(podSpec: Node | undefined): readonly Container[] {
  return itemsOf(child(podSpec, "containers")).map((node, i) => ({
    name: textOf(child(node, "name")) || String(i),
    node,
  }));
}

/** Init and ordinary containers: whatever pulls an image. */
export function imagesOf(podSpec: Node | undefined): readonly Container[] {
  const init = itemsOf(child(podSpec, "initContainers")).map((node, i) => ({
    name: textOf(child(node, "name")) || `init-${i}`,
    node,
  }));
  return [...containersOf(podSpec), ...init];
}

export function labelsOf(node: Node | undefined): Labels {
  if (node?.kind !== "map") return new Map();
  return new Map(node.entries.map((entry) => [entry.key, textOf(entry.value)]));
}

/** A label selector: equality pairs and set expressions. */
export type Selector = { readonly equal: Labels; readonly expressions: readonly Node[] };

/** Reads both forms: `{app: web}` of a Service and `{matchLabels, matchExpressions}`. */
export function selectorOf(node: Node | undefined): Selector | null {
  if (node?.kind !== "map") return null;
  const expressions = itemsOf(child(node, "matchExpressions"));
  const matchLabels = child(node, "matchLabels");
  if (matchLabels !== undefined || expressions.length > 0) {
    return { equal: labelsOf(matchLabels), expressions };
  }
  return { equal: labelsOf(node), expressions: [] };
}

export function selectsNothingInParticular(selector: Selector): boolean {
  return selector.equal.size === 0 && selector.expressions.length === 0;
}

export function matches(selector: Selector, labels: Labels): boolean {
  if (selectsNothingInParticular(selector)) return false;
  for (const [key, value] of selector.equal) if (labels.get(key) !== value) return false;
  return selector.expressions.every((expression) => satisfied(expression, labels));
}

// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#set-based-requirement
function satisfied(expression: Node, labels: Labels): boolean {
  const key = textOf(child(expression, "key"));
  const value = labels.get(key);
  const values = itemsOf(child(expression, "values")).map(textOf);
  switch (textOf(child(expression, "operator"))) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return false;
  }
}
