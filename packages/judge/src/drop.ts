// SPDX-License-Identifier: Apache-2.0
import type { Expectation } from "./expected.ts";
import { lnSumExp } from "./numeric.ts";
import { given, isCount, MILLION, type Outcome, refused } from "./outcome.ts";

/** A detector of drops in one series of counts: integers only, as a plan stores them. */
export type DropQuestion = {
  /** A drop up to this is none. */
  readonly toleratedPpm: number;
  /** Slots between false alarms, on average at least; a year of minutes is 525,600. */
  readonly runLength: number;
};

type Bet = { readonly ratio: number; readonly weight: number };

export type DropTest = {
  readonly bets: readonly Bet[];
  /** Reciprocal size of the negative binomial, from `learnNoise`. */
  readonly noise: number;
  readonly runLength: number;
};

/** As long as the list of bets, plus one number: however long the series. */
export type DropState = {
  readonly detectors: readonly number[];
  readonly cusums: readonly number[];
  /** What the silence since the last event should have brought, at the very least. */
  readonly silent: number;
};

/** What is left of the tolerated rate. The total loss gets the largest bet: it costs most a minute. */
const BETS: readonly Bet[] = [
  { ratio: 0.01, weight: 0.4 },
  { ratio: 0.1, weight: 0.1 },
  { ratio: 0.3, weight: 0.1 },
  { ratio: 0.5, weight: 0.1 },
  { ratio: 0.65, weight: 0.1 },
  { ratio: 0.8, weight: 0.1 },
  { ratio: 0.9, weight: 0.1 },
];
/** A silence this unlikely needs no model: a Poisson count of 30 is 0 once in 10^13 slots. */
const FLOOR = 30;

/** Makes a detector; refuses figures outside their range. */
export function dropTest(question: DropQuestion, noise: number): Outcome<DropTest> {
  const { toleratedPpm, runLength } = question;
  const tolerated = Number.isInteger(toleratedPpm) && toleratedPpm >= 0 && toleratedPpm < MILLION;
  if (!tolerated || !Number.isSafeInteger(runLength) || runLength < 2)
    return refused(
      "out-of-range",
      `\`toleratedPpm\` ${String(toleratedPpm)} or \`runLength\` ${String(runLength)} is no whole number in range`,
      "tolerate less than the whole, and ask for a run length of at least 2 slots",
    );
  if (!(noise >= 0) || !Number.isFinite(noise))
    return refused("not-a-number", `the noise is ${String(noise)}`, "learn it from the past");
  const left = 1 - toleratedPpm / MILLION;
  const bets = BETS.map(({ ratio, weight }) => ({ ratio: ratio * left, weight }));
  return given({ bets, noise, runLength });
}

/** Nothing seen. */
export function noDrops({ bets }: DropTest): DropState {
  return {
    detectors: bets.map(() => Number.NEGATIVE_INFINITY),
    cusums: bets.map(() => 0),
    silent: 0,
  };
}

/** Adds one slot. A slot that was not read, or of which nothing is expected, changes nothing. */
export function addDropSlot(
  test: DropTest,
  state: DropState,
  slot: { readonly observed: number | null; readonly expectation: Expectation },
): Outcome<DropState> {
  const { observed } = slot;
  const { expected, least } = slot.expectation;
  if (observed === null || expected === null) return given(state);
  if (!isCount(observed))
    return refused("not-a-count", `a slot is ${String(observed)}`, "pass `null` for a gap");
  if (!Number.isFinite(expected) || expected < 0)
    return refused("not-a-number", `${String(expected)} is expected`, "use `expectedOf`");
  const ratios = test.bets.map(({ ratio }) =>
    lnDropRatio(observed, expected, { ratio, noise: test.noise }),
  );
  return given({
    detectors: state.detectors.map((m, i) => lnSumExp([m, 0]) + (ratios[i] ?? 0)),
    cusums: state.cusums.map((s, i) => Math.max(0, s + (ratios[i] ?? 0))),
    silent: observed > 0 ? 0 : state.silent + (least ?? 0),
  });
}

/**
 * ln of the likelihood ratio of `ratio` times what is expected against what is expected, for a
 * negative binomial with variance m + noise m^2; Poisson at noise 0.
 */
export function lnDropRatio(
  observed: number,
  expected: number,
  { ratio, noise }: { readonly ratio: number; readonly noise: number },
): number {
  if (expected === 0) return 0;
  if (noise < 1e-12) return observed * Math.log(ratio) + expected * (1 - ratio);
  const shrunk = Math.log1p(noise * ratio * expected) - Math.log1p(noise * expected);
  return observed * (Math.log(ratio) - shrunk) - shrunk / noise;
}

export type Alarm = {
  readonly alarm: boolean;
  readonly by: readonly ("detector" | "floor")[];
  /** ln of the detector against ln of the run length: an alarm at or above. */
  readonly lnEvidence: number;
  /** The largest CUSUM, for charts: its threshold has no guarantee without a simulation. */
  readonly cusum: number;
};

/**
 * Whether to alarm now: the mixture Shiryaev-Roberts e-detector, whose average run length under every
 * rate at or above the tolerated is at least `runLength` (Shin, Ramdas & Rinaldo,
 * https://arxiv.org/abs/2203.03532), or the floor rule, which owes nothing to it.
 */
export function dropAlarm(test: DropTest, state: DropState): Alarm {
  const lnEvidence = lnSumExp(
    state.detectors.map((m, i) => m + Math.log(test.bets[i]?.weight ?? 0)),
  );
  const by: ("detector" | "floor")[] = [];
  if (lnEvidence >= Math.log(test.runLength)) by.push("detector");
  if (state.silent >= FLOOR) by.push("floor");
  return { alarm: by.length > 0, by, lnEvidence, cusum: Math.max(0, ...state.cusums) };
}
