// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, itemsOf, lineOf, textOf, textsOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import { deltaOf } from "./report.ts";
import type { Scene } from "./scene.ts";

/** Host names under which an object is reached from outside. */
function hostsOf(object: KubeObject | null): readonly string[] {
  if (object === null || object.approximate) return [];
  const spec = child(object.root, "spec");
  switch (object.kind) {
    case "Ingress":
      return itemsOf(child(spec, "rules")).map((rule) => textOf(child(rule, "host")));
    case "HTTPRoute":
    case "GRPCRoute":
    case "TLSRoute":
      return textsOf(child(spec, "hostnames"));
    case "VirtualService":
      return textsOf(child(spec, "hosts"));
    case "Gateway":
      return [
        ...itemsOf(child(spec, "servers")).flatMap((server) => textsOf(child(server, "hosts"))),
        ...itemsOf(child(spec, "listeners")).map((one) => textOf(child(one, "hostname"))),
      ];
    default:
      return [];
  }
}

/** Host names that an object that stays no longer answers, and no other object of the change does. */
export function servedDeltas(scene: Scene): readonly Delta[] {
  const served = new Set(scene.pairs.flatMap(({ after }) => hostsOf(after)));
  return scene.pairs.flatMap((pair) => {
    if (pair.before === null || pair.after === null || pair.after.approximate) return [];
    const { root } = pair.after;
    const gone = [...new Set(hostsOf(pair.before))].filter((h) => h !== "" && !served.has(h));
    return gone.map((host) =>
      deltaOf(pair, {
        aspect: "host-unserved",
        key: "host",
        op: "removed",
        part: host,
        line: lineOf(root, "spec"),
        says: { before: host, after: hostsOf(pair.after).join(", ").slice(0, 200) },
      }),
    );
  });
}

/** What keeps pods of one workload apart: rules of affinity and of spread. */
export function spreadOf(podSpec: Node | undefined): Node | undefined {
  return at(podSpec, "affinity", "podAntiAffinity") ?? child(podSpec, "topologySpreadConstraints");
}
