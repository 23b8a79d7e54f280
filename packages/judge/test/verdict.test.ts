// SPDX-License-Identifier: Apache-2.0
import {
  addValues,
  beginComparison,
  type Counts,
  compareSlot,
  evidenceOf,
  type Guarantee,
  learnBaseline,
  noValues,
  openComparison,
  quantileEvidence,
  quantileGrid,
  type SignalNow,
  type Verdict,
  verdictOf,
  type Worse,
  waitOf,
} from "@interlock/judge";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { got } from "./outcome.ts";

const LEVELS = { haltPpm: 10_000, promotePpm: 10_000 };
const CLAIMED: Guarantee = { claimed: true, doubts: [] };
/** Requests of two groups of one size, a long time before the change. */
const TRAFFIC: readonly Counts[] = Array.from({ length: 2_000 }, (_, i) => ({
  changed: 1_000 + (i % 5),
  unchanged: 1_000 + ((i + 2) % 5),
}));

type Watched = {
  readonly id: string;
  readonly worse: Worse;
  readonly slots: readonly Counts[];
  readonly perMinute: number;
};

/** A signal as a driver would hand it over, from slots of one minute in cells of equal traffic. */
function signal({ id, worse, slots, perMinute }: Watched): SignalNow {
  const baseline = got(learnBaseline(TRAFFIC, 1_000));
  const comparison = got(
    openComparison(baseline, { worse, toleratedPpm: 20_000, excludedPpm: 200_000 }),
  );
  const state = slots.reduce(
    (s, slot) => got(compareSlot(comparison, s, slot)),
    beginComparison(comparison),
  );
  const wait = waitOf(comparison, state, {
    unit: id,
    worse,
    slotMs: 60_000,
    expected: { changed: perMinute, unchanged: perMinute },
    movePpm: 300_000,
    haltPpm: LEVELS.haltPpm,
    promotePpm: LEVELS.promotePpm,
  });
  const samples = state.counts.changed + state.counts.unchanged;
  return {
    id,
    weight: 1,
    state: "fresh",
    ...evidenceOf(comparison, state),
    samples,
    samplesLeast: 1,
    guarantee: CLAIMED,
    wait,
  };
}

const each = (changed: readonly number[], unchanged: readonly number[]): readonly Counts[] =>
  changed.map((n, i) => ({ changed: n, unchanged: unchanged[i] ?? 0 }));
const errors = (
  changed: readonly number[],
  unchanged: readonly number[],
  perMinute = 0.1,
): SignalNow =>
  signal({ id: "errors", worse: "higher", slots: each(changed, unchanged), perMinute });
const orders = (
  changed: number,
  unchanged: number,
  minutes: number,
  perMinute = unchanged,
): SignalNow =>
  signal({
    id: "orders",
    worse: "lower",
    slots: Array.from({ length: minutes }, () => ({ changed, unchanged })),
    perMinute,
  });
const judged = (...signals: readonly SignalNow[]): Verdict => got(verdictOf(signals, LEVELS));
const zeros = (n: number): readonly number[] => Array.from({ length: n }, () => 0);

