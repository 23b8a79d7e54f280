// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measureRisk, type RiskModel, score } from "../src/risk.ts";
import { logistic, signedLog1p } from "../src/risk-arithmetic.ts";
import { RISK_MODEL } from "../src/risk-model.generated.ts";

const MODEL: RiskModel = {
  version: 1,
  name: "two-features",
  interceptPpm: { code: 100_000, configuration: -100_000 },
  features: [
    {
      feature: "la",
      about: "lines added",
      unit: 1,
      code: { meanPpm: 2_000_000, slopePpm: 500_000 },
      configuration: { meanPpm: 1_000_000, slopePpm: 100_000 },
    },
    {
      feature: "ageMs",
      about: "age",
      unit: 3_600_000,
      code: { meanPpm: 3_000_000, slopePpm: -200_000 },
      configuration: { meanPpm: 3_000_000, slopePpm: 200_000 },
    },
  ],
  percentilesPpm: [100_000, 400_000, 600_000],
};

describe("arithmetic", () => {
  it("agrees with the engine's own logarithm to one part in 10^12", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 4_000_000 }), (value, unit) => {
        const ours = signedLog1p(value / unit);
        const theirs = Math.sign(value) * Math.log1p(Math.abs(value / unit));
        expect(Math.abs(ours - theirs)).toBeLessThanOrEqual(1e-12 * (1 + Math.abs(theirs)));
      }),
    );
  });

  it("gives powers of two as multiples of the logarithm of two, zero without a sign", () => {
    const { LN2 } = Math;
    expect([-7, -1, 0, 1, 3].map(signedLog1p)).toEqual([-3 * LN2, -LN2, 0, LN2, 2 * LN2]);
  });

  it("agrees with the engine's own logistic curve and stays in range", () => {
    fc.assert(
      fc.property(fc.double({ min: -200, max: 200, noNaN: true }), (x) => {
        const clamped = Math.min(30, Math.max(-30, x));
        expect(Math.abs(logistic(x) - 1 / (1 + Math.exp(-clamped)))).toBeLessThan(1e-12);
      }),
    );
  });
});

describe("score", () => {
  const cases: readonly {
    readonly name: string;
    readonly features: { readonly [feature: string]: number };
    readonly terms: readonly (readonly [string, number])[];
    readonly unknown: readonly string[];
    readonly ppm: number;
    readonly percentile: number;
  }[] = [
    {
      name: "code uses the slopes learned from code",
      features: { configPpm: 0, la: 0, ageMs: 0 },
      terms: [
        ["la", -1_000_000],
        ["ageMs", 600_000],
      ],
      unknown: [],
      ppm: 425_557,
      percentile: 2,
    },
    {
      name: "configuration uses the slopes learned from configuration",
      features: { configPpm: 1_000_000, la: 0, ageMs: 0 },
      terms: [
        ["ageMs", -600_000],
        ["la", -100_000],
      ],
      unknown: [],
      ppm: 310_026,
      percentile: 1,
    },
    {
      name: "a mixed change is read in proportion",
      features: { configPpm: 500_000, la: 0, ageMs: 0 },
      terms: [
        ["la", -550_000],
        ["ageMs", 0],
      ],
      unknown: [],
      ppm: 365_864,
      percentile: 1,
    },
    {
      name: "a feature is counted in its unit",
      features: { configPpm: 0, la: 0, ageMs: 3_600_000 },
      terms: [
        ["la", -1_000_000],
        ["ageMs", 461_371],
      ],
      unknown: [],
      ppm: 392_068,
      percentile: 1,
    },
    {
      name: "an unknown feature is taken as average and named",
      features: { configPpm: 0, la: 99 },
      terms: [["la", 1_302_585]],
      unknown: ["ageMs"],
      ppm: 802_594,
      percentile: 3,
    },
    {
      name: "nothing known at all is the middle, with every feature named",
      features: {},
      terms: [],
      unknown: ["ageMs", "configPpm", "la"],
      ppm: 500_000,
      percentile: 2,
    },
    {
      name: "fractions, NaN and infinity are unknown, not guessed",
      features: { configPpm: Number.NaN, la: 1.5, ageMs: Number.POSITIVE_INFINITY },
      terms: [],
      unknown: ["ageMs", "configPpm", "la"],
      ppm: 500_000,
      percentile: 2,
    },
  ];
  it.each(cases)("$name", ({ features, terms, unknown, ppm, percentile }) => {
    const result = score(features, MODEL);
    expect(result.terms.map((t) => [t.feature, t.contributionPpm])).toEqual(terms);
    expect(result.unknown).toEqual(unknown);
    expect(result.ppm).toBe(ppm);
    expect(result.percentile).toBe(percentile);
  });

  it("has the terms of one weight in the order of their names", () => {
    const [row] = MODEL.features;
    const model = (...order: readonly string[]) => ({
      ...MODEL,
      features: order.flatMap((feature) => (row === undefined ? [] : [{ ...row, feature }])),
    });
    for (const order of [
      ["a", "b", "c"],
      ["c", "b", "a"],
      ["b", "c", "a"],
    ]) {
      const { terms } = score({ configPpm: 0, a: 4, b: 4, c: 4 }, model(...order));
      expect(terms.map((t) => t.feature)).toEqual(["a", "b", "c"]);
    }
  });

  it("counts the changes that score less, and not those that score the same", () => {
    const percentile = (cut: number) => score({}, { ...MODEL, percentilesPpm: [cut] }).percentile;
    expect([499_999, 500_000, 500_001].map(percentile)).toEqual([1, 0, 0]);
  });

  it("writes a term that is minus zero as zero", () => {
    const slope = { meanPpm: 0, slopePpm: -1 };
    const [row] = MODEL.features;
    const features = row === undefined ? [] : [{ ...row, code: slope, configuration: slope }];
    const { terms } = score({ configPpm: 0, la: 0 }, { ...MODEL, features });
    expect(terms.map((t) => Object.is(t.contributionPpm, 0))).toEqual([true]);
  });

  it("does not take inherited properties for features", () => {
    const model = {
      ...MODEL,
      features: MODEL.features.map((f) => ({ ...f, feature: "constructor" })),
    };
    expect(score({}, model).terms).toEqual([]);
  });
});

