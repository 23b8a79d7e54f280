// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import type { ConfigSet, Reference } from "../description.ts";
import { isNode, step } from "../value/schema.ts";
import type { SetFinding } from "./finding.ts";
import type { Values } from "./invariants.ts";

/** What stands at a pointer, where `*` is any one step. */
export function valuesAt(
  value: Json,
  pointer: string,
): readonly (readonly [at: string, value: Json])[] {
  let found: readonly (readonly [string, Json])[] = [["", value]];
  for (const written of pointer.split("/").slice(1)) {
    const name = written.replaceAll("~1", "/").replaceAll("~0", "~");
    found = found.flatMap(([at, one]) =>
      membersOf(one, name).map(([k, v]) => [at + step(k), v] as const),
    );
  }
  return found;
}

function membersOf(value: Json, name: string): readonly (readonly [string | number, Json])[] {
  if (Array.isArray(value))
    return value.flatMap((one: Json, i) =>
      name === "*" || name === String(i) ? [[i, one] as const] : [],
    );
  if (!isNode(value)) return [];
  if (name === "*") return Object.entries(value);
  const member = Object.hasOwn(value, name) ? value[name] : undefined;
  return member === undefined ? [] : [[name, member]];
}

/** Values that name keys which do not exist. `others`: keys of other sets in the same cell, by set. */
export function brokenReferences(
  set: ConfigSet,
  after: Values,
  others: ReadonlyMap<string, ReadonlySet<string>>,
): readonly SetFinding[] {
  return set.references.flatMap((reference) => {
    const known = reference.to === set.name ? new Set(after.keys()) : others.get(reference.to);
    return [...after].flatMap(([key, value]) =>
      valuesAt(value, reference.at).flatMap(([at, named]) => {
        const says = brokenReference(reference, named, known);
        if (says === null) return [];
        const code = known === undefined ? "REFERENCE_UNKNOWN" : "REFERENCE_MISSING";
        const help = "name a key that exists, or bring the key in the same change";
        return [{ code, key, at, message: `\`${key}\` at \`${at}\` ${says}`, help } as const];
      }),
    );
  });
}

function brokenReference(
  { to, key }: Reference,
  named: Json,
  known: ReadonlySet<string> | undefined,
): string | null {
  if (typeof named !== "string" && typeof named !== "number") return `names no key of \`${to}\``;
  const wanted = key.replace("{value}", () => String(named));
  if (known === undefined) return `names \`${wanted}\` of \`${to}\`, whose keys are not known here`;
  return known.has(wanted) ? null : `names \`${wanted}\`, which does not exist in \`${to}\``;
}
