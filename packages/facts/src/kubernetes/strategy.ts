// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import { at, child, lineOf, textOf } from "./node.ts";
import type { KubeObject } from "./object.ts";
import type { Pair } from "./pair.ts";
import { countOrShare } from "./quantity.ts";
import { fieldDelta } from "./report.ts";
import { workloadOf } from "./workload.ts";

const WHOLE_PPM = 1_000_000_000_000;
// With three or fewer, taking one away without a spare is a third of the capacity or more.
const FEW = 3;

/** How a workload is replaced: strategy, how many may be away, how many may be extra. */
export function strategyDeltas(pair: Pair): readonly Delta[] {
  if (pair.after === null || workloadOf(pair.after) === null) return [];
  return [...typeDeltas(pair, pair.after), ...amountDeltas(pair, pair.after)];
}

function strategyOf(object: KubeObject | null) {
  const key = child(object?.root, "spec");
  return child(key, "strategy") ?? child(key, "updateStrategy");
}

function typeDeltas(pair: Pair, object: KubeObject): readonly Delta[] {
  const after = child(strategyOf(object), "type");
  const before = child(strategyOf(pair.before), "type");
  const replicas = workloadOf(object)?.replicas ?? 1;
  return fieldDelta(pair, {
    aspect: "strategy",
    key: "type",
    before,
    after,
    line: lineOf(object.root, "spec"),
    says: { before: textOf(before) || "RollingUpdate", after: textOf(after) || "RollingUpdate" },
    tags: replicas > 1 ? ["replicated"] : ["single"],
  });
}

function amountDeltas(pair: Pair, object: KubeObject): readonly Delta[] {
  const replicas = workloadOf(object)?.replicas ?? null;
  return (
    [
      ["max-unavailable", "maxUnavailable"],
      ["max-surge", "maxSurge"],
    ] as const
  ).flatMap(([aspect, key]) => {
    const after = at(strategyOf(object), "rollingUpdate", key);
    const amount = countOrShare(textOf(after));
    const all =
      amount !== null &&
      (amount.unit === "ppm"
        ? amount.micro >= WHOLE_PPM
        : replicas !== null && replicas > 1 && amount.micro >= replicas * 1_000_000);
    return fieldDelta(pair, {
      aspect,
      key,
      before: at(strategyOf(pair.before), "rollingUpdate", key),
      after,
      line: lineOf(object.root, "spec"),
      measure: countOrShare,
      tags: [
        ...(all ? ["all"] : []),
        ...(replicas !== null && replicas > 1 && replicas <= FEW ? ["few-replicas"] : []),
        ...(replicas !== null && replicas > 1 ? ["replicated"] : []),
      ],
    });
  });
}
