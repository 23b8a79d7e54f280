// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { LineCounter, parseDocument } from "yaml";
import type { Catalog, CatalogSystem, Contract } from "./catalog.ts";

const MAX_BYTES = 5_000_000;

type Raw = Readonly<Record<string, unknown>>;

/**
 * Reads `interlock/catalog.yaml`. Throws `GateError` CATALOG… as INPUT_INVALID with file, line and
 * what to write instead: a catalog that is half understood would understate every blast radius.
 */
export function readCatalog(name: string, text: string): Catalog {
  const root = readYaml(name, text);
  const systems: CatalogSystem[] = [];
  const dependencies: { from: string; to: string; hard: boolean }[] = [];
  for (const [i, raw] of listOf(root, "systems", name).entries()) {
    const at = `systems[${i}]`;
    allow(
      raw,
      [
        "id",
        "tier",
        "owner",
        "org",
        "paths",
        "configScopes",
        "cells",
        "regions",
        "dependsOn",
        "orderShare",
        "ordersPerMinute",
        "signals",
        "incidents",
        "title",
      ],
      name,
      at,
    );
    const id = text1(raw, "id", name, at);
    systems.push(systemOf(id, raw, name, at));
    for (const dependency of arrayOf(raw["dependsOn"]))
      dependencies.push(dependencyOf(id, dependency, name, at));
  }
  const ids = new Set<string>();
  for (const s of systems) {
    if (ids.has(s.id))
      fail(name, `the system \`${s.id}\` is declared twice`, "give each system one entry");
    ids.add(s.id);
  }
  for (const d of dependencies)
    if (!ids.has(d.to))
      fail(
        name,
        `\`${d.from}\` depends on \`${d.to}\`, which the catalog does not list`,
        `add \`${d.to}\` to \`systems\``,
      );
  return {
    systems,
    dependencies,
    contracts: listOf(root, "contracts", name).map((raw, i) =>
      contractOf(raw, name, `contracts[${i}]`),
    ),
  };
}

function readYaml(name: string, text: string): Raw {
  if (text.length > MAX_BYTES)
    fail(name, `the catalog is larger than ${MAX_BYTES} bytes`, "split it or import it");
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    maxAliasCount: 0,
  } as never);
  const problem = document.errors[0];
  if (problem !== undefined) {
    const { line, col } = lines.linePos(problem.pos[0]);
    fail(`${name}:${line}:${col}`, problem.message.split("\n")[0] ?? "not YAML", "mend the YAML");
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value))
    fail(name, "expected a mapping with `systems`", "see `interlock schema catalog`");
  const raw = value as Raw; // just checked
  allow(raw, ["version", "systems", "contracts"], name, "the catalog");
  return raw;
}

function systemOf(id: string, raw: Raw, name: string, at: string): CatalogSystem {
  const tier = raw["tier"] ?? 4;
  if (tier !== 1 && tier !== 2 && tier !== 3 && tier !== 4)
    fail(name, `${at}: the tier of \`${id}\` is \`${String(tier)}\``, "a tier is 1, 2, 3 or 4");
  return {
    id,
    tier: tier as 1 | 2 | 3 | 4,
    owner:
      typeof raw["owner"] === "string" && raw["owner"] !== ""
        ? raw["owner"].replace(/^@/, "")
        : null,
    org: texts(raw["org"]),
    paths: texts(raw["paths"]),
    configScopes: texts(raw["configScopes"]),
    cells: texts(raw["cells"]),
    regions: texts(raw["regions"]),
    orderSharePpm: shareOf(raw["orderShare"], name, at),
    ordersPerMinute: countOf(raw["ordersPerMinute"], name, `${at}.ordersPerMinute`),
    incidents: countOf(raw["incidents"], name, `${at}.incidents`),
    signals: texts(raw["signals"]),
  };
}

function dependencyOf(
  from: string,
  raw: unknown,
  name: string,
  at: string,
): { from: string; to: string; hard: boolean } {
  if (typeof raw === "string") return { from, to: raw, hard: true };
  if (typeof raw === "object" && raw !== null && "system" in raw && typeof raw.system === "string")
    return { from, to: raw.system, hard: !("hard" in raw && raw.hard === false) };
  return fail(
    name,
    `${at}: a dependency is a system id or {system, hard}`,
    "write `dependsOn: [checkout]` or `dependsOn: [{system: checkout, hard: false}]`",
  );
}

