// SPDX-License-Identifier: Apache-2.0
/** A rollout in plain words; nothing in here asks for anything. */
import { countText } from "@interlock/core";
import type {
  LossShown,
  RolloutListed,
  RolloutShown,
  WaveAnalysisShown,
} from "@interlock/protocol";
import type { Meaning } from "../parts/meaning.ts";
import { listed } from "../parts/short.ts";

type Said = { readonly meaning: Meaning; readonly word: string };
type Standing = Pick<RolloutListed, "phase" | "paused" | "waitsFor">;

/** How a rollout stands, in a word. */
export function standingOf({ phase, paused, waitsFor }: Standing): Said {
  switch (phase) {
    case "proposed":
      return { meaning: "person", word: "to be approved" };
    case "running":
      if (paused) return { meaning: "person", word: "paused" };
      return waitsFor === null
        ? { meaning: "working", word: "under way" }
        : { meaning: "person", word: "waits" };
    case "halted":
      return { meaning: "stopped", word: "halted" };
    case "going-back":
      return { meaning: "working", word: "going back" };
    case "completed":
      return { meaning: "done", word: "completed" };
    case "gone-back":
      return { meaning: "neutral", word: "gone back" };
    case "withdrawn":
      return { meaning: "neutral", word: "withdrawn" };
  }
}

const OVER: ReadonlySet<RolloutListed["phase"]> = new Set(["completed", "gone-back", "withdrawn"]);

/** Whether nothing of it happens any more. */
export const isOver = ({ phase }: Pick<RolloutListed, "phase">): boolean => OVER.has(phase);

/** Those that somebody has to look at first: halted, then waiting, then under way, then over. */
export function byUrgency(list: readonly RolloutListed[]): readonly RolloutListed[] {
  const rank = (one: RolloutListed): number => {
    if (one.phase === "halted") return 0;
    if (one.waitsFor !== null || one.phase === "proposed") return 1;
    return isOver(one) ? 3 : 2;
  };
  return list.toSorted((a, b) => rank(a) - rank(b) || b.startedAt - a.startedAt);
}

/** `12.5 %`. */
export const share = (ppm: number): string => `${Number((ppm / 10_000).toFixed(2))} %`;

/** `4 min 05 s`; rounded up, so that nothing is over while some of it is left. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes === 0) return `${rest} s`;
  const [hours, left] = [Math.floor(minutes / 60), minutes % 60];
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  return hours === 0
    ? `${minutes} min ${String(rest).padStart(2, "0")} s`
    : `${hours} h ${String(left).padStart(2, "0")} min`;
}

const NEXT: Readonly<Record<RolloutListed["next"]["what"], string>> = {
  wave: "the next wave begins",
  write: "the next cell is written",
  read: "a cell is read back",
  analysis: "the signals are asked",
  bake: "the shortest time of this wave is over",
  batch: "the next batch goes back",
  person: "nothing, until somebody acts",
  answer: "whatever the answer says that is awaited",
  evidence: "the next wave, as soon as there is enough evidence of no harm",
  nothing: "nothing",
};

/** What happens next by itself. */
export const nextWords = ({ next }: Pick<RolloutListed, "next">): string => NEXT[next.what];

/** What a wave is doing. */
export function waveWords(
  wave: RolloutShown["plan"][number],
  { phase, stage, paused }: Pick<RolloutShown, "phase" | "stage" | "paused">,
): Said {
  if (phase === "gone-back" || phase === "going-back")
    return wave.state === "to-come" ? { meaning: "neutral", word: "not begun" } : TAKEN_BACK[phase];
  if (wave.state === "passed") return { meaning: "done", word: "passed" };
  if (wave.state === "to-come") return { meaning: "neutral", word: "to come" };
  if (phase === "halted") return { meaning: "stopped", word: "halted" };
  if (phase !== "running") return { meaning: "neutral", word: "not begun" };
  if (paused && stage === "waiting") return { meaning: "person", word: "paused" };
  return { meaning: "working", word: STAGES[stage] };
}

const TAKEN_BACK = {
  "gone-back": { meaning: "neutral", word: "taken back" },
  "going-back": { meaning: "working", word: "being taken back" },
} as const;

const STAGES: Readonly<Record<RolloutShown["stage"], string>> = {
  waiting: "waits to begin",
  entering: "being recorded",
  writing: "being written",
  baking: "baking",
  proving: "being proven",
};

