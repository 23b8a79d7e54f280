// SPDX-License-Identifier: Apache-2.0
/** What an arm is told to do, as a plan of `core`. */
import {
  type Ceiling,
  type Cell,
  DEFAULT_CEILING,
  type Loss,
  lossOf,
  type Plan,
  type PlanTerms,
  planRollout,
} from "@interlock/core";
import { type Digest, digestOf } from "@interlock/digest";
import { HORIZON_S, WORLD } from "./assumptions.ts";
import type { Gate } from "./gate.ts";
import type { Incident } from "./incident.ts";
import { REGION_CELLS } from "./world.ts";

/** The first write of every drill, in milliseconds since 1970 UTC. */
export const BEGINS_AT = Date.UTC(2026, 2, 2, 14);
const RUNS = "code-1";
const MINUTE = 60_000;

export const digest = (name: string): Digest => digestOf("interlock/drill/v1", name);

const planCells = (): readonly Cell[] =>
  REGION_CELLS.map(({ id, region, sharePpm }) => ({
    id,
    region,
    sharePpm,
    base: "before",
    runs: RUNS,
    divisible: true,
  }));

/** Nobody is kept from anything: what a control plane without safeguards has. */
const NO_CEILING: Ceiling = { tier: 1, cells: REGION_CELLS.length, trafficPpm: 1_000_000 };

const BAKE = { ms: 30 * MINUTE, samples: 1_000, marginPpm: 100_000 };

function basePlan({ id, system, ordersPerMinute }: Incident): Omit<Plan, "waves"> {
  return {
    change: digest(id),
    system,
    tier: 1,
    target: "retail",
    keys: [`${system}/config`],
    version: "after",
    lane: "normal",
    cells: planCells(),
    provenRuns: [],
    microOrdersPerMinute: Math.round(ordersPerMinute * 1_000_000),
    detection: {
      sampleMs: (WORLD.slotS + WORLD.lagS) * 1_000,
      lostMicroOrders: 16_000_000,
      worstMs: 30 * MINUTE,
      stopMs: 20_000,
    },
    asyncFailureMs: 5 * MINUTE,
    speedPpmPerMinute: Math.round(60_000_000 / WORLD.spreadS),
    signals: ["judge"],
    freshMs: MINUTE,
    askEveryMs: 5_000,
    onFailure: "go-back",
    ceiling: DEFAULT_CEILING,
    back: { batchPpm: 300_000, everyMs: 5_000, jitterMs: 2_000 },
    goodUntil: BEGINS_AT + HORIZON_S * 1_000,
  };
}

/** Every cell at once, as fast as writes go. */
export function atOncePlan(incident: Incident, over: Partial<Plan>): Plan {
  const steps = REGION_CELLS.map(({ id }) => ({ cell: id, toPpm: 1_000_000 }));
  return {
    ...basePlan(incident),
    ceiling: NO_CEILING,
    provenRuns: [RUNS],
    waves: [{ name: "all", steps, bake: BAKE }],
    ...over,
  };
}

/** Orders that one change of Tier 1 may cost, in millionths. */
const BUDGET = 2_000_000_000;

/** The fewest waves that the rules' staging and the budget allow, by the planner. */
export function wavesPlan(
  incident: Incident,
  gate: Gate,
  over: Partial<Omit<Plan, "waves">>,
): { readonly plan: Plan; readonly loss: Loss } {
  const terms: PlanTerms = {
    staged: gate.staged,
    budgetMicroOrders: BUDGET,
    emergency: { keys: 1, cells: 1, bakeMs: 5 * MINUTE },
  };
  const planned = planRollout(
    { plan: { ...basePlan(incident), ...over }, bake: BAKE, growth: 10 },
    terms,
  );
  if (!planned.ok) throw new Error(`invariant broken: ${planned.failure.message}`);
  return planned;
}

/** Orders lost if this is bad, of a plan without waves. */
export const lossAtOnce = (incident: Incident): Loss => lossOf(atOncePlan(incident, {}));
