// SPDX-License-Identifier: Apache-2.0
import type { Guarantee } from "./aa.ts";
import { culprits, lnCombined } from "./combine.ts";
import { doubtText } from "./doubts.ts";
import {
  given,
  isShare,
  lnGoal,
  milliNats,
  type Outcome,
  refused,
  shareRefusal,
} from "./outcome.ts";
import { roundedUpTo, type Wait } from "./wait.ts";

/** One signal now. */
export type SignalNow = {
  readonly id: string;
  /** A whole number > 0: what is at stake, such as orders a minute. */
  readonly weight: number;
  /** `missing`: never read; `stale`: not read within its freshness limit. */
  readonly state: "fresh" | "stale" | "missing";
  /** ln of the current e-value for harm, and of the one against harm beyond the excluded move. */
  readonly lnHarm: number;
  readonly lnSafe: number;
  /** Events or samples so far, and the least that the signal asks for before a wave may go on. */
  readonly samples: number;
  readonly samplesLeast: number;
  readonly guarantee: Guarantee;
  readonly wait: Wait;
};

export type Levels = {
  /** Probability of ever halting a harmless wave, over all signals and looks. */
  readonly haltPpm: number;
  /** Probability of ever passing a wave that harms one signal by its excluded move. */
  readonly promotePpm: number;
};

export type VerdictKind = "halt" | "promote" | "not-enough-evidence" | "inconclusive";

/** What the analysis of a wave says now; figures are integers, for storing and deciding. */
export type Verdict = {
  readonly kind: VerdictKind;
  /** Combined evidence for harm, and the halt's threshold, in thousandths of a nat. */
  readonly evidenceMilliNats: number;
  readonly thresholdMilliNats: number;
  /** Signals that are harmed (for `halt`) or are waited for, sorted by id. */
  readonly signals: readonly string[];
  /** Whether the false-halt rate is promised for every signal. */
  readonly guaranteed: boolean;
  /** Until there is enough evidence at today's rates; `null` when there is nothing to wait for or no end. */
  readonly waitMs: number | null;
  /** One sentence a signal that matters: lower-case start, no final period. */
  readonly because: readonly string[];
};

const SIGNALS_MAX = 1_000;

/**
 * The verdict of a wave. Harm is looked for in all signals together, at one threshold; going on needs
 * every signal, each on its own, to exclude its harm, which needs no correction (Berger,
 * Technometrics 1982). Nothing that is missing passes, and nothing that is missing stops a halt.
 */
export function verdictOf(signals: readonly SignalNow[], levels: Levels): Outcome<Verdict> {
  const problem = objection(signals, levels);
  if (problem !== null) return problem;
  // A signal that is not read now still holds what it has shown: harm does not expire.
  const weighed = signals.map(({ id, lnHarm, weight }) => ({ id, lnE: lnHarm, weight }));
  const combined = lnCombined(weighed);
  if (!combined.ok) return combined;
  const threshold = lnGoal(levels.haltPpm);
  const shared = {
    evidenceMilliNats: milliNats(combined.value),
    thresholdMilliNats: milliNats(threshold),
    guaranteed: signals.length > 0 && signals.every(({ guarantee }) => guarantee.claimed),
  };
  if (combined.value >= threshold) {
    const harmed = culprits(weighed, levels.haltPpm);
    if (!harmed.ok) return harmed;
    return given({ ...shared, kind: "halt", ...halted(signals, harmed.value) });
  }
  return given({ ...shared, ...withoutHalt(signals, levels) });
}

type Rest = Pick<Verdict, "signals" | "waitMs" | "because">;

function halted(signals: readonly SignalNow[], harmed: readonly string[]): Rest {
  // The mean can cross on several signals none of which would cross alone: then the largest is named.
  const largest = [...signals].sort((a, b) => b.lnHarm - a.lnHarm || (a.id < b.id ? -1 : 1))[0];
  const named = harmed.length > 0 ? [...harmed].sort() : largest === undefined ? [] : [largest.id];
  const because = named.map((id) => {
    const signal = signals.find((s) => s.id === id);
    const doubts = signal?.guarantee.doubts ?? [];
    const doubt =
      doubts.length === 0
        ? ""
        : `; the false-halt rate is not promised: ${doubts.map(doubtText).join(", ")}`;
    return `\`${id}\` is harmed: evidence ${odds(signal?.lnHarm ?? 0)} to 1${doubt}`;
  });
  return { signals: named, waitMs: null, because };
}

function withoutHalt(
  signals: readonly SignalNow[],
  levels: Levels,
): Rest & { readonly kind: VerdictKind } {
  const silent = signals.filter(({ state }) => state !== "fresh").sort(byId);
  if (signals.length === 0)
    return { kind: "inconclusive", signals: [], waitMs: null, because: ["no signal is watched"] };
  if (silent.length > 0)
    return {
      kind: "inconclusive",
      signals: silent.map(({ id }) => id),
      waitMs: null,
      because: silent.map(({ id, state }) =>
        state === "stale" ? `\`${id}\` is stale: it stopped reporting` : `\`${id}\` was never read`,
      ),
    };
  const goal = lnGoal(levels.promotePpm);
  const waited = signals
    .filter((s) => s.lnSafe < goal || s.samples < s.samplesLeast || s.samples === 0)
    .sort(byId);
  if (waited.length === 0)
    return {
      kind: "promote",
      signals: [],
      waitMs: null,
      because: ["every signal excludes the harm that it must exclude"],
    };
  const waits = waited.map(({ wait }) => wait.promoteMs);
  const known = waits.filter((ms) => ms !== null);
  return {
    kind: "not-enough-evidence",
    signals: waited.map(({ id }) => id),
    waitMs: known.length < waits.length ? null : roundedUpTo(1_000, Math.max(...known)),
    because: waited.map(({ id, wait }) => `\`${id}\`: ${wait.says}`),
  };
}

const byId = (a: SignalNow, b: SignalNow): number => (a.id < b.id ? -1 : 1);

const ODDS_MOST = 1_000_000;

function odds(lnE: number): string {
  const to = Math.max(0, Math.floor(Math.exp(lnE)));
  return to > ODDS_MOST ? "more than a million" : String(to);
}

function objection(signals: readonly SignalNow[], levels: Levels): Outcome<never> | null {
  if (!isShare(levels.haltPpm)) return shareRefusal("haltPpm", levels.haltPpm);
  if (!isShare(levels.promotePpm)) return shareRefusal("promotePpm", levels.promotePpm);
  if (signals.length > SIGNALS_MAX)
    return refused("too-many", `${signals.length} signals`, `watch at most ${SIGNALS_MAX}`);
  if (new Set(signals.map(({ id }) => id)).size < signals.length)
    return refused("out-of-range", "two signals have one id", "name every signal once");
  const bad = signals.find((s) => Number.isNaN(s.lnSafe) || !(s.samples >= 0));
  if (bad !== undefined)
    return refused("not-a-number", `the evidence of \`${bad.id}\` is no number`, "leave it out");
  return null;
}