/** What a cell holds, as last read back. */
export function cellWords({
  holds,
  underWay,
}: Pick<RolloutShown["cells"][number], "holds" | "underWay">): Said {
  if (underWay) return { meaning: "working", word: "being written" };
  switch (holds) {
    case "after":
      return { meaning: "done", word: "new" };
    case "part":
      return { meaning: "working", word: "in part" };
    case "before":
      return { meaning: "neutral", word: "before" };
    case "foreign":
      return { meaning: "stopped", word: "written by somebody else" };
  }
}

/** How much of a divided cell's traffic has the change. */
export const dividedWords = ({ cell, ppm }: RolloutShown["divided"][number]): string =>
  `${cell} has the change for ${share(ppm)} of its traffic`;

/** Sources are late by seconds: that nothing was read in the first minute calls for nobody. */
const YOUNG_MS = 60_000;

export const isYoung = ({
  signals,
  since,
  asOf,
}: Pick<WaveAnalysisShown, "signals" | "since"> & { readonly asOf: number }): boolean =>
  asOf - since < YOUNG_MS &&
  signals.length > 0 &&
  signals.every(({ state }) => state === "missing");

/** What the analysis of a wave says, in a word and a sentence. */
export function verdictWords(
  one: Pick<WaveAnalysisShown, "kind" | "waitMs" | "signals" | "since"> & { readonly asOf: number },
): Said & { readonly says: string } {
  switch (one.kind) {
    case "halt":
      return { meaning: "stopped", word: "harm", says: "The signals show harm." };
    case "promote":
      return { meaning: "done", word: "no harm", says: "Harm beyond the margin is excluded." };
    case "inconclusive":
      if (isYoung(one))
        return {
          ...{ meaning: "unknown", word: "just begun" },
          says: "No slot of this wave could be read yet.",
        };
      return {
        ...{ meaning: "person", word: "inconclusive" },
        says: "The signals say neither yes nor no: somebody has to look.",
      };
    case "not-enough-evidence":
      return {
        ...{ meaning: "unknown", word: "not enough evidence" },
        says:
          one.waitMs === null
            ? "Nothing can be said yet, nor when: widen the wave, or wait for more orders."
            : `At this rate a decision takes another ${duration(one.waitMs)}: widen the wave, or wait.`,
      };
  }
}

/** What a bake waits for; its margin is a share of all orders, not of those of the wave. */
export const evidenceWords = ({
  samples,
  marginPpm,
}: {
  readonly samples: number;
  readonly marginPpm: number;
}): string =>
  `${countText(samples)} orders, with harm over ${share(marginPpm)} of all orders excluded`;

/** The dearest things first, as they would be lost. */
export const lossWords = ({ orders, firstOrders, aloneOrders, budgetOrders }: LossShown): string =>
  `${countText(orders)} orders if every cell is hurt (${countText(firstOrders)} if the first wave shows it), of ${countText(budgetOrders)} that the system allows; ${countText(aloneOrders)} if only one wave's cells are`;

/** How much of the goal is reached; evidence against the claim is none for it. */
export function reached(milliNats: number, goal: number): string {
  if (goal <= 0) return "0 %";
  return `${Math.max(0, Math.min(100, Math.floor((milliNats / goal) * 100)))} %`;
}

/** By whose break-glass a rollout goes out in the emergency lane; names as people know them. */
export function emergencyWords(
  { by, incidents }: NonNullable<RolloutShown["emergency"]>,
  names: (id: string) => string,
): string {
  const who = by.length === 0 ? "people whom an erased entry named" : listed(by.map(names));
  return `by break-glass of ${who}${incidents.length === 0 ? "" : ` for incident ${listed(incidents)}`}`;
}

const EVENTS: Readonly<Record<string, string>> = {
  "rollout-proposed": "begun",
  "rollout-wave": "wave begins",
  "rollout-paused": "paused",
  "rollout-resumed": "resumed",
  "rollout-halted": "halted",
  "rollout-back": "sent back",
  "rollout-proven": "passed its bake",
  "rollout-ended": "over",
  "rollout-refused": "refused",
  "rollout-noted": "to be looked at",
  "rollout-bad": "marked bad",
  "rollout-adopted": "adopted",
};

/** What is recorded of a rollout, by the kind of its entry. */
export const eventWords = (kind: string): string => EVENTS[kind] ?? kind;
