// SPDX-License-Identifier: Apache-2.0
/** Analysis as shipped: changed against unchanged cells, and against past weeks, by `judge`. */
import {
  beginComparison,
  type Comparison,
  type ComparisonState,
  compareSlot,
  evidenceOf,
  learnBaseline,
  missPpmOf,
  openComparison,
  type Question,
  type SignalNow,
  verdictOf,
  waitOf,
} from "@interlock/judge";
import { WORLD } from "./assumptions.ts";
import { beforeOf } from "./before.ts";
import { exposedPpm, type Levels, type Past } from "./exposure.ts";
import { historyOf, RUN_LENGTH, sure } from "./history-watch.ts";
import { NOTHING } from "./traffic.ts";
import type { Answer, Point, Watch, WatchMaker } from "./watch.ts";

/** What analysis asks; the levels are those that `judge` is measured at in docs/judge.md. */
export const ASKED = {
  levels: { haltPpm: 1_000, promotePpm: 50_000 },
  orders: { worse: "lower", toleratedPpm: 10_000, excludedPpm: 100_000 },
  errors: { worse: "higher", toleratedPpm: 200_000, excludedPpm: 900_000 },
  weights: { orders: 3, errors: 1 },
  /** A drop against past weeks up to this is none. */
  driftPpm: 20_000,
  /**
   * Of a slot that brings fewer on average nothing is expected: medians of a handful of weeks are far
   * too rough there, and a detector that believes them alarms falsely.
   */
  slotLeast: 10,
} as const;

type Signal = {
  readonly id: "orders" | "errors";
  readonly question: Question;
  readonly comparison: Comparison;
  readonly expected: { readonly changed: number; readonly unchanged: number };
  readonly doubts: SignalNow["guarantee"];
  state: ComparisonState;
};

/** Where every cell has the change there is nothing to compare with: history alone speaks, and only to halt. */
export const judgeWatch: WatchMaker = (past, levels, sinceS) => {
  const whole = exposedPpm(levels) >= 999_999;
  const signals = whole ? [] : signalsOf(past, levels);
  const asked = { toleratedPpm: ASKED.driftPpm, slotLeast: ASKED.slotLeast };
  const history = {
    orders: historyOf(past, levels, { ...asked, series: "orders" }),
    served: historyOf(past, levels, { ...asked, series: "served" }),
  };
  const points: Point[] = [];
  let [slotAt, samples, alarmed] = [sinceS, 0, false];
  const watch: Watch = {
    points,
    look: (now_, now): Answer => {
      while (slotAt + WORLD.slotS + WORLD.lagS <= now) {
        const slot = now_.slot(slotAt, WORLD.slotS);
        const ours = addToSignals(signals, slot);
        // While the last cells are written the rest is nothing apart: it is about to be changed too.
        const rest = whole ? slot : NOTHING;
        const a = history.orders.add(slot.ordersPlaced + rest.restPlaced, slotAt);
        const served = slot.pages - slot.errors + rest.restPages - rest.restErrors;
        const b = history.served.add(served, slotAt);
        alarmed ||= a.alarm || b.alarm;
        samples += slot.ordersPlaced;
        slotAt += WORLD.slotS;
        points.push(
          ours === null
            ? {
                second: now,
                evidence: Math.max(a.evidence, b.evidence),
                limit: Math.log(RUN_LENGTH),
              }
            : { second: now, ...ours },
        );
      }
      return answer(signals, samples, alarmed);
    },
  };
  return watch;
};

function signalsOf(past: Past, levels: Levels): readonly Signal[] {
  const { orders, pages } = beforeOf(past.traffic, levels);
  const miss = missPpmOf(ASKED.levels.haltPpm, 2);
  const safeMiss = missPpmOf(ASKED.levels.promotePpm, 1);
  return (["orders", "errors"] as const).map((id) => {
    // Errors are too rare to learn a share from: that of the pages that could have failed stands for it.
    const baseline = sure(learnBaseline(id === "orders" ? orders : pages, miss, safeMiss));
    const question = ASKED[id];
    const comparison = sure(openComparison(baseline, question));
    const rare = id === "orders" ? 1 : WORLD.errorPagesPpm / 1e6;
    const changed = baseline.share * baseline.eventsPerSlot * rare;
    return {
      id,
      question,
      comparison,
      expected: { changed, unchanged: baseline.eventsPerSlot * rare - changed },
      doubts: { claimed: false, doubts: [...baseline.doubts, "not-replayed" as const] },
      state: beginComparison(comparison),
    };
  });
}

function addToSignals(
  signals: readonly Signal[],
  slot: ReturnType<Past["slot"]>,
): { readonly evidence: number; readonly limit: number } | null {
  for (const signal of signals) {
    const counts =
      signal.id === "orders"
        ? { changed: slot.ordersPlaced, unchanged: slot.restPlaced }
        : { changed: slot.errors, unchanged: slot.restErrors };
    signal.state = sure(compareSlot(signal.comparison, signal.state, counts));
  }
  if (signals.length === 0) return null;
  const verdict = sure(verdictOf(signals.map(now), ASKED.levels));
  return { evidence: verdict.evidenceMilliNats / 1_000, limit: verdict.thresholdMilliNats / 1_000 };
}

function answer(signals: readonly Signal[], samples: number, alarmed: boolean): Answer {
  const excludesPpm = ASKED.orders.excludedPpm;
  if (alarmed) return { outcome: "failed", samples, excludesPpm };
  if (signals.length === 0 || samples === 0)
    return { outcome: "inconclusive", samples, excludesPpm };
  const { kind } = sure(verdictOf(signals.map(now), ASKED.levels));
  const outcome = kind === "halt" ? "failed" : kind === "promote" ? "successful" : "inconclusive";
  return { outcome, samples, excludesPpm };
}

function now(signal: Signal): SignalNow {
  const { id, comparison, state, question, expected } = signal;
  const { lnHarm, lnSafe } = evidenceOf(comparison, state);
  return {
    id,
    weight: ASKED.weights[id],
    state: "fresh",
    lnHarm,
    lnSafe,
    samples: state.counts.changed,
    samplesLeast: 1,
    guarantee: signal.doubts,
    wait: waitOf(comparison, state, {
      unit: id,
      worse: question.worse,
      slotMs: WORLD.slotS * 1_000,
      expected,
      movePpm: 300_000,
      ...ASKED.levels,
    }),
  };
}
