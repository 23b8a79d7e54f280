// SPDX-License-Identifier: Apache-2.0
/** The arms of a drill: nothing, each safeguard alone, all of them. */
import { boundWatch } from "./bound-watch.ts";
import type { Gate, PolicyName } from "./gate.ts";
import type { Incident } from "./incident.ts";
import { judgeWatch } from "./judge-watch.ts";
import { atOncePlan, wavesPlan } from "./plan.ts";
import type { Drive } from "./run.ts";
import { clockWatch } from "./watch.ts";

export type ArmName =
  | "none"
  | "two-people"
  | "document"
  | "rules"
  | "waves"
  | "signals"
  | "unwind"
  | "interlock";

export type Arm = {
  readonly name: ArmName;
  readonly title: string;
  /** What judges the change before it goes out; `null`: nothing does. */
  readonly policy: PolicyName | null;
  readonly driveOf: (incident: Incident, gates: Gates) => Drive;
};

export type Gates = Readonly<Record<PolicyName, Gate>>;

/** Of one operator, and of two who were shown the change and saw nothing wrong. */
const ALONE = ["ana"];
const FOOLED = ["ana", "cy", "dee"];

const unguarded = (incident: Incident): Drive => ({
  plan: atOncePlan(incident, { signals: [], onFailure: "halt" }),
  persons: ALONE,
  watch: null,
  wayBack: false,
});

/** From nothing over each safeguard alone to all of them. */
export const ARMS: readonly Arm[] = [
  { name: "none", title: "no safeguard", policy: null, driveOf: unguarded },
  {
    name: "two-people",
    title: "two people approve, who were fooled",
    policy: "two-people",
    driveOf: (incident) => ({ ...unguarded(incident), persons: FOOLED }),
  },
  {
    name: "document",
    title: "a change document, which is complete and wrong",
    policy: "document",
    driveOf: unguarded,
  },
  {
    name: "rules",
    title: "rules, which two people waived",
    policy: "rules",
    driveOf: unguarded,
  },
  {
    name: "waves",
    title: "waves that only let time pass",
    policy: "waves",
    driveOf: (incident, gates) => ({
      plan: wavesPlan(incident, gates.waves, { onFailure: "halt", askEveryMs: 30_000 }).plan,
      persons: FOOLED,
      watch: clockWatch,
      wayBack: false,
    }),
  },
  {
    name: "signals",
    title: "signals that halt, without waves",
    policy: null,
    driveOf: (incident) => ({
      plan: atOncePlan(incident, { onFailure: "halt" }),
      persons: ALONE,
      watch: judgeWatch,
      wayBack: false,
    }),
  },
  {
    name: "unwind",
    title: "a way back, once people have noticed",
    policy: null,
    driveOf: (incident) => ({ ...unguarded(incident), wayBack: true }),
  },
  {
    name: "interlock",
    title: "Interlock as shipped, with approvals and rules passed",
    policy: "interlock",
    driveOf: interlockDrive,
  },
];

export function interlockDrive(incident: Incident, gates: Gates): Drive {
  return {
    plan: wavesPlan(incident, gates.interlock, {}).plan,
    persons: FOOLED,
    watch: judgeWatch,
    wayBack: true,
  };
}

/** The same rollout with the test that knows both rates in the judge's place. */
export const boundDrive = (incident: Incident, gates: Gates): Drive => ({
  ...interlockDrive(incident, gates),
  watch: boundWatch,
});
