// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { environmentOf } from "../files/environment.ts";
import { at, child, itemsOf, textOf } from "./node.ts";

/** One Kubernetes object as a file states it. */
export type KubeObject = {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly name: string;
  /** `Kind/namespace/name`, without the namespace where none is written. */
  readonly id: string;
  readonly path: string;
  readonly line: number;
  readonly root: Node;
  readonly environment: Delta["environment"];
  readonly format: string;
  /** Read from a template that was not rendered, so values may be missing. */
  readonly approximate: boolean;
};

/** Where the objects of a text come from. */
export type Origin = Pick<KubeObject, "path" | "environment" | "format" | "approximate">;

/** Lists nest (`List` of `List`), but not deeper than somebody would write by hand. */
const NESTING_MAX = 4;

// Kinds that are recognised even where a fragment leaves `apiVersion` out.
const KNOWN_KINDS = new Set(
  `ClusterRole ClusterRoleBinding ConfigMap CronJob CustomResourceDefinition DaemonSet Deployment
  Endpoints HorizontalPodAutoscaler Ingress Job LimitRange MutatingWebhookConfiguration Namespace
  NetworkPolicy Node PersistentVolume PersistentVolumeClaim Pod PodDisruptionBudget PriorityClass
  ReplicaSet ReplicationController ResourceQuota Role RoleBinding Secret Service ServiceAccount
  StatefulSet StorageClass ValidatingWebhookConfiguration`.split(/\s+/),
);

/** A kustomization may leave out what its file name already says. */
export const KUSTOMIZATION = /(?:^|\/)kustomization(?:\.ya?ml)?$/i;

/** Finds the objects in parsed documents: single ones, `List`s and plain arrays of objects. */
export function objectsIn(documents: readonly Node[], origin: Origin): readonly KubeObject[] {
  const found: KubeObject[] = [];
  for (const document of documents) collect(document, origin, 0, found);
  return found;
}

function collect(node: Node, origin: Origin, depth: number, found: KubeObject[]): void {
  if (depth > NESTING_MAX) return;
  if (node.kind === "list") {
    for (const item of node.items) collect(item, origin, depth + 1, found);
    return;
  }
  if (node.kind !== "map") return;
  const kind =
    textOf(child(node, "kind")) || (KUSTOMIZATION.test(origin.path) ? "Kustomization" : "");
  if (kind === "") return;
  if (kind.endsWith("List") && child(node, "items") !== undefined) {
    for (const item of itemsOf(child(node, "items"))) collect(item, origin, depth + 1, found);
    return;
  }
  const apiVersion = textOf(child(node, "apiVersion"));
  if (apiVersion === "" && !KNOWN_KINDS.has(kind) && !KUSTOMIZATION.test(origin.path)) return;
  const object = objectOf(node, kind, apiVersion, origin);
  if (object !== null) found.push(object);
}

function objectOf(root: Node, kind: string, apiVersion: string, origin: Origin): KubeObject | null {
  const name = textOf(at(root, "metadata", "name")) || textOf(at(root, "metadata", "generateName"));
  // A kustomization needs no name; everything else without one is no object of a cluster.
  if (name === "" && !(kind === "Kustomization" || kind === "Component")) return null;
  const namespace = textOf(at(root, "metadata", "namespace"));
  const id = [kind, namespace, name].filter((part) => part !== "").join("/");
  const environment =
    origin.environment === "unknown" ? environmentOf(`${namespace}/${name}`) : origin.environment;
  return { kind, apiVersion, namespace, name, id, line: root.line, root, ...origin, environment };
}

/** The API group without its version: `apps`, `policy`, empty for the core group. */
export function groupOf(object: KubeObject): string {
  return object.apiVersion.includes("/") ? (object.apiVersion.split("/")[0] ?? "") : "";
}
