// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { at, child, itemsOf, lineOf, textOf } from "./node.ts";
import type { Pair } from "./pair.ts";
import { deltaOf } from "./report.ts";
import type { Container } from "./workload.ts";

const PROBES = ["readinessProbe", "livenessProbe", "startupProbe"] as const;
const LITERAL = /^(?:\d{1,5}|[a-z0-9-]{1,15})$/;

/** A probe that asked a port of its container asks one now that the container does not name. */
export function probePortDeltas(
  pair: Pair,
  container: Container,
  before: Container | undefined,
): readonly Delta[] {
  if (before === undefined) return [];
  return PROBES.flatMap((key) => {
    const had = askedPort(child(before.node, key));
    const probe = child(container.node, key);
    const has = askedPort(probe);
    // A port that was never named says nothing: naming ports is a habit, not a duty.
    if (had === undefined || has === undefined || !names(before.node, had)) return [];
    if (!LITERAL.test(textOf(has)) || names(container.node, has) !== false) return [];
    return [
      deltaOf(pair, {
        aspect: "probe-port",
        key,
        op: "changed",
        before: had,
        after: has,
        line: has.kind === "scalar" ? has.line : lineOf(container.node, key),
        part: container.name,
      }),
    ];
  });
}

const askedPort = (probe: Node | undefined): Node | undefined =>
  ["httpGet", "tcpSocket", "grpc"]
    .map((how) => at(probe, how, "port"))
    .find((n) => n !== undefined);

/** Whether the container names the port, by number or by name; `null` where that cannot be told. */
function names(container: Node, port: Node): boolean | null {
  const ports = itemsOf(child(container, "ports"));
  const named = ports.flatMap((one) => [
    textOf(child(one, "containerPort")),
    textOf(child(one, "name")),
  ]);
  if (ports.length === 0 || named.some((text) => text !== "" && !LITERAL.test(text))) return null;
  return named.includes(textOf(port));
}
