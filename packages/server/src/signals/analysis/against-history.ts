// SPDX-License-Identifier: Apache-2.0
/** Orders of all changed cells against the same hour of earlier weeks, where no unchanged cell is left. */
import {
  type Alarm,
  addDropSlot,
  type DropState,
  dropAlarm,
  dropTest,
  type Expectation,
  expectedOf,
  learnNoise,
  lnDropRatio,
  noDrops,
  recentLevel,
} from "@interlock/judge";
import { type Asked, excludedPpm, MILLION, WEEK_MS, WEEKS } from "./levels.ts";
import { type PastSlot, sumOver } from "./past.ts";

/** As it is stored; `-Infinity` of a detector that has seen nothing is `null` in JSON. */
export type HistoryState = {
  readonly cells: readonly string[];
  readonly noise: number;
  readonly level: number;
  /** What a slot brought on average in the hour before. */
  readonly perSlot: number;
  readonly lnSafe: number;
  readonly detectors: readonly (number | null)[];
  readonly cusums: readonly number[];
  readonly silent: number;
};

/** A false alarm a year of each signal. */
const YEAR_MS = 365 * 86_400_000;
const HOUR_MS = 3_600_000;

/** The slots by their begin: of the day before, and of the same day of the weeks before. */
export type Weeks = ReadonlyMap<number, PastSlot>;

/** Why the past says nothing of what to expect. */
export type NoHistory = "too-short" | "too-quiet";

/**
 * A slot that brings less than this has no median worth the name: of four weeks of one order in
 * three slots most medians are 0 and the others half an order too much, which looks like a drop.
 */
const ORDERS_LEAST = 10;

/** Begins with the day before `began`. */
export function beginAgainstHistory(
  asked: Asked,
  cells: readonly string[],
  weeks: Weeks,
  began: number,
): HistoryState | NoHistory {
  const { slotMs } = asked.signal.settings;
  const last = Math.floor(began / slotMs) * slotMs - slotMs;
  const seen: { observed: number; median: number; start: number }[] = [];
  for (let start = last - 86_400_000; start <= last; start += slotMs) {
    const observed = totalAt(weeks, start, cells);
    const { expected } = expectationAt(weeks, start, { cells, level: 1, asked });
    if (observed !== null && expected !== null) seen.push({ observed, median: expected, start });
  }
  const level = recentLevel(seen.filter(({ start }) => start > last - HOUR_MS));
  const noise = learnNoise(
    seen.map(({ observed, median }) => ({ observed, expected: median * level })),
  );
  const test = noise.ok ? testOf(asked, noise.value) : null;
  if (!noise.ok || test === null) return "too-short";
  const recent = seen.slice(-Math.ceil(HOUR_MS / slotMs));
  const perSlot = recent.reduce((sum, { observed }) => sum + observed, 0) / recent.length;
  if (perSlot < ORDERS_LEAST) return "too-quiet";
  const numbers = { noise: noise.value, level, perSlot, lnSafe: 0 };
  return { cells, ...numbers, ...kept(noDrops(test)) };
}

function testOf({ signal }: Asked, noise: number) {
  const { slotMs, toleratedPpm } = signal.settings;
  const runLength = Math.max(2, Math.round(YEAR_MS / slotMs));
  const test = dropTest({ toleratedPpm, runLength }, noise);
  return test.ok ? test.value : null;
}

const kept = ({ detectors, cusums, silent }: DropState) => ({
  detectors: detectors.map((m) => (m === Number.NEGATIVE_INFINITY ? null : m)),
  cusums,
  silent,
});

const dropsOf = ({ detectors, cusums, silent }: HistoryState): DropState => ({
  detectors: detectors.map((m) => m ?? Number.NEGATIVE_INFINITY),
  cusums,
  silent,
});

const totalAt = (weeks: Weeks, start: number, cells: readonly string[]): number | null => {
  const slot = weeks.get(start);
  return slot === undefined ? null : sumOver(slot.cells, cells);
};

type Expecting = {
  readonly cells: readonly string[];
  readonly level: number;
  readonly asked: Asked;
};

/** What the same slot of the weeks before leads one to expect, by local time and by UTC. */
function expectationAt(weeks: Weeks, start: number, expecting: Expecting): Expectation {
  const { cells, level, asked } = expecting;
  const zone = asked.signal.settings.timeZone;
  const past = (shift: (at: number) => number) =>
    Array.from({ length: WEEKS }, (_, w) =>
      totalAt(weeks, start - (w + 1) * WEEK_MS + shift(start - (w + 1) * WEEK_MS), cells),
    );
  const byUtc = past(() => 0);
  const now = offsetMs(zone, start);
  const byLocal = past((at) => now - offsetMs(zone, at)).map((n, w) => n ?? byUtc[w] ?? null);
  const expected = expectedOf(zone === "UTC" ? [byUtc] : [byUtc, byLocal], level);
  return expected.ok ? expected.value : { expected: null, least: null };
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** How far the clocks of a zone are ahead of UTC. */
function offsetMs(zone: string, at: number): number {
  if (zone === "UTC") return 0;
  const clock =
    clocks.get(zone) ??
    new Intl.DateTimeFormat("en-GB", { timeZone: zone, timeZoneName: "longOffset" });
  clocks.set(zone, clock);
  const name = clock.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
  const [, sign, hours = "0", minutes = "0"] = /^GMT([+-])(\d\d):(\d\d)$/.exec(name) ?? [];
  if (sign === undefined) return 0;
  return (sign === "-" ? -1 : 1) * (Number(hours) * 3_600_000 + Number(minutes) * 60_000);
}

/** Counts a slot; one of which nothing is expected changes nothing. */
export function addAgainstHistory(
  state: HistoryState,
  asked: Asked,
  slot: PastSlot,
  weeks: Weeks,
): HistoryState {
  const test = testOf(asked, state.noise);
  const observed = sumOver(slot.cells, state.cells);
  const { level, noise } = state;
  const expectation = expectationAt(weeks, slot.start, { cells: state.cells, level, asked });
  const { expected } = expectation;
  if (test === null || observed === null || expected === null) return state;
  const drops = addDropSlot(test, dropsOf(state), { observed, expectation });
  if (!drops.ok) return state;
  // The reverse of the ratio for a drop of just what must be excluded: its mean is at most 1 under
  // every rate at or below that, since the negative binomial has a monotone likelihood ratio.
  const ratio = 1 - excludedPpm(asked) / MILLION;
  const lnSafe = state.lnSafe - lnDropRatio(observed, expected, { ratio, noise });
  return { ...state, ...kept(drops.value), lnSafe };
}

/** Whether the orders have dropped. */
export function alarmOf(state: HistoryState, asked: Asked): Alarm {
  const test = testOf(asked, state.noise);
  return test === null
    ? { alarm: false, by: [], lnEvidence: 0, cusum: 0 }
    : dropAlarm(test, dropsOf(state));
}

/** How long until a harmless wave may go on, at the rate of the hour before. */
export function slotsToPass(state: HistoryState, asked: Asked, goal: number): number | null {
  const ratio = 1 - excludedPpm(asked) / MILLION;
  const { perSlot, noise } = state;
  const gain = -lnDropRatio(perSlot, perSlot, { ratio, noise });
  return gain > 0 ? Math.max(0, Math.ceil((goal - state.lnSafe) / gain)) : null;
}
