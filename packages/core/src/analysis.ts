// SPDX-License-Identifier: Apache-2.0
/** What can be said of an expression without evaluating it. The index of rules stands on it. */
import type { ExpressionTree } from "./expression.ts";

export type Analysis = {
  /** Top-level names it reads, sorted. */
  readonly reads: readonly string[];
  /** Paths of lists such that the expression is false whenever one of them is empty, sorted. */
  readonly needs: readonly string[];
  readonly key: ImpliedKey | null;
};

/** By the source of the expression. */
export type Analyses = ReadonlyMap<string, Analysis>;

/** Top-level names that an expression reads, sorted. */
export function namesRead(expr: ExpressionTree): readonly string[] {
  const reads = new Set<string>();
  collectReads(expr, new Set(), reads);
  return [...reads].sort();
}

function collectReads(
  expr: ExpressionTree | undefined,
  bound: ReadonlySet<string>,
  into: Set<string>,
): void {
  const kind = expr?.exprKind;
  switch (kind?.case) {
    case "identExpr":
      if (!bound.has(kind.value.name)) into.add(kind.value.name);
      return;
    case "selectExpr":
      collectReads(kind.value.operand, bound, into);
      return;
    case "callExpr":
      for (const part of [kind.value.target, ...kind.value.args]) collectReads(part, bound, into);
      return;
    case "listExpr":
      for (const part of kind.value.elements) collectReads(part, bound, into);
      return;
    case "structExpr":
      for (const entry of kind.value.entries) {
        if (entry.keyKind.case === "mapKey") collectReads(entry.keyKind.value, bound, into);
        collectReads(entry.value, bound, into);
      }
      return;
    case "comprehensionExpr": {
      const c = kind.value;
      collectReads(c.iterRange, bound, into);
      const inner = new Set([...bound, c.iterVar, c.iterVar2, c.accuVar]);
      for (const part of [c.accuInit, c.loopCondition, c.loopStep, c.result])
        collectReads(part, inner, into);
      return;
    }
    default:
      return;
  }
}

/**
 * Paths of lists such that the expression is false whenever one of them is empty, sorted. Only what
 * is certain: top-level conjuncts of the form `path.exists(…)`.
 */
export function neededLists(expr: ExpressionTree): readonly string[] {
  return [...new Set(existing(expr))].sort();
}

function existing(expr: ExpressionTree): readonly string[] {
  const kind = expr.exprKind;
  if (kind.case === "callExpr" && kind.value.function === "_&&_")
    return kind.value.args.flatMap(existing);
  if (kind.case !== "comprehensionExpr") return [];
  const c = kind.value;
  const start = c.accuInit?.exprKind;
  const isExists =
    start?.case === "constExpr" &&
    start.value.constantKind.case === "boolValue" &&
    start.value.constantKind.value === false &&
    c.result?.exprKind.case === "identExpr";
  const path = isExists ? pathOf(c.iterRange) : undefined;
  return path === undefined ? [] : [path];
}

function pathOf(expr: ExpressionTree | undefined): string | undefined {
  const kind = expr?.exprKind;
  if (kind?.case === "identExpr") return kind.value.name;
  if (kind?.case !== "selectExpr" || kind.value.testOnly) return undefined;
  const operand = pathOf(kind.value.operand);
  return operand === undefined ? undefined : `${operand}.${kind.value.field}`;
}

/** The expression is false for every item whose `field` is a text that is none of `values`. */
export type ImpliedKey = { readonly field: string; readonly values: ReadonlySet<string> };

/**
 * The narrowest such key, or `null`. A false conjunct makes a conjunction false even where another
 * one fails (CEL specification, logical operators), so one conjunct is enough; of alternatives each
 * must have a key on the same field.
 */
export function impliedKey(expr: ExpressionTree): ImpliedKey | null {
  const kind = expr.exprKind;
  if (kind.case !== "callExpr") return null;
  const { function: operator, args } = kind.value;
  const [a, b] = args;
  if (a === undefined || b === undefined) return null;
  if (operator === "_&&_") return args.map(impliedKey).reduce(narrower);
  if (operator === "_||_") return args.map(impliedKey).reduce(either);
  const values = operator === "_==_" ? [b] : operator === "@in" ? elementsOf(b) : [];
  const field = fieldOfItem(a);
  const texts = values.flatMap(textOf);
  return field === null || texts.length === 0 || texts.length < values.length
    ? null
    : { field, values: new Set(texts) };
}

function narrower(a: ImpliedKey | null, b: ImpliedKey | null): ImpliedKey | null {
  if (a === null || b === null) return a ?? b;
  return a.values.size <= b.values.size ? a : b;
}

function either(a: ImpliedKey | null, b: ImpliedKey | null): ImpliedKey | null {
  return a === null || b === null || a.field !== b.field
    ? null
    : { field: a.field, values: new Set([...a.values, ...b.values]) };
}

function elementsOf({ exprKind: kind }: ExpressionTree): readonly ExpressionTree[] {
  return kind.case === "listExpr" ? kind.value.elements : [];
}

function textOf({ exprKind: kind }: ExpressionTree): readonly string[] {
  return kind.case === "constExpr" && kind.value.constantKind.case === "stringValue"
    ? [kind.value.constantKind.value]
    : [];
}

/** `field` of `it.field`; comprehension variables cannot be meant, since none is walked into. */
function fieldOfItem({ exprKind: kind }: ExpressionTree): string | null {
  if (kind.case !== "selectExpr" || kind.value.testOnly) return null;
  const item = kind.value.operand?.exprKind;
  return item?.case === "identExpr" && item.value.name === "it" ? kind.value.field : null;
}
