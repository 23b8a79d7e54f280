// SPDX-License-Identifier: Apache-2.0
/** What the rollout does where harm is small, or is none. */
import { beforeAll, describe, expect, it } from "vitest";
import { ARMS, type Gates, interlockDrive } from "../src/arms.ts";
import { gatesOf, incidentOf } from "../src/drill.ts";
import type { Incident } from "../src/incident.ts";
import { runArm } from "../src/run.ts";
import { spreadOf } from "../src/spread.ts";
import { drawTraffic } from "../src/traffic.ts";

const like = incidentOf("march-5");
if (like === null) throw new Error("the incident is there");
const HOUR_S = 3_600;
const incident = (lostPpm: number, ordersPerMinute = 17_700): Incident => ({
  ...like,
  ordersPerMinute,
  harm: { lostPpm, wrongPpm: 0, errorPpm: 0 },
});

describe("a rollout in the simulated retailer", () => {
  let gates: Gates;
  beforeAll(async () => {
    gates = await gatesOf(like);
  });
  const ran = (given: Incident, seconds: number, over = {}) =>
    runArm({ ...interlockDrive(given, gates), ...over }, drawTraffic(given, 41, seconds));

  it("brings a harmless change beyond its first wave, and halts nothing", () => {
    const run = ran(incident(0), 2 * HOUR_S);
    expect(run).toMatchObject({ lostOrders: 0, secondsToHalt: null });
    expect(run.waves).toBeGreaterThan(1);
  });

  it("waits where a wave has too few orders to tell, and does not go on", () => {
    const run = ran(incident(300_000, 177), HOUR_S, { peopleNotice: false });
    expect(run).toMatchObject({ secondsToHalt: null, waves: 1 });
  });

  it("halts later the smaller the harm", () => {
    const halts = [990_000, 500_000, 300_000].map(
      (drop) => ran(incident(drop), HOUR_S).secondsToHalt ?? Number.POSITIVE_INFINITY,
    );
    expect(halts).toEqual([...halts].sort((a, b) => a - b));
    expect(Math.max(...halts)).toBeLessThan(300);
  });

  it("writes nothing for one person alone: the first wave of Tier 1 waits for a second", () => {
    const run = ran(incident(990_000), 600, { persons: ["ana"] });
    expect(run).toMatchObject({ lostOrders: 0, secondsToHalt: null });
    expect(Math.max(...run.exposurePpm)).toBe(0);
  });

  it("has every arm once, from none to interlock", () => {
    const names = ARMS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect([names[0], names.at(-1)]).toEqual(["none", "interlock"]);
  });
});

describe("figures over seeds", () => {
  it.each([
    [[1, 2, 3, 4], { mean: 3, median: 2, p95: 4 }],
    [[5], { mean: 5, median: 5, p95: 5 }],
    [[1, null, null], { mean: null, median: null, p95: null }],
    [[1, 2, null], { mean: null, median: 2, p95: null }],
  ])("%j", (values, wanted) => {
    expect(spreadOf(values)).toEqual(wanted);
  });
});
