// SPDX-License-Identifier: Apache-2.0
/**
 * Types CEL expressions against the facts (design section 5, question 13). The evaluator checks no
 * types and limits no cost, so everything that is not listed here is refused.
 */
import { parseExpression } from "@interlock/core";
import { COST_MAX, SOURCE_MAX, syntaxError, tooDeepAt } from "./limits.ts";
import { type Type, typeName } from "./type.ts";
import {
  type ExpressionProblem,
  type Notice,
  type Read,
  type Scope,
  typeOf,
  type Walk,
} from "./walk.ts";

export type Checked = {
  readonly problems: readonly ExpressionProblem[];
  /** The condition comes out the same for all facts; `null` where it depends on them. */
  readonly always: boolean | null;
  readonly notices: readonly Notice[];
  readonly reads: readonly Read[];
  /** A bound of how often the innermost loop runs. */
  readonly cost: number;
};

const nothing = (problem: ExpressionProblem): Checked => ({
  problems: [problem],
  always: null,
  notices: [],
  reads: [],
  cost: 0,
});

/**
 * Checks one condition. `startCost` is the bound of the list that it is evaluated over.
 *
 * An expression without a problem is sound: over facts that are known and fit the schema it always
 * gives true or false, never an error, within the static cost.
 */
export function checkExpression(source: string, scope: Scope, startCost = 1): Checked {
  const refused = refusedUnread(source);
  if (refused !== null) return nothing(refused);
  const parsed = parseExpression(source);
  if (!parsed.ok) {
    const { offset, says } = syntaxError(source, parsed.message);
    return nothing({
      code: "EXPRESSION_SYNTAX",
      offset,
      message: `it is no expression: ${says}`,
      help: "texts stand in quotes, conditions are joined by `&&` and `||`",
    });
  }
  const walk: Walk = {
    source,
    problems: [],
    notices: [],
    reads: [],
    offsetOf: parsed.offsetOf,
    worst: startCost,
  };
  const place = { scope, present: new Set<string>(), depth: 0, cost: startCost };
  const type = typeOf(parsed.expr, place, walk);
  const problems = [...walk.problems, ...notACondition(type), ...tooCostly(walk.worst)];
  const same = type?.kind === "bool" ? (type.always ?? null) : null;
  return { problems, always: same, notices: walk.notices, reads: walk.reads, cost: walk.worst };
}

/** What no parser should be asked: it is recursive and keeps no limit. */
function refusedUnread(source: string): ExpressionProblem | null {
  if (source.length > SOURCE_MAX)
    return {
      code: "EXPRESSION_COST",
      offset: 0,
      message: `the expression is longer than ${SOURCE_MAX} characters`,
      help: "split it into two rules",
    };
  if (source.trim() === "")
    return {
      code: "EXPRESSION_SYNTAX",
      offset: 0,
      message: "the expression is empty",
      help: "leave it out to apply to every change",
    };
  const deep = tooDeepAt(source);
  if (deep === null) return null;
  return {
    code: "EXPRESSION_COST",
    offset: deep,
    message: "brackets are nested too deep",
    help: "split it into two rules",
  };
}

function notACondition(type: Type | null): readonly ExpressionProblem[] {
  if (type === null || type.kind === "bool") return [];
  return [
    {
      code: "EXPRESSION_TYPE",
      offset: 0,
      message: `the condition is of type ${typeName(type)}, not bool`,
      help: "compare it with something",
    },
  ];
}

function tooCostly(cost: number): readonly ExpressionProblem[] {
  if (cost <= COST_MAX) return [];
  return [
    {
      code: "EXPRESSION_COST",
      offset: 0,
      message: `it may look at ${cost} items, more than ${COST_MAX}`,
      help: "nest fewer lists, or use `each` with a narrower `where`",
    },
  ];
}
