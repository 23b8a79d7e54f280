// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, itemsOf, keysOf, lineOf, same, shape, textOf, textsOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { deltaOf } from "./report.ts";
import { type Container, imagesOf, workloadOf } from "./workload.ts";

// What every pod of a cluster needs to resolve a name or to reach another node.
const CLUSTER_NETWORK =
  /^(?:coredns|kube-dns|node-?local-?dns|nodelocaldns|dns-default|kube-proxy|cilium|cilium-(?:agent|config|operator|envoy)|calico(?:-node|-config|-typha)?|kube-flannel(?:-ds|-cfg)?|flannel|weave-net|aws-node|amazon-vpc-cni|azure-cni|antrea-agent|kube-router|multus|kube-multus-ds|ovnkube-node|istio-cni-node|linkerd-cni)(?:-[a-z0-9]{1,12})?$/;
// Objects whose change does not restart or reconfigure what they accompany.
const BYSTANDERS = new Set([
  "ServiceMonitor",
  "PodMonitor",
  "PrometheusRule",
  "GrafanaDashboard",
  "ServiceAccount",
  "Namespace",
  "PodDisruptionBudget",
  "OCIRepository",
  "GitRepository",
  "HelmRepository",
  "ImagePolicy",
  "ImageRepository",
  "Application",
  "Certificate",
  "Issuer",
  "ExternalSecret",
]);

/** What reaches every node or every request of a cluster at once. */
export function fleetDeltas(pair: Pair): readonly Delta[] {
  if (pair.after === null) return [];
  return [
    ...daemonSet(pair, pair.after),
    ...webhooks(pair, pair.after),
    ...network(pair, pair.after),
  ];
}

function daemonSet(pair: Pair, object: KubeObject): readonly Delta[] {
  if (object.kind !== "DaemonSet") return [];
  const old = templateOf(pair.before);
  const now = templateOf(object);
  if (pair.before !== null && same(old, now)) return [];
  const spec = child(now, "spec");
  const selective =
    keysOf(child(spec, "nodeSelector")).some((key) => !BROAD_LABELS.has(key)) ||
    at(spec, "affinity", "nodeAffinity") !== undefined;
  const imageOnly = pair.before !== null && sansImages(old) === sansImages(now);
  return [
    deltaOf(pair, {
      aspect: "daemonset-all",
      key: "template",
      op: pair.before === null ? "added" : "changed",
      line: lineOf(child(object.root, "spec"), "template"),
      says: { before: images(pair.before), after: images(object) },
      tags: [
        ...(selective ? ["selective"] : ["all"]),
        ...(imageOnly ? ["image-only"] : []),
        ...(CLUSTER_NETWORK.test(object.name) ? ["cluster-network"] : []),
        ...(watchesCluster(child(object.root, "rules")) ? ["watches-cluster"] : []),
      ],
    }),
  ];
}

// Labels that nearly every node carries: selecting on them leaves nobody out.
const BROAD_LABELS = new Set([
  "kubernetes.io/os",
  "beta.kubernetes.io/os",
  "kubernetes.io/arch",
  "beta.kubernetes.io/arch",
]);

const templateOf = (object: KubeObject | null): Node | undefined =>
  at(object?.root, "spec", "template");

const images = (object: KubeObject | null): string =>
  imagesOf(object === null ? undefined : workloadOf(object)?.podSpec)
    .map((container) => textOf(child(container.node, "image")))
    .join(", ");

/** The template without its image references, whatever container they belong to. */
function sansImages(template: Node | undefined): string {
  const spec = child(template, "spec");
  const bare = (container: Container) =>
    container.node.kind === "map"
      ? container.node.entries
          .filter((entry) => entry.key !== "image")
          .map((entry) => `${entry.key}=${shape(entry.value)}`)
          .sort()
          .join(";")
      : "";
  const rest =
    spec?.kind === "map"
      ? spec.entries
          .filter((entry) => entry.key !== "containers" && entry.key !== "initContainers")
          .map((entry) => `${entry.key}=${shape(entry.value)}`)
          .sort()
      : [];
  return [...rest, ...imagesOf(spec).map(bare)].join("\n");
}

const HEAVY =
  /^(?:\*|pods|nodes|endpoints|endpointslices|services|events|namespaces|secrets|configmaps)$/;

