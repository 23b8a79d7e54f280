// SPDX-License-Identifier: Apache-2.0
import { parseAllDocuments } from "yaml";
import type { Catalog, CatalogSystem } from "./catalog.ts";

/**
 * Systems from Backstage `catalog-info.yaml` files (backstage.io, “Descriptor Format of Catalog
 * Entities”): components become systems, owned paths are the folder of the file.
 */
export function importBackstage(
  files: readonly { readonly path: string; readonly text: string }[],
): Catalog {
  const systems = new Map<string, CatalogSystem>();
  const wanted: { from: string; to: string; hard: boolean }[] = [];
  for (const { path, text } of files) {
    const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
    for (const document of parseAllDocuments(text)) {
      const entity: unknown = "toJS" in document ? document.toJS({ maxAliasCount: 10 }) : null;
      const read = componentOf(entity, folder);
      if (read === null) continue;
      systems.set(read.system.id, read.system);
      for (const to of read.dependsOn) wanted.push({ from: read.system.id, to, hard: true });
    }
  }
  return {
    systems: [...systems.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    dependencies: wanted.filter((d) => systems.has(d.to)),
    contracts: [],
  };
}

type Raw = Readonly<Record<string, unknown>>;
const record = (value: unknown): Raw =>
  typeof value === "object" && value !== null ? (value as Raw) : {};

function componentOf(
  entity: unknown,
  folder: string,
): { system: CatalogSystem; dependsOn: readonly string[] } | null {
  const { kind, metadata, spec } = record(entity);
  const { name } = record(metadata);
  if (kind !== "Component" || typeof name !== "string") return null;
  const { owner, dependsOn, lifecycle } = record(spec);
  return {
    system: {
      id: name,
      tier: tierOf(
        record(record(metadata)["labels"])["tier"] ??
          record(record(metadata)["annotations"])["tier"],
        lifecycle,
      ),
      owner: typeof owner === "string" ? owner.replace(/^(group:|user:)?([^/]+\/)?/, "") : null,
      org: [],
      paths: [folder === "" ? "**" : `${folder}/**`],
      configScopes: [],
      cells: [],
      regions: [],
      orderSharePpm: 0,
      ordersPerMinute: 0,
      incidents: 0,
      signals: [],
    },
    dependsOn: Array.isArray(dependsOn)
      ? dependsOn
          .filter((d) => typeof d === "string")
          .map((d) => d.replace(/^component:([^/]+\/)?/, ""))
      : [],
  };
}

function tierOf(label: unknown, lifecycle: unknown): 1 | 2 | 3 | 4 {
  const tier = Number(String(label ?? "").replace(/^tier-?/i, ""));
  if (tier === 1 || tier === 2 || tier === 3 || tier === 4) return tier;
  return lifecycle === "production" ? 3 : 4;
}
