// SPDX-License-Identifier: Apache-2.0
/** From the description of a control plane to a plan in waves. */
import type { Description, SystemDescription } from "@interlock/controlplane";
import {
  admitPlan,
  DEFAULT_CEILING,
  type EmergencyTerms,
  type Loss,
  lossOf,
  NO_EMERGENCY,
  type Plan,
  type PlanRequest,
  type PlanTerms,
  planRollout,
  type Requirement,
} from "@interlock/core";
import type { GivenWaves } from "@interlock/protocol";
import type { Answer } from "../http/bind.ts";
import { refused } from "../people/terms.ts";
import { inWords as cellInWords, namedCells } from "./divided.ts";
import type { OpenLane } from "./lane.ts";

const MILLION = 1_000_000;
const MINUTE_MS = 60_000;
const BAKE_MS = 10 * MINUTE_MS;
/** What no wave may hide: two orders in a hundred. */
const MARGIN_PPM = 20_000;
/** No wave begins later: an approval is not forgotten for longer. */
const GOOD_MS = 7 * 86_400_000;
/** Half of a system a minute: harm is seen before the second half has it. */
const SPEED_PPM = 500_000;
/** Five times the cells at most from wave to wave. */
const GROWTH = 5;
/** Orders whose loss a collapse of orders is told by, and how late it is told at the worst. */
const DETECTION = {
  ...{ sampleMs: MINUTE_MS, lostMicroOrders: 20 * MILLION },
  ...{ worstMs: 30 * MINUTE_MS, stopMs: MINUTE_MS },
} as const;
const BACK = { batchPpm: 250_000, everyMs: 10_000, jitterMs: 5_000 } as const;

export type Planning = {
  readonly plane: Description;
  readonly system: SystemDescription;
  readonly target: string;
  /** The change digest: it is the version too. */
  readonly change: string;
  /** The version that each cell holds now. */
  readonly bases: ReadonlyMap<string, string>;
  readonly keys: readonly string[];
  /** What the decision demands. */
  readonly requires: readonly Requirement[];
  readonly waves: GivenWaves | undefined;
  /** The emergency lane, where it is to take that. */
  readonly lane?: OpenLane | null;
  readonly now: number;
};

/** A plan that may be carried out, or why there is none: over budget with the smallest one that fits. */
export function planned(
  given: Planning,
): Answer<{ readonly plan: Plan; readonly loss: Loss; readonly terms: PlanTerms }> {
  const { plane, system } = given;
  const signals = plane.signals.filter((one) => one.system === system.name);
  if (signals.length === 0)
    return refused(
      "ROLLOUT_PLAN",
      `no signal is enrolled for \`${system.name}\`, so that no wave could ever pass`,
      "add one to the description of the control plane, which two people sign",
    );
  const staged = given.requires.filter((one) => one.kind === "staged");
  const whole = {
    ms: Math.max(BAKE_MS, system.asyncFailureMs, ...staged.map(({ bakeMs }) => bakeMs)),
    samples: Math.max(1, ...signals.map(({ minimumSamples }) => minimumSamples)),
    marginPpm: MARGIN_PPM,
  };
  const emergency = emergencyTerms(given, whole.ms);
  const terms: PlanTerms = {
    ...{ staged, budgetMicroOrders: system.lossBudgetOrders * MILLION },
    emergency: emergency ?? NO_EMERGENCY,
  };
  const bake = emergency === null ? whole : { ...whole, ms: emergency.bakeMs };
  const grow = { bake, lastBake: whole, growth: GROWTH };
  const frame = frameOf(given, signals);
  return given.waves === undefined
    ? fewest({ plan: frame, ...grow }, terms)
    : admitted(frame, given.waves, { terms, grow });
}

/** A lane that would be slower than the road is as fast as that. */
function emergencyTerms({ lane }: Planning, wholeMs: number): EmergencyTerms | null {
  if (lane == null) return null;
  const { keys, cells, bakeMs } = lane.lane;
  return { keys, cells, bakeMs: Math.min(bakeMs, wholeMs) };
}

