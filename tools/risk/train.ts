// SPDX-License-Identifier: Apache-2.0
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { type RiskModel, score } from "@interlock/core";
import { cuts, train } from "./model.ts";
import { report } from "./report.ts";
import { readHistory } from "./repository.ts";
import { measureHistory, type Project, readDefects, type Sample } from "./samples.ts";

const USAGE = `usage: train --defects DIR --reverts DIR --history NAME,UNTIL,GITDIR... [--name NAME] [--out FILE] [--report FILE]
  --defects  folder with the issta21-*.csv.gz files
  --reverts  folder with one NAME.tsv of reverted commits for each history
  --history  name, day before which labels are whole (2019-12-31), bare repository; may be repeated
  --out      TypeScript module for the weights
  --report   Markdown file for the figures`;
const TRAIN_SHARE = 0.8;

type Split = { readonly project: Project; readonly older: Project; readonly newer: Project };

export type Tested = {
  readonly split: Split;
  /** Scores of the newer part by the model that is published. */
  readonly later: readonly number[];
  /** Scores of the newer part by a model that never saw the project. */
  readonly foreign: readonly number[];
  /** Scores of the whole project by a model that never saw it. */
  readonly foreignWhole: readonly number[];
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      defects: { type: "string" },
      reverts: { type: "string" },
      history: { type: "string", multiple: true },
      name: { type: "string", default: "pooled" },
      out: { type: "string" },
      report: { type: "string" },
    },
  });
  if (values.defects === undefined || values.reverts === undefined) throw new Error(USAGE);
  const projects = [
    ...defects(values.defects),
    ...(await histories(values.reverts, values.history ?? [])),
  ];
  const splits = projects.map(splitByTime);
  const older = splits.map((split) => split.older);
  const model = train(values.name, older);
  const reference = older.filter(({ kind }) => kind === "reverts").flatMap((p) => p.samples);
  const whole: RiskModel = { ...model, percentilesPpm: cuts(scores(reference, model)) };
  const tested = splits.map((split): Tested => {
    const others = train(
      "others",
      older.filter((part) => part !== split.older),
    );
    return {
      split,
      later: scores(split.newer.samples, model),
      foreign: scores(split.newer.samples, others),
      foreignWhole: scores(split.project.samples, others),
    };
  });
  const text = report(tested, whole);
  process.stdout.write(text);
  if (values.report !== undefined) writeFileSync(values.report, text);
  if (values.out !== undefined) writeFileSync(values.out, asModule(whole));
}

function defects(folder: string): Project[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".csv.gz"));
  return files.sort().map((file) => readDefects(basename(file, ".csv.gz"), join(folder, file)));
}

async function histories(labels: string, given: readonly string[]): Promise<Project[]> {
  const projects: Project[] = [];
  for (const text of given) {
    const [name = "", until = "", ...rest] = text.split(",");
    const untilMs = Date.parse(`${until}T24:00:00Z`);
    if (rest.length === 0 || Number.isNaN(untilMs)) {
      throw new Error(`\`${text}\` is no history\nhelp: write NAME,YYYY-MM-DD,GITDIR`);
    }
    const history = await readHistory(rest.join(","));
    const project = measureHistory(name, history, { file: join(labels, `${name}.tsv`), untilMs });
    process.stderr.write(
      `${name}: ${project.samples.length} commits, ${history.unreadable.length} with missing objects\n`,
    );
    projects.push(project);
  }
  return projects;
}

function splitByTime(project: Project): Split {
  const border = Math.floor(project.samples.length * TRAIN_SHARE);
  return {
    project,
    older: { ...project, samples: project.samples.slice(0, border) },
    newer: { ...project, samples: project.samples.slice(border) },
  };
}

function scores(samples: readonly Sample[], model: Omit<RiskModel, "percentilesPpm">): number[] {
  const whole = { ...model, percentilesPpm: [] };
  return samples.map(({ values }) => score(values, whole).ppm);
}

function asModule(model: RiskModel): string {
  return `// SPDX-License-Identifier: Apache-2.0
import type { RiskModel } from "./risk.ts";

/** Weights written by \`tools/risk\`; how they were measured is in \`docs/risk.md\`. */
export const RISK_MODEL: RiskModel = ${JSON.stringify(model, null, 2)};
`;
}

await main();
