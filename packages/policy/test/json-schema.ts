// SPDX-License-Identifier: Apache-2.0
/** So much of JSON Schema (draft 7) as our own schemas use; a keyword it does not know is an error. */
type Node = Readonly<Record<string, unknown>>;

const SILENT = ["$schema", "title", "description", "definitions"];

/** Where a value does not fit, as `path: keyword`; empty when it fits. */
export function misfits(schema: unknown, value: unknown): readonly string[] {
  return fit(schema as Node, value, { root: schema as Node, at: "" }); // our own document
}

type At = { readonly root: Node; readonly at: string };
type Rule = (given: never, value: unknown, schema: Node, at: At) => readonly string[];

function fit(schema: Node, value: unknown, at: At): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, given]) => {
    if (SILENT.includes(keyword)) return [];
    const rule = RULES[keyword];
    if (rule === undefined) throw new Error(`no rule for the keyword \`${keyword}\``);
    return rule(given as never, value, schema, at); // each rule knows the form of its keyword
  });
}

const isMap = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const said = (ok: boolean, keyword: string, { at }: At): readonly string[] =>
  ok ? [] : [`${at || "/"}: ${keyword}`];
const below = (at: At, step: string | number): At => ({ ...at, at: `${at.at}/${step}` });
const alike = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function typeOf(value: unknown): readonly string[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  if (typeof value === "number")
    return Number.isInteger(value) ? ["integer", "number"] : ["number"];
  return [typeof value];
}

const RULES: Readonly<Record<string, Rule>> = {
  $ref: (given: string, value, schema, at) => {
    if (Object.keys(schema).length > 1) throw new Error(`what stands beside \`${given}\` is lost`);
    const defs = at.root["definitions"] as Readonly<Record<string, Node>>; // our own document
    const target = defs[given.replace("#/definitions/", "")];
    if (target === undefined) throw new Error(`nothing is defined as \`${given}\``);
    return fit(target, value, at);
  },
  type: (given: string | readonly string[], value, _s, at) =>
    said(
      [given].flat().some((t) => typeOf(value).includes(t)),
      "type",
      at,
    ),
  enum: (given: readonly unknown[], value, _s, at) =>
    said(
      given.some((g) => alike(g, value)),
      "enum",
      at,
    ),
  const: (given: unknown, value, _s, at) => said(alike(given, value), "const", at),
  anyOf: (given: readonly Node[], value, _s, at) => {
    const tried = given.map((g) => fit(g, value, at));
    if (tried.some((t) => t.length === 0)) return [];
    return [...said(false, "anyOf", at), ...tried.flat()];
  },
  oneOf: (given: readonly Node[], value, _s, at) => {
    const tried = given.map((g) => fit(g, value, at));
    if (tried.filter((t) => t.length === 0).length === 1) return [];
    return [...said(false, "oneOf", at), ...tried.flat()];
  },
  required: (given: readonly string[], value, _s, at) =>
    isMap(value) ? given.flatMap((k) => said(Object.hasOwn(value, k), `required ${k}`, at)) : [],
  properties: (given: Readonly<Record<string, Node>>, value, _s, at) =>
    isMap(value)
      ? Object.entries(given).flatMap(([k, s]) =>
          Object.hasOwn(value, k) ? fit(s, value[k], below(at, k)) : [],
        )
      : [],
  additionalProperties: (given: false | Node, value, schema, at) => {
    const known = Object.keys((schema["properties"] ?? {}) as Node); // our own document
    const more = isMap(value) ? Object.entries(value).filter(([k]) => !known.includes(k)) : [];
    return more.flatMap(([k, v]) =>
      given === false
        ? said(false, "additionalProperties", below(at, k))
        : fit(given, v, below(at, k)),
    );
  },
  items: (given: Node, value, _s, at) =>
    Array.isArray(value) ? value.flatMap((v, i) => fit(given, v, below(at, i))) : [],
  pattern: (given: string, value, _s, at) =>
    said(typeof value !== "string" || new RegExp(given, "u").test(value), "pattern", at),
  minimum: (given: number, value, _s, at) =>
    said(typeof value !== "number" || value >= given, "minimum", at),
  maximum: (given: number, value, _s, at) =>
    said(typeof value !== "number" || value <= given, "maximum", at),
  maxLength: (given: number, value, _s, at) =>
    said(typeof value !== "string" || value.length <= given, "maxLength", at),
  minItems: (given: number, value, _s, at) =>
    said(!Array.isArray(value) || value.length >= given, "minItems", at),
  maxItems: (given: number, value, _s, at) =>
    said(!Array.isArray(value) || value.length <= given, "maxItems", at),
  minProperties: (given: number, value, _s, at) =>
    said(!isMap(value) || Object.keys(value).length >= given, "minProperties", at),
  maxProperties: (given: number, value, _s, at) =>
    said(!isMap(value) || Object.keys(value).length <= given, "maxProperties", at),
};
