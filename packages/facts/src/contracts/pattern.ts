// SPDX-License-Identifier: Apache-2.0
import { type Expression, expression } from "@interlock/core";

/** The evaluator's regular expressions are RE2's: linear in the text whatever the pattern. */
const MATCHES: Expression = expression("text.matches(pattern)");
const PATTERN_MAX = 1_000;

/** Whether a text is a regular expression that can be used. */
export function isPattern(pattern: string): boolean {
  return pattern.length <= PATTERN_MAX && MATCHES.evaluate({ text: "", pattern }).kind === "known";
}

/** Values repeat, and both sides of a change are looked at. */
const KNOWN = new Map<string, boolean>();
const KNOWN_MAX = 50_000;
const KNOWN_TEXT_MAX = 200;

/** Whether the pattern, which is known to be one, matches anywhere in the text. */
export function matches(pattern: string, text: string): boolean {
  if (text.length > KNOWN_TEXT_MAX) return evaluated(pattern, text);
  const key = `${pattern}\n${text}`;
  const known = KNOWN.get(key) ?? evaluated(pattern, text);
  if (KNOWN.size >= KNOWN_MAX) KNOWN.clear();
  KNOWN.set(key, known);
  return known;
}

function evaluated(pattern: string, text: string): boolean {
  const verdict = MATCHES.evaluate({ text, pattern });
  // The pattern was tried when the catalog was read; a text it fails on is the reader's failure.
  if (verdict.kind === "unknown") throw new Error(`\`${pattern}\` failed: ${verdict.because}`);
  return verdict.holds;
}
