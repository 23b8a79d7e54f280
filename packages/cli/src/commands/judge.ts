// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import { jsonText, printableLines } from "../output/printable.ts";
import { type Series, type Slots, seriesFromCsv } from "../replayed/csv.ts";
import { replayed, replayText } from "../replayed/replay.ts";

type Options = {
  readonly from: string;
  readonly to?: string;
  readonly cells: string;
  readonly prometheus?: string;
  readonly query?: string;
  readonly header?: string;
  readonly csv?: string;
  readonly slot: string;
  readonly worse: string;
  readonly changed: string;
  readonly tolerated: string;
  readonly learn: string;
  readonly watch: string;
  readonly json?: boolean;
};

const BROKEN = 1;
/** One harmless wave in a thousand, as the server promises. */
const ALPHA_PPM = 1_000;

export function judgeCommand(program: Command): void {
  const judge = program
    .command("judge")
    .description("try the analysis of rollouts on your own past");
  judge
    .command("aa")
    .description("replay a past without any change: how often would it have halted?")
    .requiredOption("--from <time>", "begin of the past, RFC 3339")
    .option("--to <time>", "its end; default now")
    .requiredOption("--cells <names>", "the cells, with commas between")
    .option("--prometheus <url>", "read from a Prometheus server")
    .option("--query <selector>", "of counters, with `{cell}` in it or a label `cell`")
    .option("--header <name>", "`env:NAME` or `file:PATH` of the `Authorization` to send")
    .option("--csv <file>", "read lines `time,cell,count` instead, - for standard input")
    .option("--slot <seconds>", "length of a slot", "60")
    .option("--worse <direction>", "`lower` for orders, `higher` for errors", "lower")
    .option("--changed <cells>", "how many cells pretend to have changed", "1")
    .option("--tolerated <percent>", "a move that is no harm", "2")
    .option("--learn <hours>", "what a comparison learns from", "24")
    .option("--watch <hours>", "how long a wave is watched", "2")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock judge aa --from 2026-02-01T00:00:00Z --cells eu-1,eu-2,us-1 --prometheus http://localhost:9090 --query orders_total\n  interlock judge aa --from 2026-02-01T00:00:00Z --to 2026-03-01T00:00:00Z --cells eu-1,eu-2 --csv orders.csv --json\n\nExit codes: 0 the promise holds or is not contradicted, 1 it is broken, 3 could not look, 64 wrong usage",
    )
    .action(async (options: Options) => {
      const slots = slotsOf(options);
      const series = await seriesOf(options, slots);
      const { slotMs } = slots;
      const found = replayed(series, {
        question: { worse: worseOf(options.worse), ...movesOf(options.tolerated) },
        alphaPpm: ALPHA_PPM,
        learnSlots: Math.round((numberOf("--learn", options.learn) * 3_600_000) / slotMs),
        watchSlots: Math.round((numberOf("--watch", options.watch) * 3_600_000) / slotMs),
        changedCells: numberOf("--changed", options.changed),
      });
      const text = options.json === true ? jsonText(found, 2) : printableLines(replayText(found));
      process.stdout.write(`${text}\n`);
      process.exitCode = found.promise === "broken" ? BROKEN : 0;
    });
}

function slotsOf(options: Options): Slots {
  const slotMs = numberOf("--slot", options.slot) * 1_000;
  const begin = timeOf("--from", options.from);
  const from = Math.ceil(begin / slotMs) * slotMs;
  const end = options.to === undefined ? Date.now() : timeOf("--to", options.to);
  const to = Math.floor(end / slotMs) * slotMs;
  const cells = [...new Set(options.cells.split(",").map((cell) => cell.trim()))];
  if (cells.length < 2 || cells.includes("")) throw usage("`--cells` names fewer than two cells");
  if (!Number.isInteger(slotMs) || to <= from) throw usage("there is no slot in that time");
  return { from, to, slotMs, cells };
}

async function seriesOf(options: Options, slots: Slots): Promise<Series> {
  const { csv, prometheus, query, header } = options;
  if (csv !== undefined && prometheus === undefined) return seriesFromCsv(textOf(csv), slots);
  if (prometheus === undefined || query === undefined || csv !== undefined)
    throw usage("name either `--csv`, or `--prometheus` with `--query`");
  // Loaded here: a file is read without all that a server needs.
  const { seriesFromPrometheus } = await import("../replayed/prometheus.ts");
  return await seriesFromPrometheus({ url: prometheus, query, header }, slots);
}

function textOf(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new GateError("INPUT_UNREADABLE", error.message, "name a file that can be read");
  }
}

/** What must be excluded plays no part in halting; it only has to be more than what is tolerated. */
function movesOf(percent: string): { toleratedPpm: number; excludedPpm: number } {
  const toleratedPpm = Math.round(numberOf("--tolerated", percent) * 10_000);
  return { toleratedPpm, excludedPpm: Math.min(999_999, toleratedPpm + 100_000) };
}

function worseOf(text: string): "lower" | "higher" {
  if (text === "lower" || text === "higher") return text;
  throw usage("`--worse` is neither `lower` nor `higher`");
}

function numberOf(option: string, text: string): number {
  const n = Number(text);
  if (text.trim() !== "" && Number.isFinite(n) && n >= 0) return n;
  throw usage(`\`${option}\` is \`${text}\`, no number`);
}

function timeOf(option: string, text: string): number {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return time;
  throw usage(`\`${option}\` is \`${text}\`, no time`);
}

const usage = (why: string): GateError =>
  new GateError("USAGE", why, "see `interlock judge aa --help`");
