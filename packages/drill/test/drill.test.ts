// SPDX-License-Identifier: Apache-2.0
/** Both incidents, on fixed seeds; margins are stated where they are used. */
import { beforeAll, describe, expect, it } from "vitest";
import { type DrillReport, drill, type FirstRuns, incidentOf } from "../src/drill.ts";
import { drillPage } from "../src/page/page.ts";
import { drillText } from "../src/text.ts";

async function drillOf(id: string, seeds = 1) {
  const incident = incidentOf(id);
  if (incident === null) throw new Error(`no incident ${id}`);
  return drill(incident, { seed: 100, seeds });
}

const reportOf = async (id: string): Promise<DrillReport> => (await drillOf(id, 2)).report;

const arm = ({ arms }: DrillReport, name: string) => {
  const found = arms.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no arm ${name}`);
  return found;
};

const within = (value: number | null, wanted: number, share: number): void => {
  expect(value).toBeGreaterThan(wanted * (1 - share));
  expect(value).toBeLessThan(wanted * (1 + share));
};

describe("march-5", () => {
  let report: DrillReport;
  beforeAll(async () => {
    report = await reportOf("march-5");
  });

  it("loses what was reported without safeguards, within 1 %", () => {
    within(arm(report, "none").lostOrders, 6_300_000, 0.01);
    expect(arm(report, "none").secondsToHalt).toBeNull();
  });

  it("loses fewer than 1,000 orders with everything that is shipped, in the worst of the seeds", () => {
    expect(arm(report, "interlock").over.lostOrders.p95).toBeLessThan(1_000);
  });

  it("halts within twice the orders of the test that knows both rates", () => {
    const best = report.bound.over.lostAtHalt.mean ?? 0;
    expect(arm(report, "interlock").over.lostAtHalt.mean).toBeLessThanOrEqual(2 * best);
    expect(arm(report, "interlock").lostOrders).toBeLessThanOrEqual(
      2 * (report.bound.lostOrders ?? 0),
    );
    expect(report.bound.times.atHalt.most).toBeLessThanOrEqual(2);
    expect(report.bound.times.inAll.most).toBeLessThanOrEqual(2);
  });

  it("costs less with each safeguard that acts, and nothing less where people were fooled", () => {
    const lost = (name: string) => arm(report, name).lostOrders ?? 0;
    for (const name of ["two-people", "document", "rules"]) expect(lost(name)).toBe(lost("none"));
    for (const name of ["waves", "signals", "unwind"]) {
      expect(lost(name)).toBeLessThan(lost("none"));
      expect(lost(name)).toBeGreaterThan(100 * lost("interlock"));
    }
  });

  it("says what would have held the change before it went out", () => {
    expect(arm(report, "rules").gate?.stops.map(({ rule }) => rule)).toContain("R18");
    expect(arm(report, "two-people").gate).toMatchObject({ alone: "hold", fooled: "allow" });
    expect(arm(report, "document").gate).toMatchObject({ alone: "hold", fooled: "allow" });
  });

  it("begins with the first wave that the rules ask for", () => {
    expect(report.plan.waves[0]?.exposurePpm).toBeLessThanOrEqual(10_000);
    expect(report.plan.waves.at(-1)?.exposurePpm).toBe(1_000_000);
  });
});

describe("march-2", () => {
  let report: DrillReport;
  let first: FirstRuns;
  beforeAll(async () => {
    ({ report, first } = await drillOf("march-2"));
  });

  it("loses and fails what was reported without safeguards, within 2 %", () => {
    within(arm(report, "none").lostOrders, 120_000, 0.02);
    within(arm(report, "none").errors, 1_600_000, 0.02);
  });

  it("serves fewer than 1,000 wrong answers with everything that is shipped", () => {
    expect(arm(report, "interlock").over.wrongAnswers.p95).toBeLessThan(1_000);
  });

  it("is denied by the contract of the configuration, whoever approves", () => {
    expect(arm(report, "rules").gate).toMatchObject({ alone: "deny", fooled: "deny" });
  });

  it("is the same for the same seed", async () => {
    expect((await drillOf("march-2")).report).toEqual(report);
  });

  it("says of every figure where it is from", () => {
    const { assumptions } = report;
    expect(new Set(assumptions.map(({ id }) => id)).size).toBe(assumptions.length);
    for (const { source } of assumptions)
      expect(source).toMatch(/^(assumption|calibrated|derived from https:|https:)/);
  });

  it("has a page with four plots, without script or request", () => {
    const page = drillPage(report, first);
    expect(page).not.toMatch(/<script|src=|href=|NaN|undefined|Infinity/);
    expect(page.match(/<svg /g)).toHaveLength(4);
    expect(drillText(report)).toMatch(/^interlock +/m);
  });
});
