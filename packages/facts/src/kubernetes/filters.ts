// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, isEmpty, isTrue, itemsOf, lineOf, shape, textOf, textsOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { deltaOf } from "./report.ts";
import { mayMeet, type Scene } from "./scene.ts";
import { type Labels, matches, selectorOf, workloadOf } from "./workload.ts";

const POLICY_KINDS = new Set([
  "NetworkPolicy",
  "GlobalNetworkPolicy",
  "CiliumNetworkPolicy",
  "CiliumClusterwideNetworkPolicy",
  "AuthorizationPolicy",
  "AdminNetworkPolicy",
]);
const ANYWHERE = /^(?:0\.0\.0\.0\/[0-1]|::\/[0-1])$/;

/** Network filters: who may reach the pods, and whom they may reach. */
export function filterDeltas(pair: Pair, scene: Scene): readonly Delta[] {
  if (pair.after === null) {
    const still = POLICY_KINDS.has(pair.before.kind) && !hasGone(pair.before, scene);
    return still ? [policyRemoved(pair, pair.before)] : [];
  }
  if (pair.after.kind === "Service") return serviceDeltas(pair, pair.after);
  return POLICY_KINDS.has(pair.after.kind) ? policyDeltas(pair, pair.after) : [];
}

/** What the policy guarded went away with it: its namespace, or the pods that it picked. */
function hasGone(policy: KubeObject, scene: Scene): boolean {
  const gone = scene.pairs.flatMap((pair) => (pair.after === null ? [pair.before] : []));
  if (gone.some((object) => object.kind === "Namespace" && object.name === policy.namespace)) {
    return true;
  }
  const selector = selectorOf(at(policy.root, "spec", "podSelector"));
  if (selector === null) return false;
  const picked = (labels: Labels) => matches(selector, labels);
  const lost = gone.some((object) => picked(workloadOf(object)?.labels ?? new Map()));
  return lost && !scene.workloads.some((w) => mayMeet(policy, w.object) && picked(w.labels));
}

function policyRemoved(pair: Pair, object: KubeObject): Delta {
  return deltaOf(pair, {
    aspect: "filter-removed",
    key: "kind",
    op: "removed",
    says: { before: object.kind, after: "" },
    tags: isDefaultDeny(object) ? ["default-deny"] : [],
  });
}

function policyDeltas(pair: Pair, object: KubeObject): readonly Delta[] {
  return [...openedTo(pair, object), ...directions(pair, object), ...flipped(pair, object)];
}

/** Rules that admit the whole Internet, or whose list of peers was emptied (empty admits all). */
function openedTo(pair: Pair, object: KubeObject): readonly Delta[] {
  const known = new Set(rulesOf(pair.before, "ingress").map((rule) => shape(rule)));
  const wasOpen = rulesOf(pair.before, "ingress").some(admitsAll);
  if (wasOpen) return [];
  return rulesOf(object, "ingress").flatMap((rule) => {
    if (known.has(shape(rule)) || !admitsAll(rule)) return [];
    const ports = itemsOf(child(rule, "ports"));
    return [
      deltaOf(pair, {
        aspect: "ingress-any",
        key: "ingress",
        op: "added",
        after: rule,
        line: rule.line,
        tags: ports.length === 0 ? ["all-ports"] : [],
      }),
    ];
  });
}

function rulesOf(object: KubeObject | null, direction: "ingress" | "egress"): readonly Node[] {
  return itemsOf(at(object?.root, "spec", direction));
}

function admitsAll(rule: Node): boolean {
  // An empty rule admits everybody, which reads like nobody.
  if (rule.kind === "map" && isEmpty(rule)) return true;
  const from = child(rule, "from");
  const world = textsOf(child(rule, "fromEntities")).some((entity) =>
    /^(?:all|world)$/.test(entity),
  );
  if (world || textsOf(child(rule, "fromCIDR")).some((cidr) => ANYWHERE.test(cidr))) return true;
  const nets = textsOf(at(rule, "source", "nets"));
  if (nets.some((net) => ANYWHERE.test(net))) return true;
  if (from !== undefined && isEmpty(from)) return true;
  return itemsOf(from).some((peer) => ANYWHERE.test(textOf(at(peer, "ipBlock", "cidr"))));
}

