// SPDX-License-Identifier: Apache-2.0
import type { RunShown } from "@interlock/protocol";
import type { Names } from "../change/shown.ts";
import type { Meaning } from "../parts/meaning.ts";

export type NextShown = RunShown["next"];
type People = { readonly operator: string; readonly second: string };

/** How a run stands, in a word. */
export function stateOf(next: NextShown | null): {
  readonly meaning: Meaning;
  readonly word: string;
} {
  switch (next?.kind) {
    case "act":
      return { meaning: "working", word: "under way" };
    case "confirm":
      return { meaning: "person", word: "to be confirmed" };
    case "find":
      return { meaning: "person", word: "interrupted" };
    case "choose":
      return { meaning: "person", word: "something failed" };
    case "end":
      return { meaning: "working", word: "at its end" };
    case "over":
      return OUTCOMES[next.outcome ?? ""] ?? { meaning: "unknown", word: next.outcome ?? "over" };
    default:
      return { meaning: "unknown", word: "cannot be read" };
  }
}

const OUTCOMES: Readonly<Record<string, { readonly meaning: Meaning; readonly word: string }>> = {
  done: { meaning: "done", word: "done" },
  stopped: { meaning: "neutral", word: "stopped, nothing changed" },
  undone: { meaning: "neutral", word: "taken back" },
  "partly-undone": { meaning: "stopped", word: "partly taken back" },
  left: { meaning: "stopped", word: "left as it is" },
};

/** Whom a run waits for, and for what; the person of the page is `you`. */
export function waitsFor(next: NextShown, of: People, names: Names): string {
  const operator = names(of.operator);
  const task = nameOf(next.task ?? "");
  switch (next.kind) {
    case "act":
      return `${operator} begins or is carrying out ${PARTS[next.part ?? ""] ?? ""} ${task}`;
    case "confirm":
      return `${names(of.second)} says whether ${task} worked`;
    case "find":
      return `${operator} finds out whether ${task} took place: it was interrupted`;
    case "choose":
      return `${operator} chooses: again, the way back, or leave it as it is; ${task} did not pass`;
    case "end":
      return `${operator} writes down the end in the terminal`;
    case "over":
      return "nothing more happens";
  }
}

const PARTS: Readonly<Record<string, string>> = {
  do: "",
  verify: "the verification of",
  undo: "the undo of",
};

/** A task as people call it. */
export const nameOf = (task: string): string =>
  task.startsWith("step:") ? `step ${task.slice(5)}` : task.replace("-", " ");
