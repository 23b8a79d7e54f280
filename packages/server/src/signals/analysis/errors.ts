// SPDX-License-Identifier: Apache-2.0
/** Errors among requests: against the other cells, and against a share that may fail. */
import {
  countTest,
  lnGoal,
  lnHarm,
  type Replay,
  replayOf,
  shownDuration,
  type Wait,
  type Worse,
} from "@interlock/judge";
import type { CellCounts } from "@interlock/store";
import {
  addAgainstControl,
  type ControlState,
  evidenceAgainstControl,
  guaranteed,
  learnAgainstControl,
  REPLAY,
} from "./against-control.ts";
import {
  type Asked,
  excludedPpm,
  LEVELS,
  MILLION,
  NO_BASELINE,
  ofAllPpm,
  type Reading,
} from "./levels.ts";
import { type PastSlot, sumsOver } from "./past.ts";

/** As it is stored. */
export type ErrorsState = {
  /** `null` where no unchanged cell is left, or too little was seen of the requests. */
  readonly control: ControlState | null;
  /** Share of requests that failed before, and its upper bound. */
  readonly beforePpm: number;
  readonly edgePpm: number;
  readonly perSlot: number;
  readonly errors: number;
  readonly requests: number;
};

const [ERRORS, REQUESTS] = [0, 1];

/**
 * A rise counts where it is one against the other cells *and* more than what may fail anyway: a ratio to
 * a baseline of nearly nothing says little (spinnaker/kayenta#426), a difference of shares does.
 */
export function beginErrors(asked: Asked, past: readonly PastSlot[]): ErrorsState | null {
  const state = learnErrors(asked, past);
  if (state === null || state.control === null) return state;
  const guarantee = guaranteed(state.control.baseline, replayed(asked, past));
  return { ...state, control: { ...state.control, guarantee } };
}

function learnErrors(asked: Asked, past: readonly PastSlot[]): ErrorsState | null {
  const { signal, changed, control } = asked;
  let [errors, requests, ofChanged, slots] = [0, 0, 0, 0];
  for (const { cells } of past) {
    const all = sumsOver(cells, [...changed, ...control]);
    const own = sumsOver(cells, changed);
    if (all === null || own === null) continue;
    errors += all[ERRORS] ?? 0;
    requests += all[REQUESTS] ?? 0;
    ofChanged += own[REQUESTS] ?? 0;
    slots += 1;
  }
  if (requests === 0 || slots === 0) return null;
  const beforePpm = (errors / requests) * MILLION;
  // Two standard errors and the rule of three: an upper bound that holds where no error was seen too.
  const upper = ((errors + 2 * Math.sqrt(errors) + 3) / requests) * MILLION;
  const allowed = Math.min(signal.settings.errorsPpm, excludedPpm(asked));
  const question = {
    worse: "higher",
    toleratedPpm: signal.settings.toleratedPpm,
    excludedPpm: Math.max(signal.settings.toleratedPpm + 1, 500_000),
  } as const;
  const given = { question, k: REQUESTS, noisy: ERRORS };
  const learned = control.length === 0 ? null : learnAgainstControl(asked, past, given);
  return {
    control: learned?.ok === true ? learned.value : null,
    beforePpm,
    edgePpm: Math.min(MILLION - 1, Math.ceil(upper + allowed)),
    perSlot: ofChanged / slots,
    ...{ errors: 0, requests: 0 },
  };
}

/**
 * Errors come in bursts that requests know nothing of: learned from the first half of the past, cells pretend
 * in turn to have changed in each stretch of the second.
 */
function replayed(asked: Asked, past: readonly PastSlot[]): Replay | null {
  const recent = past.slice(-REPLAY.most);
  const half = Math.floor(recent.length / 2);
  if (half < 2 * REPLAY.watch) return null;
  const cells = [...asked.changed, ...asked.control];
  const size = Math.min(asked.changed.length, asked.control.length);
  const goal = lnGoal(LEVELS.haltPpm);
  let [runs, halts] = [0, 0];
  for (let first = 0; first + size <= cells.length; first += size) {
    const changed = cells.slice(first, first + size);
    const control = cells.filter((cell) => !changed.includes(cell));
    const pretended = { ...asked, changed, control };
    const learned = learnErrors(pretended, recent.slice(0, half));
    if (learned === null) continue;
    for (let at = half; at + REPLAY.watch <= recent.length; at += REPLAY.watch) {
      runs += 1;
      let state = learned;
      for (const slot of recent.slice(at, at + REPLAY.watch)) {
        state = addErrors(state, pretended, slot.cells);
        if (harmOf(state) < goal) continue;
        halts += 1;
        break;
      }
    }
  }
  return runs === 0 ? null : replayOf(runs, halts, LEVELS.haltPpm);
}

/** Evidence for harm, in nats. */
function harmOf({ errors, requests, edgePpm, control }: ErrorsState): number {
  const absolute = lnShare(edgePpm, "higher", errors, requests);
  // The lesser of two e-values is one under either null.
  return control === null ? absolute : Math.min(absolute, evidenceAgainstControl(control).lnHarm);
}

/** Counts a slot. */
export function addErrors(state: ErrorsState, asked: Asked, cells: CellCounts): ErrorsState {
  const own = sumsOver(cells, asked.changed);
  if (own === null) return state;
  const { control } = state;
  return {
    ...state,
    control: control === null ? null : addAgainstControl(control, asked, cells, ERRORS),
    errors: state.errors + (own[ERRORS] ?? 0),
    requests: state.requests + (own[REQUESTS] ?? 0),
  };
}

/** What the errors say now. */
export function readErrors(state: ErrorsState, asked: Asked): Reading {
  const { errors, requests, edgePpm, control } = state;
  return {
    lnHarm: harmOf(state),
    lnSafe: lnShare(edgePpm, "lower", errors, requests),
    excludesPpm: ofAllPpm(edgePpm - state.beforePpm, asked),
    guarantee: control?.guarantee ?? NO_BASELINE,
    wait: waitOf(state, asked),
  };
}

/** ln E for "the share of requests that fail is on this side of the edge". */
function lnShare(sharePpm: number, worse: Worse, errors: number, requests: number): number {
  const test = countTest({ sharePpm, worse, marginPpm: 0 });
  return test.ok ? lnHarm(test.value, { changed: errors, unchanged: requests - errors }) : 0;
}

const SLOTS_HORIZON = 10_000_000;

function waitOf(state: ErrorsState, { signal }: Asked): Wait {
  const { perSlot, beforePpm, edgePpm } = state;
  const goal = lnGoal(LEVELS.promotePpm);
  const after = (slots: number): number => {
    const requests = state.requests + slots * perSlot;
    const errors = state.errors + (slots * perSlot * beforePpm) / MILLION;
    return lnShare(edgePpm, "lower", errors, requests);
  };
  let slots = 1;
  while (slots < SLOTS_HORIZON && after(slots) < goal) slots *= 2;
  const promoteMs = slots >= SLOTS_HORIZON || perSlot === 0 ? null : slots * signal.settings.slotMs;
  const rate = Math.round((perSlot * 60_000) / signal.settings.slotMs);
  const says =
    promoteMs === null
      ? "no requests are expected in the wave: nothing can be learned there, widen the wave"
      : `at ${rate} requests a minute it takes at most ${shownDuration(promoteMs)} to see that no more than ${edgePpm} of a million fail: widen the wave or wait`;
  return { haltMs: null, promoteMs, says };
}
