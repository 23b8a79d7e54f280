// SPDX-License-Identifier: Apache-2.0
/** Why a policy does not load. A code is never renamed or reused. */
export type ProblemCode =
  | "YAML_SYNTAX"
  | "YAML_FEATURE"
  | "FIELD_UNKNOWN"
  | "FIELD_MISSING"
  | "FIELD_INVALID"
  | "RULE_DUPLICATE"
  | "RULE_UNKNOWN"
  | "PACK_UNKNOWN"
  | "CALENDAR_UNKNOWN"
  | "EXPRESSION_SYNTAX"
  | "EXPRESSION_TYPE"
  | "EXPRESSION_COST"
  | "TEMPLATE_FIELD"
  | "POLICY_EMPTY"
  | "TOO_LARGE";

/** A problem with its place; lines and columns are 1-based. */
export type Problem = {
  readonly code: ProblemCode;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  /** One sentence: what to write instead. */
  readonly help: string;
};

/** `file:line:column: message`, with the help beneath it. */
export function problemText(p: Problem): string {
  return `${p.file}:${p.line}:${p.column}: ${p.message}\n  help: ${p.help}`;
}