/** Rules under which each copy lists or watches what grows with the cluster. */
export function watchesCluster(rules: Node | undefined): boolean {
  return itemsOf(rules).some(
    (rule) =>
      textsOf(child(rule, "resources")).some((resource) => HEAVY.test(resource)) &&
      textsOf(child(rule, "verbs")).some((verb) => /^(?:\*|list|watch)$/.test(verb)),
  );
}

const WEBHOOK_KINDS = new Set(["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"]);

function webhooks(pair: Pair, object: KubeObject): readonly Delta[] {
  if (!WEBHOOK_KINDS.has(object.kind)) return [];
  const old = new Map(
    itemsOf(child(pair.before?.root, "webhooks")).map((hook) => [
      textOf(child(hook, "name")),
      hook,
    ]),
  );
  return itemsOf(child(object.root, "webhooks")).flatMap((hook) => {
    const name = textOf(child(hook, "name"));
    const before = old.get(name);
    const reach = reachOf(hook);
    if (!blocks(hook)) return [];
    // Worse than before: it did not block, or it now judges more objects.
    if (before !== undefined && blocks(before) && !(reach === "all" && reachOf(before) !== "all")) {
      return [];
    }
    return [
      deltaOf(pair, {
        aspect: "webhook-fail-policy",
        key: "failurePolicy",
        op: before === undefined ? "added" : "changed",
        before: child(before, "failurePolicy"),
        after: child(hook, "failurePolicy"),
        line: lineOf(hook, "failurePolicy"),
        part: name,
        says: {
          before: before === undefined ? "" : textOf(child(before, "failurePolicy")) || "Fail",
          after: "Fail",
        },
        tags: [reach],
      }),
    ];
  });
}

// `Fail` is the default of admissionregistration.k8s.io/v1.
const blocks = (hook: Node): boolean => /^(?:Fail)?$/.test(textOf(child(hook, "failurePolicy")));

const CORE =
  /^(?:\*|\*\/\*|pods(?:\/.*)?|nodes|services|endpoints|configmaps|secrets|namespaces|leases|deployments|daemonsets|replicasets|statefulsets)$/;

/** `all`: judges what the cluster itself runs on, in every namespace. */
function reachOf(hook: Node): "all" | "some" {
  const narrowed = ["namespaceSelector", "objectSelector", "matchConditions"].some(
    (key) => (child(hook, key)?.kind === "scalar" ? 0 : keysOrItems(child(hook, key))) > 0,
  );
  const core = itemsOf(child(hook, "rules")).some((rule) =>
    textsOf(child(rule, "resources")).some((resource) => CORE.test(resource)),
  );
  return core && !narrowed ? "all" : "some";
}

const keysOrItems = (node: Node | undefined): number => keysOf(node).length + itemsOf(node).length;

const NETWORK_KEYS = ["spec", "data"] as const;

function network(pair: Pair, object: KubeObject): readonly Delta[] {
  if (BYSTANDERS.has(object.kind) || !CLUSTER_NETWORK.test(object.name)) return [];
  // The DaemonSet has its own delta with the same tag.
  if (object.kind === "DaemonSet") return [];
  const changed = NETWORK_KEYS.find(
    (key) => !same(child(pair.before?.root, key), child(object.root, key)),
  );
  if (changed === undefined) return [];
  const sizes =
    pair.before !== null &&
    NETWORK_KEYS.every((key) => same(sansSizes(pair.before, key), sansSizes(object, key)));
  return [
    deltaOf(pair, {
      aspect: "cluster-network",
      key: changed,
      op: pair.before === null ? "added" : "changed",
      line: lineOf(object.root, changed),
      tags: [/dns/.test(object.name) ? "dns" : "cni", ...(sizes ? ["sizes-only"] : [])],
    }),
  ];
}

// How much it has, not what it does: cuts of these have rules of their own.
const SIZES = new Set(["resources", "replicas"]);

function sansSizes(object: KubeObject | null, key: string): Node | undefined {
  const bare = (node: Node): Node => {
    if (node.kind === "scalar") return node;
    if (node.kind === "list") return { ...node, items: node.items.map(bare) };
    const entries = node.entries
      .filter((entry) => !SIZES.has(entry.key))
      .map((entry) => ({ ...entry, value: bare(entry.value) }));
    return { ...node, entries };
  };
  const value = child(object?.root, key);
  return value === undefined ? undefined : bare(value);
}
