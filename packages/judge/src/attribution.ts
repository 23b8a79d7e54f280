// SPDX-License-Identifier: Apache-2.0
import { lnContrast, lnRaised, noRatios, type Seen, seenOf } from "./contrast.ts";
import { lnMeanExp, lnSumExp } from "./numeric.ts";
import { given, isCount, MILLION, type Outcome, refused } from "./outcome.ts";

/** Where a concurrent change is, and since when. */
export type Suspect = {
  readonly id: string;
  readonly exposure: readonly { readonly cell: string; readonly sinceMs: number }[];
  /** Edges of the dependency graph to what fails; `null` where no path is known. */
  readonly distance: number | null;
};

/** A cell in which faults could be seen: cells of one stratum are alike but for the changes. */
export type Cell = {
  readonly cell: string;
  readonly stratum: string;
  /** Requests, orders or nodes since the window began: what faults are a share of. */
  readonly exposureCount: number;
};

/** Faults seen in a cell at a time. */
export type Fault = { readonly cell: string; readonly atMs: number; readonly count: number };

export type Blame = {
  readonly id: string;
  readonly blamePpm: number;
  /** Faults in the change's cells after it, in each window, and in the time before it. */
  readonly votes: readonly number[];
  readonly vetoes: number;
  readonly because: "no-fault-where-it-is" | "faults-were-there-before" | "fits";
};

export type Attribution = {
  /** Sorted by blame, then id; with `noneOfThesePpm` they sum to 1,000,000. */
  readonly blames: readonly Blame[];
  readonly noneOfThesePpm: number;
  /** Groups of two and more that have the same exposure: no data seen so far tells them apart. */
  readonly cannotBeToldApart: readonly (readonly string[])[];
  /** Everything that it may be, and so everything to halt: sorted. */
  readonly halt: readonly string[];
};

const HOUR_MS = 3_600_000;
/** Windows after a deployment and their weights; the same 72 h before it are vetoes. */
const WINDOWS = [
  { ms: HOUR_MS, weight: 0.5 },
  { ms: 24 * HOUR_MS, weight: 0.3 },
  { ms: 72 * HOUR_MS, weight: 0.2 },
] as const;
const VETO_MS = 72 * HOUR_MS;
/** Log-odds of a change fitting by chance: it must explain the faults better than e^3 to 1. */
const NONE_SCORE = 3;
/** A suspect this much less likely than the first is halted no more. */
const HALT_PART = 20;
const LIMITS = { suspects: 1_000, cells: 10_000, faults: 200_000 } as const;

/**
 * Blame among concurrent changes: temporal votes and vetoes (Gandalf, NSDI 2020), contrast of rates on
 * exposed against unexposed cells within strata, and distance in the graph, as log-odds through a
 * softmax with "none of these" among them. Changes of the same exposure share their blame equally.
 */
