// SPDX-License-Identifier: Apache-2.0
import { type Dependency, globMatches } from "@interlock/core";
import type { Contract } from "./contract.ts";

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
