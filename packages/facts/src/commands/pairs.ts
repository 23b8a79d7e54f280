// SPDX-License-Identifier: Apache-2.0
import type { Act } from "./act.ts";
import { changesSomething, type Finding } from "./findings.ts";
import { widerReach } from "./reach.ts";
import { environmentIn, targetsOf } from "./target.ts";

/** A command after the change, with the one that stood in its place before, if any. */
export type Pair = { readonly before: Act | null; readonly after: Act };

/**
 * Matches the new commands with the ones that went: first the same command with other arguments,
 * then the only one left of the same tool. Commands that stand on both sides are not new.
 */
export function pairActs(before: readonly Act[], after: readonly Act[]): readonly Pair[] {
  const known = countBy(before, textOf);
  const fresh = after.filter((act) => !takeOne(known, textOf(act)));
  const kept = countBy(after, textOf);
  const gone = before.filter((act) => !takeOne(kept, textOf(act)));
  const bySignature = queueBy(gone, (act) => act.signature);
  const paired = fresh.map(
    (act): Pair => ({ before: bySignature.get(act.signature)?.shift() ?? null, after: act }),
  );
  const used = new Set(paired.map((pair) => pair.before));
  const left = queueBy(
    gone.filter((act) => !used.has(act)),
    (act) => act.invocation.tool,
  );
  const open = countBy(
    paired.filter((pair) => pair.before === null).map((pair) => pair.after),
    (act) => act.invocation.tool,
  );
  return paired.map((pair) => {
    const { tool } = pair.after.invocation;
    const only = left.get(tool);
    return pair.before === null && only?.length === 1 && open.get(tool) === 1
      ? { ...pair, before: only[0] ?? null }
      : pair;
  });
}

const textOf = (act: Act): string =>
  `${act.invocation.host}\u0000${act.invocation.text}\u0000${act.invocation.tool}`;

function countBy(acts: readonly Act[], key: (act: Act) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const act of acts) counts.set(key(act), (counts.get(key(act)) ?? 0) + 1);
  return counts;
}

function takeOne(counts: Map<string, number>, key: string): boolean {
  const left = counts.get(key) ?? 0;
  counts.set(key, left - 1);
  return left > 0;
}

function queueBy(acts: readonly Act[], key: (act: Act) => string): Map<string, Act[]> {
  const queues = new Map<string, Act[]>();
  for (const act of acts) {
    const queue = queues.get(key(act));
    if (queue === undefined) queues.set(key(act), [act]);
    else queue.push(act);
  }
  return queues;
}

export type Switched = Finding & { readonly before: string; readonly after: string };

/** What is worse about the command than about the one before it, given whether it takes something away. */
export function comparePair(before: Act, after: Act, destroys: boolean): readonly Switched[] {
  if (after.dry) return [];
  return [
    ...switchedTargets(before, after, destroys),
    ...lostSafety(before, after),
    ...widenedScope(before, after),
    ...widerReach(before, after),
  ];
}

function switchedTargets(before: Act, after: Act, destroys: boolean): readonly Switched[] {
  const old = targetsOf(before.invocation);
  const now = targetsOf(after.invocation);
  const found: Switched[] = [];
  for (const { name, value } of old) {
    const next = now.find((one) => one.name === name);
    const tags = !destroys ? ["changes"] : ["deletes"];
    if (next === undefined) {
      const isEnvironment =
        /^--?(?:e|env|environment|stage|context|cluster|profile|account|project|workspace|namespace|n)$/i.test(
          name,
        );
      if (isEnvironment && (destroys || changesSomething(after)))
        found.push({ aspect: "target-dropped", key: name, tags, before: value, after: "" });
      continue;
    }
    if (next.value === value) continue;
    const to = environmentIn(next.value);
    const toProduction = to === "production" && environmentIn(value) !== "production";
    if (destroys || (toProduction && changesSomething(after)))
      found.push({
        aspect: "target-switched",
        key: name,
        tags: [
          ...tags,
          ...(toProduction ? ["to-production"] : []),
          ...(to === "non-production" ? ["to-non-production"] : []),
          ...(name === "host" ? ["host"] : []),
        ],
        before: value,
        after: next.value,
      });
  }
  return found;
}

const SAFETY =
  /^--?(?:dry-?run|read-?only|check|plan|diff|noop|no-op|what-?if|simulate|preview|confirm|interactive|i|prompt|ask|limit|max|max-\w+|batch-size|canary|serial|one-by-one|safe|backup|snapshot|final-snapshot|keep|exclude|force-with-lease|preserve-root|target|soft)$/i;

function lostSafety(before: Act, after: Act): readonly Switched[] {
  if (after.everyday && after.danger === null) return [];
  const acts = after.danger !== null || changesSomething(after) || before.dry || readsOnly(before);
  if (!acts) return [];
  return before.flags
    .filter(({ name, value }) => SAFETY.test(name) && value !== "none" && value !== "false")
    .filter(
      ({ name }) =>
        !after.flags.some((flag) => flag.name === name || `${name}=`.startsWith(`${flag.name}=`)),
    )
    .map(({ name, value }) => ({
      aspect: "safety-removed" as const,
      key: name,
      tags: after.danger === null ? [] : ["deletes"],
      before: value === null ? name : `${name} ${value}`,
      after: "",
    }));
}

const readsOnly = (act: Act): boolean =>
  act.flags.some(({ name }) => /^--?read-?only$/i.test(name));

const SELECTOR =
  /^--?(?:l|selector|field-selector|labels?|filters?|tags?|where|prefix|pattern|match|ids?|names?|targets?|limit|include|only|link|links|subsystem|hosts?|node|nodes|group|groups|instance|instances|region|zone|cell|service|user|tenant|bucket)$/i;

function widenedScope(before: Act, after: Act): readonly Switched[] {
  if (after.everyday && after.danger === null) return [];
  const tags = after.danger === null ? [] : ["deletes"];
  const dropped = before.flags.filter(
    ({ name, value }) =>
      SELECTOR.test(name) &&
      value !== null &&
      value !== "" &&
      !after.flags.some((flag) => flag.name === name),
  );
  const selectors = dropped.map(({ name, value }) => `${name} ${value ?? ""}`).join(" ");
  if (after.all && !before.all)
    return [
      {
        aspect: "scope-widened",
        key: "all",
        tags: [...tags, "all"],
        before: selectors === "" ? before.signature : selectors,
        after: "everything",
      },
    ];
  if (dropped.length > 0 && after.danger !== null && after.flags.length < before.flags.length)
    return [
      {
        aspect: "scope-widened",
        key: dropped[0]?.name ?? "",
        tags: [...tags, "selector-dropped"],
        before: selectors,
        after: "",
      },
    ];
  return [];
}