/** A direction that the policy governed and no longer does, or governs with nothing allowed. */
function directions(pair: Pair, object: KubeObject): readonly Delta[] {
  const before = pair.before;
  if (before === null || object.kind !== "NetworkPolicy") return [];
  return (["ingress", "egress"] as const).flatMap((direction) => {
    const [old, now] = [rulesOf(before, direction), rulesOf(object, direction)];
    const shared = {
      key: direction,
      before: at(before.root, "spec", direction),
      after: at(object.root, "spec", direction),
      line: lineOf(child(object.root, "spec"), direction),
    };
    if (governs(before, direction) && !governs(object, direction)) {
      return [
        deltaOf(pair, { ...shared, aspect: "filter-removed", op: "removed", tags: [direction] }),
      ];
    }
    if (old.length > 0 && now.length === 0 && governs(object, direction)) {
      const aspect = direction === "egress" ? "egress-removed" : "ingress-removed";
      return [deltaOf(pair, { ...shared, aspect, op: "emptied", tags: ["blocks-all"] })];
    }
    return [];
  });
}

// Without `policyTypes`, ingress is always governed and egress when it is written.
// https://kubernetes.io/docs/concepts/services-networking/network-policies/
function governs(object: KubeObject, direction: "ingress" | "egress"): boolean {
  const types = child(child(object.root, "spec"), "policyTypes");
  if (types !== undefined) return textsOf(types).some((type) => type.toLowerCase() === direction);
  return direction === "ingress" || at(object.root, "spec", "egress") !== undefined;
}

function flipped(pair: Pair, object: KubeObject): readonly Delta[] {
  const before = pair.before;
  if (before === null) return [];
  const action = (of: KubeObject) => at(of.root, "spec", "action");
  const changed = textOf(action(before)).toLowerCase() !== textOf(action(object)).toLowerCase();
  if (!changed && !(isDefaultDeny(before) && !isDefaultDeny(object))) return [];
  return [
    deltaOf(pair, {
      aspect: "default-flipped",
      key: changed ? "action" : "podSelector",
      op: "changed",
      before: changed ? action(before) : at(before.root, "spec"),
      after: changed ? action(object) : at(object.root, "spec"),
      line: lineOf(object.root, "spec"),
      tags: isDefaultDeny(before) ? ["default-deny"] : [],
    }),
  ];
}

/** Every pod of the namespace, and nothing allowed in. */
function isDefaultDeny(object: KubeObject): boolean {
  const spec = child(object.root, "spec");
  const everyPod = isEmpty(child(spec, "podSelector"));
  return everyPod && rulesOf(object, "ingress").length === 0 && governs(object, "ingress");
}

const INTERNAL =
  /(?:load-balancer-internal|load-balancer-type|load-balancer-scheme|internal-load-balancer)$/;

/** A Service that from now on listens to the outside. */
function serviceDeltas(pair: Pair, object: KubeObject): readonly Delta[] {
  if (!isPublic(object) || (pair.before !== null && isPublic(pair.before))) return [];
  const spec = child(object.root, "spec");
  return [
    deltaOf(pair, {
      aspect: "ingress-any",
      key: "type",
      op: pair.before === null ? "added" : "changed",
      before: at(pair.before?.root, "spec", "type"),
      after: child(spec, "type"),
      line: lineOf(spec, "type"),
      tags: ["load-balancer"],
    }),
  ];
}

function isPublic(object: KubeObject): boolean {
  const spec = child(object.root, "spec");
  if (textOf(child(spec, "type")) !== "LoadBalancer") return false;
  const notes = at(object.root, "metadata", "annotations");
  const internal =
    notes?.kind === "map" &&
    notes.entries.some(
      (note) =>
        INTERNAL.test(note.key) && (isTrue(note.value) || /internal/i.test(textOf(note.value))),
    );
  const ranges = textsOf(child(spec, "loadBalancerSourceRanges"));
  return !internal && (ranges.length === 0 || ranges.some((range) => ANYWHERE.test(range)));
}