describe("the verdict of a wave", () => {
  test("halts on harm, promotes on its exclusion, and else says how long to wait", () => {
    expect(judged(orders(3, 30, 5))).toMatchObject({
      kind: "halt",
      signals: ["orders"],
      guaranteed: true,
    });
    expect(judged(orders(30, 30, 400))).toMatchObject({ kind: "promote", signals: [] });
    const waiting = judged(orders(30, 30, 3));
    expect(waiting).toMatchObject({ kind: "not-enough-evidence", signals: ["orders"] });
    expect(waiting.waitMs).toBeGreaterThan(0);
  });

  test("says the time to a decision as a person would", () => {
    const [line] = judged(orders(2, 2, 1)).because;
    expect(line).toMatch(
      /^`orders`: at 2 orders a minute a 30 % drop needs about 2\.\d h, and going on about \d+(?:\.\d)? h: widen the wave or wait$/,
    );
  });

  test("nothing seen never promotes", () => {
    expect(judged().kind).toBe("inconclusive");
    expect(judged(orders(0, 0, 0, 0)).kind).toBe("not-enough-evidence");
    expect(judged(orders(0, 0, 600, 0)).kind).toBe("not-enough-evidence");
    expect(judged({ ...orders(30, 30, 400), samples: 0 }).kind).toBe("not-enough-evidence");
    for (const state of ["missing", "stale"] as const)
      expect(judged({ ...orders(30, 30, 400), state })).toMatchObject({
        kind: "inconclusive",
        signals: ["orders"],
      });
  });

  test("minimum evidence holds a wave back, never a halt", () => {
    expect(judged({ ...orders(30, 30, 400), samplesLeast: 1e6 }).kind).toBe("not-enough-evidence");
    expect(judged({ ...orders(0, 30, 5), samplesLeast: 1e6 }).kind).toBe("halt");
  });

  test("a halt that is not guaranteed says so", () => {
    const doubtful: Guarantee = { claimed: false, doubts: ["replay-broke-it"] };
    const verdict = judged({ ...orders(0, 30, 5), guarantee: doubtful });
    expect(verdict).toMatchObject({ kind: "halt", guaranteed: false });
    expect(verdict.because[0]).toContain("the replay halted more often than promised");
  });

  test("is monotone: more evidence of harm never turns a halt back, and only integers leave", () => {
    const evidence = fc.double({ min: -30, max: 30, noNaN: true });
    fc.assert(
      fc.property(evidence, evidence, evidence, fc.nat(20), (harm, other, safe, more) => {
        const base = orders(30, 30, 1);
        const of = (lnHarm: number): Verdict =>
          judged(
            { ...base, lnHarm, lnSafe: safe },
            { ...base, id: "errors", lnHarm: other, lnSafe: safe },
          );
        const [one, two] = [of(harm), of(harm + more)];
        if (one.kind === "halt") expect(two.kind).toBe("halt");
        expect(
          [one.evidenceMilliNats, one.thresholdMilliNats, one.waitMs ?? 0].every(Number.isInteger),
        ).toBe(true);
        expect(one.because.length).toBeGreaterThan(0);
      }),
    );
  });

  test("twenty silent signals beside a harmed one do not hide it for long", () => {
    const silent = Array.from({ length: 19 }, (_, i) => ({ ...orders(30, 30, 5), id: `s${i}` }));
    expect(judged(...silent, orders(0, 30, 5))).toMatchObject({
      kind: "halt",
      signals: ["orders"],
    });
  });

  test("hostile figures are refused", () => {
    expect(verdictOf([{ ...orders(1, 1, 1), lnHarm: Number.NaN }], LEVELS).ok).toBe(false);
    expect(verdictOf([{ ...orders(1, 1, 1), lnSafe: Number.NaN }], LEVELS).ok).toBe(false);
    expect(verdictOf([orders(1, 1, 1), orders(1, 1, 1)], LEVELS).ok).toBe(false);
    expect(verdictOf([], { haltPpm: 0, promotePpm: 1 }).ok).toBe(false);
  });
});

describe("counter-examples that users brought to other judges", () => {
  test.each([
    [
      "kayenta#426 four errors against none: 1 in 16 by chance",
      errors([0, 1, 2, 1, 0, 0], zeros(6)),
      "not-enough-evidence",
    ],
    [
      "kayenta#377 errors in every slot where there were none",
      errors([9, 12, 8, 11, 10], zeros(5)),
      "halt",
    ],
    ["kayenta#799 errors against an empty baseline", errors([1, 4, 2, 3, 1], zeros(5)), "halt"],
    [
      "spinnaker#5622 rates of 0.048 to 0.18 a second against none",
      errors([0, 3, 0, 11, 5, 0, 6, 2, 0, 0], zeros(10)),
      "halt",
    ],
    [
      "spinnaker#6278 100 against 1 in seven of ten points",
      errors([100, 100, 100, 100, 100, 100, 100, 1, 1, 1], [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]),
      "halt",
    ],
    ["kayenta#633 six times and a half more", errors([15, 15, 15, 15], [2, 2, 2, 2]), "halt"],
    [
      "hyperswitch-helm#308 a ratio against nearly nothing",
      errors([2], [0]),
      "not-enough-evidence",
    ],
    [
      "argo-rollouts#1905, flagger#1035 no traffic at all",
      orders(0, 0, 60, 0),
      "not-enough-evidence",
    ],
  ] as const)("%s", (_, now, kind) => {
    const verdict = judged(now);
    expect(verdict.kind).toBe(kind);
    // kayenta#521, flagger#1810: why, on the object itself.
    expect(verdict.because[0]).toMatch(/`(?:errors|orders)`/);
  });

  test("kayenta#780 case 1: 15 points of another shape are held, not passed", () => {
    const grid = got(quantileGrid(0.5, 200, 100_000));
    const canary = [
      10, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 17, 17.1, 17.2, 17.3, 17.4, 17.5, 17.6, 17.7,
    ];
    const control = [1, 100, 4, 101, 5, 102, 6, 103, 7, 104, 8, 105, 9, 106, 17];
    const seen = (values: readonly number[]) => got(addValues(grid, noValues(grid), values));
    const question = { quantilePpm: 500_000, toleratedSteps: 1, excludedSteps: 4 };
    const evidence = got(quantileEvidence(seen(canary), seen(control), question));
    expect(judged({ ...orders(1, 1, 1), id: "latency", ...evidence, samples: 30 }).kind).toBe(
      "not-enough-evidence",
    );
  });

  test("argo-rollouts#1411 a failed analysis halts, whatever else is missing", () => {
    expect(judged(orders(0, 30, 5), { ...errors([0], [0]), state: "missing" }).kind).toBe("halt");
  });
});
