// SPDX-License-Identifier: Apache-2.0
/** A control plane of files on disk, and a shop whose cells report their orders every second. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Store, saveSlots } from "@interlock/store";

export type Shop = {
  /** Of the description, with a text that differs for each loss budget. */
  readonly text: (budget: number) => string;
  /** An hour of orders before anything happens. */
  readonly remember: (store: Store) => Promise<void>;
  /** Goes on reporting; gives what stops it. */
  readonly report: (tokens: ReadonlyMap<string, string>, origin: string) => () => void;
  /** Of the orders of a cell, how many still come. */
  readonly left: Map<string, number>;
  /** Somebody writes past everything. */
  readonly tamper: (cell: string, key: string, text: string) => void;
  /** What a cell holds. */
  readonly holds: (cell: string) => string;
  readonly close: () => void;
};

/** `ship` bakes for a second: what it is brought is passed while others still bake. */
export const SYSTEMS = ["cart", "pay", "ship"] as const;
/** The file of each system that its cells read. */
export const FILES = [
  "cart/rates.txt",
  "pay/rates.txt",
  "ship/rates.txt",
  "tight/rates.txt",
] as const;
const SHARES = { "eu-1": 10, "eu-2": 30, "us-1": 60 } as const;
const PLACES = Object.keys(SHARES) as readonly (keyof typeof SHARES)[];
/** Orders a second of one percent. */
const ORDERS = 2;
const SECOND = 1_000;
const HOUR = 3_600_000;

export function openShop(repository: string, held: string): Shop {
  const root = mkdtempSync(join(tmpdir(), "interlock-shop-"));
  const cells = SYSTEMS.flatMap((system) => PLACES.map((place) => `${system}-${place}`));
  for (const cell of [...cells, "tight-one"]) {
    mkdirSync(join(root, cell));
    writeFileSync(join(root, cell, "rates"), held);
  }
  const left = new Map<string, number>();
  return {
    ...{ left, text: (budget) => textOf({ root, repository, budget }) },
    tamper: (cell, key, text) => writeFileSync(join(root, cell, key), text),
    holds: (cell) => readFileSync(join(root, cell, "rates"), "utf8"),
    remember: async (store) => {
      const now = Math.floor(Date.now() / SECOND) * SECOND;
      for (const system of SYSTEMS)
        await saveSlots(
          store.db,
          Array.from({ length: HOUR / SECOND }, (_, i) => ({
            ...{ signal: `${system}-orders`, start: now - HOUR + i * SECOND, width: SECOND },
            cells: Object.fromEntries(
              PLACES.map((place) => [`${system}-${place}`, [ORDERS * SHARES[place]]]),
            ),
          })),
        );
    },
    report: (tokens, origin) => {
      const totals = new Map<string, number>();
      const timer = setInterval(() => {
        // Totals: what was not sent while the server was away comes with the next.
        for (const system of SYSTEMS) void push(system).catch(() => undefined);
      }, SECOND);
      const push = async (system: string) => {
        const lines = PLACES.map((place) => {
          const cell = `${system}-${place}`;
          const more = ORDERS * SHARES[place] * (left.get(cell) ?? 1);
          totals.set(cell, (totals.get(cell) ?? 0) + Math.round(more));
          return `orders_total{cell="${cell}"} ${totals.get(cell)} ${Date.now() / SECOND}`;
        });
        await fetch(`${origin}/api/v1/signals/${system}-orders/points`, {
          method: "POST",
          headers: {
            authorization: `Bearer ${tokens.get(system)}`,
            "content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8",
          },
          body: `# TYPE orders counter\n${lines.join("\n")}\n# EOF\n`,
        });
      };
      return () => clearInterval(timer);
    },
    close: () => rmSync(root, { recursive: true, force: true }),
  };
}

function textOf(given: {
  readonly root: string;
  readonly repository: string;
  readonly budget: number;
}): string {
  const { root, repository, budget } = given;
  const names = [
    ...SYSTEMS.flatMap((system) => PLACES.map((at) => `${system}-${at}`)),
    "tight-one",
  ];
  const system = (name: string) => `  - name: ${name}
    tier: 1
    ordersPerMinute: ${ORDERS * 100 * 60}
    asyncFailure: ${name === "ship" ? "1s" : "1m"}
    lossBudget: ${budget}
${name === "cart" ? "    emergency: {keys: 1, cells: 3, bake: 1m}\n" : ""}    cells:
${PLACES.map((at) => `      - {id: ${name}-${at}, region: ${at.slice(0, 2)}, share: ${SHARES[at]}%, runs: v1}`).join("\n")}
`;
  const set = (name: string) => `  - name: ${name}-rates
    system: ${name}
    target: disk
    owner: payments
    repository: ${JSON.stringify(repository)}
    ref: refs/heads/main
    files: [{path: "${name}/{key}.txt", key: "{key}"}]
    limits: {keys: 10, valueBytes: 10000, growth: 50%, shrink: 50%}
`;
  const signal = (name: string) => `  - name: ${name}-orders
    system: ${name}
    kind: push
    measures: orders
    settings: {metric: orders, slotMs: 1000, settleMs: 0}
    unit: orders
    fresh: 30s
    minimumSamples: 50
    weight: 100%
`;
  return `version: 1
targets:
  - {name: disk, kind: files, settings: {root: ${JSON.stringify(root)}, cells: {${names.map((id) => `${id}: ${id}`).join(", ")}}}}
systems:
${SYSTEMS.map(system).join("")}  - name: tight
    tier: 1
    ordersPerMinute: 1000
    asyncFailure: 1m
    lossBudget: 1
    emergency: {keys: 1, cells: 1, bake: 1m}
    cells: [{id: tight-one, region: eu, share: 100%, runs: v1}]
configSets:
${[...SYSTEMS, "tight"].map(set).join("")}signals:
${[...SYSTEMS, "tight"].map(signal).join("")}`;
}
