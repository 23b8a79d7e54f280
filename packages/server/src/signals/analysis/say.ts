// SPDX-License-Identifier: Apache-2.0
/** What a wave's state says at a moment: a pure function of what is stored. */
import type { Verdict } from "@interlock/core";
import {
  lnGoal,
  type SignalNow,
  shownDuration,
  verdictOf,
  type Verdict as Whole,
} from "@interlock/judge";
import { evidenceAgainstControl, waitAgainstControl } from "./against-control.ts";
import { alarmOf, slotsToPass } from "./against-history.ts";
import { readErrors } from "./errors.ts";
import { readLatency } from "./latency.ts";
import { type Asked, excludedPpm, LEVELS, NO_BASELINE, ofAllPpm, type Reading } from "./levels.ts";
import type { SignalState, WaveState } from "./wave.ts";

/** What one signal says, for people and for a driver. */
export type SignalSaid = {
  readonly name: string;
  readonly outcome: "successful" | "failed" | "inconclusive";
  readonly state: SignalNow["state"];
  /** Whom the changed cells were compared with. */
  readonly against: "cells" | "history" | "nothing";
  readonly samples: number;
  readonly excludesPpm: number;
  readonly observedAt: number;
  /** Evidence for harm and for its absence, in thousandths of a nat; the goals are in `WaveSaid`. */
  readonly harmMilliNats: number;
  readonly safeMilliNats: number;
  readonly promised: boolean;
  readonly doubts: readonly string[];
  readonly alarm: boolean;
};

export type WaveSaid = {
  readonly rollout: string;
  readonly wave: number;
  readonly system: string;
  readonly since: number;
  readonly cells: readonly string[];
  readonly control: readonly string[];
  readonly kind: Whole["kind"];
  readonly because: readonly string[];
  readonly waitMs: number | null;
  readonly evidenceMilliNats: number;
  readonly haltMilliNats: number;
  readonly promoteMilliNats: number;
  readonly promised: boolean;
  readonly signals: readonly SignalSaid[];
};

const milli = (lnE: number): number => Math.round(Math.max(-1e12, Math.min(1e12, lnE * 1_000)));

type Read = {
  readonly state: SignalState;
  readonly asked: Asked;
  readonly reading: Reading;
  readonly alarm: boolean;
  readonly now: SignalNow;
};

/** What the wave says at `now`; `signals` are those of its system. */
export function sayWave(wave: WaveState, signals: readonly Asked[], now: number): WaveSaid {
  const read = wave.signals.flatMap((state) => {
    const asked = signals.find(({ signal }) => signal.name === state.name);
    return asked === undefined ? [] : [readOne(state, asked, now)];
  });
  const whole = wholeOf(read);
  const { rollout, system, since, cells } = wave.asked;
  return {
    ...{ rollout, wave: wave.asked.wave, system, since, cells, control: wave.control },
    kind: whole.kind,
    because: whole.because,
    waitMs: whole.waitMs,
    evidenceMilliNats: whole.evidenceMilliNats,
    haltMilliNats: whole.thresholdMilliNats,
    promoteMilliNats: milli(lnGoal(LEVELS.promotePpm)),
    promised: whole.guaranteed,
    signals: read.map((one) => signalSaid(wave, one, whole)),
  };
}

function wholeOf(read: readonly Read[]): Whole {
  const whole = verdictOf(
    read.map((one) => one.now),
    LEVELS,
  );
  // What the statistics refuse passes nothing and says why.
  const verdict: Whole = whole.ok
    ? whole.value
    : {
        ...{ kind: "inconclusive", evidenceMilliNats: 0, signals: [], guaranteed: false },
        thresholdMilliNats: milli(lnGoal(LEVELS.haltPpm)),
        ...{ waitMs: null, because: [whole.failure.message] },
      };
  const untaught = read.flatMap(({ state: { name, learned } }) =>
    learned.kind === "nothing" ? [`\`${name}\`: ${learned.because}`] : [],
  );
  if (verdict.kind === "inconclusive" && untaught.length > 0)
    return { ...verdict, because: [...untaught, ...verdict.because] };
  const alarmed = read.filter(({ alarm }) => alarm);
  if (alarmed.length === 0 || verdict.kind === "halt") return verdict;
  return {
    ...verdict,
    kind: "inconclusive",
    // A week that is unlike its weeks is no noise that was learned: what is promised is of comparisons.
    guaranteed: false,
    signals: alarmed.map(({ state }) => state.name),
    because: alarmed.map(
      ({ state }) =>
        `\`${state.name}\` has dropped below what earlier weeks lead one to expect; the false-halt rate is not promised of that`,
    ),
  };
}

