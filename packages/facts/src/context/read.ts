// SPDX-License-Identifier: Apache-2.0
import type { Context } from "@interlock/core";
import { parseDocument } from "yaml";
import { type At, allow, fail, isRaw, type Raw, text1 } from "../catalog/fields.ts";
import { versionMicro } from "../contracts/version.ts";
import { quantityOf } from "../settings/quantity.ts";

const FILE_MAX_CHARACTERS = 1_000_000;
/** A reading without a stated life is taken to hold for so long. */
const VALID_FOR_MS = 3_600_000;

/**
 * Reads live state that somebody hands in, as YAML or JSON: a list, or a mapping with `context`.
 * Throws GateError INPUT_INVALID: leaving an item out could hide what it says.
 */
export function readContext(name: string, text: string): readonly Context[] {
  if (text.length > FILE_MAX_CHARACTERS)
    fail(
      name,
      `it is larger than ${FILE_MAX_CHARACTERS} characters`,
      "hand in what concerns the change",
    );
  const document = parseDocument(text, { uniqueKeys: true });
  const problem = document.errors[0];
  if (problem !== undefined)
    fail(name, problem.message.split("\n")[0] ?? "not YAML", "mend the YAML or JSON");
  const value: unknown = document.toJS({ maxAliasCount: 10 });
  const items = isRaw(value) ? value["context"] : value;
  if (!Array.isArray(items) || !items.every(isRaw))
    return fail(name, "it is no list of mappings", "write one `- kind: …` an item");
  return items.map((raw, i) => itemOf(raw, { name, at: `context[${i}]` }));
}

function itemOf(raw: Raw, at: At): Context {
  allow(
    raw,
    ["kind", "subject", "value", "micro", "source", "by", "observedAt", "validFor", "validForMs"],
    at,
  );
  const kind = text1(raw, "kind", at);
  const value = raw["value"] ?? "";
  if (typeof value === "object")
    fail(at.name, `${at.at}.value is no single value`, "write one item for each value");
  const derived = contextMicro(kind, String(value));
  if (derived === null)
    return fail(
      at.name,
      `${at.at}: \`${String(value)}\` is no value of \`${kind}\``,
      kind === "fleet-version"
        ? "write a version such as `1.24.3`"
        : "write a number below nine billion of its base unit (milliseconds, bytes), or count in a larger one",
    );
  const micro = raw["micro"] ?? derived;
  if (micro !== derived && (derived !== 0 || !Number.isSafeInteger(micro)))
    return fail(at.name, `${at.at}.micro does not follow from \`value\``, "leave it out");
  return {
    kind,
    subject: text1(raw, "subject", at),
    value: String(value),
    micro: Number(micro),
    source: textOr(raw, "source", at),
    by: textOr(raw, "by", at),
    observedAt: instantOf(raw["observedAt"], at),
    validForMs: lifeOf(raw, at),
  };
}

/** Kinds that say nothing without a number. */
const NUMBERS = new Set(["traffic", "peak-use", "spare", "rows", "unmigrated", "replica-lag"]);

/**
 * The value as a number in millionths of its base unit (milliseconds, bytes, parts per million); a
 * version as `versionMicro` has it; 0 for a word. `null` where a number is needed and there is none.
 */
export function contextMicro(kind: string, value: string): number | null {
  if (kind === "fleet-version") return versionMicro(value);
  return quantityOf(value)?.micro ?? (NUMBERS.has(kind) ? null : 0);
}

function textOr(raw: Raw, field: string, at: At): string {
  const value = raw[field] ?? "";
  return typeof value === "string"
    ? value
    : fail(at.name, `${at.at}.${field} is no text`, "quote it");
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;

function instantOf(value: unknown, at: At): number {
  const ms = typeof value === "string" && INSTANT.test(value) ? Date.parse(value) : value;
  if (typeof ms === "number" && Number.isSafeInteger(ms) && ms >= 0) return ms;
  return fail(
    at.name,
    `${at.at}.observedAt: \`${String(value)}\` is no instant`,
    "write when it was observed, such as `2030-05-02T09:00:00Z`, or milliseconds since 1970 UTC",
  );
}

function lifeOf(raw: Raw, at: At): number {
  const { validForMs, validFor } = raw;
  if (typeof validForMs === "number" && Number.isSafeInteger(validForMs) && validForMs >= 0)
    return validForMs;
  if (validForMs === undefined && validFor === undefined) return VALID_FOR_MS;
  const life = typeof validFor === "string" ? quantityOf(validFor) : null;
  if (life?.unit === "ms" && life.micro >= 0) return Math.floor(life.micro / 1_000_000);
  return fail(at.name, `${at.at}: its life is no duration`, "write `validFor: 15m`");
}
