// SPDX-License-Identifier: Apache-2.0
import { lnBetaBelow, lnMeanExp } from "./numeric.ts";
import {
  countRefusal,
  given,
  isCount,
  isShare,
  MILLION,
  type Outcome,
  refused,
  shareRefusal,
} from "./outcome.ts";

/** Events seen so far in changed and in unchanged cells: the whole state of the test. */
export type Counts = { readonly changed: number; readonly unchanged: number };

/** Which way a signal must move to be harm: orders go lower, errors go higher. */
export type Worse = "lower" | "higher";

/** Nothing seen. */
export const NO_COUNTS: Counts = { changed: 0, unchanged: 0 };

/** One component of the prior over the share: a beta distribution cut off at the null's edge. */
type Component = { readonly a: number; readonly b: number; readonly lnMass: number };

/** A one-sided test of a share against an edge, with its constants worked out once. */
export type ShareTest = {
  /** Harm is a share of the first count below this edge. */
  readonly edge: number;
  readonly components: readonly Component[];
};

/**
 * Test of "the share of the first of two counts is at least `edge`" by a mixture of beta
 * distributions on the shares below: Lindon & Malek, NeurIPS 2022, https://arxiv.org/abs/2011.03567,
 * with the prior truncated. A likelihood ratio of q < edge against edge has mean at most 1 under
 * every share >= edge, and so has any mixture of them: the null is the whole half-line, not a point.
 */
export function shareTest(edge: number): ShareTest {
  const least = Math.min(edge, 1 - edge);
  // Small departures, those of the size of the share itself, and anything: a third of the bet each.
  const shapes = [
    { a: (24 * edge) / least, b: (24 * (1 - edge)) / least },
    { a: edge / least, b: (1 - edge) / least },
    { a: 1, b: 1 },
  ];
  const components = shapes.map(({ a, b }) => ({ a, b, lnMass: lnBetaBelow(edge, a, b) }));
  return { edge, components };
}

/** ln E of `first` events among `first + second`; takes fractional counts, for planning. */
export function lnEvidenceBelow(test: ShareTest, first: number, second: number): number {
  const { edge, components } = test;
  if (first + second === 0) return 0;
  const lnNull = first * Math.log(edge) + second * Math.log1p(-edge);
  return lnMeanExp(
    components.map(
      ({ a, b, lnMass }) => lnBetaBelow(edge, a + first, b + second) - lnMass - lnNull,
    ),
  );
}

/** Share of changed cells among all when their rate is `ratio` times what `share` leads one to expect. */
export function shareAtRatio(share: number, ratio: number): number {
  return (share * ratio) / (share * ratio + 1 - share);
}

/** What the count test is asked: integers only, as a plan stores them. */
export type CountQuestion = {
  /** Share of events that changed cells have when nothing is wrong. */
  readonly sharePpm: number;
  readonly worse: Worse;
  /** A relative move of the rate up to this is tolerated: no evidence is counted inside it. */
  readonly marginPpm: number;
};

/** A count test with its direction: `lower` looks at changed cells, `higher` at the others. */
export type CountTest = { readonly worse: Worse; readonly test: ShareTest };

/** Shares nearer to none or all than this cannot be told from them by any sensible number of events. */
const EDGE_LEAST = 1e-7;

/** Makes the test of "the changed cells' rate is within the margin"; refuses what is no share. */
export function countTest(question: CountQuestion): Outcome<CountTest> {
  const { sharePpm, worse, marginPpm } = question;
  if (!isShare(sharePpm)) return shareRefusal("sharePpm", sharePpm);
  if (!Number.isInteger(marginPpm) || marginPpm < 0 || marginPpm >= MILLION)
    return refused(
      "out-of-range",
      `\`marginPpm\` is ${String(marginPpm)}, not a whole number from 0 to ${MILLION - 1}`,
      "pass the relative move that is tolerated, in parts per million",
    );
  return given(countTestAt(sharePpm / MILLION, worse, marginPpm / MILLION));
}

/** As `countTest`, from numbers already known to be sane. */
export function countTestAt(share: number, worse: Worse, margin: number): CountTest {
  const ratio = worse === "lower" ? 1 - margin : 1 + margin;
  const edge = Math.min(1 - EDGE_LEAST, Math.max(EDGE_LEAST, shareAtRatio(share, ratio)));
  return { worse, test: shareTest(worse === "lower" ? edge : 1 - edge) };
}

/** Adds one slot's events; refuses what is no count. */
export function addCounts(state: Counts, slot: Counts): Outcome<Counts> {
  const changed = state.changed + slot.changed;
  const unchanged = state.unchanged + slot.unchanged;
  if (!isCount(slot.changed) || !isCount(changed)) return countRefusal("changed", slot.changed);
  if (!isCount(slot.unchanged) || !isCount(unchanged))
    return countRefusal("unchanged", slot.unchanged);
  return given({ changed, unchanged });
}

/** ln E for harm: 0 at the start, and E >= 1/alpha at any look is a halt at level alpha. */
export function lnHarm({ worse, test }: CountTest, state: Counts): number {
  return worse === "lower"
    ? lnEvidenceBelow(test, state.changed, state.unchanged)
    : lnEvidenceBelow(test, state.unchanged, state.changed);
}

/** The test of the opposite claim, "at least this much worse": its evidence speaks for going on. */
export function safetyTestAt(share: number, worse: Worse, margin: number): CountTest {
  const ratio = worse === "lower" ? 1 - margin : 1 + margin;
  const edge = Math.min(1 - EDGE_LEAST, Math.max(EDGE_LEAST, shareAtRatio(share, ratio)));
  return worse === "lower"
    ? { worse: "higher", test: shareTest(1 - edge) }
    : { worse: "lower", test: shareTest(edge) };
}

/** Whether the traffic itself is split as declared: ln E against the declared share, two-sided. */
export function lnMisSplit(sharePpm: number, traffic: Counts): Outcome<number> {
  if (!isShare(sharePpm)) return shareRefusal("sharePpm", sharePpm);
  if (!isCount(traffic.changed)) return countRefusal("changed", traffic.changed);
  if (!isCount(traffic.unchanged)) return countRefusal("unchanged", traffic.unchanged);
  const share = sharePpm / MILLION;
  const lower = lnHarm(countTestAt(share, "lower", 0), traffic);
  const higher = lnHarm(countTestAt(share, "higher", 0), traffic);
  return given(lnMeanExp([lower, higher]));
}
