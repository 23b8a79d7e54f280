// SPDX-License-Identifier: Apache-2.0
/**
 * Types CEL expressions against the facts (design section 5, question 13). The evaluator checks no
 * types and limits no cost, so everything that is not listed here is refused.
 */
import { type ExpressionTree, parseExpression, type Schema } from "@interlock/core";
import { didYouMean } from "../suggest.ts";
import { METHODS, operatorType } from "./overloads.ts";
import { BOOL, comparable, INT, isOptional, TEXT, type Type, typeName } from "./type.ts";

export type ExpressionProblem = {
  readonly code: "EXPRESSION_SYNTAX" | "EXPRESSION_TYPE" | "EXPRESSION_COST";
  /** Offset in the expression's source. */
  readonly offset: number;
  readonly message: string;
  readonly help: string;
};

export type Scope = Readonly<Record<string, Type>>;

const SOURCE_MAX = 4_000;
const DEPTH_MAX = 32;
/** Static cost: the product of the list bounds that nested loops run over. */
export const COST_MAX = 1_000_000;

type Walk = {
  readonly problems: ExpressionProblem[];
  readonly offsetOf: (id: bigint) => number;
  worst: number;
};

type Place = {
  readonly scope: Scope;
  /** Paths that `has()` has proven present. */
  readonly present: ReadonlySet<string>;
  readonly depth: number;
  readonly cost: number;
};

/**
 * Checks one expression. `expected` is `bool` for conditions. `startCost` is the bound of the list
 * that the expression is evaluated over.
 */
export function checkExpression(
  source: string,
  scope: Scope,
  startCost = 1,
): readonly ExpressionProblem[] {
  if (source.length > SOURCE_MAX)
    return [
      at(
        0,
        "EXPRESSION_COST",
        `the expression is longer than ${SOURCE_MAX} characters`,
        "split it into two rules",
      ),
    ];
  if (source.trim() === "")
    return [
      at(
        0,
        "EXPRESSION_SYNTAX",
        "the expression is empty",
        "leave it out to apply to every change",
      ),
    ];
  const parsed = parseExpression(source);
  if (!parsed.ok)
    return [
      at(
        offsetIn(parsed.message),
        "EXPRESSION_SYNTAX",
        `it is no expression: ${parsed.message.split("\n")[0]}`,
        "see docs/reference/policy.md for the expression language",
      ),
    ];
  const walk: Walk = { problems: [], offsetOf: parsed.offsetOf, worst: startCost };
  const type = typeOf(parsed.expr, { scope, present: new Set(), depth: 0, cost: startCost }, walk);
  if (type !== null && type.kind !== "bool")
    walk.problems.push(
      at(
        0,
        "EXPRESSION_TYPE",
        `the condition is of type ${typeName(type)}, not bool`,
        "compare it with something",
      ),
    );
  if (walk.worst > COST_MAX)
    walk.problems.push(
      at(
        0,
        "EXPRESSION_COST",
        `it may look at ${walk.worst} items, more than ${COST_MAX}`,
        "nest fewer lists",
      ),
    );
  return walk.problems;
}

function at(
  offset: number,
  code: ExpressionProblem["code"],
  message: string,
  help: string,
): ExpressionProblem {
  return { code, offset, message, help };
}

/** The parser names its column in the message. */
function offsetIn(message: string): number {
  const match = /(\d+):(\d+)/.exec(message);
  return match === null ? 0 : Math.max(0, Number(match[2]) - 1);
}

/** The type of a node, or `null` once a problem has been reported for it. */
function typeOf(expr: ExpressionTree | undefined, place: Place, walk: Walk): Type | null {
  const refuse = (message: string, help: string): null => {
    walk.problems.push(at(walk.offsetOf(expr?.id ?? 0n), "EXPRESSION_TYPE", message, help));
    return null;
  };
  if (place.depth > DEPTH_MAX)
    return refuse(`nested deeper than ${DEPTH_MAX}`, "split it into two rules");
  const inner: Place = { ...place, depth: place.depth + 1 };
  const kind = expr?.exprKind;
  switch (kind?.case) {
    case "constExpr":
      return (
        constantType(kind.value.constantKind.case) ??
        refuse(
          `a ${kind.value.constantKind.case ?? "constant"} has no place in a policy`,
          "facts are integers, texts, booleans and lists of them; shares are in parts per million",
        )
      );
    case "identExpr": {
      const found = place.scope[kind.value.name];
      if (found !== undefined) return found;
      return refuse(
        `nothing is called \`${kind.value.name}\` here`,
        didYouMean(
          kind.value.name,
          Object.keys(place.scope).filter((n) => !n.startsWith("@")),
        ),
      );
    }
    case "selectExpr":
      return selectType(expr, kind.value, inner, walk, refuse);
    case "listExpr":
      return listType(kind.value.elements, inner, walk, refuse);
    case "callExpr":
      return callType(kind.value, inner, walk, refuse);
    case "comprehensionExpr":
      return comprehensionType(kind.value, inner, walk, refuse);
    default:
      return refuse(
        "this form has no place in a policy",
        "use comparisons, &&, ||, !, in, exists, all and has",
      );
  }
}

