// SPDX-License-Identifier: Apache-2.0

/** One figure that a drill rests on. */
export type Assumption = {
  readonly id: string;
  readonly value: number | string;
  readonly unit: string;
  /** Where it is reported, or `assumption`. `calibrated`: follows from reported figures and the others. */
  readonly source: string;
};

/** The reports by press; both repeat the same internal documents. */
export const REPORTED = "https://vibegraveyard.ai/story/amazon-ai-code-retail-outages";
/** Derived from the report: 6.3 million orders over 360 minutes at 99 %. */
const DERIVED = `derived from ${REPORTED}`;

export const HOUR_S = 3_600;
/** The reported incident, from the first write to the end. */
export const INCIDENT_S = 6 * HOUR_S;
/** Arms that begin later end later: so long is simulated. */
export const HORIZON_S = 7.5 * HOUR_S;

/** Everything about the world that is the same for both incidents. */
export const WORLD = {
  /** Orders a minute in the region, averaged over the six hours of an incident. */
  ordersPerMinute: 17_700,
  cartsPerOrder: 3,
  /** Depth of the daily rhythm around its mean, and of the weekly one. */
  dailySwing: 0.5,
  weeklySwing: 0.1,
  /** Variance of the rate of one cell in one second, relative to its square. */
  cellNoise: 0.02,
  /** As above, of the whole region in 10 seconds. */
  regionNoise: 0.0009,
  /** Error pages of all cart pages while nothing is wrong, in millionths. */
  errorPagesPpm: 1_000,
  /** Until people have noticed and agreed that something is wrong. */
  noticeS: 30 * 60,
  /** Below this share of orders or pages that go wrong nobody notices without a test. */
  noticeablePpm: 10_000,
  /** From then until everything is restored by hand. */
  byHandS: INCIDENT_S - 30 * 60,
  /** How long a control plane without limits takes to reach every cell. */
  spreadS: 60,
  writeS: 1,
  /** From a write that landed to the last process that reads it. */
  reloadS: 5,
  /** One slot of a signal, and how old its counts are when they are read. */
  slotS: 10,
  lagS: 5,
  /** What is learned from before a change. */
  learnS: 4 * HOUR_S,
  weeks: 4,
  tier1Systems: 335,
} as const;

/** What both incidents assume, each with its source. */
export function worldAssumptions(): readonly Assumption[] {
  const one = (id: string, value: number | string, unit: string, source = "assumption") => ({
    id,
    value,
    unit,
    source,
  });
  return [
    one("orders-per-minute", WORLD.ordersPerMinute, "orders a minute in the region", DERIVED),
    one("incident-length", INCIDENT_S, "seconds, about six hours", REPORTED),
    one("tier-1-systems", WORLD.tier1Systems, "systems", REPORTED),
    one("carts-per-order", WORLD.cartsPerOrder, "cart pages for an order"),
    one("daily-swing", WORLD.dailySwing, "amplitude of the day, relative to its mean"),
    one("weekly-swing", WORLD.weeklySwing, "amplitude of the week, relative to its mean"),
    one(
      "cell-noise",
      WORLD.cellNoise,
      "negative binomial: variance = mean + this x mean^2, a cell and second",
    ),
    one("region-noise", WORLD.regionNoise, "as above, of the whole region in 10 seconds"),
    one("error-pages", WORLD.errorPagesPpm, "millionths of cart pages while nothing is wrong"),
    one(
      "notice",
      WORLD.noticeS,
      "seconds until people without a signal agree that something is wrong",
    ),
    one(
      "noticeable",
      WORLD.noticeablePpm,
      "millionths of orders or cart pages that go wrong: less is not noticed",
    ),
    one("by-hand", WORLD.byHandS, "seconds to restore by hand", "calibrated"),
    one("spread", WORLD.spreadS, "seconds to every cell where nothing limits it"),
    one("write", WORLD.writeS, "seconds for a write to a cell"),
    one("reload", WORLD.reloadS, "seconds from a write to the last process that reads it"),
    one("slot", WORLD.slotS, "seconds in a slot of a signal"),
    one("lag", WORLD.lagS, "seconds until a slot can be read"),
  ];
}
