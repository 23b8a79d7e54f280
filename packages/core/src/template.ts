// SPDX-License-Identifier: Apache-2.0
const FIELD = /\{([a-zA-Z]+)\}/g;

/** Fills `{field}` with the item's value; a field that the item lacks stays visible as written. */
export function render(template: string, item: Readonly<Record<string, unknown>>): string {
  return template.replace(FIELD, (written, name: string) => {
    const value = Object.hasOwn(item, name) ? item[name] : undefined;
    if (typeof value === "string") return value === "" ? "nothing" : oneLine(value);
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    if (Array.isArray(value)) return value.join(", ");
    return written;
  });
}

/** Control and bidirectional characters of a hostile file must not reach a terminal. */
function oneLine(value: string): string {
  return value.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").slice(0, 200);
}
