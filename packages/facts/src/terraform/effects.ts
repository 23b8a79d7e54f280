// SPDX-License-Identifier: Apache-2.0
import type { Delta, Effect } from "@interlock/core";
import { largest } from "../kubernetes/effects.ts";

const MICRO = 1_000_000;

/** Resources that the code no longer declares; without a plan the state may say otherwise. */
export function destroyEffects(deltas: readonly Delta[]): readonly Effect[] {
  const gone = deltas.filter(
    ({ aspect, tags }) =>
      aspect === "destroy" && !tags.some((tag) => tag === "moved" || tag === "kept"),
  );
  const anew = deltas.filter(({ aspect }) => aspect === "replace");
  return [...listed("removes", gone), ...listed("replaces", anew)];
}

function listed(verb: "removes" | "replaces", found: readonly Delta[]): readonly Effect[] {
  const first = found.find(({ tags }) => tags.includes("stateful")) ?? found[0];
  if (first === undefined) return [];
  const count = new Set(found.map(({ subject }) => subject)).size;
  return [
    {
      verb,
      what: "resources",
      count,
      of: 0,
      sharePpm: 0,
      certainty: "inferred",
      subject: count === 1 ? first.subject : `${first.subject} and ${count - 1} more`,
      path: first.path,
      line: first.line,
    },
  ];
}

/** Processors that smaller machines take away. */
export function sizeEffects(deltas: readonly Delta[]): readonly Effect[] {
  const sizes = deltas
    .filter((d) => d.aspect === "instance-size" && d.numeric && d.afterMicro < d.beforeMicro)
    .map((d): Effect => {
      const of = Math.round(d.beforeMicro / MICRO);
      const count = of - Math.round(d.afterMicro / MICRO);
      return {
        verb: "removes",
        what: "processors",
        count,
        of,
        sharePpm: of === 0 ? 0 : Math.round((count / of) * MICRO),
        certainty: "inferred",
        subject: d.subject,
        path: d.path,
        line: d.line,
      };
    })
    .sort((a, b) => b.count - a.count);
  return largest(sizes);
}
