// SPDX-License-Identifier: Apache-2.0
type Meaning = { readonly level: "error" | "warning"; readonly means: string };

const error = (means: string): Meaning => ({ level: "error", means });
const warning = (means: string): Meaning => ({ level: "warning", means });

/**
 * Why a policy or a test of it does not load (errors), or what is odd about one that does (warnings).
 * A code is never renamed or reused. `docs/reference/errors.md` lists them.
 */
export const PROBLEMS = {
  YAML_SYNTAX: error("the file is no YAML"),
  YAML_FEATURE: error("YAML that hides what is said: anchors, aliases, tags, explicit keys, …"),
  TOO_LARGE: error("the file is larger than a policy may be"),
  TOO_DEEP: error("the file is nested deeper than a policy may be"),
  TOO_MANY: error("more rules, files or items than a policy may have"),
  POLICY_EMPTY: error("there is nothing in it that would decide anything"),
  FIELD_UNKNOWN: error("nobody defined this field, so it would decide nothing"),
  FIELD_MISSING: error("a field that must be there is not"),
  FIELD_INVALID: error("the value of a field is not of the form that it must have"),
  NAME_UNKNOWN: error("it names something that nobody described"),
  SUM_INVALID: error("shares of one whole do not add up to it"),
  SECRET_WRITTEN: error("a credential is written out where others can read it"),
  DUPLICATE: error("two things of one name, of which only one could count"),
  RULE_DUPLICATE: error("two rules of one id"),
  RULE_UNKNOWN: error("no rule has this id"),
  PACK_UNKNOWN: error("no pack has this name"),
  CALENDAR_UNKNOWN: error("a rule waits for a calendar that is not declared"),
  INCLUDE_UNKNOWN: error("an included file is missing, unreadable, or outside the policy's folder"),
  INCLUDE_CYCLE: error("a file includes itself, directly or through others"),
  EXPRESSION_SYNTAX: error("it is no CEL expression"),
  EXPRESSION_TYPE: error("the expression does not fit the facts, or could fail"),
  EXPRESSION_COST: error("the expression could take too long"),
  TEMPLATE_FIELD: error("a sentence names a `{field}` that its findings do not have"),
  TEST_INVALID: error("a test of the policy cannot be read"),
  ALWAYS_FIRES: warning("the condition holds for every change"),
  NEVER_FIRES: warning("the rule can never fire"),
  ALWAYS_SAME: warning("a part of the condition comes out the same for all facts"),
  REQUIREMENT_WEAK: warning("the rule asks for nothing that `otherwise` does not ask for anyway"),
  COVERS_LOOSELY: warning(
    "the rule covers changes with less than `otherwise` asks, and says no why",
  ),
  MODE_OBSERVED: warning("it blocks nothing, and no end of that is in sight"),
  FACT_UNKNOWABLE: warning(
    "the expression reads a fact that is mostly unknown, and will then hold",
  ),
  TIME_AMBIGUOUS: warning("clocks show this time twice or never"),
  ADDENDUM_OVER: warning("the addendum or freeze has ended"),
  OWNER_ANYONE: warning("a file that nobody owns may be approved by anyone"),
  POLICY_UNTESTED: warning("the policy has no tests"),
  RULE_UNTESTED: warning("no test names this rule"),
} as const satisfies Readonly<Record<string, Meaning>>;

export type ProblemCode = keyof typeof PROBLEMS;

/** A problem with its place; lines and columns are 1-based, columns in UTF-16 units. */
export type Problem = {
  readonly code: ProblemCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** One sentence: what to write instead. */
  readonly help: string;
};

export const isError = (p: Problem): boolean => PROBLEMS[p.code].level === "error";

/** `file:line:column: message`, with the help beneath it. */
export function problemText(p: Problem): string {
  const level = isError(p) ? "" : "warning: ";
  return `${p.file}:${p.line}:${p.column}: ${level}${p.message}\n  help: ${p.help}`;
}

/** By file and place, then by what is said, so that the order of checks never shows. */
export function byPlace(a: Problem, b: Problem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  const place = a.line - b.line || a.column - b.column;
  if (place !== 0) return place;
  const x = `${a.code}\n${a.message}`;
  const y = `${b.code}\n${b.message}`;
  return x < y ? -1 : x > y ? 1 : 0;
}