const names = ["configPpm", ...RISK_MODEL.features.map(({ feature }) => feature)];
const featureSets = fc
  .array(fc.tuple(fc.constantFrom(...names), fc.maxSafeInteger()))
  .map((pairs) => Object.fromEntries(pairs));

describe("the shipped model", () => {
  it("is the one in the JSON file", () => {
    const file = new URL("../src/risk-model.json", import.meta.url);
    expect(RISK_MODEL).toEqual(JSON.parse(readFileSync(file, "utf8")));
  });

  it("holds integers only, a rising table of percentiles and each feature once", () => {
    const { features, interceptPpm, percentilesPpm } = RISK_MODEL;
    const numbers = [
      interceptPpm.code,
      interceptPpm.configuration,
      ...percentilesPpm,
      ...features.flatMap(({ unit, code, configuration }) => [
        unit,
        code.meanPpm,
        code.slopePpm,
        configuration.meanPpm,
        configuration.slopePpm,
      ]),
    ];
    expect(numbers.every(Number.isSafeInteger)).toBe(true);
    expect(percentilesPpm).toHaveLength(99);
    expect([...percentilesPpm].sort((a, b) => a - b)).toEqual(percentilesPpm);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => /author|email|login|name/i.test(name))).toEqual([
      "sinceAuthorMs",
    ]);
  });

  it("gives integers in range for any features, and the terms add up to the score", () => {
    fc.assert(
      fc.property(featureSets, (features) => {
        const result = score(features, RISK_MODEL);
        const { ppm, percentile, configurationPpm, terms, unknown } = result;
        expect([ppm, percentile, configurationPpm].every(Number.isSafeInteger)).toBe(true);
        expect(terms.every((t) => Number.isSafeInteger(t.contributionPpm))).toBe(true);
        expect(ppm).toBeGreaterThanOrEqual(0);
        expect(ppm).toBeLessThanOrEqual(1_000_000);
        expect(terms.length + unknown.length).toBe(
          names.length - (unknown.includes("configPpm") ? 0 : 1),
        );
        const { code, configuration } = RISK_MODEL.interceptPpm;
        const share = configurationPpm / 1_000_000;
        const sum = terms.reduce((total, t) => total + t.contributionPpm, 0);
        const logit = (sum + (1 - share) * code + share * configuration) / 1_000_000;
        const expected = 1_000_000 / (1 + Math.exp(-Math.min(30, Math.max(-30, logit))));
        expect(Math.abs(ppm - expected)).toBeLessThan(2);
      }),
    );
  });

  it("does not depend on the order of features or of the model's rows", () => {
    const turned = { ...RISK_MODEL, features: [...RISK_MODEL.features].reverse() };
    fc.assert(
      fc.property(featureSets, (features) => {
        const reversed = Object.fromEntries(Object.entries(features).reverse());
        expect(score(reversed, turned)).toEqual(score(features, RISK_MODEL));
      }),
    );
  });

  it("explains every term in words", () => {
    const { terms } = measureRisk({ values: { configPpm: 0, la: 10, nf: 2 } });
    expect(terms.map((t) => t.about).every((about) => about.length > 5)).toBe(true);
    expect(terms).toHaveLength(2);
  });
});
