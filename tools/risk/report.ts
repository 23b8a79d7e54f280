// SPDX-License-Identifier: Apache-2.0
import type { RiskModel } from "@interlock/core";
import { auc, caught, type Ranked } from "./figures.ts";
import type { Sample } from "./samples.ts";
import type { Tested } from "./train.ts";

const PPM = 1_000_000;
const SHARES = [0.05, 0.1, 0.5];

/** The figures as Markdown tables. */
export function report(tested: readonly Tested[], model: RiskModel): string {
  return `${[spans(tested), later(tested), foreign(tested), cut(tested), weights(model)].join("\n\n")}\n`;
}

function spans(tested: readonly Tested[]): string {
  const rows = tested.map(({ split }) => [
    split.project.name,
    split.project.kind,
    span(split.older.samples),
    split.older.samples.length,
    share(split.older.samples),
    span(split.newer.samples),
    split.newer.samples.length,
    `${split.newer.samples.filter((s) => s.bad).length} (${share(split.newer.samples)})`,
  ]);
  return table(["project", "label", "trained on", "n", "bad", "tested on", "n", "bad"], rows);
}

function later(tested: readonly Tested[]): string {
  const head = [
    "project",
    "AUC",
    "lines added",
    "caught at 5 %",
    "10 %",
    "50 %",
    "lift at 10 %",
    "lines added: 10 %",
  ];
  return groups(tested, head, ({ split, later: given }) => {
    const ranked = rank(split.newer.samples, given);
    const lines = rank(split.newer.samples, linesAdded(split.newer.samples));
    const [at5 = 0, at10 = 0, at50 = 0] = SHARES.map((s) => caught(ranked, s));
    return [auc(ranked), auc(lines), at5, at10, at50, at10 / 0.1, caught(lines, 0.1)];
  });
}

function foreign(tested: readonly Tested[]): string {
  const head = [
    "project",
    "AUC, newest 20 %",
    "AUC, whole",
    "lines added, whole",
    "caught at 10 %, whole",
    "50 %, whole",
    "lines added: 10 %, whole",
  ];
  return groups(tested, head, ({ split, foreign: newest, foreignWhole }) => {
    const { samples } = split.project;
    const ranked = rank(samples, foreignWhole);
    const lines = rank(samples, linesAdded(samples));
    return [
      auc(rank(split.newer.samples, newest)),
      auc(ranked),
      auc(lines),
      caught(ranked, 0.1),
      caught(ranked, 0.5),
      caught(lines, 0.1),
    ];
  });
}

function cut(tested: readonly Tested[]): string {
  const head = ["project", "AUC, whole history", "newest 5,000 to 7,500 commits", "no history"];
  const histories = tested.filter(({ split }) => split.project.kind === "reverts");
  return groups(histories, head, ({ split, later: whole, recent = [], alone = [] }) =>
    [whole, recent, alone].map((given) => auc(rank(split.newer.samples, given))),
  );
}

function groups(
  tested: readonly Tested[],
  head: readonly string[],
  figures: (one: Tested) => readonly number[],
): string {
  const rows = (["defects", "measured", "reverts"] as const).flatMap((kind) => {
    const members = tested.filter(({ split }) => split.project.kind === kind);
    const each = members.map((one) => figures(one));
    const mean = (each[0] ?? []).map(
      (_, i) => each.reduce((sum, f) => sum + (f[i] ?? 0), 0) / each.length,
    );
    const named = members.map((one, i) => [one.split.project.name, ...(each[i] ?? []).map(fixed)]);
    return members.length === 0 ? [] : [...named, [`**mean, ${kind}**`, ...mean.map(fixed)]];
  });
  return table(head, rows);
}

function weights(model: RiskModel): string {
  const rows = model.features.map(({ feature, about, code, configuration }) => [
    feature,
    about,
    (code.slopePpm / PPM).toFixed(2),
    (configuration.slopePpm / PPM).toFixed(2),
  ]);
  return table(["feature", "what", "code", "configuration"], rows);
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const fixed = (value: number): string => value.toFixed(value >= 1 ? 2 : 3);

const rank = (samples: readonly Sample[], scores: readonly number[]): Ranked[] =>
  samples.map(({ bad }, i) => ({ bad, score: scores[i] ?? 0 }));

const linesAdded = (samples: readonly Sample[]): number[] =>
  samples.map(({ values }) => values.la ?? 0);

const day = (sample: Sample | undefined): string =>
  new Date(sample?.timeMs ?? 0).toISOString().slice(0, 10);

const span = (samples: readonly Sample[]): string =>
  `${day(samples[0])} – ${day(samples[samples.length - 1])}`;

const share = (samples: readonly Sample[]): string =>
  `${((100 * samples.filter((s) => s.bad).length) / samples.length).toFixed(2)} %`;
