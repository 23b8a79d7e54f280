// SPDX-License-Identifier: Apache-2.0
import { FACTS, FACTS_VERSION, type Facts } from "./facts/facts.ts";
import { type Field, type Fields, isUnknown, type Schema, TEXT_FORMS, unknown } from "./schema.ts";

export type Invalid = { readonly path: string; readonly message: string };
export type Validated =
  | { readonly ok: true; readonly facts: Facts }
  | {
      readonly ok: false;
      readonly code: "FACTS_VERSION" | "FACTS_INVALID";
      readonly problems: readonly Invalid[];
    };

/** Problems reported for one document; the rest is counted out. */
const PROBLEMS_MAX = 50;

/**
 * Checks a document against the facts schema. A missing group of facts is unknown and makes the
 * rules that read it hold; a field that nobody defined is refused, since it may carry what its
 * author believed would be judged. by (fail-closed)
 */
export function validateFacts(document: unknown): Validated {
  if (!isRecord(document))
    return invalid([{ path: "", message: "the facts document is not an object" }]);
  const { version } = document;
  if (version !== FACTS_VERSION)
    return {
      ok: false,
      code: "FACTS_VERSION",
      problems: [
        {
          path: "version",
          message: `facts version \`${shown(version)}\` is not known here; this build reads version ${FACTS_VERSION}`,
        },
      ],
    };
  const complete = withMissingAsUnknown(FACTS.fields, document);
  const problems = problemsOf(FACTS, complete, "no such fact; see `interlock schema facts`");
  // The walk above has checked every field of the schema.
  return problems.length > 0
    ? invalid(problems)
    : { ok: true, facts: complete as unknown as Facts };
}

/** What is wrong with a value by a schema; `stray` is said of a field that the schema does not have. */
export function problemsOf(schema: Schema, value: unknown, stray: string): readonly Invalid[] {
  const found: Found = { problems: [], stray };
  check(schema, value, "", found);
  return found.problems;
}

type Found = { readonly problems: Invalid[]; readonly stray: string };

const invalid = (problems: readonly Invalid[]): Validated => ({
  ok: false,
  code: "FACTS_INVALID",
  problems,
});

function withMissingAsUnknown(
  fields: Fields,
  record: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const complete: Record<string, unknown> = { ...record };
  for (const [name, field] of Object.entries(fields)) {
    const value = complete[name];
    if (value === undefined && field.unknowable === true && field.optional !== true)
      complete[name] = unknown(
        `\`${name}\` is missing from the facts document`,
        `add \`${name}\` to the document`,
      );
    else if (isRecord(value) && !isUnknown(value) && field.kind === "object")
      complete[name] = withMissingAsUnknown(field.fields, value);
  }
  return complete;
}

function check(schema: Field | Schema, value: unknown, path: string, found: Found): void {
  const { problems } = found;
  if (problems.length >= PROBLEMS_MAX) return;
  const report = (message: string) => problems.push({ path, message });
  if (isUnknown(value)) {
    const { because, help } = (value.$unknown ?? {}) as { because?: unknown; help?: unknown };
    if (!("unknowable" in schema)) report("this fact may not be unknown");
    else if (![because, help].every((t) => typeof t === "string" && t.isWellFormed()))
      report("an unknown needs `because` and `help`");
    return;
  }
  switch (schema.kind) {
    case "text":
      checkText(schema, value, report);
      return;
    case "int":
      if (typeof value !== "number" || !Number.isSafeInteger(value))
        report(`\`${shown(value)}\` is not an integer`);
      else if (value < schema.min || value > schema.max)
        report(`\`${value}\` is outside ${schema.min} to ${schema.max}`);
      return;
    case "bool":
      if (typeof value !== "boolean") report(`\`${shown(value)}\` is not true or false`);
      return;
    case "list":
      if (!Array.isArray(value)) {
        report("expected a list");
        return;
      }
      if (value.length > schema.max) {
        report(`more than ${schema.max} items`);
        return;
      }
      for (const [i, item] of value.entries()) check(schema.of, item, `${path}[${i}]`, found);
      return;
    case "record":
      if (!isRecord(value)) {
        report("expected an object");
        return;
      }
      if (Object.keys(value).length > schema.max) {
        report(`more than ${schema.max} entries`);
        return;
      }
      for (const [name, item] of Object.entries(value))
        check(schema.of, item, dotted(path, name), found);
      return;
    case "object":
      checkObject(schema.fields, value, path, found);
      return;
  }
}

function checkText(
  schema: Extract<Schema, { kind: "text" }>,
  value: unknown,
  report: (m: string) => void,
): void {
  if (typeof value !== "string") report(`\`${shown(value)}\` is not a text`);
  else if (value.length > schema.max) report(`longer than ${schema.max} characters`);
  else if (!value.isWellFormed()) report("half a character (a lone surrogate)");
  else if (schema.values !== undefined && !schema.values.includes(value))
    report(`\`${shown(value)}\` is not one of ${schema.values.map((v) => `\`${v}\``).join(", ")}`);
  else if (schema.form !== undefined && !TEXT_FORMS[schema.form].pattern.test(value))
    report(`\`${shown(value)}\` is not ${TEXT_FORMS[schema.form].says}`);
}

function checkObject(fields: Fields, value: unknown, path: string, found: Found): void {
  const { problems, stray } = found;
  if (!isRecord(value)) {
    problems.push({ path, message: "expected an object" });
    return;
  }
  for (const name of Object.keys(value))
    if (!Object.hasOwn(fields, name)) problems.push({ path: dotted(path, name), message: stray });
  for (const [name, field] of Object.entries(fields)) {
    const part = value[name];
    if (part === undefined) {
      if (field.optional !== true) problems.push({ path: dotted(path, name), message: "missing" });
    } else {
      check(field, part, dotted(path, name), found);
    }
  }
}

const dotted = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return (typeof value === "string" ? value : String(JSON.stringify(value))).slice(0, 60);
}
