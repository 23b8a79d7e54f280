// SPDX-License-Identifier: Apache-2.0
import { type Digest, digestOf } from "@interlock/digest";
import type { Act, ChangeDocument } from "../document.ts";
import { filledCommand, type Values } from "../remedy.ts";

/** One thing to do or to look at, in the order of the document. */
export type Task = {
  readonly id: string;
  /** A check changes nothing and is never undone. */
  readonly kind: "check" | "step";
  readonly act: Act;
  readonly verify: Act | null;
  readonly undo: Act | null;
  readonly irreversible: string | null;
  readonly abortIf: string | null;
  /** Running it twice is the same as once. */
  readonly repeatable: boolean;
  readonly second: boolean;
};

const RUN_TAG = "interlock/run/v1";

/**
 * The id of a run that a server records: of its operator and of a random number (`once`), so that
 * nobody takes somebody else's, and a beginning that is sent twice is one.
 */
export const runId = (operator: string, once: string): Digest =>
  digestOf(RUN_TAG, { operator, once });

const PLAN_TAG = "interlock/run-plan/v1";

/** The pre-checks and then the steps, with the values of a remedy filled in. */
export function planOf(document: ChangeDocument, values: Values = {}): readonly Task[] {
  const filled = <A extends Act | null>(act: A): A =>
    act === null || act.run === null ? act : { ...act, run: filledCommand(act.run, values) };
  const checks = document.preChecks.map(
    (act, i): Task => ({
      id: `check-${i + 1}`,
      kind: "check",
      act: filled(act),
      verify: null,
      undo: null,
      irreversible: null,
      abortIf: null,
      repeatable: true,
      second: false,
    }),
  );
  const steps = document.steps.map(
    ({ id, act, verify, undo, repeatable, ...rest }): Task => ({
      ...rest,
      // A step may be called like a check; what a journal names must be one of them.
      id: `step:${id}`,
      kind: "step",
      act: filled(act),
      verify: filled(verify),
      undo: filled(undo),
      repeatable: repeatable === true,
    }),
  );
  return [...checks, ...steps];
}

/** Of every command that the plan can run, so that what ran can be compared with what was to run. */
export function planDigest(plan: readonly Task[]): Digest {
  const argv = (act: Act | null) => act?.run?.argv ?? null;
  return digestOf(
    PLAN_TAG,
    plan.map(({ id, act, verify, undo }) => ({
      id,
      do: argv(act),
      verify: argv(verify),
      undo: argv(undo),
    })),
  );
}
