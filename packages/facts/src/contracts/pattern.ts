// SPDX-License-Identifier: Apache-2.0
import { type Expression, expression } from "@interlock/core";

/** The evaluator's regular expressions are RE2's: linear in the text whatever the pattern. */
const MATCHES: Expression = expression("text.matches(pattern)");
const PATTERN_MAX = 1_000;

/** Whether a text is a regular expression that can be used. */
export function isPattern(pattern: string): boolean {
  return pattern.length <= PATTERN_MAX && MATCHES.evaluate({ text: "", pattern }).kind === "known";
}

/** Whether the pattern, which is known to be one, matches anywhere in the text. */
export function matches(pattern: string, text: string): boolean {
  const verdict = MATCHES.evaluate({ text, pattern });
  // What cannot be matched is no match: a text must show that it fits. by (fail-closed)
  return verdict.kind === "known" && verdict.holds;
}
