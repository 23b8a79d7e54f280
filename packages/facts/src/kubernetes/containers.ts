// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, isEmpty, lineOf, shape, textOf } from "./node.ts";
import type { Pair } from "./pair.ts";
import { probePortDeltas } from "./probe-port.ts";
import { cpu, memory, type Quantity } from "./quantity.ts";
import { deltaOf, fieldDelta } from "./report.ts";
import { type Container, containersOf, workloadOf } from "./workload.ts";

/** Probes and resources of the containers that stand on both sides, and of new ones. */
export function containerDeltas(pair: Pair): readonly Delta[] {
  if (pair.after === null) return [];
  const old = containersOf(pair.before === null ? undefined : workloadOf(pair.before)?.podSpec);
  const kept = containersOf(workloadOf(pair.after)?.podSpec);
  return kept.flatMap((container) => {
    const before = partner(container, old, kept.length);
    return [
      ...probeDeltas(pair, container, before),
      ...sameProbe(pair, container, before),
      ...probePortDeltas(pair, container, before),
      ...resourceDeltas(pair, container, before),
    ];
  });
}

/** The same container before: by name, or the only one there was when it was only renamed. */
function partner(
  container: Container,
  old: readonly Container[],
  count: number,
): Container | undefined {
  const named = old.find((other) => other.name === container.name);
  return named ?? (old.length === 1 && count === 1 ? old[0] : undefined);
}

function probeDeltas(
  pair: Pair,
  container: Container,
  before: Container | undefined,
): readonly Delta[] {
  if (before === undefined) return [];
  return (
    [
      ["readiness", "readinessProbe"],
      ["liveness", "livenessProbe"],
    ] as const
  ).flatMap(([aspect, key]) => {
    const had = child(before.node, key);
    const has = child(container.node, key);
    return fieldDelta(pair, {
      aspect,
      key,
      before: isEmpty(had) ? undefined : had,
      after: isEmpty(has) ? undefined : has,
      line: container.node.line,
      part: container.name,
      tags: hasPorts(container.node) ? ["serves"] : [],
    });
  });
}

const hasPorts = (container: Node): boolean => child(container, "ports") !== undefined;

// The handlers and the settings that decide when a probe acts.
const PROBE_KEYS = [
  "httpGet",
  "tcpSocket",
  "exec",
  "grpc",
  "failureThreshold",
  "periodSeconds",
  "timeoutSeconds",
];

/**
 * Both probes ask the same with the same patience: what should take a pod out of the load
 * balancer restarts it at the same moment. A more patient liveness probe is fine.
 */
function sameProbe(
  pair: Pair,
  container: Container,
  before: Container | undefined,
): readonly Delta[] {
  if (!probesAgree(container.node) || probesAgree(before?.node)) return [];
  const after = child(container.node, "livenessProbe");
  return [
    deltaOf(pair, {
      aspect: "same-probe",
      key: "livenessProbe",
      op: "added",
      before: child(before?.node, "livenessProbe"),
      after,
      line: lineOf(container.node, "livenessProbe"),
      part: container.name,
    }),
  ];
}

function probesAgree(container: Node | undefined): boolean {
  const [ready, live] = ["readinessProbe", "livenessProbe"].map((key) => child(container, key));
  // What a template prints is not known to be the same.
  if (ready?.kind !== "map" || live?.kind !== "map" || isEmpty(ready) || isEmpty(live))
    return false;
  return PROBE_KEYS.every((key) => shape(child(ready, key)) === shape(child(live, key)));
}

type Resource = {
  readonly aspect: string;
  readonly of: "requests" | "limits";
  readonly key: string;
  readonly measure: (text: string) => Quantity | null;
};
const RESOURCES: readonly Resource[] = [
  { aspect: "memory", of: "limits", key: "memory", measure: memory },
  { aspect: "memory", of: "requests", key: "memory", measure: memory },
  { aspect: "cpu", of: "limits", key: "cpu", measure: cpu },
  { aspect: "cpu", of: "requests", key: "cpu", measure: cpu },
];

function resourceDeltas(
  pair: Pair,
  container: Container,
  before: Container | undefined,
): readonly Delta[] {
  if (before === undefined) return [];
  const resources = child(container.node, "resources");
  const line = resources?.line ?? container.node.line;
  const wholes = (["requests", "limits"] as const).flatMap((of) => {
    const [had, has] = [before.node, container.node].map((node) => at(node, "resources", of));
    if (isEmpty(had) || had === undefined || (has !== undefined && !isEmpty(has))) return [];
    const cpuOnly = had.kind === "map" && had.entries.every((entry) => entry.key === "cpu");
    return [
      deltaOf(pair, {
        aspect: of,
        key: of,
        op: "removed",
        before: had,
        line,
        part: container.name,
        tags: cpuOnly ? ["cpu-only"] : [],
      }),
    ];
  });
  const parts = RESOURCES.flatMap((resource) => {
    const read = (node: Node) => at(node, "resources", resource.of, resource.key);
    const after = read(container.node);
    if (after === undefined && at(container.node, "resources", resource.of) === undefined)
      return [];
    return fieldDelta(pair, {
      aspect: resource.aspect,
      key: resource.key,
      before: read(before.node),
      after,
      line,
      part: container.name,
      measure: resource.measure,
      tags: [resource.of],
    });
  });
  return [...wholes, ...parts];
}

/** Whether a text still holds template actions, so that it is no literal value. */
export function isTemplated(node: Node | undefined): boolean {
  return /\{\{|\$\{|<%/.test(textOf(node));
}
