// SPDX-License-Identifier: Apache-2.0
import { LineCounter, parseDocument } from "yaml";
import type { Catalog, CatalogSystem } from "./catalog.ts";
import type { Contract } from "./contract.ts";
import {
  allow,
  arrayOf,
  fail,
  isRaw,
  listOf,
  optionalCount,
  optionalShare,
  type Raw,
  text1,
  texts,
} from "./fields.ts";
import { readContract } from "./read-contract.ts";

const MAX_BYTES = 5_000_000;

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
      { name, at },
    );
    const id = text1(raw, "id", { name, at });
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
  return { systems, dependencies, contracts: contractsOf(root, name) };
}

function contractsOf(root: Raw, name: string): readonly Contract[] {
  const contracts = listOf(root, "contracts", name).map((raw, i) =>
    readContract(raw, { name, at: `contracts[${i}]` }),
  );
  const ids = new Set<string>();
  for (const { id } of contracts) {
    if (ids.has(id))
      fail(name, `the contract \`${id}\` is declared twice`, "give each contract its own id");
    ids.add(id);
  }
  return contracts;
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
  if (!isRaw(value))
    return fail(name, "expected a mapping with `systems`", "see `interlock schema catalog`");
  allow(value, ["version", "systems", "contracts"], { name, at: "the catalog" });
  return value;
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
    orderSharePpm: optionalShare(raw, "orderShare", { name, at }, 1_000_000) ?? 0,
    ordersPerMinute: optionalCount(raw, "ordersPerMinute", { name, at }) ?? 0,
    incidents: optionalCount(raw, "incidents", { name, at }) ?? 0,
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
