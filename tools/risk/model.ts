// SPDX-License-Identifier: Apache-2.0
import type { RiskModel, RiskSlope } from "@interlock/core";
import { fitLogistic } from "./logistic.ts";
import { FEATURES, type Project, type Sample } from "./samples.ts";

const PPM = 1_000_000;
const PENALTY = 5;
/** Total weight of a project; one with fewer bad changes than `ENOUGH_BAD` weighs less. */
const PROJECT_WEIGHT = 100;
const ENOUGH_BAD = 400;
const CUTS = 99;

/** The share of configuration mixes the heads and is no feature of either. */
const INPUTS = FEATURES.filter(({ feature }) => feature !== "configPpm");

type Head = { readonly interceptPpm: number; readonly slopes: readonly RiskSlope[] };

/** Fits both heads: code on labelled defects, configuration on labelled reverts. */
export function train(name: string, projects: readonly Project[]): RiskModel {
  const code = fitHead(projects.filter(({ kind }) => kind !== "reverts"));
  const configuration = fitHead(projects.filter(({ kind }) => kind === "reverts"));
  return {
    version: 1,
    name,
    interceptPpm: { code: code.interceptPpm, configuration: configuration.interceptPpm },
    features: INPUTS.map(({ feature, about, unit }, column) => ({
      feature,
      about,
      unit,
      code: code.slopes[column] ?? { meanPpm: 0, slopePpm: 0 },
      configuration: configuration.slopes[column] ?? { meanPpm: 0, slopePpm: 0 },
    })),
    percentilesPpm: [],
  };
}

function fitHead(projects: readonly Project[]): Head {
  const samples = projects.flatMap((project) => project.samples);
  const columns = INPUTS.length;
  const x = new Float64Array(samples.length * columns).fill(Number.NaN);
  for (const [row, sample] of samples.entries()) fillRow(x, row * columns, sample);
  const scales = INPUTS.map((_, column) => standardise(x, column));
  const bad = Uint8Array.from(samples, (sample) => (sample.bad ? 1 : 0));
  const beta = fitLogistic({ x, columns, bad, weight: weights(projects) }, PENALTY);
  return {
    interceptPpm: Math.round((beta[columns] ?? 0) * PPM),
    slopes: scales.map(({ mean, deviation }, column) => ({
      meanPpm: Math.round(mean * PPM),
      slopePpm: Math.round(((beta[column] ?? 0) / deviation) * PPM),
    })),
  };
}

function fillRow(x: Float64Array, start: number, sample: Sample): void {
  for (const [column, { feature, unit }] of INPUTS.entries()) {
    const value = sample.values[feature];
    if (value !== undefined) x[start + column] = Math.log1p(value / unit);
  }
}

/** Brings a column to mean 0 and deviation 1; an unknown value becomes the mean. */
function standardise(
  x: Float64Array,
  column: number,
): { readonly mean: number; readonly deviation: number } {
  const columns = INPUTS.length;
  let known = 0;
  let total = 0;
  let squares = 0;
  for (let at = column; at < x.length; at += columns) {
    const value = x[at] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    known += 1;
    total += value;
    squares += value * value;
  }
  const mean = known === 0 ? 0 : total / known;
  const variance = known === 0 ? 0 : squares / known - mean * mean;
  const deviation = variance > 1e-12 ? Math.sqrt(variance) : 1;
  for (let at = column; at < x.length; at += columns) {
    const value = x[at] ?? Number.NaN;
    x[at] = Number.isNaN(value) ? 0 : (value - mean) / deviation;
  }
  return { mean, deviation };
}

/** Half of a project's weight lies on its bad changes, so that base rates do not matter. */
function weights(projects: readonly Project[]): Float64Array {
  const all: number[] = [];
  for (const { samples } of projects) {
    const bad = samples.filter((sample) => sample.bad).length;
    const half = (PROJECT_WEIGHT * Math.min(1, bad / ENOUGH_BAD)) / 2;
    for (const sample of samples) all.push(half / (sample.bad ? bad : samples.length - bad));
  }
  return Float64Array.from(all);
}

/** The scores that cut the reference scores into hundredths. */
export function cuts(scores: readonly number[]): number[] {
  const rising = [...scores].sort((a, b) => a - b);
  return Array.from(
    { length: CUTS },
    (_, n) => rising[Math.floor(((n + 1) * rising.length) / (CUTS + 1))] ?? 0,
  );
}
