// SPDX-License-Identifier: Apache-2.0
import { readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { type RiskModel, score } from "@interlock/core";
import { cuts, train } from "./model.ts";
import { report } from "./report.ts";
import { type ReadHistory, readHistory } from "./repository.ts";
import {
  type Feed,
  measureDefects,
  measureHistory,
  type Project,
  readDefects,
  type Sample,
} from "./samples.ts";

const USAGE = `usage: train --defects DIR --reverts DIR [--code NAME,GITDIR]... --history NAME,DAY,GITDIR... [--out DIR] [--report FILE]
  --defects  folder with NAME.csv.gz files of labelled defects
  --code     measure NAME.csv.gz in this bare repository too; may be repeated, also for one NAME
  --reverts  folder with one NAME.tsv of reverted commits for each history
  --history  name, last day on which labels are whole (2019-12-31), bare repository; may be repeated
  --name     name of the model
  --out      folder that gets risk-model.json and risk-model.generated.ts
  --report   Markdown file for the figures`;
const TRAIN_SHARE = 0.8;
const WRONG_USAGE = 64;

export type Split = {
  readonly project: Project;
  readonly older: Project;
  readonly newer: Project;
  /** The newer part measured with the newest history only, or with none. */
  readonly recent?: Project;
  readonly alone?: Project;
};

type Fed = { readonly whole: Project; readonly recent: Project; readonly alone: Project };

export type Tested = {
  readonly split: Split;
  /** Scores of the newer part by the model that is published. */
  readonly later: readonly number[];
  /** The same where only recent history, or none, is at hand; histories only. */
  readonly recent?: readonly number[];
  readonly alone?: readonly number[];
  /** Scores of the newer part by a model that never saw the project. */
  readonly foreign: readonly number[];
  /** Scores of the whole project by a model that never saw it. */
  readonly foreignWhole: readonly number[];
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      defects: { type: "string" },
      code: { type: "string", multiple: true },
      reverts: { type: "string" },
      history: { type: "string", multiple: true },
      name: { type: "string", default: "risk-1" },
      out: { type: "string" },
      report: { type: "string" },
    },
  });
  if (values.defects === undefined || values.reverts === undefined) {
    process.stderr.write(`${USAGE}\n`);
    process.exitCode = WRONG_USAGE;
    return;
  }
  const reverts = await histories(values.reverts, values.history ?? []);
  const splits = [
    ...defects(values.defects).map(splitByTime),
    ...(await measuredDefects(values.defects, values.code ?? [])).map(splitByTime),
    ...reverts.map(({ whole, recent, alone }) => ({
      ...splitByTime(whole),
      recent: splitByTime(recent).newer,
      alone: splitByTime(alone).newer,
    })),
  ];
  const older = splits.map((split) => split.older);
  const fitted = train(values.name, older);
  const reference = older.filter(({ kind }) => kind !== "defects").flatMap((p) => p.samples);
  const model = { ...fitted, percentilesPpm: cuts(scores(reference, fitted)) };
  const text = report(
    splits.map((split) => test(split, older, model)),
    model,
  );
  process.stdout.write(text);
  if (values.report !== undefined) writeFileSync(values.report, text);
  if (values.out !== undefined) publish(values.out, model);
}

function defects(folder: string): Project[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".csv.gz"));
  return files.sort().map((file) => readDefects(basename(file, ".csv.gz"), join(folder, file)));
}

async function measuredDefects(folder: string, given: readonly string[]): Promise<Project[]> {
  const byName = new Map<string, ReadHistory[]>();
  for (const text of given) {
    const [name = "", ...rest] = text.split(",");
    if (rest.length === 0) throw new Error(`\`${text}\` is no repository, write NAME,GITDIR`);
    byName.set(name, [...(byName.get(name) ?? []), await readHistory(rest.join(","))]);
  }
  return [...byName].map(([name, read]) => {
    const project = measureDefects(name, read, join(folder, `${name}.csv.gz`));
    tell(project, read);
    return project;
  });
}

async function histories(labels: string, given: readonly string[]): Promise<Fed[]> {
  const projects: Fed[] = [];
  for (const text of given) {
    const [name = "", until = "", ...rest] = text.split(",");
    const untilMs = Date.parse(`${until}T24:00:00Z`);
    if (rest.length === 0 || Number.isNaN(untilMs)) {
      throw new Error(`\`${text}\` is no history, write NAME,YYYY-MM-DD,GITDIR`);
    }
    const history = await readHistory(rest.join(","));
    const file = join(labels, `${name}.tsv`);
    const fed = (feed: Feed): Project => measureHistory(name, history, { file, untilMs, feed });
    const whole = fed("whole");
    tell(whole, [history]);
    projects.push({ whole, recent: fed("recent"), alone: fed("none") });
  }
  return projects;
}

function tell(project: Project, histories: readonly ReadHistory[]): void {
  const missing = histories.reduce((sum, { unreadable }) => sum + unreadable.length, 0);
  const { length } = project.samples;
  process.stderr.write(`${project.name}: ${length} commits, ${missing} with missing objects\n`);
}

function splitByTime(project: Project): Split {
  const border = Math.floor(project.samples.length * TRAIN_SHARE);
  return {
    project,
    older: { ...project, samples: project.samples.slice(0, border) },
    newer: { ...project, samples: project.samples.slice(border) },
  };
}

function test(split: Split, older: readonly Project[], model: RiskModel): Tested {
  const { family } = split.project;
  const others = train(
    "others",
    older.filter((project) => project.family !== family),
  );
  return {
    split,
    later: scores(split.newer.samples, model),
    ...(split.recent === undefined ? {} : { recent: scores(split.recent.samples, model) }),
    ...(split.alone === undefined ? {} : { alone: scores(split.alone.samples, model) }),
    foreign: scores(split.newer.samples, others),
    foreignWhole: scores(split.project.samples, others),
  };
}

function scores(samples: readonly Sample[], model: RiskModel): number[] {
  return samples.map(({ values }) => score(values, model).ppm);
}

function publish(folder: string, model: RiskModel): void {
  writeFileSync(join(folder, "risk-model.json"), `${JSON.stringify(model, null, 2)}\n`);
  // A string keeps the module at a few lines; a browser bundle needs no JSON import either.
  const text = JSON.stringify(JSON.stringify(model));
  writeFileSync(
    join(folder, "risk-model.generated.ts"),
    `// SPDX-License-Identifier: Apache-2.0
// Generated by tools/risk from what is in risk-model.json. Do not edit.
import type { RiskModel } from "./risk.ts";

/** The weights that ship with this version; how they were measured is in \`docs/risk.md\`. */
export const RISK_MODEL: RiskModel = JSON.parse(
  ${text},
);
`,
  );
}

await main();
