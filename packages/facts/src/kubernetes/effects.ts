// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta, type Effect } from "@interlock/core";
import type { Pair } from "./pair.ts";

const MICRO = 1_000_000;
/** How many effects of one kind are listed one by one; the rest are one sum. */
const LISTED_MAX = 50;
// A change that prunes this many objects is more than the clean-up of one application.
const PRUNE_MIN = 10;

/** What the change takes away: replicas, objects, the pods behind a service. */
export function effectsOf(deltas: readonly Delta[], pairs: readonly Pair[]): readonly Effect[] {
  const replicas = deltas.flatMap(replicasRemoved).sort((a, b) => b.count - a.count);
  return [...objectsRemoved(pairs), ...largest(stopped(deltas)), ...largest(replicas)];
}

/** The first ones as they are, the others added up: nothing that goes away is left out. */
export function largest(effects: readonly Effect[]): readonly Effect[] {
  const rest = effects.slice(LISTED_MAX);
  const [first] = rest;
  if (first === undefined) return effects;
  const sum = (read: (effect: Effect) => number) => rest.reduce((all, e) => all + read(e), 0);
  const [count, of] = [sum((e) => e.count), sum((e) => e.of)];
  const subject = `${rest.length} more`;
  return [
    ...effects.slice(0, LISTED_MAX),
    { ...first, subject, count, of, sharePpm: share(count, of) },
  ];
}

function replicasRemoved(found: Delta): readonly Effect[] {
  if (found.aspect !== "replicas" || found.op !== "changed" || !found.numeric) return [];
  const of = Math.round(found.beforeMicro / MICRO);
  const count = Math.round((found.beforeMicro - found.afterMicro) / MICRO);
  if (count <= 0) return [];
  const guess = found.tags.some((tag) => tag === "approximate" || tag === "autoscaled");
  return [
    {
      ...place(found),
      verb: "removes",
      what: "replicas",
      count,
      of,
      sharePpm: share(count, of),
      certainty: guess ? "inferred" : "certain",
    },
  ];
}

function stopped(deltas: readonly Delta[]): readonly Effect[] {
  return deltas
    .filter((found) => found.aspect === "selector-orphaned" && found.subject.startsWith("Service/"))
    .map((found) => ({
      ...place(found),
      verb: "stops" as const,
      what: "services",
      count: 1,
      of: 1,
      sharePpm: MICRO,
      certainty: "inferred" as const,
    }));
}

function objectsRemoved(pairs: readonly Pair[]): readonly Effect[] {
  const gone = pairs.flatMap((pair) => (pair.after === null ? [pair.before] : []));
  const [first] = gone;
  if (first === undefined) return [];
  const of = pairs.filter((pair) => pair.before !== null).length;
  return [
    {
      verb: "removes",
      what: "objects",
      count: gone.length,
      of,
      sharePpm: share(gone.length, of),
      certainty: gone.some((object) => object.approximate) ? "inferred" : "certain",
      subject: gone.length === 1 ? first.id : `${first.id} and ${gone.length - 1} more`,
      path: first.path,
      line: first.line,
    },
  ];
}

/** One delta for many objects that go at once, so that a rule need not count them. */
export function prunedDelta(pairs: readonly Pair[]): readonly Delta[] {
  const gone = pairs.flatMap((pair) => (pair.after === null ? [pair.before] : []));
  const [first] = gone;
  if (first === undefined || gone.length < PRUNE_MIN) return [];
  const owners = new Set(gone.map((object) => `${object.namespace}/${folderOf(object.path)}`));
  const had = pairs.filter((pair) => pair.before !== null).length;
  return [
    {
      ...delta({ path: first.path, aspect: "objects-pruned", op: "removed" }),
      line: first.line,
      subject: `${gone.length} objects`,
      format: first.format,
      environment: first.environment,
      before: String(had),
      after: String(had - gone.length),
      beforeCount: had,
      afterCount: had - gone.length,
      removedCount: gone.length,
      // More than one folder or namespace: no clean-up of a single application.
      tags: owners.size > 1 ? ["several"] : ["single"],
    },
  ];
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf("/")));

const place = (found: Delta) => ({
  subject: found.subject,
  path: found.path,
  line: found.line,
});

const share = (count: number, of: number): number =>
  of === 0 ? 0 : Math.min(MICRO, Math.round((count / of) * MICRO));
