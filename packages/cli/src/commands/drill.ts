// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import type { OutageCase } from "@interlock/drill";
import { didYouMean } from "@interlock/policy";
import type { Command } from "commander";
import { runLive } from "../drill/live.ts";
import { jsonText, printable } from "../output/printable.ts";

type Options = {
  readonly live?: true;
  readonly target: string;
  readonly signals: string;
  readonly orders: string;
  readonly warmUp: string;
  readonly stay?: true;
  readonly watch?: true;
  readonly json?: true;
  readonly html?: string;
  readonly seed: string;
  readonly seeds: string;
  readonly cases?: string;
};

export function drillCommand(program: Command): void {
  program
    .command("drill")
    .description(
      "replay an incident or a recorded outage in a simulated retailer, with and without safeguards",
    )
    .argument("<name>", "march-2, march-5, the id of a case, or list")
    .option("--json", "everything as JSON")
    .option("--html <file>", "write a self-contained page with plots, of an incident")
    .option("--seed <n>", "the first seed", "1")
    .option("--seeds <n>", "so many of them, for an incident", "1")
    .option("--cases <directory>", "more cases, in the form of conformance/outages")
    .option(
      "--live",
      "run an incident on a real server, target and source of signals, at small scale",
    )
    .option("--target <kind>", "with --live: `etcd`, or `files`, which needs no program", "etcd")
    .option(
      "--signals <kind>",
      "with --live: `prometheus`, or `push`, which needs no program",
      "prometheus",
    )
    .option("--orders <n>", "with --live: orders a minute", "17700")
    .option("--warm-up <seconds>", "with --live: how long the shop sells before the change", "40")
    .option("--stay", "with --live: leave everything running at the end, until Ctrl-C")
    .option("--watch", "with --live: wait for you to join in a browser, then as with --stay")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock drill march-5\n  interlock drill march-2 --seeds 20 --html drill.html\n  interlock drill list\n  interlock drill march-5 --live --watch\n  interlock drill facebook-bgp-2021-10",
    )
    .action((name: string, options: Options) => run(name, options));
}

const SEEDS_MAX = 10_000;

async function run(name: string, options: Options): Promise<void> {
  const seed = wholeNumber(options.seed, "--seed", 1_000_000_000);
  const seeds = Math.max(1, wholeNumber(options.seeds, "--seeds", SEEDS_MAX));
  const { builtInCases, drill, drillCase, drillPage, drillText, caseText, INCIDENTS, incidentOf } =
    await import("@interlock/drill");
  const incident = incidentOf(name);
  if (options.live === true) {
    if (incident === null || options.html !== undefined)
      throw new GateError(
        "USAGE",
        "`--live` is for an incident alone",
        "name `march-2` or `march-5`",
      );
    const ordersPerMinute = wholeNumber(options.orders, "--orders", 1_000_000);
    const warmUpS = wholeNumber(options.warmUp, "--warm-up", 3_600);
    const { target, signals, json, stay, watch } = options;
    await runLive(incident, {
      ...{ target, signals, ordersPerMinute, warmUpS, seed },
      ...{ json: json === true, stay: stay === true, watch: watch === true },
    });
    return;
  }
  if (incident !== null) {
    const { report, first } = await drill(incident, { seed, seeds });
    if (options.html !== undefined) writeOut(options.html, drillPage(report, first));
    process.stdout.write(
      options.json === true ? `${jsonText(report, 2)}\n` : shown(drillText(report)),
    );
    return;
  }
  if (options.html !== undefined)
    throw new GateError("USAGE", "`--html` is for an incident", "name `march-2` or `march-5`");
  const more = options.cases === undefined ? [] : await casesIn(options.cases);
  const cases = [...builtInCases(), ...more];
  if (name === "list") {
    const all = [...INCIDENTS, ...cases].map(({ id, title }) => ({ id, title }));
    const lines = all.map(({ id, title }) => `${printable(id)}  ${printable(title)}\n`);
    process.stdout.write(options.json === true ? `${jsonText(all, 2)}\n` : lines.join(""));
    return;
  }
  const given = cases.find(({ id }) => id === name);
  if (given === undefined)
    throw unknownCase(
      name,
      [...INCIDENTS, ...cases].map(({ id }) => id),
    );
  const report = await drillCase(given, seed);
  process.stdout.write(
    options.json === true ? `${jsonText(report, 2)}\n` : shown(caseText(report)),
  );
}

/** Line by line: what a case's file holds is hostile, what stands between the lines is ours. */
const shown = (text: string): string => text.split("\n").map(printable).join("\n");

const unknownCase = (name: string, known: readonly string[]): GateError =>
  new GateError(
    "USAGE",
    `no drill is called \`${name}\``,
    `${didYouMean(name, known)}; \`interlock drill list\` shows all`,
  );

const CASES_MAX = 1_000;
const CASE_BYTES_MAX = 1_000_000;

/** Every `.yaml` of the folder, sorted by name. */
async function casesIn(folder: string): Promise<readonly OutageCase[]> {
  const { readCase } = await import("@interlock/drill");
  const unreadable = (error: unknown): GateError =>
    new GateError(
      "INPUT_UNREADABLE",
      `\`${folder}\` cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      "name a folder of cases",
    );
  try {
    const names = readdirSync(folder)
      .filter((file) => file.endsWith(".yaml"))
      .sort()
      .slice(0, CASES_MAX);
    const texts = names.map((file) => {
      const path = join(folder, file);
      if (statSync(path).size > CASE_BYTES_MAX) throw new Error(`\`${file}\` is too large`);
      return [file, readFileSync(path, "utf8")] as const;
    });
    return texts.map(([file, text]) => readCase(file, text));
  } catch (error) {
    throw error instanceof GateError ? error : unreadable(error);
  }
}

function wholeNumber(written: string, option: string, most: number): number {
  if (/^\d{1,9}$/.test(written) && Number(written) <= most) return Number(written);
  throw new GateError(
    "USAGE",
    `\`${option}\` is \`${written}\`, which is no whole number up to ${most}`,
    "write a whole number",
  );
}

function writeOut(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new GateError(
      "OUTPUT_UNWRITABLE",
      `\`${path}\` cannot be written: ${error instanceof Error ? error.message : String(error)}`,
      "name a place that can be written",
    );
  }
  process.stderr.write(`page written to ${printable(path)}\n`);
}
