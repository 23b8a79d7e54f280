// SPDX-License-Identifier: Apache-2.0
import type { Requirement } from "../requirement.ts";
import { lossOf } from "./loss.ts";
import { type Cell, exposureAt, levelsAfter, MILLION, type Plan, type Wave } from "./plan.ts";

export type Staged = Extract<Requirement, { readonly kind: "staged" }>;

/** What a plan is held against: requirements of the decision, the tier's budget, the emergency lane. */
export type PlanTerms = {
  readonly staged: readonly Staged[];
  /** Orders that the tier allows to lose if the change is bad, in millionths of an order. */
  readonly budgetMicroOrders: number;
  readonly emergency: EmergencyTerms;
};

/** How narrow the emergency lane is. It shortens the bake; it never skips it. */
export type EmergencyTerms = {
  readonly keys: number;
  readonly cells: number;
  /** Least bake of every wave. The last one bakes as long as in any lane besides. */
  readonly bakeMs: number;
};

/** Where there is no emergency lane, nothing is narrow enough for it. by (fail-closed) */
export const NO_EMERGENCY: EmergencyTerms = { keys: 0, cells: 0, bakeMs: 0 };

export const PLAN_PROBLEMS = [
  "no-waves",
  "cells-not-sorted",
  "cell-unknown",
  "cell-twice",
  "step-back",
  "not-divisible",
  "first-wave-too-wide",
  "bake-too-short",
  "bake-without-evidence",
  "pair-not-staged",
  "emergency-without-entry",
  "emergency-too-wide",
  "over-budget",
] as const;

export type PlanProblem = {
  readonly code: (typeof PLAN_PROBLEMS)[number];
  /** Number of the wave from 0, or -1 for the plan as a whole. */
  readonly wave: number;
  /** A cell, a version, or a number as text. */
  readonly about: string;
};

/** Everything that keeps a plan from being carried out; none: it may be. */
export function checkPlan(plan: Plan, terms: PlanTerms): readonly PlanProblem[] {
  const shape = checkShape(plan);
  // A plan of another shape has no exposure that could be told.
  if (shape.length > 0) return shape;
  return [
    ...checkStaged(plan, terms),
    ...checkBakes(plan, terms),
    ...checkPairs(plan),
    ...checkEmergency(plan, terms.emergency),
    ...checkBudget(plan, terms.budgetMicroOrders),
  ];
}

const problem = (code: PlanProblem["code"], wave: number, about: string | number): PlanProblem => ({
  code,
  wave,
  about: String(about),
});

/** What must hold for a state machine to walk through it. */
export function checkShape(plan: Plan): readonly PlanProblem[] {
  if (plan.waves.length === 0 || plan.waves.some(({ steps }) => steps.length === 0))
    return [problem("no-waves", -1, "")];
  if (plan.cells.some(({ id }, i) => i > 0 && (plan.cells[i - 1]?.id ?? "") >= id))
    return [problem("cells-not-sorted", -1, "")];
  const cells = new Map(plan.cells.map((cell) => [cell.id, cell]));
  const levels = new Map<string, number>();
  return plan.waves.flatMap((wave, i) => checkSteps(wave, i, { cells, levels }));
}

function checkSteps(
  { steps }: Wave,
  wave: number,
  {
    cells,
    levels,
  }: { readonly cells: ReadonlyMap<string, Cell>; readonly levels: Map<string, number> },
): readonly PlanProblem[] {
  const problems: PlanProblem[] = [];
  const seen = new Set<string>();
  for (const { cell, toPpm } of steps) {
    const known = cells.get(cell);
    if (known === undefined) problems.push(problem("cell-unknown", wave, cell));
    else if (toPpm !== MILLION && !known.divisible)
      problems.push(problem("not-divisible", wave, cell));
    if (seen.has(cell)) problems.push(problem("cell-twice", wave, cell));
    if (toPpm <= (levels.get(cell) ?? 0)) problems.push(problem("step-back", wave, cell));
    seen.add(cell);
    levels.set(cell, toPpm);
  }
  return problems;
}

function checkStaged(plan: Plan, { staged }: PlanTerms): readonly PlanProblem[] {
  const exposure = exposureAt(plan.cells, levelsAfter(plan, 0));
  const cells = plan.waves[0]?.steps.length ?? 0;
  return staged.flatMap((required) => [
    ...(cells > required.cells ? [problem("first-wave-too-wide", 0, cells)] : []),
    ...(exposure > required.trafficPpm ? [problem("first-wave-too-wide", 0, exposure)] : []),
  ]);
}

/**
 * Nothing follows the last wave, but what it brought becomes the last-known-good: it bakes too.
 *
 * INVARIANT (whole-bake): the emergency lane shortens the bakes between its waves alone. The one after
 * which a version is proven takes as long as in any lane. by (last-known-good)
 */
function checkBakes(plan: Plan, terms: PlanTerms): readonly PlanProblem[] {
  const whole = Math.max(plan.asyncFailureMs, ...terms.staged.map(({ bakeMs }) => bakeMs));
  const between =
    plan.lane === "emergency" ? Math.max(plan.asyncFailureMs, terms.emergency.bakeMs) : whole;
  const last = plan.waves.length - 1;
  const leastOf = (wave: number) => (wave === last ? Math.max(whole, between) : between);
  return plan.waves.flatMap(({ bake }, i) => [
    ...(bake.ms < leastOf(i) ? [problem("bake-too-short", i, leastOf(i))] : []),
    ...(bake.samples === 0 || bake.marginPpm === MILLION
      ? [problem("bake-without-evidence", i, bake.samples)]
      : []),
  ]);
}

/** Data that wakes dormant code begins at one cell for every code that it meets there. */
function checkPairs(plan: Plan): readonly PlanProblem[] {
  const proven = new Set(plan.provenRuns);
  const cells = new Map(plan.cells.map((cell) => [cell.id, cell]));
  return plan.waves.flatMap(({ steps }, i) => {
    const met = steps.map(({ cell }) => cells.get(cell)?.runs ?? "");
    const fresh = [...new Set(met)].filter((runs) => !proven.has(runs));
    const wide = fresh.filter((runs) => met.filter((one) => one === runs).length > 1);
    for (const runs of fresh) proven.add(runs);
    return wide.map((runs) => problem("pair-not-staged", i, runs));
  });
}

/** INVARIANT (still-staged): what goes out in the emergency lane is narrow, and begins with one cell. */
function checkEmergency(plan: Plan, terms: EmergencyTerms): readonly PlanProblem[] {
  if (plan.lane !== "emergency") return [];
  const alone = plan.waves[0]?.steps.length === 1;
  return [
    ...(plan.emergency === undefined ? [problem("emergency-without-entry", -1, "")] : []),
    ...(plan.keys.length > terms.keys || plan.keys.some((key) => key.endsWith("/"))
      ? [problem("emergency-too-wide", -1, plan.keys.length)]
      : []),
    ...(plan.cells.length > terms.cells
      ? [problem("emergency-too-wide", -1, plan.cells.length)]
      : []),
    ...(alone ? [] : [problem("emergency-too-wide", 0, plan.waves[0]?.steps.length ?? 0)]),
  ];
}

function checkBudget(plan: Plan, budget: number): readonly PlanProblem[] {
  const { microOrders } = lossOf(plan);
  return microOrders > budget ? [problem("over-budget", -1, microOrders)] : [];
}
