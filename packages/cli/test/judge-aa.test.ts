// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from "vitest";
import { seriesFromCsv } from "../src/replayed/csv.ts";
import { replayed, replayText } from "../src/replayed/replay.ts";

const MINUTE = 60_000;
const FROM = Date.UTC(2026, 2, 2);

/** Two cells of about 100 a minute; `wobble`: how much the first one's share moves from hour to hour. */
function csvOf(minutes: number, wobble: number): string {
  let seed = 7;
  const dice = () => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return seed / 4_294_967_296;
  };
  const noise = () => dice() + dice() + dice() + dice() + dice() + dice() - 3;
  const lines = ["time,cell,count"];
  for (let i = 0; i < minutes; i += 1) {
    const hour = Math.floor(i / 240) % 2 === 0 ? 1 : 1 - wobble;
    const time = new Date(FROM + i * MINUTE).toISOString();
    lines.push(`${time},a,${Math.round(100 * hour + 14 * noise())}`);
    lines.push(`${time},b,${Math.round(100 + 14 * noise())}`);
  }
  return lines.join("\n");
}

const PLAN = {
  question: { worse: "lower", toleratedPpm: 20_000, excludedPpm: 120_000 },
  ...{ alphaPpm: 1_000, learnSlots: 240, watchSlots: 60, changedCells: 1 },
} as const;
const slots = (minutes: number) => ({
  ...{ from: FROM, to: FROM + minutes * MINUTE, slotMs: MINUTE, cells: ["a", "b"] },
});

describe("interlock judge aa", () => {
  it("a quiet past does not contradict the promise", () => {
    const found = replayed(seriesFromCsv(csvOf(1_440, 0), slots(1_440)), PLAN);
    expect(found).toMatchObject({ runs: 40, falseHalts: 0, promise: "not-contradicted" });
    expect(replayText(found)).toMatch(
      /^1440 of 1440 slots were read for every cell\n40 runs without any change, 0 false halts\n/,
    );
  });

  it("a past whose shares wander breaks it, and nothing is claimed", () => {
    const found = replayed(seriesFromCsv(csvOf(1_440, 0.5), slots(1_440)), PLAN);
    expect(found).toMatchObject({ promise: "broken", claimed: false });
    expect(found.doubts).toContain("replay-broke-it");
    expect(replayText(found)).toMatch(/may not be claimed: .*halted more often than promised/);
  });

  it("what was not written was not read", () => {
    const series = seriesFromCsv(`${FROM},a,3\n${FROM + 1_000},a,4\n${FROM},c,9\n`, slots(2));
    expect(series).toEqual([
      [7, null],
      [null, null],
    ]);
  });

  it.each(["x,a,1", `${FROM},a,-1`, `${FROM},a,1.5`, `${FROM},a`, `${FROM},a,1,2`])(
    "refuses the line %s",
    (line) => {
      expect(() => seriesFromCsv(line, slots(1))).toThrow(/line 1: it is not `time,cell,count`/);
    },
  );
});