export function attribute(
  suspects: readonly Suspect[],
  cells: readonly Cell[],
  faults: readonly Fault[],
): Outcome<Attribution> {
  const problem = objection(suspects, cells, faults);
  if (problem !== null) return problem;
  const seen = seenOf(suspects, cells, faults);
  const scored = suspects.map((suspect) => scoreOf(suspect, seen));
  const groups = groupsOf(suspects);
  // The graph is a hint from outside: it never tells apart what was exposed alike.
  const scores = suspects.map((_, i) =>
    groupScore(groups.find((g) => g.includes(i)) ?? [i], scored),
  );
  const whole = lnSumExp([...scores, NONE_SCORE]);
  const ppm = scores.map((score) => Math.floor(Math.exp(score - whole) * MILLION));
  const blames = suspects
    .map(({ id }, i) => ({
      id,
      blamePpm: ppm[i] ?? 0,
      votes: scored[i]?.votes ?? [],
      vetoes: scored[i]?.vetoes ?? 0,
      because: scored[i]?.because ?? ("fits" as const),
    }))
    .sort((a, b) => b.blamePpm - a.blamePpm || (a.id < b.id ? -1 : 1));
  const most = blames[0]?.blamePpm ?? 0;
  const alike = groups
    .filter((group) => group.length > 1)
    .map((group) => group.map((i) => suspects[i]?.id ?? "").sort())
    .sort((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
  return given({
    blames,
    noneOfThesePpm: MILLION - ppm.reduce((sum, p) => sum + p, 0),
    cannotBeToldApart: alike,
    halt: blames
      .filter(({ blamePpm }) => blamePpm > 0 && blamePpm * HALT_PART >= most)
      .map(({ id }) => id)
      .sort(),
  });
}

type Scored = {
  readonly score: number;
  readonly votes: readonly number[];
  readonly vetoes: number;
  readonly because: Blame["because"];
};

function scoreOf(suspect: Suspect, seen: Seen): Scored {
  const since = new Map(suspect.exposure.map(({ cell, sinceMs }) => [cell, sinceMs]));
  const { votes, vetoes, owed } = votesOf(since, seen);
  const voted = votes.at(-1) ?? 0;
  const none = { score: Number.NEGATIVE_INFINITY, votes, vetoes };
  if (voted === 0) return { ...none, because: "no-fault-where-it-is" };
  const rise = lnRise(since, seen, { voted, vetoes });
  if (rise !== null && rise <= 0) return { ...none, because: "faults-were-there-before" };
  const temporal = WINDOWS.reduce((sum, { weight }, i) => {
    const [own, before] = [votes[i] ?? 0, owed[i] ?? 0];
    return own > before ? sum + weight * Math.log((own + 1) / (before + 1)) : sum;
  }, 0);
  const near = suspect.distance === null ? -UNKNOWN_DISTANCE : -suspect.distance;
  const contrast = lnContrast(since, seen);
  // Where cells and time both can speak, both must: a cell that always fails is no change's doing.
  const known = [contrast, rise].filter((ln) => ln !== null);
  const evidence = known.length === 0 ? 0 : Math.min(...known);
  const score = temporal + evidence + Math.max(-4, near) * Math.LN2;
  return { score, votes, vetoes, because: "fits" };
}

/**
 * ln of the Bayes factor of "the rate rose in its cells when it came" over the 72 h on each side, or
 * `null` when nothing was watched before.
 */
function lnRise(
  since: ReadonlyMap<string, number>,
  { fromMs, untilMs }: Seen,
  { voted, vetoes }: { readonly voted: number; readonly vetoes: number },
): number | null {
  let [before, after] = [0, 0];
  for (const start of since.values()) {
    before += Math.min(VETO_MS, start - fromMs);
    after += Math.min(VETO_MS, untilMs - start);
  }
  if (before <= 0 || after <= 0) return null;
  const share = after / (after + before);
  return lnMeanExp(lnRaised(noRatios(), { share, hit: voted, total: voted + vetoes }));
}

type Votes = {
  readonly votes: readonly number[];
  readonly vetoes: number;
  /** Votes that each window would have at the rate of the time before. */
  readonly owed: readonly number[];
};

function votesOf(since: ReadonlyMap<string, number>, { faults, fromMs, untilMs }: Seen): Votes {
  const votes = WINDOWS.map(() => 0);
  const owed = WINDOWS.map(() => 0);
  let vetoes = 0;
  for (const { cell, atMs, count } of faults) {
    const start = since.get(cell);
    if (start === undefined) continue;
    const after = atMs - start;
    if (after < -VETO_MS) continue;
    if (after < 0) vetoes += count;
    for (const [i, { ms }] of WINDOWS.entries()) {
      if (after >= 0 && after <= ms) votes[i] = (votes[i] ?? 0) + count;
      // A window that is longer than what was watched before owes no more than was seen per hour.
      const before = Math.min(VETO_MS, start - fromMs);
      const part = Math.min(ms, untilMs - start) / Math.max(1, before);
      if (after < 0) owed[i] = (owed[i] ?? 0) + count * part;
    }
  }
  return { votes, vetoes, owed };
}

/** As far as a change of which nobody knows how it could reach the fault. */
const UNKNOWN_DISTANCE = 3;

function groupScore(group: readonly number[], scored: readonly Scored[]): number {
  const scores = group.map((i) => scored[i]?.score ?? Number.NEGATIVE_INFINITY);
  return scores.length === 1 ? (scores[0] ?? 0) : Math.max(...scores);
}

/** Indices of suspects by exposure: the same cells since the same times. */
function groupsOf(suspects: readonly Suspect[]): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (const [i, { exposure }] of suspects.entries()) {
    const key = JSON.stringify(exposure.map(({ cell, sinceMs }) => [cell, sinceMs]).sort());
    groups.set(key, [...(groups.get(key) ?? []), i]);
  }
  return [...groups.values()];
}

function objection(
  suspects: readonly Suspect[],
  cells: readonly Cell[],
  faults: readonly Fault[],
): Outcome<never> | null {
  const sizes = [
    ["suspects", suspects.length, LIMITS.suspects],
    ["cells", cells.length, LIMITS.cells],
    ["faults", faults.length, LIMITS.faults],
  ] as const;
  for (const [what, size, most] of sizes)
    if (size > most) return refused("too-many", `${size} ${what}`, `pass at most ${most}`);
  if (new Set(suspects.map(({ id }) => id)).size < suspects.length)
    return refused("out-of-range", "two suspects have one id", "name every change once");
  const counts = [...cells.map((c) => c.exposureCount), ...faults.map((f) => f.count)];
  const bad = counts.find((n) => !isCount(n));
  if (bad !== undefined)
    return refused("not-a-count", `a count is ${String(bad)}`, "pass whole numbers from 0");
  const times = [
    ...faults.map(({ atMs }) => atMs),
    ...suspects.flatMap(({ exposure }) => exposure.map(({ sinceMs }) => sinceMs)),
    ...suspects.map(({ distance }) => distance ?? 0),
  ];
  if (times.every((t) => Number.isSafeInteger(t))) return null;
  return refused("not-a-number", "a time or distance is no whole number", "pass milliseconds");
}
