// SPDX-License-Identifier: Apache-2.0
/** Who owns a field, as `metadata.managedFields` has it. */
import type { Json } from "@interlock/digest";
import { inside, listIn, textIn } from "../web/json.ts";
import { type LastWriter, writerOf } from "../writer.ts";

/** RFC 3339 with a `Z`, as the API server writes every time. */
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?Z$/;

/**
 * Of all managers that own a field the one that wrote last, where one of `fields` is its path in
 * `fieldsV1`. The time is that of the manager's last write to any field of the object: this one was
 * written no later. How it is called the manager chose itself.
 */
export function managerOf(object: Json, fields: readonly (readonly string[])[]): LastWriter | null {
  const owners = listIn(object, "metadata", "managedFields").flatMap((entry) => {
    const owns = fields.some((path) => inside(entry, "fieldsV1", ...path) !== undefined);
    return owns ? [{ entry, at: timeOf(entry) }] : [];
  });
  const [last] = owners.sort((one, other) => (other.at ?? -1) - (one.at ?? -1));
  if (last === undefined) return null;
  const { entry, at } = last;
  const part = textIn(entry, "subresource");
  const operation = textIn(entry, "operation") ?? "";
  const how = part === undefined ? operation : `${operation} of ${part}`;
  return writerOf("told", { name: textIn(entry, "manager"), how, at });
}

function timeOf(entry: Json): number | undefined {
  const text = textIn(entry, "time") ?? "";
  const at = TIME.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
