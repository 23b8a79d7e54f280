// SPDX-License-Identifier: Apache-2.0
import { checkPlan, type PlanProblem, type PlanTerms } from "./check.ts";
import { failed, type RolloutFailure } from "./failure.ts";
import { type Loss, lossOf } from "./loss.ts";
import {
  type Bake,
  type Cell,
  exposedAt,
  exposureAt,
  MILLION,
  type Plan,
  WAVES_MAX,
  type Wave,
  type WaveStep,
} from "./plan.ts";

/** A plan without its waves, and how they may grow. */
export type PlanRequest = {
  readonly plan: Omit<Plan, "waves">;
  readonly bake: Bake;
  /** Of the last wave, where it is another. */
  readonly lastBake?: Bake;
  /** Exposure after a wave is at most so many times that before it, where cells allow it. */
  readonly growth: number;
};

export type Planned =
  | { readonly ok: true; readonly plan: Plan; readonly loss: Loss }
  | {
      readonly ok: false;
      readonly failure: RolloutFailure;
      readonly problems: readonly PlanProblem[];
      /** The plan of least loss that these cells allow, to see by how much it misses. */
      readonly nearest: { readonly plan: Plan; readonly loss: Loss };
    };

/** The widest first waves that are tried, in order; narrower means more waves. */
const FIRST_PPM = [
  MILLION,
  500_000,
  250_000,
  100_000,
  50_000,
  25_000,
  10_000,
  5_000,
  2_500,
  1_000,
  500,
  250,
  100,
  10,
  1,
] as const;

/** So many times the wanted bake, in order: more orders tell a smaller drop. Nothing follows the last one. */
const LONGER = [2, 4] as const;

/**
 * The plan of fewest waves that fits its terms: no more friction than the budget asks for. Where
 * none does, bakes are longer.
 */
export function planRollout(request: PlanRequest, terms: PlanTerms): Planned {
  let nearest: { readonly plan: Plan; readonly problems: readonly PlanProblem[] } | null = null;
  for (const waves of wavesTried(request)) {
    const plan = { ...request.plan, waves };
    const problems = checkPlan(plan, terms);
    if (problems.length === 0) return { ok: true, plan, loss: lossOf(plan) };
    if (nearest === null || lessWrong({ plan, problems }, nearest)) nearest = { plan, problems };
  }
  if (nearest === null) throw new Error("invariant broken: at least one plan is tried");
  const loss = lossOf(nearest.plan);
  return {
    ...refused(nearest.problems, loss, terms),
    problems: nearest.problems,
    nearest: { plan: nearest.plan, loss },
  };
}

function* wavesTried(request: PlanRequest): Generator<readonly Wave[]> {
  const tried: (readonly Wave[])[] = [];
  for (const first of FIRST_PPM) {
    const waves = wavesOf(request, first);
    tried.push(waves);
    yield waves;
  }
  for (const times of LONGER)
    for (const waves of tried)
      yield waves.map((wave, i) =>
        i === waves.length - 1
          ? wave
          : { ...wave, bake: { ...wave.bake, ms: wave.bake.ms * times } },
      );
}

/** Whether a plan that a person wrote may be carried out; over budget, the smallest one that fits is shown. */
export function admitPlan(
  plan: Plan,
  terms: PlanTerms,
  grow: Omit<PlanRequest, "plan">,
):
  | { readonly ok: true; readonly loss: Loss }
  | {
      readonly ok: false;
      readonly failure: RolloutFailure;
      readonly problems: readonly PlanProblem[];
      readonly fits: Plan | null;
    } {
  const problems = checkPlan(plan, terms);
  if (problems.length === 0) return { ok: true, loss: lossOf(plan) };
  const { waves: _, ...rest } = plan;
  const smallest = planRollout({ plan: rest, ...grow }, terms);
  return {
    ...refused(problems, lossOf(plan), terms),
    problems,
    fits: smallest.ok ? smallest.plan : null,
  };
}

