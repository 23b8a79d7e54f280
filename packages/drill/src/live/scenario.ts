// SPDX-License-Identifier: Apache-2.0
/** What changes in a live drill, and what the shop makes of it. */
import { GateError } from "@interlock/core";

export type CellShare = { readonly id: string; readonly region: string; readonly sharePpm: number };

/** Smallest first, as the plan goes out. */
export const LIVE_CELLS: readonly CellShare[] = [
  { id: "na-1", region: "us-east", sharePpm: 10_000 },
  { id: "na-2", region: "us-east", sharePpm: 90_000 },
  { id: "na-3", region: "us-west", sharePpm: 300_000 },
  { id: "na-4", region: "us-west", sharePpm: 600_000 },
];

/** What a configuration makes of customers, as shares of one. */
export type Outcome = {
  /** Orders that are placed, of those that would be with the configuration that is right. */
  readonly placed: number;
  /** Requests for a cart that get an error or a wrong promise. */
  readonly wrong: number;
};

export type Scenario = {
  readonly system: string;
  readonly key: string;
  readonly before: string;
  readonly after: string;
  /** Subject of the commit that breaks it. */
  readonly says: string;
  /** What the shop does with what it reads. Throws on what is no configuration. */
  readonly outcomeOf: (text: string) => Outcome;
};

const CARTS_PER_ORDER = 3;
/** Of customers who are promised a wrong date, these leave; with three in ten of them, 1.9 % of all. */
const LEAVE = 0.0628;

const inJson = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;

function numberAt(text: string, path: readonly string[]): number {
  let at: unknown = JSON.parse(text);
  for (const step of path)
    at = typeof at === "object" && at !== null ? Reflect.get(at, step) : undefined;
  if (typeof at === "number") return at;
  throw new GateError(
    "JUDGING_STOPPED",
    `the shop's configuration has no number at \`${path.join(".")}\``,
    "run the drill again",
  );
}

/** A share of carts may go on to an order: a switch that somebody turns nearly off, everywhere. */
const ORDERS: Scenario = {
  system: "orders",
  key: "checkout.json",
  before: inJson({ marketplaces: ["US", "CA", "MX"], acceptPercent: 100 }),
  after: inJson({ marketplaces: ["US", "CA", "MX"], acceptPercent: 1 }),
  says: "orders: accept by marketplace",
  outcomeOf: (text) => {
    const placed = Math.min(100, Math.max(0, numberAt(text, ["acceptPercent"]))) / 100;
    return { placed, wrong: (1 - placed) / CARTS_PER_ORDER };
  },
};

/** Three orders in ten go to where the third day is right; another promise is wrong, and some leave. */
const PROMISE: Scenario = {
  system: "delivery-promise",
  key: "promise.json",
  before: inJson({ days: { near: 1, far: 3 } }),
  after: inJson({ days: { near: 1, far: 33 } }),
  says: "delivery-promise: new carrier times",
  outcomeOf: (text) => {
    const near = Math.abs(numberAt(text, ["days", "near"]) - 1) > 1 ? 0.7 : 0;
    const far = Math.abs(numberAt(text, ["days", "far"]) - 3) > 1 ? 0.3 : 0;
    return { placed: 1 - (near + far) * LEAVE, wrong: near + far };
  },
};

/** The change of an incident, or `null` where it cannot be run live. */
export function scenarioOf(incident: string): Scenario | null {
  if (incident === "march-5") return ORDERS;
  return incident === "march-2" ? PROMISE : null;
}
