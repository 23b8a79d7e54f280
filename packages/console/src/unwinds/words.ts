// SPDX-License-Identifier: Apache-2.0
/** An unwind in plain words; nothing in here asks for anything. */
import { rolloutsApi, type UnwindListed, type UnwindPlanText } from "@interlock/protocol";
import { counted } from "../change/shown.ts";
import type { Meaning } from "../parts/meaning.ts";
import { standingOf } from "../rollouts/words.ts";

export type PlannedKey = UnwindPlanText["keys"][number];
type Said = { readonly meaning: Meaning; readonly word: string };

/** What becomes of a key; what nobody can work out is left to a person. */
export const ACTIONS: Readonly<Record<PlannedKey["action"], Said & { readonly says: string }>> = {
  restore: { meaning: "working", word: "restore", says: "gets what it would hold without it" },
  keep: { meaning: "neutral", word: "keep", says: "stays as it is" },
  "re-run": { meaning: "working", word: "re-run", says: "is computed again" },
  quarantine: { meaning: "person", word: "quarantine", says: "stays, for a person to look at" },
};

const BECAUSE: Readonly<Record<PlannedKey["because"], string>> = {
  "nothing-later": "nobody wrote it since",
  "later-write-stays": "a later write stays",
  "already-so": "it is so already",
  subtracted: "its part is subtracted",
  "run-again": "what followed from it is computed again",
  "cannot-run-again": "what used it cannot be computed again: a person looks at it",
  "changed-outside": "somebody wrote it past the journal: a person looks at it",
};

export const becauseWords = ({ because }: Pick<PlannedKey, "because">): string => BECAUSE[because];

/** Those that somebody has to think about first: left to a person, then guessed, then written, then kept. */
export function byDoubt(keys: readonly PlannedKey[]): readonly PlannedKey[] {
  const rank = ({ action, guessed, before, after }: PlannedKey): number => {
    if (action === "quarantine") return 0;
    if (guessed) return 1;
    return before === after ? 3 : 2;
  };
  return keys.toSorted((a, b) => rank(a) - rank(b));
}

/** How many keys of how many cells are written: `2 keys in 1 cell`. */
export function extentOf({ keys }: Pick<UnwindPlanText, "keys">): string {
  const written = keys.filter(({ before, after }) => before !== after);
  if (written.length === 0) return "nothing";
  const cells = new Set(written.map(({ cell }) => cell));
  return `${counted(written.length, "key")} in ${counted(cells.size, "cell")}`;
}

const VERBS = { undo: "takes away", redo: "brings back" } as const;
export const verbOf = ({ way }: Pick<UnwindPlanText, "way">): string => VERBS[way];

const STATES: Readonly<Record<UnwindListed["state"], Said>> = {
  proposed: { meaning: "person", word: "to be signed" },
  expired: { meaning: "neutral", word: "expired" },
  withdrawn: { meaning: "neutral", word: "withdrawn" },
  agreed: { meaning: "person", word: "to be begun" },
  begun: { meaning: "done", word: "on record" },
};

/** How an unwind stands: once it is begun, as its rollout does. */
export function unwindStanding({ state, phase }: Pick<UnwindListed, "state" | "phase">): Said {
  if (state !== "begun" || phase === null) return STATES[state];
  const read = rolloutsApi.PHASE.safeParse(phase);
  return read.success
    ? standingOf({ phase: read.data, paused: false, waitsFor: null })
    : { meaning: "unknown", word: phase };
}
