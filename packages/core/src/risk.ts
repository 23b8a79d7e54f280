// SPDX-License-Identifier: Apache-2.0
import { logistic, signedLog1p } from "./risk-arithmetic.ts";
import { RISK_MODEL } from "./risk-model.generated.ts";

const PPM = 1_000_000;

/** How a head reads one feature: slope × (ln(1 + value / unit) − mean), both in millionths. */
export type RiskSlope = { readonly meanPpm: number; readonly slopePpm: number };

/** Two sums over the same features: one learned from code, one from configuration. */
export type RiskModel = {
  readonly version: 1;
  readonly name: string;
  readonly interceptPpm: { readonly code: number; readonly configuration: number };
  readonly features: readonly {
    readonly feature: string;
    readonly about: string;
    readonly unit: number;
    readonly code: RiskSlope;
    readonly configuration: RiskSlope;
  }[];
  /** The scores below which 1 %, 2 %, … 99 % of the reference changes lie, in parts per million. */
  readonly percentilesPpm: readonly number[];
};

/** Integer features by name; one that is absent is unknown. */
export type RiskFeatures = { readonly [feature: string]: number | undefined };

export type RiskTerm = {
  readonly feature: string;
  /** What the feature counts, for a reader. */
  readonly about: string;
  readonly value: number;
  /** What it adds to the log-odds against an average change, in millionths. */
  readonly contributionPpm: number;
};

export type RiskScore = {
  readonly model: string;
  /** 0 to 1,000,000. It ranks changes; it is no probability of an outage. */
  readonly ppm: number;
  /** Share of the model's reference changes that score less, 0 to 99 %. */
  readonly percentile: number;
  /** How far the change was read as configuration rather than code. */
  readonly configurationPpm: number;
  /** Largest contribution first; their sum and the intercept give the score. */
  readonly terms: readonly RiskTerm[];
  /** Sorted features that are not known and were taken as average. */
  readonly unknown: readonly string[];
};

/** Scores what the history index measured, by the model that ships with this version. */
export function measureRisk(measured: { readonly values: RiskFeatures }): RiskScore {
  return score(measured.values, RISK_MODEL);
}

/**
 * Scores a change from its integer features.
 *
 * The score orders queues and reports and decides nothing: it is no part of what a rule may read.
 * Every step ends in an integer, so that the order of the features cannot matter.
 */
export function score(features: RiskFeatures, model: RiskModel): RiskScore {
  const share = shareOf(features);
  const terms: RiskTerm[] = [];
  const unknown: string[] = share === undefined ? ["configPpm"] : [];
  // A change whose files are unknown is read half as code and half as configuration.
  const configurationPpm = share ?? PPM / 2;
  const mix = (code: number, configuration: number): number =>
    Math.round(((PPM - configurationPpm) * code + configurationPpm * configuration) / PPM);
  let logitPpm = mix(model.interceptPpm.code, model.interceptPpm.configuration);
  for (const { feature, about, unit, code, configuration } of model.features) {
    const value = known(features, feature);
    if (value === undefined) {
      unknown.push(feature);
      continue;
    }
    const logPpm = Math.round(signedLog1p(value / unit) * PPM);
    const product = mix(contribution(logPpm, code), contribution(logPpm, configuration));
    // `+ 0` writes minus zero as zero, which canonical JSON would do anyway.
    const contributionPpm = product + 0;
    logitPpm += contributionPpm;
    terms.push({ feature, about, value, contributionPpm });
  }
  const ppm = Math.round(logistic(logitPpm / PPM) * PPM);
  return {
    model: model.name,
    ppm,
    percentile: model.percentilesPpm.filter((cut) => cut < ppm).length,
    configurationPpm,
    terms: terms.sort(byWeight),
    unknown: unknown.sort(),
  };
}

function known(features: RiskFeatures, feature: string): number | undefined {
  const value = Object.hasOwn(features, feature) ? features[feature] : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}

function shareOf(features: RiskFeatures): number | undefined {
  const value = known(features, "configPpm");
  return value === undefined ? undefined : Math.min(PPM, Math.max(0, value));
}

function contribution(logPpm: number, { meanPpm, slopePpm }: RiskSlope): number {
  return Math.round((slopePpm * (logPpm - meanPpm)) / PPM);
}

function byWeight(a: RiskTerm, b: RiskTerm): number {
  const difference = Math.abs(b.contributionPpm) - Math.abs(a.contributionPpm);
  if (difference !== 0) return difference;
  return a.feature < b.feature ? -1 : 1;
}
