// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import {
  type FeatureValues,
  HISTORY_FEATURES,
  type HistoryFeature,
  historyIndex,
  measure,
  observe,
} from "@interlock/facts";
import type { ReadCommit, ReadHistory } from "./repository.ts";

export type Sample = {
  readonly timeMs: number;
  readonly bad: boolean;
  readonly values: FeatureValues;
};

export type Project = {
  readonly name: string;
  /** Projects of one family share commits; a model that is to know nothing of one leaves out all. */
  readonly family: string;
  /** Labelled defects with given features, the same with measured ones, or labelled reverts. */
  readonly kind: "defects" | "measured" | "reverts";
  /** Oldest first. */
  readonly samples: readonly Sample[];
};

const PPM = 1_000_000;
const DAY_MS = 86_400_000;
/** A reverted merge marks the commits that it brought in, if they are few enough to be one change. */
const MERGED_MAX = 20;
const ANCESTORS_MAX = 5_000;
/** A recent feed is refilled with so many commits each so many commits. */
const RECENT = 5_000;
const RESTART = 2_500;

/** The past that the index is given: all of it, the newest 5,000 to 7,500 commits, or nothing. */
export type Feed = "whole" | "recent" | "none";

type Column = { readonly feature: HistoryFeature; readonly column: string; readonly times: number };

/** Columns of the ISSTA 2021 replication package and what turns them into our integers. */
const COLUMNS: readonly Column[] = [
  { feature: "ns", column: "ns", times: 1 },
  { feature: "nd", column: "nd", times: 1 },
  { feature: "nf", column: "nf", times: 1 },
  { feature: "entropyPpm", column: "entrophy", times: PPM },
  { feature: "la", column: "la", times: 1 },
  { feature: "ld", column: "ld", times: 1 },
  { feature: "lt", column: "lt", times: 1 },
  { feature: "fix", column: "fix", times: 1 },
  { feature: "ndev", column: "ndev", times: 1 },
  { feature: "ageMs", column: "age", times: DAY_MS },
  { feature: "nuc", column: "nuc", times: 1 },
  { feature: "exp", column: "exp", times: 1 },
  { feature: "rexpPpm", column: "rexp", times: PPM },
  { feature: "sexp", column: "sexp", times: 1 },
];

/** Reads one gzipped CSV of the ISSTA 2021 data set with the features that come with it. All six projects are code. */
export function readDefects(name: string, file: string): Project {
  const samples = rowsOf(file).map((cell): Sample => {
    const values: { [feature: string]: number } = { configPpm: 0 };
    for (const { feature, column, times } of COLUMNS) {
      values[feature] = Math.max(0, Math.round(Number(cell(column)) * times));
    }
    return { timeMs: Number(cell("date")) * 1_000, bad: cell("bug") === "1", values };
  });
  return { name, family: name, kind: "defects", samples: sorted(samples) };
}

/** Measures the commits of the same CSV with the product's own index, where they can be found. */
export function measureDefects(
  name: string,
  histories: readonly ReadHistory[],
  file: string,
): Project {
  const labels = new Map(rowsOf(file).map((cell) => [cell("_id"), cell("bug") === "1"]));
  const samples = histories.flatMap((history) =>
    measured(history).flatMap(({ commit, values }): Sample[] => {
      const bad = labels.get(commit.id);
      return bad === undefined ? [] : [{ timeMs: commit.timeMs, bad, values }];
    }),
  );
  return { name: `${name}, measured`, family: name, kind: "measured", samples: sorted(samples) };
}

function rowsOf(file: string): ((column: string) => string)[] {
  const [header = "", ...lines] = gunzipSync(readFileSync(file)).toString("utf8").split("\n");
  const columns = header.trim().split(",");
  return lines.flatMap((line) => {
    const cells = line.trim().split(",");
    if (cells.length < columns.length) return [];
    return [(column: string) => cells[columns.indexOf(column)] ?? ""];
  });
}

type Measurement = { readonly commit: ReadCommit; readonly values: FeatureValues };

function measured({ commits }: ReadHistory, feed: Feed = "whole"): Measurement[] {
  if (feed === "none") {
    return commits.map((commit) => {
      const index = historyIndex({ complete: false });
      return { commit, values: measure(index, commit).values };
    });
  }
  let index = historyIndex({ complete: feed === "whole" });
  return commits.map((commit, ordinal) => {
    if (feed === "recent" && ordinal > RECENT && ordinal % RESTART === 0) {
      index = historyIndex({ complete: false });
      for (const past of commits.slice(ordinal - RECENT, ordinal)) observe(index, past);
    }
    const { values } = measure(index, commit);
    observe(index, commit);
    return { commit, values };
  });
}

/** Measures every commit of a history with the product's own index and labels it. */
export function measureHistory(
  name: string,
  history: ReadHistory,
  options: { readonly file: string; readonly untilMs: number; readonly feed: Feed },
): Project {
  const classes = spreadMerges(readLabels(options.file), history);
  const samples: Sample[] = [];
  for (const { commit, values } of measured(history, options.feed)) {
    const verdict = classes.get(commit.id);
    // An empty commit changes nothing, and a planned toggle is neither good nor bad.
    if (commit.files.length === 0 || verdict === "planned") continue;
    if (commit.timeMs >= options.untilMs) continue;
    samples.push({ timeMs: commit.timeMs, bad: verdict !== undefined, values });
  }
  return { name, family: name, kind: "reverts", samples: sorted(samples) };
}

function readLabels(file: string): Map<string, string> {
  const classes = new Map<string, string>();
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const [reverted = "", , , verdict = ""] = line.split("\t");
    if (reverted !== "") classes.set(reverted, verdict);
  }
  return classes;
}

function spreadMerges(labels: Map<string, string>, history: ReadHistory): Map<string, string> {
  const spread = new Map(labels);
  for (const [id, verdict] of labels) {
    const [first, ...others] = history.parents.get(id) ?? [];
    if (first === undefined || others.length === 0) continue;
    const before = ancestors([first], history, new Set(), ANCESTORS_MAX);
    const brought = ancestors(others, history, before, MERGED_MAX + 1);
    if (brought.size > MERGED_MAX) continue;
    for (const commit of brought) if (!labels.has(commit)) spread.set(commit, verdict);
  }
  return spread;
}

function ancestors(
  from: readonly string[],
  history: ReadHistory,
  without: ReadonlySet<string>,
  most: number,
): Set<string> {
  const found = new Set<string>();
  let next = [...from];
  while (next.length > 0 && found.size < most) {
    const after: string[] = [];
    for (const id of next) {
      if (found.has(id) || without.has(id)) continue;
      found.add(id);
      after.push(...(history.parents.get(id) ?? []));
    }
    next = after;
  }
  return found;
}

function sorted(samples: readonly Sample[]): Sample[] {
  return [...samples].sort((a, b) => a.timeMs - b.timeMs);
}

/** The names and units of all features, in their declared order. */
export const FEATURES = (Object.keys(HISTORY_FEATURES) as HistoryFeature[]).map((feature) => ({
  feature,
  ...HISTORY_FEATURES[feature],
}));
