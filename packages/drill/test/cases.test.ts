// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drillCase } from "../src/case-drill.ts";
import { builtInCases } from "../src/cases/embedded.ts";
import { OUTAGES_JSON } from "../src/cases/outages.generated.ts";
import { readCase } from "../src/cases/read.ts";
import { caseText } from "../src/text.ts";

const folder = new URL("../../../conformance/outages/", import.meta.url);
const names = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .sort();

describe("cases", () => {
  it("are those of conformance/outages: `npm run outages` after one has changed", () => {
    const files = Object.fromEntries(
      names.map((name) => [name, readFileSync(new URL(name, folder), "utf8")]),
    );
    expect(JSON.parse(OUTAGES_JSON)).toEqual(files);
    expect(builtInCases().map(({ id }) => `${id}.yaml`)).toEqual(names);
  });

  it.each([
    ["", /no mapping/],
    ["outage: x", /`decidable` is missing/],
    ["outage: x\ndecidable: maybe", /none of `yes`/],
    ["outage: x\ntitle: t\nsource: s\ndecidable: yes\nfault: 3", /`fault` is no mapping/],
    [
      "outage: x\ntitle: t\nsource: s\ndecidable: yes\nfault: {after: {a: 3}}\ntwin: {}",
      /`a` is no text/,
    ],
    ["a: &a [1]\nb: *a", /alias/i],
    ["a: {", /`case.yaml`: /],
  ])("refuse %j", (text, says) => {
    expect(() => readCase("case.yaml", text)).toThrow(says);
  });

  it("fail with a message and nothing else, whatever they hold", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200, unit: "binary" }), (text) => {
        expect(() => readCase("case.yaml", text)).toThrow(/^`case.yaml`: /);
      }),
      // A stack that is mapped to its sources costs more than the reading.
      { numRuns: 30 },
    );
  });
});

describe("a case's change", () => {
  const drilled = (id: string) => {
    const given = builtInCases().find((one) => one.id === id);
    if (given === undefined) throw new Error(`no case ${id}`);
    return drillCase(given, 1);
  };

  it("is held before it goes out where a rule finds the fault, and its twin is not", async () => {
    const report = await drilled("facebook-config-2010-09");
    expect(report).toMatchObject({ stoppedBy: "rules", rules: { twin: "allow" } });
    expect(report.rules.stops.map(({ rule }) => rule)).toContain("R25");
    expect(caseText(report)).toMatch(/before anything is written, by R25/);
  });

  it("is said to pass the rules where none finds the fault", async () => {
    const report = await drilled("honeycomb-switch-2023-07");
    expect(report).toMatchObject({ stoppedBy: "waves", rules: { outcome: "allow", stops: [] } });
    expect(report.approvals).toEqual({ alone: "hold", fooled: "allow" });
    expect(report.says).toContain("harm that no enrolled signal shows passes every wave");
  });
});
