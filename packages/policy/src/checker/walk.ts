// SPDX-License-Identifier: Apache-2.0
/** The walk over a parsed expression that finds the type of every node. */
import { type ExpressionTree, expression, type Field, type Fields } from "@interlock/core";
import { didYouMean } from "../suggest.ts";
import { comprehensionType } from "./comprehension.ts";
import { DEPTH_MAX, FREE_LIST_MAX, PATTERN_MAX } from "./limits.ts";
import {
  MACRO_NAMES,
  METHOD_NAMES,
  methodType,
  type Outcome,
  operatorName,
  operatorType,
} from "./overloads.ts";
import { type Present, pathOf, presentWhen } from "./presence.ts";
import {
  always,
  BOOL,
  comparable,
  intBetween,
  isOptional,
  neverEqual,
  type Type,
  textLiteral,
  typeName,
  union,
} from "./type.ts";

export type ExpressionProblem = {
  readonly code: "EXPRESSION_SYNTAX" | "EXPRESSION_TYPE" | "EXPRESSION_COST";
  /** Offset in the expression's source, in UTF-16 units. */
  readonly offset: number;
  readonly message: string;
  readonly help: string;
};

export type Notice = { readonly offset: number; readonly message: string };

export type Read = { readonly offset: number; readonly path: string };

/** Names that an expression may read, with their types. */
export type Scope = Readonly<Record<string, Type>>;

export type Walk = {
  readonly source: string;
  readonly problems: ExpressionProblem[];
  /** Conditions that come out the same for all facts: no error, but hardly meant. */
  readonly notices: Notice[];
  /** Facts by their path, such as `change.files`, wherever a plain path is read. */
  readonly reads: Read[];
  readonly offsetOf: (id: bigint) => number;
  /** The largest static cost of any loop so far. */
  worst: number;
};

/** Where in the expression a node stands. */
export type Place = {
  readonly scope: Scope;
  readonly present: Present;
  readonly depth: number;
  readonly cost: number;
};

export type Refuse = (message: string, help: string) => null;
export type Node<C extends string> = Extract<ExpressionTree["exprKind"], { case: C }>["value"];

