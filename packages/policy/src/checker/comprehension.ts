// SPDX-License-Identifier: Apache-2.0
/** The macros `exists`, `all`, `exists_one`, `filter` and `map`, as the parser expands them. */
import type { ExpressionTree } from "@interlock/core";
import { presentWhen, withoutName } from "./presence.ts";
import { BOOL, type Type, typeName } from "./type.ts";
import { type Node, type Place, type Refuse, refuseAt, typeOf, type Walk } from "./walk.ts";

export function comprehensionType(
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
  if (Object.hasOwn(place.scope, node.iterVar))
    return refuse(
      `\`${node.iterVar}\` is the name of something else here`,
      "give the item a name of its own",
    );
  const cost = place.cost * Math.max(1, range.max);
  walk.worst = Math.max(walk.worst, cost);
  const accumulator = accumulatorType(node.accuInit, range);
  if (accumulator === null)
    return refuse("this form has no place in a policy", "use exists, all, filter and map");
  const body: Place = {
    scope: { ...place.scope, [node.iterVar]: range.of, [node.accuVar]: accumulator },
    present: withoutName(place.present, node.iterVar),
    depth: place.depth,
    cost,
  };
  return accumulator.kind === "list"
    ? collected(node.loopStep, { body, max: range.max }, walk)
    : folded(node, { outer: place, body, accumulator }, walk);
}

type ListType = Extract<Type, { kind: "list" }>;

/** `exists` and `all` start from a bool, `exists_one` from 0, `filter` and `map` from an empty list. */
function accumulatorType(start: ExpressionTree | undefined, range: ListType): Type | null {
  const kind = start?.exprKind;
  if (kind?.case === "listExpr") return { kind: "list", of: range.of, max: range.max };
  const constant = kind?.case === "constExpr" ? kind.value.constantKind.case : undefined;
  if (constant === "boolValue") return BOOL;
  return constant === "int64Value" ? { kind: "int", min: 0, max: range.max } : null;
}

function folded(
  node: Node<"comprehensionExpr">,
  at: { readonly outer: Place; readonly body: Place; readonly accumulator: Type },
  walk: Walk,
): Type | null {
  const before = walk.problems.length;
  const step = typeOf(node.loopStep, at.body, walk);
  if (walk.problems.length > before || step === null) return null;
  if (step.kind !== at.accumulator.kind)
    return refuseAt(node.loopStep, walk)(
      `the condition is of type ${typeName(step)}, not bool`,
      "compare it with something",
    );
  // The result reads nothing but the accumulator, and a step that says the same for every item
  // says so of an empty list too: `exists` of nothing is false, `all` of nothing is true.
  const result = typeOf(node.result, at.body, walk);
  return result?.kind === "bool" ? BOOL : result;
}

/** `filter` and `map` append `[item]` where their condition holds: a list of the item's type. */
function collected(
  step: ExpressionTree | undefined,
  at: { readonly body: Place; readonly max: number },
  walk: Walk,
): Type | null {
  const kind = step?.exprKind;
  if (kind?.case !== "callExpr") return null;
  const [first, second] = kind.value.args;
  if (kind.value.function !== "_?_:_") {
    const item = typeOf(second, at.body, walk);
    if (item === null) return null;
    return { kind: "list", of: item.kind === "list" ? item.of : item, max: at.max };
  }
  const condition = typeOf(first, at.body, walk);
  if (condition === null) return null;
  if (condition.kind !== "bool")
    return refuseAt(first, walk)(
      `the condition is of type ${typeName(condition)}, not bool`,
      "compare it with something",
    );
  const present = presentWhen(at.body.present, first, true);
  return collected(second, { ...at, body: { ...at.body, present } }, walk);
}