function contractOf(raw: Raw, name: string, at: string): Contract {
  allow(
    raw,
    [
      "id",
      "system",
      "path",
      "pointer",
      "required",
      "min",
      "max",
      "minItems",
      "maxItems",
      "maxBytes",
      "values",
      "enum",
      "pattern",
      "type",
      "readBy",
      "title",
    ],
    name,
    at,
  );
  const values = raw["values"] ?? raw["enum"];
  return {
    id: text1(raw, "id", name, at),
    system: typeof raw["system"] === "string" ? raw["system"] : "",
    path: text1(raw, "path", name, at),
    pointer: typeof raw["pointer"] === "string" ? raw["pointer"] : "",
    required: texts(raw["required"]),
    minMicro: microOf(raw["min"], name, `${at}.min`),
    maxMicro: microOf(raw["max"], name, `${at}.max`),
    minItems: optionalCount(raw["minItems"], name, `${at}.minItems`),
    maxItems: optionalCount(raw["maxItems"], name, `${at}.maxItems`),
    maxBytes: optionalCount(raw["maxBytes"], name, `${at}.maxBytes`),
    values: Array.isArray(values) ? values.map(String) : null,
    pattern: typeof raw["pattern"] === "string" ? raw["pattern"] : null,
    type: typeof raw["type"] === "string" ? raw["type"] : null,
    readBy: texts(raw["readBy"]),
  };
}

function fail(name: string, message: string, help: string): never {
  throw new GateError("INPUT_INVALID", `${name}: ${message}`, help);
}

function allow(raw: Raw, fields: readonly string[], name: string, at: string): void {
  for (const field of Object.keys(raw))
    if (!fields.includes(field))
      fail(
        name,
        `${at}: no field \`${field}\` is known here`,
        `known fields: ${fields.join(", ")}`,
      );
}

function listOf(raw: Raw, field: string, name: string): readonly Raw[] {
  const value = raw[field] ?? [];
  if (
    !Array.isArray(value) ||
    value.some((v) => typeof v !== "object" || v === null || Array.isArray(v))
  )
    fail(
      name,
      `\`${field}\` is not a list of mappings`,
      `write \`${field}:\` and one \`- id: …\` an entry`,
    );
  return value as readonly Raw[]; // just checked
}

const arrayOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function texts(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value)
    ? value.filter((v) => typeof v === "string" || typeof v === "number").map(String)
    : [];
}

function text1(raw: Raw, field: string, name: string, at: string): string {
  const value = raw[field];
  if (typeof value === "string" && value !== "") return value;
  return fail(name, `${at} has no \`${field}\``, `add \`${field}\``);
}

/** `12%`, `0.5%` or `0.12` as parts per million. */
function shareOf(value: unknown, name: string, at: string): number {
  if (value === undefined) return 0;
  const match = /^(\d{1,3})(?:\.(\d{1,4}))?\s*%$/.exec(String(value));
  const ppm =
    match !== null
      ? Number(match[1]) * 10_000 + Number((match[2] ?? "").padEnd(4, "0"))
      : Math.round(Number(value) * 1_000_000);
  if (!Number.isSafeInteger(ppm) || ppm < 0 || ppm > 1_000_000)
    fail(
      name,
      `${at}: the order share \`${String(value)}\` is no share`,
      "write a percentage such as `12%`",
    );
  return ppm;
}

function countOf(value: unknown, name: string, at: string): number {
  return optionalCount(value, name, at) ?? 0;
}

function optionalCount(value: unknown, name: string, at: string): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  return fail(name, `${at}: \`${String(value)}\` is no count`, "write a whole number");
}

function microOf(value: unknown, name: string, at: string): number | null {
  if (value === undefined || value === null) return null;
  const micro = typeof value === "number" ? Math.round(value * 1_000_000) : Number.NaN;
  if (Number.isSafeInteger(micro)) return micro;
  return fail(
    name,
    `${at}: \`${String(value)}\` is no number in range`,
    "write a number below nine billion",
  );
}