function readOne(state: SignalState, asked: Asked, at: number): Read {
  const { signal } = asked;
  const reading = readingOf(state, asked);
  const { learned, readUntil } = state;
  const old = readUntil === null || at - readUntil > signal.freshMs + signal.settings.slotMs;
  const alarm =
    learned.kind === "orders" && learned.history !== null && alarmOf(learned.history, asked).alarm;
  const now: SignalNow = {
    id: signal.name,
    weight: Math.max(1, signal.weightPpm),
    state: learned.kind === "nothing" || readUntil === null ? "missing" : old ? "stale" : "fresh",
    ...{ lnHarm: reading.lnHarm, lnSafe: reading.lnSafe },
    ...{ samples: state.samples, samplesLeast: signal.minimumSamples },
    ...{ guarantee: reading.guarantee, wait: reading.wait },
  };
  return { state, asked, reading, alarm, now };
}

const QUIET: Reading = {
  ...{ lnHarm: 0, lnSafe: 0, excludesPpm: 1_000_000, guarantee: NO_BASELINE },
  wait: { haltMs: null, promoteMs: null, says: "nothing is known" },
};

function readingOf({ learned }: SignalState, asked: Asked): Reading {
  switch (learned.kind) {
    case "nothing":
      return { ...QUIET, wait: { ...QUIET.wait, says: learned.because } };
    case "errors":
      return readErrors(learned, asked);
    case "latency":
      return readLatency(learned, asked);
    case "orders": {
      const { control, history } = learned;
      const excludesPpm = ofAllPpm(excludedPpm(asked), asked);
      if (control !== null)
        return {
          ...evidenceAgainstControl(control),
          ...{ excludesPpm, guarantee: control.guarantee },
          wait: waitAgainstControl(control, asked) ?? QUIET.wait,
        };
      if (history === null) return QUIET;
      const slots = slotsToPass(history, asked, lnGoal(LEVELS.promotePpm));
      const promoteMs = slots === null ? null : slots * asked.signal.settings.slotMs;
      const says =
        promoteMs === null
          ? "against earlier weeks so small a loss would never show: a person has to look"
          : `against earlier weeks going on needs about ${shownDuration(promoteMs)}`;
      return {
        ...{ lnHarm: 0, lnSafe: history.lnSafe, excludesPpm, guarantee: NO_BASELINE },
        wait: { haltMs: null, promoteMs, says },
      };
    }
  }
}

function signalSaid(wave: WaveState, one: Read, whole: Whole): SignalSaid {
  const { state, asked, reading, alarm, now } = one;
  const harmed = whole.kind === "halt" && whole.signals.includes(state.name);
  const observedAt = state.readUntil ?? 0;
  const passes =
    whole.kind !== "halt" &&
    !alarm &&
    now.state === "fresh" &&
    reading.lnSafe >= lnGoal(LEVELS.promotePpm) &&
    state.samples > 0 &&
    state.samples >= asked.signal.minimumSamples &&
    observedAt >= wave.asked.since + wave.asked.asyncFailureMs;
  const { learned } = state;
  return {
    name: state.name,
    outcome: harmed ? "failed" : passes ? "successful" : "inconclusive",
    state: now.state,
    against:
      learned.kind === "nothing" ? "nothing" : asked.control.length === 0 ? "history" : "cells",
    ...{ samples: state.samples, excludesPpm: reading.excludesPpm, observedAt, alarm },
    ...{ harmMilliNats: milli(reading.lnHarm), safeMilliNats: milli(reading.lnSafe) },
    ...{ promised: reading.guarantee.claimed, doubts: reading.guarantee.doubts },
  };
}

/** An entry of the ledger has room for so much beside the number of the wave. */
const BECAUSE_CHARS = 400;

/** What a driver is told: a verdict of each signal, in answer to `id`. */
export function verdictsIn(said: WaveSaid, id: string | null): readonly Verdict[] {
  const because = said.because.join("; ").slice(0, BECAUSE_CHARS);
  return said.signals.map(({ name, outcome, samples, excludesPpm, observedAt }) => ({
    ...{ kind: "verdict", id, source: name, wave: said.wave, outcome },
    ...{ samples, excludesPpm, observedAt },
    ...(outcome === "failed" && because !== "" ? { because } : {}),
  }));
}
