// SPDX-License-Identifier: Apache-2.0
import { type Assumption, HOUR_S, INCIDENT_S, REPORTED, WORLD } from "./assumptions.ts";

/** What the change does to whoever gets it, in millionths. */
export type Harm = {
  /** Orders that are not placed. */
  readonly lostPpm: number;
  /** Cart pages with a wrong answer, and those of them that end in an error page. */
  readonly wrongPpm: number;
  readonly errorPpm: number;
};

export type Incident = {
  readonly id: string;
  readonly title: string;
  /** The case of `conformance/outages` that is its change. */
  readonly outage: string;
  readonly system: string;
  /** Second of the week at which the first write happens. */
  readonly startS: number;
  readonly ordersPerMinute: number;
  readonly harm: Harm;
  readonly assumptions: readonly Assumption[];
};

const ORDERS = (WORLD.ordersPerMinute * INCIDENT_S) / 60;
const PAGES = ORDERS * WORLD.cartsPerOrder;
const ppm = (part: number, whole: number): number => Math.round((part * 1_000_000) / whole);
const DAY_S = 24 * HOUR_S;

const MARCH_2_LOST = 120_000;
const MARCH_2_ERRORS = 1_600_000;
const MARCH_2_WRONG_PPM = 300_000;
const MARCH_5_DROP_PPM = 990_000;

/** A wrong delivery-promise configuration: wrong times in the cart, carts left, error pages. */
const MARCH_2: Incident = {
  id: "march-2",
  title: "a delivery-promise configuration that answers wrongly",
  outage: "amazon-retail-2026-03-02",
  system: "delivery-promise",
  startS: 14 * HOUR_S,
  ordersPerMinute: WORLD.ordersPerMinute,
  harm: {
    lostPpm: ppm(MARCH_2_LOST, ORDERS),
    wrongPpm: MARCH_2_WRONG_PPM,
    errorPpm: ppm(MARCH_2_ERRORS, PAGES),
  },
  assumptions: [
    {
      id: "lost-orders",
      value: MARCH_2_LOST,
      unit: "orders lost without safeguards",
      source: REPORTED,
    },
    {
      id: "errors",
      value: MARCH_2_ERRORS,
      unit: "error pages without safeguards",
      source: REPORTED,
    },
    {
      id: "length",
      value: INCIDENT_S,
      unit: "seconds: the report gives none",
      source: "assumption",
    },
    {
      id: "lost",
      value: ppm(MARCH_2_LOST, ORDERS),
      unit: "millionths of orders lost where the change is",
      source: "calibrated",
    },
    {
      id: "error",
      value: ppm(MARCH_2_ERRORS, PAGES),
      unit: "millionths of cart pages that fail where the change is",
      source: "calibrated",
    },
    {
      id: "wrong",
      value: MARCH_2_WRONG_PPM,
      unit: "millionths of cart pages with a wrong answer",
      source: "assumption",
    },
    { id: "start", value: "Monday 14:00", unit: "local time", source: "assumption" },
  ],
};

/** One operator's broad change: nearly no orders wherever it is. */
const MARCH_5: Incident = {
  id: "march-5",
  title: "a broad configuration change by one operator",
  outage: "amazon-retail-2026-03-05",
  system: "orders",
  startS: 3 * DAY_S + 14 * HOUR_S,
  ordersPerMinute: WORLD.ordersPerMinute,
  harm: {
    lostPpm: MARCH_5_DROP_PPM,
    wrongPpm: Math.round(MARCH_5_DROP_PPM / WORLD.cartsPerOrder),
    errorPpm: Math.round(MARCH_5_DROP_PPM / WORLD.cartsPerOrder),
  },
  assumptions: [
    {
      id: "drop",
      value: MARCH_5_DROP_PPM,
      unit: "millionths of orders lost where the change is",
      source: REPORTED,
    },
    {
      id: "errors-per-lost-order",
      value: 1,
      unit: "error pages for an order that is not placed",
      source: "assumption",
    },
    { id: "start", value: "Thursday 14:00", unit: "local time", source: "assumption" },
  ],
};

export const INCIDENTS: readonly Incident[] = [MARCH_2, MARCH_5];
