// SPDX-License-Identifier: Apache-2.0
import { lnSumExp } from "./numeric.ts";
import { given, MILLION, type Outcome, refused } from "./outcome.ts";

/** Evidence of one signal now, with what a wrong answer about it costs the business. */
export type Weighed = {
  readonly id: string;
  /** ln of the current e-value; never of its running maximum. */
  readonly lnE: number;
  /** A whole number > 0, such as orders a minute at stake. */
  readonly weight: number;
};

/**
 * ln of the weighted mean of e-processes, which is an e-process whatever their dependence: one halt
 * threshold 1/alpha for all signals (Vovk & Wang, Annals of Statistics 2021,
 * https://arxiv.org/abs/1912.06116). 0 for no signals.
 */
export function lnCombined(signals: readonly Weighed[]): Outcome<number> {
  const problem = objection(signals);
  if (problem !== null) return problem;
  if (signals.length === 0) return given(0);
  const total = signals.reduce((sum, { weight }) => sum + weight, 0);
  return given(lnSumExp(signals.map(({ lnE, weight }) => lnE + Math.log(weight / total))));
}

/**
 * Which signals are harmed, with a false-discovery rate of at most `alphaPpm`: weighted e-BH over
 * e-values at one stopping time (Wang & Ramdas, JRSS B 2022, https://arxiv.org/abs/2009.02824). On
 * running maxima it controls nothing (https://arxiv.org/abs/2501.19360), so pass current values.
 */
export function culprits(
  signals: readonly Weighed[],
  alphaPpm: number,
): Outcome<readonly string[]> {
  const problem = objection(signals);
  if (problem !== null) return problem;
  if (!Number.isInteger(alphaPpm) || alphaPpm < 1 || alphaPpm >= MILLION)
    return refused(
      "out-of-range",
      `\`alphaPpm\` is ${String(alphaPpm)}, not a whole number from 1 to ${MILLION - 1}`,
      "pass the false-discovery rate in parts per million",
    );
  const total = signals.reduce((sum, { weight }) => sum + weight, 0);
  const count = signals.length;
  const sorted = signals
    .map(({ id, lnE, weight }) => ({ id, lnE: lnE + Math.log((weight * count) / total) }))
    .sort((x, y) => y.lnE - x.lnE || (x.id < y.id ? -1 : 1));
  let found = 0;
  sorted.forEach(({ lnE }, i) => {
    if (lnE >= Math.log((count * MILLION) / ((i + 1) * alphaPpm))) found = i + 1;
  });
  return given(sorted.slice(0, found).map(({ id }) => id));
}

const SIGNALS_MAX = 10_000;

function objection(signals: readonly Weighed[]): Outcome<never> | null {
  if (signals.length > SIGNALS_MAX)
    return refused("too-many", `${signals.length} signals`, `pass at most ${SIGNALS_MAX}`);
  for (const { id, lnE, weight } of signals) {
    if (Number.isNaN(lnE) || lnE === Number.POSITIVE_INFINITY)
      return refused("not-a-number", `the evidence of \`${id}\` is no number`, "leave it out");
    if (!Number.isSafeInteger(weight) || weight < 1)
      return refused(
        "out-of-range",
        `the weight of \`${id}\` is ${String(weight)}, not a whole number from 1`,
        "weigh a signal by what is at stake, such as orders a minute",
      );
  }
  return null;
}