type Refuse = (message: string, help: string) => null;
type Node<C extends string> = Extract<ExpressionTree["exprKind"], { case: C }>["value"];

function constantType(kind: string | undefined): Type | null {
  switch (kind) {
    case "boolValue":
      return BOOL;
    case "int64Value":
      return INT;
    case "stringValue":
      return TEXT;
    default:
      return null;
  }
}

function selectType(
  expr: ExpressionTree | undefined,
  node: Node<"selectExpr">,
  place: Place,
  walk: Walk,
  refuse: Refuse,
): Type | null {
  const operand = typeOf(node.operand, place, walk);
  if (operand === null) return null;
  if (operand.kind !== "object")
    return refuse(
      `a ${typeName(operand)} has no field \`${node.field}\``,
      operand.kind === "list"
        ? `look through the list: \`.exists(x, x.${node.field} …)\``
        : "only objects have fields",
    );
  const field = Object.hasOwn(operand.fields, node.field) ? operand.fields[node.field] : undefined;
  if (field === undefined)
    return refuse(
      `no fact is called \`${node.field}\` here`,
      didYouMean(node.field, Object.keys(operand.fields)),
    );
  if (node.testOnly)
    return isOptional(field)
      ? BOOL
      : refuse(
          `\`${node.field}\` is always there, so \`has()\` says nothing`,
          "leave the `has()` out",
        );
  const path = pathOf(expr);
  if (isOptional(field) && (path === null || !place.present.has(path)))
    return refuse(
      `\`${node.field}\` may be absent`,
      `guard it: \`has(${path ?? `….${node.field}`}) && …\``,
    );
  return field;
}

function listType(
  elements: readonly ExpressionTree[],
  place: Place,
  walk: Walk,
  refuse: Refuse,
): Type | null {
  const types = elements.map((e) => typeOf(e, place, walk));
  const first = types[0];
  if (first === undefined) return { kind: "empty-list" };
  if (types.some((t) => t === null) || first === null) return null;
  if (first.kind === "empty-list" || types.some((t) => t !== null && !comparable(first, t)))
    return refuse("the items of this list differ in type", "give all items one type");
  return { kind: "list", of: first, max: elements.length };
}

function callType(node: Node<"callExpr">, place: Place, walk: Walk, refuse: Refuse): Type | null {
  if (node.target !== undefined) return methodType(node, place, walk, refuse);
  if (node.function === "_&&_" || node.function === "_||_")
    return logicType(node, place, walk, refuse);
  const types = node.args.map((a) => typeOf(a, place, walk));
  if (types.some((t) => t === null)) return null;
  const args = types.filter((t) => t !== null);
  warnImpossible(node, args, refuse);
  return (
    operatorType(node.function, args) ??
    refuse(
      `\`${operatorName(node.function)}\` does not take ${args.map(typeName).join(" and ")}`,
      "compare facts of one type; integers have no fractions",
    )
  );
}

/** A text with a closed set of values that is compared with none of them never matches. */
function warnImpossible(node: Node<"callExpr">, args: readonly Type[], refuse: Refuse): void {
  if (node.function !== "_==_" && node.function !== "_!=_") return;
  for (const [i, type] of args.entries()) {
    const other = node.args[1 - i]?.exprKind;
    if (type.kind !== "text" || type.values === undefined || other?.case !== "constExpr") continue;
    const constant = other.value.constantKind;
    if (constant.case === "stringValue" && !type.values.includes(constant.value))
      refuse(`it is never \`${constant.value}\``, didYouMean(constant.value, type.values));
  }
}

function methodType(node: Node<"callExpr">, place: Place, walk: Walk, refuse: Refuse): Type | null {
  const target = typeOf(node.target, place, walk);
  const types = node.args.map((a) => typeOf(a, place, walk));
  if (target === null || types.some((t) => t === null)) return null;
  const method = METHODS[node.function];
  if (method === undefined)
    return refuse(
      `no function is called \`${node.function}\` here`,
      didYouMean(node.function, Object.keys(METHODS)),
    );
  if (node.function === "matches") {
    const pattern = node.args[0]?.exprKind;
    if (pattern?.case !== "constExpr")
      return refuse("the pattern of `matches` must be written out", "use a literal text");
  }
  return (
    method(
      target,
      types.filter((t) => t !== null),
    ) ??
    refuse(
      `\`${node.function}\` does not fit a ${typeName(target)}`,
      "see docs/reference/policy.md for what each type can do",
    )
  );
}

