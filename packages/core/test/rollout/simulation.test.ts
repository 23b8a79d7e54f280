// SPDX-License-Identifier: Apache-2.0
/** Thousands of seeds: `npm run campaign:rollouts`. */
import { describe, expect, it } from "vitest";
import { Simulation } from "./simulation.ts";

const SEEDS = Number(process.env["ROLLOUT_SEEDS"] ?? "300");
const FIRST = Number(process.env["ROLLOUT_FIRST_SEED"] ?? "1");

describe("a rollout among faults", () => {
  it("RO19 keeps its promises through crashes, lost races, half writes, late writes, two drivers and clocks that jump", () => {
    const ends = new Map<string, number>();
    let crashes = 0;
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      try {
        const outcome = new Simulation(seed).run(250);
        ends.set(outcome.phase, (ends.get(outcome.phase) ?? 0) + 1);
        crashes += outcome.crashes;
      } catch (error) {
        throw new Error(`seed ${seed}: ${(error as Error).message}`); // thrown by `must`, or a bug
      }
    }
    expect([...ends.keys()].sort()).toEqual(["completed", "gone-back"]);
    expect(crashes).toBeGreaterThan(SEEDS);
  });
});