/** The type of a node, or `null` once a problem has been reported for it. */
export function typeOf(expr: ExpressionTree | undefined, place: Place, walk: Walk): Type | null {
  const refuse = refuseAt(expr, walk);
  if (place.depth > DEPTH_MAX)
    return refuse(`nested deeper than ${DEPTH_MAX}`, "split it into two rules");
  const inner: Place = { ...place, depth: place.depth + 1 };
  const kind = expr?.exprKind;
  switch (kind?.case) {
    case "constExpr":
      return constantType(kind.value, refuse);
    case "identExpr":
      return nameType(kind.value.name, place.scope, refuse);
    case "selectExpr":
      return selectType(kind.value, inner, walk, refuse);
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

/** Reports at a node; of a selection or a method call at its name rather than at the dot. */
export function refuseAt(expr: ExpressionTree | undefined, walk: Walk): Refuse {
  return (message, help) => {
    const at = walk.offsetOf(expr?.id ?? 0n);
    const offset = walk.source[at] === "." ? at + 1 : at;
    walk.problems.push({ code: "EXPRESSION_TYPE", offset, message, help });
    return null;
  };
}

function constantType(node: Node<"constExpr">, refuse: Refuse): Type | null {
  const constant = node.constantKind;
  switch (constant.case) {
    case "boolValue":
      return always(constant.value);
    case "stringValue":
      return textLiteral(constant.value);
    case "int64Value": {
      const value = Number(constant.value);
      return (
        intBetween(value, value) ??
        refuse("the number is larger than any fact", "facts end at 2^53 - 1; write a smaller one")
      );
    }
    default:
      return refuse(
        `a ${(constant.case ?? "constant").replace(/Value$/, "")} has no place in a policy`,
        "facts are integers, texts, booleans and lists of them; shares are in parts per million",
      );
  }
}

function nameType(name: string, scope: Scope, refuse: Refuse): Type | null {
  const found = Object.hasOwn(scope, name) ? scope[name] : undefined;
  if (found !== undefined) return found;
  const known = Object.keys(scope).filter((n) => !n.startsWith("@"));
  return refuse(`nothing is called \`${name}\` here`, didYouMean(name, known));
}

function selectType(
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
  const field = fieldOf(operand.fields, node.field);
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
  const operandPath = pathOf(node.operand);
  const path = operandPath === null ? null : `${operandPath}.${node.field}`;
  if (path !== null) walk.reads.push({ offset: walk.offsetOf(node.operand?.id ?? 0n), path });
  if (isOptional(field) && (path === null || !place.present.has(path)))
    return refuse(
      `\`${node.field}\` may be absent`,
      `guard it: \`has(${path ?? `….${node.field}`}) && …\``,
    );
  return field;
}

const fieldOf = (fields: Fields, name: string): Field | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined;

function listType(
  elements: readonly ExpressionTree[],
  place: Place,
  walk: Walk,
  refuse: Refuse,
): Type | null {
  const types = elements.map((e) => typeOf(e, place, walk)).filter((t) => t !== null);
  if (types.length < elements.length) return null;
  const [first, ...rest] = types;
  if (first === undefined) return { kind: "empty-list" };
  if (first.kind === "empty-list" || rest.some((t) => !comparable(first, t)))
    return refuse("the items of this list differ in type", "give all items one type");
  return { kind: "list", of: rest.reduce(union, first), max: elements.length };
}

function callType(node: Node<"callExpr">, place: Place, walk: Walk, refuse: Refuse): Type | null {
  if (node.target !== undefined) return methodCallType(node, place, walk, refuse);
  if (node.function === "_&&_" || node.function === "_||_") return logicType(node, place, walk);
  if (node.function === "_?_:_") return choiceType(node, place, walk, refuse);
  const args = argumentTypes(node.args, place, walk);
  if (args === null) return null;
  const type = settled(operatorType(node.function, args), refuse);
  if (type === null) return null;
  if (type.kind === "bool" && type.always !== undefined && node.function !== "!_")
    walk.notices.push({
      offset: walk.offsetOf(node.args[0]?.id ?? 0n),
      message: `\`${operatorName(node.function)}\` is always ${type.always} here`,
    });
  if (node.function === "@in") return memberType(node, args, { type, place, walk });
  if (node.function !== "_==_" && node.function !== "_!=_") return type;
  const [a, b] = args;
  const never = a === undefined || b === undefined ? null : neverEqual(a, b);
  return never === null ? type : refuseNever(node, args, never, walk);
}

const settled = (outcome: Outcome, refuse: Refuse): Type | null =>
  "type" in outcome ? outcome.type : refuse(outcome.message, outcome.help);

function argumentTypes(
  args: readonly ExpressionTree[],
  place: Place,
  walk: Walk,
): readonly Type[] | null {
  const types = args.map((a) => typeOf(a, place, walk)).filter((t) => t !== null);
  return types.length === args.length ? types : null;
}

/** A comparison that never holds is a mistake in it; said at the literal. */
function refuseNever(
  node: Node<"callExpr">,
  args: readonly Type[],
  never: string,
  walk: Walk,
): null {
  const literal = node.args.find((a) => a.exprKind.case === "constExpr");
  const other = args[literal === node.args[0] ? 1 : 0];
  const written = literal === undefined ? undefined : args[literal === node.args[0] ? 0 : 1];
  const help =
    other?.kind === "text" && written?.kind === "text"
      ? didYouMean(written.values?.[0] ?? "", other.values ?? [])
      : "write a value that it can have";
  return refuseAt(literal ?? node.args[0], walk)(never, help);
}

/** `x in [a, b]`: each item that `x` never is would silently match nothing. */
function memberType(
  node: Node<"callExpr">,
  [item, list]: readonly Type[],
  at: { readonly type: Type; readonly place: Place; readonly walk: Walk },
): Type | null {
  const written = node.args[1]?.exprKind;
  let ok = true;
  if (list?.kind === "list" && list.max > FREE_LIST_MAX)
    at.walk.worst = Math.max(at.walk.worst, at.place.cost * list.max);
  if (written?.case === "listExpr" && item !== undefined)
    for (const element of written.value.elements) {
      const type = typeOf(element, at.place, { ...at.walk, problems: [] });
      const never = type === null ? null : neverEqual(type, item);
      if (never === null) continue;
      ok = false;
      const known = item.kind === "text" ? (item.values ?? []) : [];
      const value = type?.kind === "text" ? (type.values?.[0] ?? "") : "";
      refuseAt(element, at.walk)(
        never,
        known.length > 0 ? didYouMean(value, known) : "write values that it can have",
      );
    }
  else if (list?.kind === "list" && item !== undefined) {
    const never = neverEqual(item, list.of);
    if (never !== null) {
      ok = false;
      refuseAt(node.args[0], at.walk)(never, "write a value that the list can hold");
    }
  }
  return ok ? at.type : null;
}

function methodCallType(
  node: Node<"callExpr">,
  place: Place,
  walk: Walk,
  refuse: Refuse,
): Type | null {
  const name = node.function;
  if (MACRO_NAMES.some((m) => m === name))
    return refuse(
      `\`${name}\` takes a name and a condition`,
      `write \`.${name}(x, …)\` with a name of your own for the item`,
    );
  const target = typeOf(node.target, place, walk);
  const args = argumentTypes(node.args, place, walk);
  if (target === null || args === null) return null;
  if (!METHOD_NAMES.some((m) => m === name))
    return refuse(
      `no function is called \`${name}\` here`,
      didYouMean(name, [...METHOD_NAMES, ...MACRO_NAMES]),
    );
  const type = settled(methodType(name, target, args), refuse);
  return type !== null && name === "matches" ? patternType(node, type, walk) : type;
}

/** A pattern is compiled by the evaluator itself, which refuses what is not linear. */
function patternType(node: Node<"callExpr">, type: Type, walk: Walk): Type | null {
  const [pattern] = node.args;
  const refuse = refuseAt(pattern, walk);
  const constant = pattern?.exprKind.case === "constExpr" ? pattern.exprKind.value : undefined;
  const written = constant?.constantKind;
  if (written?.case !== "stringValue")
    return refuse("the pattern of `matches` must be written out", "use a literal text");
  if (written.value.length > PATTERN_MAX)
    return refuse(
      `the pattern is longer than ${PATTERN_MAX} characters`,
      "use `startsWith`, `endsWith` or `contains`",
    );
  const tried = expression(`"".matches(${JSON.stringify(written.value)})`).evaluate({});
  return tried.kind === "known"
    ? type
    : refuse(
        `the pattern cannot be used: ${tried.because.replace(/^error parsing regexp: /, "")}`,
        "patterns are RE2: no look-around and no back-references",
      );
}

/** What the left side of `&&` proves present holds on the right; of `||`, what it proves absent. */
function logicType(node: Node<"callExpr">, place: Place, walk: Walk): Type | null {
  const isAnd = node.function === "_&&_";
  let { present } = place;
  const sides: (boolean | undefined)[] = [];
  for (const arg of node.args) {
    const type = typeOf(arg, { ...place, present }, walk);
    if (type?.kind === "bool") sides.push(type.always);
    else if (type !== null)
      refuseAt(arg, walk)(
        `a side of \`${operatorName(node.function)}\` is of type ${typeName(type)}, not bool`,
        "compare it with something",
      );
    present = presentWhen(present, arg, isAnd);
  }
  if (sides.length < node.args.length) return null;
  if (sides.includes(!isAnd)) return always(!isAnd);
  return sides.every((s) => s === isAnd) ? always(isAnd) : BOOL;
}

function choiceType(node: Node<"callExpr">, place: Place, walk: Walk, refuse: Refuse): Type | null {
  const [condition, then, otherwise] = node.args;
  const types = [
    typeOf(condition, place, walk),
    typeOf(then, { ...place, present: presentWhen(place.present, condition, true) }, walk),
    typeOf(otherwise, { ...place, present: presentWhen(place.present, condition, false) }, walk),
  ].filter((t) => t !== null);
  if (types.length < 3) return null;
  const [asked] = types;
  if (asked !== undefined && asked.kind !== "bool")
    return refuseAt(condition, walk)(
      `the condition is of type ${typeName(asked)}, not bool`,
      "compare it with something",
    );
  return settled(operatorType(node.function, types), refuse);
}