function refused(problems: readonly PlanProblem[], loss: Loss, terms: PlanTerms) {
  const over = problems.some(({ code }) => code === "over-budget");
  if (over)
    return failed(
      "ROLLOUT_OVER_BUDGET",
      `the plan may lose ${orders(loss.microOrders)} orders, and ${orders(terms.budgetMicroOrders)} are allowed`,
      "begin with a smaller wave, bake longer, exclude more harm in each bake, or detect it sooner",
    );
  const [first] = problems;
  const where = first === undefined || first.wave < 0 ? "the plan" : `wave ${first.wave + 1}`;
  return failed(
    "ROLLOUT_PLAN",
    `${where} may not go out: ${first?.code ?? ""} \`${first?.about ?? ""}\``,
    "ask for a plan with `interlock rollout plan`, or mend this one",
  );
}

const orders = (micro: number): number => Math.ceil(micro / MILLION);

type Tried = { readonly plan: Plan; readonly problems: readonly PlanProblem[] };

function lessWrong(a: Tried, b: Tried): boolean {
  const others = ({ problems }: Tried) =>
    problems.filter(({ code }) => code !== "over-budget").length;
  return (
    others(a) < others(b) ||
    (others(a) === others(b) && lossOf(a.plan).microOrders < lossOf(b.plan).microOrders)
  );
}

/** Waves whose exposure grows from `first`; a wave always goes on by at least one step. */
function wavesOf(request: PlanRequest, first: number): readonly Wave[] {
  const { plan, bake, lastBake = bake, growth } = request;
  const order = [...plan.cells].sort((a, b) => a.sharePpm - b.sharePpm || (a.id < b.id ? -1 : 1));
  const levels = new Map<string, number>();
  const proven = new Set(plan.provenRuns);
  const waves: Wave[] = [];
  let most = first;
  while (waves.length < WAVES_MAX && order.some(({ id }) => levels.get(id) !== MILLION)) {
    const alone = plan.lane === "emergency" && waves.length === 0;
    const steps = waveSteps(order, { levels, proven, most, alone });
    for (const { cell, toPpm } of steps) levels.set(cell, toPpm);
    for (const { cell } of steps) proven.add(order.find(({ id }) => id === cell)?.runs ?? "");
    waves.push({ name: `wave ${waves.length + 1}`, steps: sorted(steps), bake });
    most = Math.max(most, exposureAt(plan.cells, levels)) * growth;
  }
  return waves.map((wave, i) => (i === waves.length - 1 ? { ...wave, bake: lastBake } : wave));
}

type Growing = {
  readonly levels: ReadonlyMap<string, number>;
  readonly proven: ReadonlySet<string>;
  /** Exposure after the wave, in millionths, that is not to be passed. */
  readonly most: number;
  /** One cell and no more. by (still-staged) */
  readonly alone: boolean;
};

function waveSteps(order: readonly Cell[], growing: Growing): readonly WaveStep[] {
  const { levels, proven, most, alone } = growing;
  const steps: WaveStep[] = [];
  const after = new Map(levels);
  const met = new Set<string>();
  for (const cell of order) {
    if (alone && steps.length > 0) break;
    const level = after.get(cell.id) ?? 0;
    const fresh = !proven.has(cell.runs);
    if (level === MILLION || (fresh && met.has(cell.runs))) continue;
    const room = most * MILLION - exposedAt(order, after);
    const toPpm = reachable(cell, level, { room, must: steps.length === 0 });
    if (toPpm <= level) continue;
    steps.push({ cell: cell.id, toPpm });
    after.set(cell.id, toPpm);
    if (fresh) met.add(cell.runs);
  }
  return steps;
}

/** How far a cell may go within the room that is left; the first of a wave goes on in any case. */
function reachable(
  cell: Cell,
  level: number,
  { room, must }: { readonly room: number; readonly must: boolean },
): number {
  const needed = cell.sharePpm * (MILLION - level);
  if (needed <= room) return MILLION;
  if (!cell.divisible) return must ? MILLION : level;
  const part = level + Math.floor(room / Math.max(1, cell.sharePpm));
  return Math.min(MILLION, Math.max(part, must ? level + 1 : level));
}

const sorted = (steps: readonly WaveStep[]): readonly WaveStep[] =>
  [...steps].sort((a, b) => (a.cell < b.cell ? -1 : 1));
