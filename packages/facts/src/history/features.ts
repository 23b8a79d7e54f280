// SPDX-License-Identifier: Apache-2.0

const HOUR_MS = 3_600_000;
const PPM = 1_000_000;
const PERCENT_IN_PPM = 10_000;

/**
 * The features, each an integer: what one of them counts, and the unit in which a model reads it.
 * The first fourteen are those of Kamei et al., "A large-scale empirical study of just-in-time
 * quality assurance" (IEEE TSE 2013).
 */
export const HISTORY_FEATURES = {
  ns: { unit: 1, about: "top-level folders touched" },
  nd: { unit: 1, about: "folders touched" },
  nf: { unit: 1, about: "files touched" },
  entropyPpm: { unit: PERCENT_IN_PPM, about: "spread of the changed lines over the files" },
  la: { unit: 1, about: "lines added" },
  ld: { unit: 1, about: "lines deleted" },
  lt: { unit: 1, about: "lines in the touched files before" },
  fix: { unit: 1, about: "the subject says that it mends something" },
  ndev: { unit: 1, about: "people who changed the files before" },
  ageMs: { unit: HOUR_MS, about: "mean time since the files last changed" },
  nuc: { unit: 1, about: "earlier changes of the files" },
  exp: { unit: 1, about: "earlier changes by the author" },
  rexpPpm: { unit: PPM, about: "recent changes by the author" },
  sexp: { unit: 1, about: "earlier changes by the author in these top-level folders" },
  ltMean: { unit: 1, about: "lines in a touched file before, on average" },
  churnPpm: { unit: PERCENT_IN_PPM, about: "changed lines against the lines before" },
  newPpm: { unit: PERCENT_IN_PPM, about: "share of the files that are new" },
  ageMinMs: { unit: HOUR_MS, about: "time since the newest of the files changed" },
  directoryChanges: { unit: 1, about: "earlier changes in the busiest touched folder" },
  reverts: { unit: 1, about: "earlier reverts that touched the files" },
  revertSharePpm: { unit: PERCENT_IN_PPM, about: "share of the files' changes that were reverts" },
  lastByOtherPpm: {
    unit: PERCENT_IN_PPM,
    about: "share of the files that somebody else changed last",
  },
  sinceAuthorMs: { unit: HOUR_MS, about: "time since the author's last change" },
  changes1h: { unit: 1, about: "changes to the repository in the last hour" },
  changes7d: { unit: 1, about: "changes to the repository in the last week" },
  own1d: { unit: 1, about: "changes by the author in the last day" },
  configPpm: { unit: PERCENT_IN_PPM, about: "share of the files that are configuration" },
  sharedPpm: {
    unit: PERCENT_IN_PPM,
    about: "share of the files named as what everything inherits (default, common, base)",
  },
  subjectLength: { unit: 1, about: "characters of the subject" },
  saysTurn: { unit: 1, about: "the subject says that something is switched on, off or over" },
  saysSet: { unit: 1, about: "the subject says that something is set or used" },
  saysTest: { unit: 1, about: "the subject speaks of tests" },
  saysAdd: { unit: 1, about: "the subject says that something is added" },
} as const satisfies { readonly [name: string]: { readonly unit: number; readonly about: string } };

export type HistoryFeature = keyof typeof HISTORY_FEATURES;

/** Features that are known; one that is absent could not be had. */
export type FeatureValues = { readonly [K in HistoryFeature]?: number };

export type Measured = {
  readonly values: FeatureValues;
  /** Sorted names of the features that could not be had; a score treats them as average. */
  readonly unknown: readonly HistoryFeature[];
  /** False if the past was cut off: counts of the past are then lower bounds. */
  readonly historyComplete: boolean;
};
