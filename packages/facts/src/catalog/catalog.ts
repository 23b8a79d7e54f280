// SPDX-License-Identifier: Apache-2.0
import { type Dependency, globMatches } from "@interlock/core";

export type CatalogSystem = {
  readonly id: string;
  readonly tier: 1 | 2 | 3 | 4;
  /** The owning team; `null` when nobody is named. */
  readonly owner: string | null;
  readonly org: readonly string[];
  readonly paths: readonly string[];
  readonly configScopes: readonly string[];
  readonly cells: readonly string[];
  readonly regions: readonly string[];
  readonly orderSharePpm: number;
  readonly ordersPerMinute: number;
  readonly incidents: number;
  readonly signals: readonly string[];
};

/** What a consumer of a file or key declares that it can take. */
export type Contract = {
  readonly id: string;
  readonly system: string;
  /** Glob over repository paths. */
  readonly path: string;
  /** JSON pointer pattern inside the file, `*` for any one step, empty for the whole file. */
  readonly pointer: string;
  readonly required: readonly string[];
  readonly minMicro: number | null;
  readonly maxMicro: number | null;
  readonly maxItems: number | null;
  readonly minItems: number | null;
  readonly maxBytes: number | null;
  readonly values: readonly string[] | null;
  readonly pattern: string | null;
  readonly type: string | null;
  readonly readBy: readonly string[];
};

export type Catalog = {
  readonly systems: readonly CatalogSystem[];
  readonly dependencies: readonly Dependency[];
  readonly contracts: readonly Contract[];
};

export const EMPTY_CATALOG: Catalog = { systems: [], dependencies: [], contracts: [] };

/** Ids of the systems that a path belongs to, sorted. */
export function systemsOf(catalog: Catalog, path: string): readonly string[] {
  return catalog.systems
    .filter((s) => [...s.paths, ...s.configScopes].some((glob) => globMatches(glob, path)))
    .map((s) => s.id)
    .sort();
}
