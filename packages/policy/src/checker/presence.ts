// SPDX-License-Identifier: Apache-2.0
/** Which optional facts `has()` has proven present. A syntactic dominance is enough. */
import type { ExpressionTree } from "@interlock/core";

/** Paths such as `f.oldPath` that are present at some place of an expression. */
export type Present = ReadonlySet<string>;

/** What is present where `expr` has come out as `holds`. */
export function presentWhen(
  present: Present,
  expr: ExpressionTree | undefined,
  holds: boolean,
): Present {
  const more = proven(expr, holds);
  return more.length === 0 ? present : new Set([...present, ...more]);
}

function proven(expr: ExpressionTree | undefined, holds: boolean): readonly string[] {
  const kind = expr?.exprKind;
  if (kind?.case === "selectExpr" && kind.value.testOnly && holds) {
    const operand = pathOf(kind.value.operand);
    return operand === null ? [] : [`${operand}.${kind.value.field}`];
  }
  if (kind?.case !== "callExpr") return [];
  const { function: name, args } = kind.value;
  if (name === "!_") return proven(args[0], !holds);
  return name === (holds ? "_&&_" : "_||_") ? args.flatMap((a) => proven(a, holds)) : [];
}

/** A new name says nothing about what an outer one of the same spelling has proven. */
export function withoutName(present: Present, name: string): Present {
  const kept = [...present].filter((path) => !path.startsWith(`${name}.`));
  return kept.length === present.size ? present : new Set(kept);
}

/** `a.b.c` for a plain selection; `null` for anything else. */
export function pathOf(expr: ExpressionTree | undefined): string | null {
  const kind = expr?.exprKind;
  if (kind?.case === "identExpr") return kind.value.name;
  if (kind?.case !== "selectExpr" || kind.value.testOnly) return null;
  const operand = pathOf(kind.value.operand);
  return operand === null ? null : `${operand}.${kind.value.field}`;
}
