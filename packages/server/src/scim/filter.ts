// SPDX-License-Identifier: Apache-2.0

/** `ATTRIBUTE eq "VALUE"`: all that identity providers ask for (RFC 7644 section 3.4.2.2). */
export type Filter = { readonly attribute: string; readonly value: string };

/** Longer than any name it could compare with. */
const MOST = 2_000;
const FORM =
  /^\s{0,10}([A-Za-z][\w:.-]{0,200})\s{1,10}eq\s{1,10}("(?:[^"\\]|\\.){0,1500}")\s{0,10}$/i;
/** A name may be written with its schema in front (RFC 7644 section 3.10). */
const SCHEMA = /^urn:ietf:params:scim:schemas:core:2\.0:(?:User|Group):/i;

/** Reads a filter; `null` for anything else. Names of attributes come in lower case. */
export function parseFilter(text: string): Filter | null {
  if (text.length > MOST) return null;
  const [, name, literal] = FORM.exec(text) ?? [];
  if (name === undefined || literal === undefined) return null;
  const value = stringIn(literal);
  return value === null ? null : { attribute: name.replace(SCHEMA, "").toLowerCase(), value };
}

/** A comparison's value is a JSON string. */
function stringIn(literal: string): string | null {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === "string" && value.isWellFormed() ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** What a PATCH speaks of: `ATTRIBUTE`, `ATTRIBUTE.SUB`, `ATTRIBUTE[FILTER]`, `ATTRIBUTE[FILTER].SUB`. */
export type Path = {
  readonly attribute: string;
  readonly filter: Filter | null;
  readonly sub: string | null;
};

const PATH = /^([A-Za-z][\w-]{0,100})(?:\[(.{1,1800})\])?(?:\.([A-Za-z][\w-]{0,100}))?$/s;

/** Reads the path of a PATCH operation; `null` for what is none. */
export function parsePath(text: string): Path | null {
  if (text.length > MOST) return null;
  const [, name, inner, sub] = PATH.exec(text.replace(SCHEMA, "")) ?? [];
  if (name === undefined) return null;
  const filter = inner === undefined ? null : parseFilter(inner);
  if (inner !== undefined && filter === null) return null;
  return { attribute: name.toLowerCase(), filter, sub: sub?.toLowerCase() ?? null };
}
