// SPDX-License-Identifier: Apache-2.0
/** What is known of one wave of a rollout: begun from the past, then slot by slot. Pure. */
import type { Signal } from "../settings.ts";
import { addAgainstControl, beginAgainstControl, type ControlState } from "./against-control.ts";
import {
  addAgainstHistory,
  beginAgainstHistory,
  type HistoryState,
  type NoHistory,
  type Weeks,
} from "./against-history.ts";
import { addErrors, beginErrors, type ErrorsState } from "./errors.ts";
import { addLatency, beginLatency, type LatencyState } from "./latency.ts";
import { type Asked, excludedPpm } from "./levels.ts";
import { type PastSlot, sumsOver } from "./past.ts";

/** What is asked of the analysis of a wave; times in milliseconds since 1970 UTC. */
export type WaveAsked = {
  readonly rollout: string;
  readonly system: string;
  readonly wave: number;
  /** From when on the changed cells have the new version. */
  readonly since: number;
  /** Before this nothing of the rollout was written. */
  readonly began: number;
  readonly cells: readonly string[];
  /** Harm that has to be excluded: orders lost of all orders of the system, not of those of `cells`. */
  readonly marginPpm: number;
  /** What was seen before the slowest failure could show lets nothing go on. */
  readonly asyncFailureMs: number;
};

/** One signal of a wave, as it is stored. */
export type SignalState = {
  readonly name: string;
  /** Slots before this were counted. */
  readonly next: number;
  /** End of the last slot that every cell was read in; `null`: none yet. */
  readonly readUntil: number | null;
  /** Orders, requests or answers of the changed cells. */
  readonly samples: number;
  readonly learned: Learned;
};

export type Learned =
  | {
      readonly kind: "orders";
      readonly control: ControlState | null;
      readonly history: HistoryState | null;
    }
  | ({ readonly kind: "errors" } & ErrorsState)
  | ({ readonly kind: "latency" } & LatencyState)
  /** The past teaches too little: it is asked again later, and nothing passes until then. */
  | { readonly kind: "nothing"; readonly because: string; readonly triedAt: number };

/** A wave as it is stored. */
export type WaveState = {
  readonly version: 2;
  readonly asked: WaveAsked;
  readonly control: readonly string[];
  /** Counted from here: later than `since` where who is compared with whom has changed meanwhile. */
  readonly from: number;
  readonly signals: readonly SignalState[];
};

/** Begins with one signal, from what was before. */
export function beginSignal(
  asked: Asked,
  wave: Pick<WaveAsked, "began"> & { readonly from: number; readonly allCells: readonly string[] },
  known: { readonly past: readonly PastSlot[]; readonly weeks: Weeks; readonly now: number },
): SignalState {
  const { signal } = asked;
  const { slotMs } = signal.settings;
  const next = Math.ceil(wave.from / slotMs) * slotMs;
  return {
    ...{ name: signal.name, next, readUntil: null, samples: 0 },
    learned: learn(asked, wave, known),
  };
}

function learn(
  asked: Asked,
  wave: { readonly began: number; readonly allCells: readonly string[] },
  { past, weeks, now }: { past: readonly PastSlot[]; weeks: Weeks; now: number },
): Learned {
  const { signal, control } = asked;
  const nothing = (because: string): Learned => ({ kind: "nothing", because, triedAt: now });
  if (signal.measures === "latency") {
    const latency = beginLatency(asked, past);
    const empty = latency.before && latency.other.every((n) => n === 0);
    return empty ? nothing("no answers were seen before") : { kind: "latency", ...latency };
  }
  if (signal.measures === "errors") {
    const errors = beginErrors(asked, past);
    return errors === null
      ? nothing("no requests were seen before")
      : { kind: "errors", ...errors };
  }
  const excluded = excludedPpm(asked);
  const question = {
    worse: "lower",
    toleratedPpm: Math.min(signal.settings.toleratedPpm, Math.floor(excluded / 4)),
    excludedPpm: excluded,
  } as const;
  const begunWith = beginAgainstHistory(asked, wave.allCells, weeks, wave.began);
  const history = typeof begunWith === "string" ? null : begunWith;
  if (control.length === 0)
    return typeof begunWith === "string"
      ? nothing(`no cell is left to compare with, and ${SAYS_NOTHING[begunWith]}`)
      : { kind: "orders", control: null, history };
  const begun = beginAgainstControl(asked, past, question);
  return begun.ok
    ? { kind: "orders", control: begun.value, history }
    : nothing(`${begun.failure.message}: ${begun.failure.help}`);
}

const SAYS_NOTHING: Readonly<Record<NoHistory, string>> = {
  "too-short": "fewer than two earlier weeks are known: a person has to look",
  "too-quiet":
    "its slots bring too few orders to tell a drop from chance by earlier weeks: make them longer, or a person has to look",
};

/** Counts one stored slot, in order; one that is missing is skipped by the next. */
export function addToSignal(
  state: SignalState,
  asked: Asked,
  slot: PastSlot,
  weeks: Weeks,
): SignalState {
  const { slotMs } = asked.signal.settings;
  if (slot.start < state.next) return state;
  const own = sumsOver(slot.cells, asked.changed);
  const other = asked.control.length === 0 ? [] : sumsOver(slot.cells, asked.control);
  const whole = own !== null && other !== null;
  return {
    ...state,
    next: slot.start + slotMs,
    readUntil: whole ? slot.start + slotMs : state.readUntil,
    samples: state.samples + (own === null ? 0 : samplesIn(asked.signal, own)),
    learned: addToLearned(state.learned, asked, slot, weeks),
  };
}

function samplesIn({ measures }: Signal, sums: readonly number[]): number {
  if (measures === "latency") return sums.reduce((all, n) => all + n, 0);
  return sums[measures === "errors" ? 1 : 0] ?? 0;
}

function addToLearned(learned: Learned, asked: Asked, slot: PastSlot, weeks: Weeks): Learned {
  switch (learned.kind) {
    case "orders": {
      const { control, history } = learned;
      return {
        kind: "orders",
        control: control === null ? null : addAgainstControl(control, asked, slot.cells),
        history: history === null ? null : addAgainstHistory(history, asked, slot, weeks),
      };
    }
    case "errors":
      return { kind: "errors", ...addErrors(learned, asked, slot.cells) };
    case "latency":
      return { kind: "latency", ...addLatency(learned, asked, slot.cells) };
    case "nothing":
      return learned;
  }
}
