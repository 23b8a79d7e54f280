// SPDX-License-Identifier: Apache-2.0
import type { Field } from "@interlock/core";
import type { Json } from "@interlock/digest";
import type { Scope } from "@interlock/policy";
import type { SetLimits } from "../description.ts";
import { typeOfSchema } from "../value/type.ts";

export const KEY_MAX = 400;

/** What an invariant of a set reads. Values that no schema describes cannot be read. */
export function scopeOf(schema: Json | undefined, { keys, valueBytes }: SetLimits): Scope {
  const key: Field = { kind: "text", max: KEY_MAX };
  const value = schema === undefined ? null : typeOfSchema(schema, valueBytes);
  const held = { kind: "object", fields: value === null ? { key } : { key, value } } as const;
  const changed = {
    kind: "object",
    fields: {
      key,
      ...(value === null
        ? {}
        : {
            before: { ...value, optional: true as const },
            after: { ...value, optional: true as const },
          }),
    },
  } as const;
  return {
    before: { kind: "list", of: held, max: keys },
    after: { kind: "list", of: held, max: keys },
    changes: { kind: "list", of: changed, max: 2 * keys },
  };
}
