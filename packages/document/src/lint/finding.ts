// SPDX-License-Identifier: Apache-2.0
import type { Section } from "../document.ts";
import type { Spot } from "../read.ts";

type Meaning = { readonly severity: "error" | "warning"; readonly means: string };
const error = (means: string): Meaning => ({ severity: "error", means });
const warning = (means: string): Meaning => ({ severity: "warning", means });

/** What a lint can find. An id is never renamed or reused; `docs/documents.md` lists them. */
export const LINTS = {
  unfilled: error("a question of the template is not answered"),
  "section-missing": error("a part that every document has is missing"),
  "checks-missing": warning("nothing is checked before the first step"),
  "expectation-missing": error("a step or check does not say what should be seen"),
  "step-unverified": error("a step does not say how to see that it worked"),
  "step-no-undo": error("a step says neither how to undo it nor why that cannot be done"),
  "abort-missing": error("neither a step nor a signal says when to stop"),
  "signal-unbounded": error("a signal does not say which value stops the work"),
  "rollback-unrehearsed": error("the way back was never tried, or that is not said"),
  "rollback-stale": warning("the way back was tried too long ago"),
  "rollback-future": error("the rehearsal is said to be in the future"),
  "one-person": error("operator and second person are the same"),
  vague: error("a phrase that leaves the decision to whoever reads it"),
  "vague-watch": error("something is to be watched, without how long or for which value"),
  "vague-state": warning("a state without a figure by which to know it"),
  "blast-undeclared": warning("the reach of the change is not said"),
  "blast-understated": error("the reach that is said is smaller than the computed one"),
  "scope-understated": error("a system that the change touches is not in the scope"),
  secret: error("a credential stands in the text"),
  "repeat-unsaid": warning("a command does not say whether it may be run twice"),
  "repeat-doubtful": error(
    "a command that adds or creates does not say whether it may be run twice",
  ),
  "shell-text": warning("a shell reads a text, so that what runs is not what is written"),
  "remedy-shell": error("a shell would read a parameter"),
  "remedy-by-hand": error("a step of a remedy has no command, so that nobody can bound it"),
  "remedy-second": error("a step of a remedy asks for a second person, who is not there"),
  "remedy-parameter": error("a parameter is used but not declared, or declared but not used"),
  "remedy-open": error("nobody is named who may run it"),
  "remedy-expired": error("the rehearsal is older than the remedy itself allows"),
} as const satisfies Readonly<Record<string, Meaning>>;

export type LintId = keyof typeof LINTS;

export type Finding = Spot & {
  readonly id: LintId;
  readonly severity: "error" | "warning";
  /** The section that it spoils; `null` for the whole document. */
  readonly section: Section | null;
  readonly message: string;
  /** What to write instead. */
  readonly help: string;
};

/** By place, then by what is said, so that the order of checks never shows. */
export function byPlace(a: Finding, b: Finding): number {
  const place = a.line - b.line || a.column - b.column;
  if (place !== 0) return place;
  const x = `${a.id}\n${a.message}`;
  const y = `${b.id}\n${b.message}`;
  return x < y ? -1 : x > y ? 1 : 0;
}
