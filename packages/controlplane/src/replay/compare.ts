// SPDX-License-Identifier: Apache-2.0
import { canonicalJson } from "@interlock/digest";
import type { FieldLimits, Replay } from "../description.ts";
import type { FieldShift, ReplayAnswer, ReplayBreach, ReplayComparison } from "./comparison.ts";
import { fieldsOf, ordered, type Pair, ppm } from "./fields.ts";

const EXAMPLES_MAX = 5;

/**
 * Compares the answers to the same inputs under old and new values.
 *
 * INVARIANT (unproven is refused): no answers, fewer answers than inputs, or a limited field that no
 * answer has is a breach: a replay that saw nothing shows nothing.
 */
export function compareReplay(
  limits: Replay,
  before: readonly ReplayAnswer[],
  after: readonly ReplayAnswer[],
): ReplayComparison {
  const inputs = Math.max(before.length, after.length);
  const pairs: readonly Pair[] = Array.from({ length: inputs }, (_, i) => ({
    before: before[i] ?? MISSING,
    after: after[i] ?? MISSING,
  }));
  const newErrors = pairs.filter((one) => one.before.ok && !one.after.ok).length;
  const changed = pairs.filter(differ).length;
  const fields = fieldsOf(pairs, limits.fields);
  const counted = {
    inputs,
    changed,
    changedPpm: ppm(changed, inputs),
    newErrors,
    newErrorsPpm: ppm(newErrors, inputs),
    oldErrors: pairs.filter((one) => !one.before.ok).length,
  };
  const breaches = [
    ...missing(before, after),
    ...breachesOf(limits, counted),
    ...limits.fields.flatMap((limit) => fieldBreaches(limit, fields.get(limit.at))),
  ];
  return {
    ok: breaches.length === 0,
    ...counted,
    fields: ordered(fields, limits.fields),
    breaches,
    examples: pairs
      .flatMap((one, input) => (differ(one) ? [{ input, ...one }] : []))
      .slice(0, EXAMPLES_MAX),
  };
}

const MISSING: ReplayAnswer = { ok: false, error: "no answer" };

/** An error under both is no difference, whatever its words. */
function differ({ before, after }: Pair): boolean {
  if (!before.ok || !after.ok) return before.ok !== after.ok;
  return canonicalJson(before.value) !== canonicalJson(after.value);
}

function missing(
  before: readonly ReplayAnswer[],
  after: readonly ReplayAnswer[],
): readonly ReplayBreach[] {
  const message = `${before.length} answers under old values and ${after.length} under new ones`;
  if (before.length !== after.length) return [{ code: "ANSWERS_MISSING", at: null, message }];
  return before.some((one) => one.ok)
    ? []
    : [{ code: "NO_ANSWERS", at: null, message: "no input was answered under old values" }];
}

type Counted = Pick<
  ReplayComparison,
  "inputs" | "changed" | "changedPpm" | "newErrors" | "newErrorsPpm"
>;

function breachesOf(limits: Replay, counted: Counted): readonly ReplayBreach[] {
  const { inputs, changed, changedPpm, newErrors, newErrorsPpm } = counted;
  const found: ReplayBreach[] = [];
  const tell = (code: ReplayBreach["code"], message: string) =>
    found.push({ code, at: null, message });
  if (newErrorsPpm > limits.newErrorsPpm)
    tell("NEW_ERRORS", `${newErrors} of ${inputs} inputs newly fail`);
  if (changedPpm > limits.changedPpm)
    tell("ANSWERS_CHANGED", `${changed} of ${inputs} answers change`);
  return found;
}

function fieldBreaches(limit: FieldLimits, shift: FieldShift | undefined): readonly ReplayBreach[] {
  const { at, changedPpm, meanShift, maxShift } = limit;
  const name = at === "" ? "the answer" : `\`${at}\``;
  if (shift === undefined || shift.seen === 0)
    return [{ code: "FIELD_UNSEEN", at, message: `no answer has ${name}` }];
  const found: ReplayBreach[] = [];
  const tell = (code: ReplayBreach["code"], message: string) => found.push({ code, at, message });
  if (changedPpm !== undefined && shift.changedPpm > changedPpm)
    tell("FIELD_CHANGED", `${name} changes in ${shift.changed} of ${shift.seen} answers`);
  if (isOver(shift.meanShift, meanShift))
    tell("FIELD_MEAN", `${name} ${moves(shift.meanShift, "in the mean")}`);
  if (isOver(shift.maxShift, maxShift))
    tell("FIELD_MAX", `${name} ${moves(shift.maxShift, "in one answer")}`);
  return found;
}

/** What was never a number passes no limit of a number. by (unproven is refused) */
const isOver = (shift: number | null, limit: number | undefined): boolean =>
  limit !== undefined && (shift === null || Math.abs(shift) > limit);

const moves = (shift: number | null, where: string): string =>
  shift === null ? "is no number" : `moves by ${shift} ${where}`;
