// SPDX-License-Identifier: Apache-2.0
import { GateError, type People } from "@interlock/core";
import { parseDocument } from "yaml";

type Raw = Readonly<Record<string, unknown>>;

/**
 * Reads `interlock/people.yaml`: persons with their accounts, keys, agents and teams, and the machine
 * authors that are trusted with named paths. Throws `GateError`; a misread person is a hole.
 */
export function readPeople(name: string, text: string): People {
  const document = parseDocument(text, { uniqueKeys: true });
  const problem = document.errors[0];
  if (problem !== undefined) fail(name, problem.message.split("\n")[0] ?? "not YAML");
  const root = record(plain(document, name) ?? {}, name, "the file");
  allow(root, ["version", "persons", "machines"], name);
  return {
    persons: list(root["persons"], name, "persons").map((raw) => {
      allow(raw, ["id", "accounts", "agents", "teams", "active", "name"], name);
      return {
        id: word(raw["id"], name, "a person needs an `id`"),
        accounts: texts(raw, "accounts", name).map(canonicalAccount),
        agents: texts(raw, "agents", name).map(canonicalAccount),
        teams: texts(raw, "teams", name).map((t) => t.replace(/^@/, "")),
        active: switched(raw, "active", name),
      };
    }),
    machines: list(root["machines"], name, "machines").map((raw) => {
      allow(raw, ["account", "purpose", "mayTouch"], name);
      return {
        account: canonicalAccount(word(raw["account"], name, "a machine needs an `account`")),
        purpose: typeof raw["purpose"] === "string" ? raw["purpose"] : "",
        mayTouch: texts(raw, "mayTouch", name),
      };
    }),
  };
}

/** Accounts are compared exactly, so both sides are written one way: lower case, `kind:name`. */
export function canonicalAccount(written: string): string {
  const trimmed = written.trim().toLowerCase();
  if (/^(email|github|github-id|gitlab|gitlab-id|key|agent|machine|token|account):/.test(trimmed))
    return trimmed;
  if (trimmed.startsWith("@")) return `github:${trimmed.slice(1)}`;
  return trimmed.includes("@") ? `email:${trimmed}` : `account:${trimmed}`;
}

function fail(name: string, message: string): never {
  throw new GateError("INPUT_INVALID", `${name}: ${message}`, "see `interlock schema people`");
}

function record(value: unknown, name: string, what: string): Raw {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Raw;
  return fail(name, `${what} is not a mapping`);
}

function list(value: unknown, name: string, what: string): readonly Raw[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return fail(name, `\`${what}\` is not a list`);
  return value.map((v) => record(v, name, `an entry of \`${what}\``));
}

function allow(raw: Raw, fields: readonly string[], name: string): void {
  for (const field of Object.keys(raw))
    if (!fields.includes(field))
      fail(name, `no field \`${field}\` is known here; known: ${fields.join(", ")}`);
}

function word(value: unknown, name: string, message: string): string {
  return typeof value === "string" && value !== "" ? value : fail(name, message);
}

/** A name that was read as a number, a date or nothing would be another name, or nobody's. */
function texts(raw: Raw, field: string, name: string): readonly string[] {
  const value = raw[field];
  if (value === undefined || value === null) return [];
  const items = Array.isArray(value) ? value : [value];
  return items.map((item) =>
    typeof item === "string" && item !== ""
      ? item
      : fail(name, `\`${field}\` has an entry that is no text; put it in quotes`),
  );
}

/** Somebody who is written as gone must not count as there: `active: "no"` is a mistake, not a yes. */
function switched(raw: Raw, field: string, name: string): boolean {
  const value = raw[field];
  if (value === undefined) return true;
  return typeof value === "boolean"
    ? value
    : fail(name, `\`${field}\` is neither \`true\` nor \`false\``);
}

function plain(document: ReturnType<typeof parseDocument>, name: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 0 });
  } catch {
    // The only thing that the reader refuses here: an alias could make one person's entry another's.
    return fail(name, "aliases (`*name`) are not read here; write the value out");
  }
}