function frameOf(
  { system, target, change, bases, keys, lane = null, now }: Planning,
  signals: Description["signals"],
): PlanRequest["plan"] {
  const cells = system.cells
    .filter(({ id }) => bases.has(id))
    .map(({ id, region, sharePpm, runs, part }) => ({
      ...{ id, region, sharePpm, runs, divisible: false, base: bases.get(id) ?? "" },
      // A part is written whole, under its own name.
      ...(part === undefined ? {} : { part }),
    }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  return {
    ...{ change, system: system.name, tier: system.tier, target, version: change, cells },
    ...{ keys: [...new Set(keys)].sort(), provenRuns: [] },
    ...(lane === null ? { lane: "normal" } : { lane: "emergency", emergency: lane.glass.entry }),
    microOrdersPerMinute: system.ordersPerMinute * MILLION,
    ...{ detection: DETECTION, asyncFailureMs: system.asyncFailureMs },
    ...{ speedPpmPerMinute: SPEED_PPM, signals: signals.map(({ name }) => name).sort() },
    freshMs: Math.min(...signals.map(({ freshMs }) => freshMs)),
    ...{ askEveryMs: 30_000, onFailure: "go-back", ceiling: DEFAULT_CEILING, back: BACK },
    goodUntil: Math.min(now + GOOD_MS, lane?.glass.until ?? Number.POSITIVE_INFINITY),
  };
}

function fewest(request: PlanRequest, terms: PlanTerms) {
  const made = planRollout(request, terms);
  if (made.ok) return { ok: true as const, value: { plan: made.plan, loss: made.loss, terms } };
  const { loss, plan } = made.nearest;
  const { code, message, help } = made.failure;
  const least = Math.ceil(loss.microOrders / MILLION);
  return refused(
    code,
    message,
    `${help}; the least that these cells allow is ${least} orders, ${bakesOf(plan)}`,
  );
}

function admitted(
  frame: PlanRequest["plan"],
  given: GivenWaves,
  { terms, grow }: { readonly terms: PlanTerms; readonly grow: Omit<PlanRequest, "plan"> },
) {
  const named = namedCells(
    frame.cells,
    given.map(({ cells }) => cells),
  );
  if (!named.ok) return named;
  const waves = given.map(({ name, bake }, at) => ({
    ...{ name, bake },
    steps: [...(named.value[at] ?? [])].sort().map((cell) => ({ cell, toPpm: MILLION })),
  }));
  const plan = { ...frame, waves };
  const missing = frame.cells.find(
    ({ id }) => !waves.some(({ steps }) => steps.some(({ cell }) => cell === id)),
  );
  if (missing !== undefined)
    return refused(
      "ROLLOUT_PLAN",
      `no wave brings the change to \`${missing.id}\``,
      "put every cell that is delivered to into one wave",
    );
  const admission = admitPlan(plan, terms, grow);
  if (admission.ok) return { ok: true as const, value: { plan, loss: admission.loss, terms } };
  const { code, message, help } = admission.failure;
  const { fits } = admission;
  return refused(code, message, fits === null ? help : `${help}; this one fits: ${inWords(fits)}`);
}

/** The smallest plan that fits, as a person reads it. */
function inWords(plan: Plan): string {
  const waves = plan.waves.map(({ steps }) =>
    steps.map(({ cell }) => cellInWords(plan.cells, cell)).join(", "),
  );
  const orders = Math.ceil(lossOf(plan).microOrders / MILLION);
  return `${waves.join(" | ")} (${orders} orders, ${bakesOf(plan)})`.slice(0, 1_000);
}

const bakesOf = ({ waves }: Plan): string =>
  `with bakes of up to ${Math.ceil(Math.max(0, ...waves.map(({ bake }) => bake.ms)) / MINUTE_MS)} min`;