/** What the left side of `&&` proves present holds on the right; of `||`, what it proves absent. */
function logicType(node: Node<"callExpr">, place: Place, walk: Walk, refuse: Refuse): Type | null {
  let present = place.present;
  let ok = true;
  for (const arg of node.args) {
    const type = typeOf(arg, { ...place, present }, walk);
    if (type !== null && type.kind !== "bool")
      refuse(
        `a side of \`${operatorName(node.function)}\` is of type ${typeName(type)}, not bool`,
        "compare it with something",
      );
    ok = ok && type?.kind === "bool";
    present = new Set([...present, ...proven(arg, node.function === "_&&_")]);
  }
  return ok ? BOOL : null;
}

/** Paths that are present when the expression is `holds`. */
function proven(expr: ExpressionTree | undefined, holds: boolean): readonly string[] {
  const kind = expr?.exprKind;
  if (kind?.case === "selectExpr" && kind.value.testOnly && holds) {
    const operand = pathOf(kind.value.operand);
    return operand === null ? [] : [`${operand}.${kind.value.field}`];
  }
  if (kind?.case !== "callExpr") return [];
  if (kind.value.function === "!_") return proven(kind.value.args[0], !holds);
  const both = holds ? "_&&_" : "_||_";
  return kind.value.function === both ? kind.value.args.flatMap((a) => proven(a, holds)) : [];
}

function pathOf(expr: ExpressionTree | undefined): string | null {
  const kind = expr?.exprKind;
  if (kind?.case === "identExpr") return kind.value.name;
  if (kind?.case !== "selectExpr") return null;
  const operand = pathOf(kind.value.operand);
  return operand === null ? null : `${operand}.${kind.value.field}`;
}

/** The macros `exists`, `all`, `exists_one`, `filter` and `map`, as the parser expands them. */
function comprehensionType(
  node: Node<"comprehensionExpr">,
  place: Place,
  walk: Walk,
  refuse: Refuse,
): Type | null {
  const range = typeOf(node.iterRange, place, walk);
  if (range === null) return null;
  if (range.kind !== "list")
    return refuse(
      `a ${typeName(range)} cannot be looked through`,
      "only lists have exists, all, filter and map",
    );
  const cost = place.cost * Math.max(1, range.max);
  walk.worst = Math.max(walk.worst, cost);
  const start = typeOf(node.accuInit, place, walk);
  if (start === null) return null;
  const body: Place = {
    ...place,
    cost,
    scope: {
      ...place.scope,
      [node.iterVar]: range.of,
      [node.accuVar]:
        start.kind === "empty-list"
          ? { kind: "list", of: range.of as Schema, max: range.max }
          : start,
    },
  };
  const before = walk.problems.length;
  const stepped =
    start.kind === "empty-list"
      ? mappedType(node.loopStep, body, walk)
      : typeOf(node.loopStep, body, walk);
  if (walk.problems.length > before || stepped === null) return null;
  const after: Place = { ...body, scope: { ...body.scope, [node.accuVar]: stepped } };
  typeOf(node.loopCondition, after, walk);
  return typeOf(node.result, after, walk);
}

/** `filter` and `map` append `[item]`: the result is a list of the item's type. */
function mappedType(step: ExpressionTree | undefined, place: Place, walk: Walk): Type | null {
  const kind = step?.exprKind;
  if (kind?.case !== "callExpr") return null;
  if (kind.value.function === "_?_:_") {
    const [condition, then] = kind.value.args;
    if (typeOf(condition, place, walk)?.kind !== "bool") return null;
    return mappedType(then, place, walk);
  }
  return typeOf(kind.value.args[1], place, walk);
}

const OPERATORS: Readonly<Record<string, string>> = {
  "_==_": "==",
  "_!=_": "!=",
  "_<_": "<",
  "_<=_": "<=",
  "_>_": ">",
  "_>=_": ">=",
  "_&&_": "&&",
  "_||_": "||",
  "!_": "!",
  "@in": "in",
  "_+_": "+",
  "_-_": "-",
  "_*_": "*",
  "_/_": "/",
  "_%_": "%",
  "-_": "-",
  "_?_:_": "?:",
  "_[_]": "[]",
};
const operatorName = (name: string): string => OPERATORS[name] ?? name;
