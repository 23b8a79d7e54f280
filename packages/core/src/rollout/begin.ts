// SPDX-License-Identifier: Apache-2.0
import { checkShape } from "./check.ts";
import { baseOf } from "./edit.ts";
import { failed, type RolloutFailure } from "./failure.ts";
import type { Plan } from "./plan.ts";
import { type Proven, type RolloutState, STATE_VERSION } from "./state.ts";

/** A rollout that nobody has approved; the plan was admitted by `checkPlan` under the decision's terms. */
export function beginRollout(
  id: string,
  plan: Plan,
  { proven, now }: { readonly proven: readonly Proven[]; readonly now: number },
):
  | { readonly ok: true; readonly state: RolloutState }
  | { readonly ok: false; readonly failure: RolloutFailure } {
  const [problem] = checkShape(plan);
  if (problem !== undefined)
    return failed(
      "ROLLOUT_PLAN",
      `the plan cannot be walked through: ${problem.code} \`${problem.about}\``,
      "ask for a plan with `interlock rollout plan`, or mend this one",
    );
  const cells = plan.cells.map((cell) => ({
    id: cell.id,
    runs: cell.runs,
    content: baseOf(cell),
    doubtful: false,
    touched: false,
  }));
  return {
    ok: true,
    state: {
      version: STATE_VERSION,
      id,
      revision: 0,
      serial: 0,
      plan,
      phase: "proposed",
      clockMs: 0,
      seenAt: now,
      fence: 0,
      turn: 0,
      leased: false,
      persons: [],
      wave: 0,
      stage: "waiting",
      hold: "none",
      paused: false,
      wasHalted: false,
      freeAt: 0,
      provenRuns: plan.provenRuns,
      cells,
      proven,
      outbox: [],
    },
  };
}
