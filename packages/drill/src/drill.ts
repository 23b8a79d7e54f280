// SPDX-License-Identifier: Apache-2.0
/** An incident through every arm, over seeds. */
import { ARMS, type Arm, type ArmName, boundDrive, type Gates } from "./arms.ts";
import { type Assumption, worldAssumptions } from "./assumptions.ts";
import { builtInCases } from "./cases/embedded.ts";
import { type Gate, gateOf, POLICIES, type PolicyName } from "./gate.ts";
import { INCIDENTS, type Incident } from "./incident.ts";
import { lossAtOnce, wavesPlan } from "./plan.ts";
import { type ArmRun, runArm } from "./run.ts";
import { ratiosOf, spreadOf } from "./spread.ts";
import { drawTraffic } from "./traffic.ts";
import { reachedFrom } from "./world.ts";

type Spreads = ReturnType<typeof spreadOf>;
type Ratios = ReturnType<typeof ratiosOf>;

export type ArmReport = {
  readonly name: ArmName;
  readonly title: string;
  /** Medians over the seeds; `null` where it did not happen in half of them. */
  readonly lostOrders: number | null;
  readonly errors: number | null;
  readonly wrongAnswers: number | null;
  readonly secondsToHalt: number | null;
  readonly secondsToUnwind: number | null;
  readonly over: {
    readonly lostOrders: Spreads;
    readonly lostAtHalt: Spreads;
    readonly errors: Spreads;
    readonly wrongAnswers: Spreads;
    readonly secondsToHalt: Spreads;
    readonly secondsToUnwind: Spreads;
  };
  /** What judges the change before it goes out; the figures assume that it was passed. */
  readonly gate: Gate | null;
};

export type DrillReport = {
  readonly drill: string;
  readonly title: string;
  readonly seed: number;
  readonly seeds: number;
  readonly arms: readonly ArmReport[];
  /** The optimal test in the judge's place: same waves, sampling, noise and way back. */
  readonly bound: {
    readonly lostOrders: number | null;
    readonly lostAtHalt: number | null;
    readonly secondsToHalt: number | null;
    readonly over: ArmReport["over"];
    /** Orders that Interlock lost for each that this test lost on the same traffic. */
    readonly times: { readonly atHalt: Ratios; readonly inAll: Ratios };
  };
  readonly plan: {
    readonly waves: readonly { readonly name: string; readonly exposurePpm: number }[];
    /** Orders lost if this is bad, as the plan prints it, and without waves. */
    readonly ordersLostIfBad: number;
    readonly ordersLostAtOnce: number;
  };
  readonly systemsReached: number;
  readonly assumptions: readonly Assumption[];
};

/** The first seed's runs, for plots. */
export type FirstRuns = ReadonlyMap<ArmName, ArmRun>;

export type DrillOptions = { readonly seed: number; readonly seeds: number };

/** The incident of that id, or `null`. */
export const incidentOf = (id: string): Incident | null =>
  INCIDENTS.find((one) => one.id === id) ?? null;

/** What every policy says of the incident's change. */
export async function gatesOf(incident: Incident): Promise<Gates> {
  const given = builtInCases().find(({ id }) => id === incident.outage);
  if (given === undefined) throw new Error(`invariant broken: no case ${incident.outage}`);
  const names = Object.keys(POLICIES) as PolicyName[]; // its own keys
  const gates = await Promise.all(names.map((name) => gateOf(given, given.fault, name)));
  return Object.fromEntries(gates.map((gate) => [gate.policy, gate])) as Gates; // one of each name
}

/** Runs every arm on the same traffic, seed after seed. */
export async function drill(
  incident: Incident,
  { seed, seeds }: DrillOptions,
): Promise<{ readonly report: DrillReport; readonly first: FirstRuns }> {
  const gates = await gatesOf(incident);
  const drives = ARMS.map((arm) => ({ arm, drive: arm.driveOf(incident, gates) }));
  const runs = new Map<ArmName, ArmRun[]>(ARMS.map(({ name }) => [name, []]));
  const bound: ArmRun[] = [];
  const first = new Map<ArmName, ArmRun>();
  for (let i = 0; i < seeds; i += 1) {
    const traffic = drawTraffic(incident, seed + i);
    for (const { arm, drive } of drives) {
      const run = runArm(drive, traffic);
      if (i === 0) first.set(arm.name, run);
      runs.get(arm.name)?.push(run);
    }
    bound.push(runArm(boundDrive(incident, gates), traffic));
  }
  return { report: reportOf({ incident, gates, runs, bound }, { seed, seeds }), first };
}

type Done = {
  readonly incident: Incident;
  readonly gates: Gates;
  readonly runs: ReadonlyMap<ArmName, readonly ArmRun[]>;
  readonly bound: readonly ArmRun[];
};

function reportOf(
  { incident, gates, runs, bound }: Done,
  { seed, seeds }: DrillOptions,
): DrillReport {
  const best = overOf(bound);
  const ours = runs.get("interlock") ?? [];
  const times = (lost: (run: ArmRun) => number | null): Ratios =>
    ratiosOf(ours.map((run, i) => [lost(run), lost(bound[i] ?? run)]));
  const { plan, loss } = wavesPlan(incident, gates.interlock, {});
  return {
    drill: incident.id,
    title: incident.title,
    seed,
    seeds,
    arms: ARMS.map((arm) => armReport(arm, runs.get(arm.name) ?? [], gates)),
    bound: {
      lostOrders: best.lostOrders.median,
      lostAtHalt: best.lostAtHalt.median,
      secondsToHalt: best.secondsToHalt.median,
      over: best,
      times: {
        atHalt: times(({ lostAtHalt }) => lostAtHalt),
        inAll: times(({ lostOrders }) => lostOrders),
      },
    },
    plan: {
      waves: plan.waves.map(({ name }, i) => ({
        name,
        exposurePpm: loss.waves[i]?.exposurePpm ?? 0,
      })),
      ordersLostIfBad: Math.ceil(loss.microOrders / 1e6),
      ordersLostAtOnce: Math.ceil(lossAtOnce(incident).microOrders / 1e6),
    },
    systemsReached: reachedFrom(incident.system),
    assumptions: [...incident.assumptions, ...worldAssumptions()],
  };
}

function armReport({ name, title, policy }: Arm, runs: readonly ArmRun[], gates: Gates): ArmReport {
  const over = overOf(runs);
  return {
    name,
    title,
    lostOrders: over.lostOrders.median,
    errors: over.errors.median,
    wrongAnswers: over.wrongAnswers.median,
    secondsToHalt: over.secondsToHalt.median,
    secondsToUnwind: over.secondsToUnwind.median,
    over,
    gate: policy === null ? null : gates[policy],
  };
}

const overOf = (runs: readonly ArmRun[]): ArmReport["over"] => ({
  lostOrders: spreadOf(runs.map(({ lostOrders }) => lostOrders)),
  lostAtHalt: spreadOf(runs.map(({ lostAtHalt }) => lostAtHalt)),
  errors: spreadOf(runs.map(({ errors }) => errors)),
  wrongAnswers: spreadOf(runs.map(({ wrongAnswers }) => wrongAnswers)),
  secondsToHalt: spreadOf(runs.map(({ secondsToHalt }) => secondsToHalt)),
  secondsToUnwind: spreadOf(runs.map(({ secondsToUnwind }) => secondsToUnwind)),
});
