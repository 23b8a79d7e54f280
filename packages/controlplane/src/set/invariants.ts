// SPDX-License-Identifier: Apache-2.0
import { celValue, expression } from "@interlock/core";
import type { Json } from "@interlock/digest";
import { checkExpression } from "@interlock/policy";
import type { ConfigSet } from "../description.ts";
import type { SetFinding } from "./finding.ts";
import { scopeOf } from "./scope.ts";

export type Values = ReadonlyMap<string, Json>;

/**
 * INVARIANT (judged or broken): an invariant that is not sound, throws, or meets a value it cannot
 * read counts as broken, never as held.
 */
export function brokenInvariants(
  set: ConfigSet,
  before: Values,
  after: Values,
): readonly SetFinding[] {
  if (set.invariants.length === 0) return [];
  const scope = scopeOf(set.schema, set.limits);
  const bindings = bindingsOf(before, after);
  return set.invariants.flatMap(({ id, says, holds }): readonly SetFinding[] => {
    const [unsound] = checkExpression(holds, scope).problems;
    const verdict =
      unsound === undefined
        ? expression(holds).evaluate(bindings)
        : ({ kind: "unknown", because: unsound.message } as const);
    if (verdict.kind === "known" && verdict.holds) return [];
    const known = verdict.kind === "known";
    return [
      {
        code: known ? "INVARIANT_BROKEN" : "INVARIANT_UNKNOWN",
        ...{ key: null, at: "" },
        message: known
          ? `\`${id}\` does not hold: ${says}`
          : `\`${id}\` could not be judged: ${verdict.because}`,
        help: known
          ? "mend the values, or have two people change the invariant first"
          : "mend the values that do not fit the schema, in the version in force too",
      },
    ];
  });
}

function bindingsOf(before: Values, after: Values) {
  const listed = (values: Values) => [...values].map(([key, value]) => ({ key, value }));
  const changes = [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (JSON.stringify(old) === JSON.stringify(now)) return [];
    return [
      {
        key,
        ...(old === undefined ? {} : { before: old }),
        ...(now === undefined ? {} : { after: now }),
      },
    ];
  });
  return {
    before: celValue(listed(before)),
    after: celValue(listed(after)),
    changes: celValue(changes),
  };
}
