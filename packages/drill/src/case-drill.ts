// SPDX-License-Identifier: Apache-2.0
/** A recorded outage's change through the rules, the approvals and the waves. */
import type { Outcome } from "@interlock/core";
import { interlockDrive } from "./arms.ts";
import { type Assumption, worldAssumptions } from "./assumptions.ts";
import type { OutageCase } from "./cases/read.ts";
import { type Gate, gateOf, POLICIES, type PolicyName, type Stop } from "./gate.ts";
import { INCIDENTS, type Incident } from "./incident.ts";
import { runArm } from "./run.ts";
import { drawTraffic } from "./traffic.ts";

/** Nothing is known of how an outage would have shown in a retailer's orders: this is assumed. */
const ASSUMED_DROP_PPM = 500_000;

export type CaseReport = {
  readonly case: string;
  readonly title: string;
  readonly source: string;
  readonly decidable: OutageCase["decidable"];
  /** The reliability rules: what they find in the change, and whether the same edit without the fault passes. */
  readonly rules: {
    readonly outcome: Outcome;
    readonly stops: readonly Stop[];
    readonly twin: Outcome;
  };
  /** The rest of the gate: one operator alone, and with two people who were fooled. */
  readonly approvals: { readonly alone: Outcome; readonly fooled: Outcome };
  /** The waves, were it to show as the assumed drop of orders wherever it is. */
  readonly waves: {
    readonly secondsToHalt: number | null;
    readonly lostOrders: number;
    readonly wavesWritten: number;
  };
  readonly stoppedBy: "rules" | "approvals" | "waves" | "nothing";
  readonly says: readonly string[];
  readonly assumptions: readonly Assumption[];
};

/** Replays a case; the figures of the waves are for the seed. */
export async function drillCase(given: OutageCase, seed: number): Promise<CaseReport> {
  const names = Object.keys(POLICIES) as PolicyName[]; // its own keys
  const judged = await Promise.all(names.map((name) => gateOf(given, given.fault, name)));
  const gates = Object.fromEntries(judged.map((gate) => [gate.policy, gate])) as Gates; // one of each
  const twin = await gateOf(given, given.twin, "rules");
  const run = runArm(
    interlockDrive(assumed(given), gates),
    drawTraffic(assumed(given), seed, 3_600),
  );
  const { rules, "two-people": people } = gates;
  const waves = {
    secondsToHalt: run.secondsToHalt,
    lostOrders: run.lostOrders,
    wavesWritten: run.waves,
  };
  const held = rules.alone !== "allow";
  return {
    case: given.id,
    title: given.title,
    source: given.source,
    decidable: given.decidable,
    rules: { outcome: rules.alone, stops: rules.stops, twin: twin.alone },
    approvals: { alone: people.alone, fooled: people.fooled },
    waves,
    stoppedBy: held ? "rules" : waves.secondsToHalt === null ? "approvals" : "waves",
    says: sentences(given, { rules, waves, twin: twin.alone }),
    assumptions: [
      {
        id: "assumed-drop",
        value: ASSUMED_DROP_PPM,
        unit: "millionths of orders lost where the change is",
        source: "assumption",
      },
      ...worldAssumptions(),
    ],
  };
}

type Gates = Readonly<Record<PolicyName, Gate>>;

const assumed = ({ id, title }: OutageCase): Incident => {
  const [like] = INCIDENTS;
  if (like === undefined) throw new Error("invariant broken: there are incidents");
  const harm = { lostPpm: ASSUMED_DROP_PPM, wrongPpm: 0, errorPpm: 0 };
  return { ...like, id, title, outage: id, system: "orders", harm, assumptions: [] };
};

function sentences(
  given: OutageCase,
  {
    rules,
    waves,
    twin,
  }: Pick<CaseReport, "waves"> & { readonly rules: Gate; readonly twin: Outcome },
): readonly string[] {
  const before =
    rules.alone === "allow"
      ? `no rule finds the fault${given.missed === "" ? "" : `: ${given.missed}`}`
      : `${rules.alone === "deny" ? "denied" : "held"} before anything is written, by ${rules.stops.map(({ rule }) => rule).join(", ")}`;
  const other =
    twin === "allow"
      ? "the same edit without the fault passes the rules"
      : "the same edit without the fault is held as well";
  const approvals =
    "one operator alone is held for two approvals and a document; people who see no fault can supply both";
  const halt =
    waves.secondsToHalt === null
      ? "no halt within the hour: the harm is too small for the traffic of the wave"
      : `were it to cost half of the orders wherever it is, the first wave would halt after ${waves.secondsToHalt} s and ${waves.lostOrders} orders of the simulated retailer`;
  return [before, other, approvals, halt, "harm that no enrolled signal shows passes every wave"];
}
