// SPDX-License-Identifier: Apache-2.0
/** The retailer: where it sells, in which cells it runs, and what depends on what. */
import { type Dependency, dependencyGraph, reach } from "@interlock/core";
import { HOUR_S, INCIDENT_S, WORLD } from "./assumptions.ts";
import { chance } from "./chance.ts";

export type RetailCell = {
  readonly id: string;
  readonly marketplace: string;
  readonly region: string;
  /** Of its region's orders. */
  readonly sharePpm: number;
};

const cellsOf = (
  region: string,
  marketplace: string,
  [count, sharePpm]: readonly [number, number],
): readonly RetailCell[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${marketplace}-${i + 1}`,
    marketplace,
    region,
    sharePpm,
  }));

/** Every cell of the retailer, sorted by id within its region. Shares are an assumption. */
export const CELLS: readonly RetailCell[] = [
  ...cellsOf("north-america", "ca", [2, 60_000]),
  ...cellsOf("north-america", "mx", [2, 40_000]),
  ...cellsOf("north-america", "us", [8, 100_000]),
  ...cellsOf("europe", "de", [3, 150_000]),
  ...cellsOf("europe", "fr", [2, 100_000]),
  ...cellsOf("europe", "uk", [3, 116_666]),
  ...cellsOf("asia-pacific", "au", [2, 100_000]),
  ...cellsOf("asia-pacific", "in", [2, 200_000]),
  ...cellsOf("asia-pacific", "jp", [2, 200_000]),
];

/** The region in which both incidents happen; the others go on and are not simulated. */
export const REGION_CELLS: readonly RetailCell[] = CELLS.filter(
  ({ region }) => region === "north-america",
);

const WEEK_S = 7 * 24 * HOUR_S;

/** The rhythm of orders around 1, at a second of the week that begins on Monday at 0 o'clock. */
export function rhythm(second: number): number {
  const day = 1 + WORLD.dailySwing * Math.sin((2 * Math.PI * (second / HOUR_S - 10)) / 24);
  const week = 1 + WORLD.weeklySwing * Math.sin((2 * Math.PI * second) / WEEK_S);
  return day * week;
}

/** The factor that brings the six hours from `startS` to the stated orders a minute. */
export function scaleAt(startS: number, ordersPerMinute: number): number {
  let sum = 0;
  for (let t = 0; t < INCIDENT_S; t += 60) sum += rhythm(startS + t);
  return (ordersPerMinute * (INCIDENT_S / 60)) / sum;
}

/** Systems of one domain of the retailer: they call each other more than others. */
const DOMAIN = 10;

export type Catalog = {
  readonly systems: readonly string[];
  readonly dependencies: readonly Dependency[];
};

/**
 * Tier-1 systems in domains, each of which calls one of its own domain and sometimes a known one: `orders`, `cart` and
 * `delivery-promise` are those that the incidents touch.
 */
export function retailCatalog(): Catalog {
  const next = chance(335, 7);
  const named = ["storefront", "checkout", "orders", "cart", "delivery-promise"];
  const others = Array.from(
    { length: WORLD.tier1Systems - named.length },
    (_, i) => `service-${String(i + 1).padStart(3, "0")}`,
  );
  const systems = [...named, ...others];
  const dependencies: Dependency[] = [
    { from: "storefront", to: "checkout", hard: true },
    { from: "storefront", to: "cart", hard: true },
    { from: "checkout", to: "orders", hard: true },
    { from: "cart", to: "delivery-promise", hard: false },
  ];
  for (let i = named.length; i < systems.length; i += 1) {
    const from = systems[i] ?? "";
    // Its own domain's, and now and then one of those that everybody knows.
    const domain = Math.max(named.length, i - (i % DOMAIN));
    if (i > domain) {
      const to = systems[domain + Math.floor(next() * (i - domain))] ?? "";
      dependencies.push({ from, to, hard: next() < 0.5 });
    }
    if (next() < 0.1) {
      const to = named[Math.floor(next() * named.length)] ?? "orders";
      dependencies.push({ from, to, hard: next() < 0.5 });
    }
  }
  return { systems, dependencies };
}

/** How many systems a change of `system` reaches, itself included. */
export function reachedFrom(system: string): number {
  const { systems, dependencies } = retailCatalog();
  return reach(dependencyGraph(systems, dependencies), [system]).systems.length;
}
