// SPDX-License-Identifier: Apache-2.0
import { type Policy, type Schema, VISIBLE } from "@interlock/core";
import { checkExpression } from "../checker/check.ts";
import type { Scope } from "../checker/walk.ts";

export type UnsoundRule = { readonly rule: string; readonly message: string };

/**
 * The first rule of a policy whose expressions could fail on facts that fit the schema, or cost more
 * than is allowed; `null` where all are sound. For a policy that comes as data: one that is read from
 * YAML was checked on the way.
 */
export function unsoundRule({ rules }: Policy): UnsoundRule | null {
  for (const { id, when, each, where } of rules) {
    const problem =
      when === undefined ? undefined : checkExpression(when, VISIBLE.fields).problems[0];
    if (problem !== undefined) return { rule: id, message: problem.message };
    if (each === undefined) {
      if (where !== undefined) return { rule: id, message: "`where` without `each`" };
      continue;
    }
    const items = listAt(each);
    if (items === null) return { rule: id, message: `no list of facts is called \`${each}\`` };
    const scope: Scope = { ...VISIBLE.fields, it: items.of };
    const wrong =
      where === undefined ? undefined : checkExpression(where, scope, items.max).problems[0];
    if (wrong !== undefined) return { rule: id, message: wrong.message };
  }
  return null;
}

type ListSchema = Extract<Schema, { kind: "list" }>;

/** The list of things at a dotted path of the facts, or `null`. */
export function listAt(path: string): ListSchema | null {
  let at: Schema = VISIBLE;
  for (const name of path.split(".")) {
    const fields: Readonly<Record<string, Schema>> = at.kind === "object" ? at.fields : {};
    const next = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (next === undefined) return null;
    at = next;
  }
  return at.kind === "list" && at.of.kind === "object" ? at : null;
}
