// SPDX-License-Identifier: Apache-2.0
import type { RiskModel } from "@interlock/core";
import { fit } from "./logistic.ts";
import { FEATURES, type Project, type Sample } from "./samples.ts";

const PPM = 1_000_000;
const PENALTY = 5;
/** With fewer bad changes than this a project weighs less, in proportion. */
const ENOUGH_BAD = 400;
/** Projects whose labels are reverts are closer to what the score is for. */
const REVERTS_WEIGH = 1.5;
const CUTS = 99;

/** Fits one pooled model; each project has a total weight, half of it on its bad changes. */
export function train(
  name: string,
  projects: readonly Project[],
): Omit<RiskModel, "percentilesPpm"> {
  const samples = projects.flatMap((project) => project.samples);
  const columns = FEATURES.length;
  const means = new Float64Array(columns);
  const deviations = new Float64Array(columns);
  const x = new Float64Array(samples.length * columns).fill(Number.NaN);
  for (const [row, sample] of samples.entries()) fillRow(x, row * columns, sample);
  for (let column = 0; column < columns; column += 1) {
    standardise(x, { column, columns, means, deviations });
  }
  const bad = Uint8Array.from(samples, (sample) => (sample.bad ? 1 : 0));
  const beta = fit({ x, columns, bad, weight: weights(projects) }, PENALTY);
  return {
    version: 1,
    name,
    interceptPpm: Math.round((beta[columns] ?? 0) * PPM),
    terms: FEATURES.map(({ feature, about, unit }, column) => ({
      feature,
      about,
      unit,
      meanPpm: Math.round((means[column] ?? 0) * PPM),
      slopePpm: Math.round(((beta[column] ?? 0) / (deviations[column] ?? 1)) * PPM),
    })),
  };
}

function fillRow(x: Float64Array, start: number, sample: Sample): void {
  for (const [column, { feature, unit }] of FEATURES.entries()) {
    const value = sample.values[feature];
    if (value !== undefined) x[start + column] = Math.log1p(value / unit);
  }
}

function standardise(
  x: Float64Array,
  into: { column: number; columns: number; means: Float64Array; deviations: Float64Array },
): void {
  const { column, columns } = into;
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
  const deviation = known === 0 ? 1 : Math.sqrt(Math.max(1e-12, squares / known - mean * mean));
  into.means[column] = mean;
  into.deviations[column] = deviation;
  for (let at = column; at < x.length; at += columns) {
    const value = x[at] ?? Number.NaN;
    x[at] = Number.isNaN(value) ? 0 : (value - mean) / deviation;
  }
}

function weights(projects: readonly Project[]): Float64Array {
  const all: number[] = [];
  for (const { kind, samples } of projects) {
    const bad = samples.filter((sample) => sample.bad).length;
    const whole = Math.min(1, bad / ENOUGH_BAD) * (kind === "reverts" ? REVERTS_WEIGH : 1) * 100;
    for (const sample of samples) {
      all.push(whole / 2 / (sample.bad ? bad : samples.length - bad));
    }
  }
  return Float64Array.from(all);
}

/** The scores that cut sorted reference scores into hundredths. */
export function cuts(scores: readonly number[]): number[] {
  const rising = [...scores].sort((a, b) => a - b);
  return Array.from({ length: CUTS }, (_, n) => {
    return rising[Math.floor(((n + 1) * rising.length) / (CUTS + 1))] ?? 0;
  });
}
