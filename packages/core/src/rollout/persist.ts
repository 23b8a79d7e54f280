// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, type Json } from "@interlock/digest";
import type { Schema } from "../schema.ts";
import { type Invalid, problemsOf } from "../validate.ts";
import { checkShape } from "./check.ts";
import { EFFECTS } from "./effect.ts";
import { failed, type RolloutFailure } from "./failure.ts";
import { type RolloutState, STATE, STATE_VERSION } from "./state.ts";

/** The state as canonical JSON; the same state is the same text. */
export const encodeState = (state: RolloutState): string => canonicalJson(state as Json); // plain data by its schema

/** A state that was stored. One of another version is refused: guessing could write to production. */
export function decodeState(
  stored: unknown,
):
  | { readonly ok: true; readonly state: RolloutState }
  | { readonly ok: false; readonly failure: RolloutFailure } {
  if (!isRecord(stored)) return invalid([{ path: "", message: "expected an object" }]);
  const known = ofThisVersion(stored);
  const { outbox, ...rest } = known;
  if (rest["version"] !== STATE_VERSION)
    return failed(
      "ROLLOUT_STATE_VERSION",
      `the rollout was written by another version of Interlock; this one reads up to version ${STATE_VERSION}`,
      "upgrade every server before going on; halting and going back work on the version that wrote it",
    );
  const problems = [...problemsOf(STATE, rest, "no such field of a rollout"), ...ofOutbox(outbox)];
  if (problems.length > 0) return invalid(problems);
  const state = known as RolloutState; // the schemas above describe all of it
  const inconsistent = contradictions(state);
  return inconsistent.length > 0 ? invalid(inconsistent) : { ok: true, state };
}

/** Of version 1 all is as it is now, but for what it had nowhere: a wave is watched from the next step on. */
const ofThisVersion = (stored: Readonly<Record<string, unknown>>) =>
  stored["version"] === 1 ? { ...stored, version: STATE_VERSION } : stored;

/** A cell of a plan has at most a write, a read and a few notices open. */
const OUTBOX_MAX = 20_000;

function ofOutbox(outbox: unknown): readonly Invalid[] {
  if (!Array.isArray(outbox) || outbox.length > OUTBOX_MAX)
    return [{ path: "outbox", message: `expected a list of at most ${OUTBOX_MAX}` }];
  return outbox.flatMap((effect: unknown, i): readonly Invalid[] => {
    const kind = isRecord(effect) ? effect["kind"] : undefined;
    const schema: Schema | undefined =
      typeof kind === "string" && Object.hasOwn(EFFECTS, kind)
        ? EFFECTS[kind as keyof typeof EFFECTS] // one of its own keys
        : undefined;
    return schema === undefined
      ? [{ path: `outbox[${i}]`, message: "no such effect" }]
      : problemsOf(schema, effect, "no such field of an effect").map(({ path, message }) => ({
          path: `outbox[${i}].${path}`,
          message,
        }));
  });
}

/** What no sequence of steps can have written. */
function contradictions({
  plan,
  cells,
  wave,
  phase,
  back,
  halt,
}: RolloutState): readonly Invalid[] {
  const shape = checkShape(plan).map(({ code, about }) => ({
    path: "plan",
    message: `${code} ${about}`,
  }));
  const sameCells =
    cells.length === plan.cells.length && cells.every(({ id }, i) => id === plan.cells[i]?.id);
  return [
    ...shape,
    ...(sameCells ? [] : [{ path: "cells", message: "not the cells of the plan" }]),
    ...(wave < plan.waves.length ? [] : [{ path: "wave", message: "the plan has no such wave" }]),
    ...(phase !== "going-back" || back !== undefined ? [] : [{ path: "back", message: "missing" }]),
    ...(phase !== "halted" || halt !== undefined ? [] : [{ path: "halt", message: "missing" }]),
  ];
}

function invalid(problems: readonly Invalid[]) {
  const [first] = problems;
  return failed(
    "ROLLOUT_STATE_INVALID",
    `the stored rollout is damaged at \`${first?.path ?? ""}\`: ${first?.message ?? ""}`,
    "do not drive it; compare its entries in the ledger with what its targets hold",
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
