// SPDX-License-Identifier: Apache-2.0
import {
  type CellContents,
  type ConfigSet,
  compareReplay,
  type FieldShift,
  type ReplayAnswer,
  type ReplayComparison,
  wholeOf,
} from "@interlock/controlplane";
import { GateError } from "@interlock/core";
import { durationMs } from "@interlock/policy";
import { replaysApi } from "@interlock/protocol";
import type { Command } from "commander";
import { readInputs } from "../config/answers.ts";
import { type Replayed, resultOf } from "../config/attach.ts";
import { type CheckedCells, checkSides } from "../config/check.ts";
import { endpointAnswers } from "../config/endpoint.ts";
import { programAnswers } from "../config/program.ts";
import { readSides, type Sides } from "../config/sides.ts";
import { jsonText, printableLines } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked } from "../remote/client.ts";

type Options = {
  readonly repo: string;
  readonly base: string;
  readonly head?: string;
  readonly file: string;
  readonly json?: boolean;
};

const WITH_FINDINGS = 1;

export function configCommand(program: Command): void {
  const config = program
    .command("config")
    .description("check and replay config sets before they are delivered")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock config check --base origin/main --head HEAD\n  interlock config replay promises --inputs recorded.jsonl",
    );
  sided(config.command("check"))
    .description("check what sets are to hold: schema, invariants, references, limits")
    .option("--set <set>", "one set alone")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExit codes: 0 no finding, 1 findings, 3 it could not be checked")
    .action(check);
  withServer(sided(config.command("replay")))
    .description("run recorded inputs under old and new values, and compare the answers")
    .argument("<set>", "the set, which says by `replay` what answers and how far it may differ")
    .requiredOption("--inputs <file>", "recorded inputs, one JSON a line")
    .option("--cell <cell>", "whose values (default: the first that changes)")
    .option("--attach <change>", "bring what comes of it to a change, under your name")
    .option("--timeout <duration>", "for a program as a whole, for an endpoint each input", "5m")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nThe program of the description is run on this machine, as you.\nExit codes: 0 within the limits, 1 not, 3 it could not be replayed",
    )
    .action(replay);
}

const sided = (command: Command): Command =>
  command
    .option("--repo <path>", "repository to look at", ".")
    .option("--base <rev>", "the values in force", "HEAD")
    .option("--head <rev>", "the new values (default: what is staged)")
    .option("--file <path>", "the description, in the new values", "interlock/control-plane.yaml");

const sidesOf = ({ repo, base, head, file }: Options, set?: string): Promise<Sides> =>
  readSides({ repo, base, head: head ?? null, file, ...(set === undefined ? {} : { set }) });

async function check(options: Options & { readonly set?: string }): Promise<void> {
  const sides = await sidesOf(options, options.set);
  const checked = checkSides(sides);
  const { problems } = sides.after;
  const ok = problems.length === 0 && checked.every((one) => one.ok);
  if (!ok) process.exitCode = WITH_FINDINGS;
  process.stdout.write(
    options.json === true
      ? `${jsonText({ ok, problems, sets: checked }, 2)}\n`
      : printableLines(
          [
            ...problems.map((p) => `${p.code} ${p.path}: ${p.message}\n  help: ${p.help}\n`),
            ...checked.map(checkedText),
          ].join(""),
        ),
  );
}

function checkedText({ set, cells, summary, findings }: CheckedCells): string {
  return [
    `${set} in ${cells.join(", ")}: ${summary.says}`,
    ...findings.map((f) => `  ${f.code} ${f.message}\n    help: ${f.help}`),
    "",
  ].join("\n");
}

type ReplayOptions = Options & {
  readonly inputs: string;
  readonly cell?: string;
  readonly timeout: string;
  readonly attach?: string;
} & Pick<AccessOptions, "server">;

async function replay(name: string, options: ReplayOptions): Promise<void> {
  // Whatever ends this early shows nothing. by (fail-closed)
  process.exitCode = WITH_FINDINGS;
  const timeoutMs = durationMs(options.timeout);
  if (timeoutMs === null || timeoutMs === 0)
    throw usage(`\`${options.timeout}\` is no duration`, "write `30s` or `5m`");
  const inputs = readInputs(options.inputs);
  const sides = await sidesOf(options, name);
  const [set] = sides.sets;
  if (set?.replay === undefined)
    throw usage(`\`${name}\` says nothing about replay`, "add `replay` to it in the description");
  const { cell, before, after } = cellOf(sides, set, options.cell);
  const under = answersOf(set.replay.by, { cwd: options.repo, timeoutMs }, inputs);
  const answers = { before: await under(before), after: await under(after) };
  const comparison = compareReplay(set.replay, answers.before, answers.after);
  if (options.attach !== undefined)
    await attach(options, {
      ...{ set: name, cell, replay: set.replay, inputs, answers, comparison },
      values: { before, after },
    });
  if (comparison.ok) process.exitCode = 0;
  process.stdout.write(
    options.json === true
      ? `${jsonText({ set: name, cell, ...comparison }, 2)}\n`
      : printableLines(replayText(name, cell, comparison)),
  );
}

/** Also a replay that passed its limits: those who read the change are to see that above all. */
async function attach({ server, attach: id = "" }: ReplayOptions, of: Replayed): Promise<void> {
  const login = loginOf(server === undefined ? {} : { server });
  const remote = remoteOf(login.server, login.secret);
  const given = { params: { id }, body: { result: resultOf(of) } };
  const { index } = await asked(remote, replaysApi.attachReplay, given);
  process.stderr.write(
    printableLines(`brought to ${login.server}/changes/${id}, entry ${index}\n`),
  );
}

type At = { readonly cwd: string; readonly timeoutMs: number };

function answersOf(
  by: NonNullable<ConfigSet["replay"]>["by"],
  { cwd, timeoutMs }: At,
  inputs: readonly string[],
): (values: CellContents) => Promise<readonly ReplayAnswer[]> {
  return (values) =>
    by.kind === "program"
      ? programAnswers({ argv: by.argv, cwd, timeoutMs }, values, inputs)
      : endpointAnswers({ url: by.url, timeoutMs }, values, inputs);
}

type Cell = { readonly cell: string; readonly before: CellContents; readonly after: CellContents };

function cellOf({ description, before, after }: Sides, set: ConfigSet, wanted?: string): Cell {
  const cells = description.systems.find((one) => one.name === set.system)?.cells ?? [];
  const all = cells.map((one) => ({
    ...{ cell: one.id, whole: wholeOf(one) },
    before: before.cells.get(set.name)?.get(one.id) ?? new Map(),
    after: after.cells.get(set.name)?.get(one.id) ?? new Map(),
  }));
  const differs = (one: Cell) => JSON.stringify([...one.before]) !== JSON.stringify([...one.after]);
  const found =
    wanted === undefined
      ? (all.find(differs) ?? all[0])
      : all.find(({ cell, whole }) => cell === wanted || whole === wanted);
  if (found !== undefined) return found;
  throw usage(
    `\`${set.system}\` has no cell \`${wanted}\``,
    `there are ${all.map(({ cell }) => cell).join(", ")}`,
  );
}

function replayText(set: string, cell: string, shown: ReplayComparison): string {
  const { inputs, changed, newErrors, oldErrors, fields, breaches, examples } = shown;
  return [
    `${set} in ${cell}: of ${inputs} inputs ${changed} are answered differently, ${newErrors} newly fail, ${oldErrors} failed before`,
    ...fields.map((one) => `  ${one.at || "(whole)"}  ${fieldText(one)}`),
    ...breaches.map((one) => `  ${one.code} ${one.message}`),
    ...examples.map((one) => `  input ${one.input + 1}: ${said(one.before)} -> ${said(one.after)}`),
    "",
  ].join("\n");
}

const fieldText = ({ changed, seen, meanShift, maxShift }: FieldShift): string =>
  `changed in ${changed} of ${seen}${meanShift === null ? "" : `, mean ${meanShift.toFixed(3)}, largest ${maxShift}`}`;

const said = (answer: ReplayAnswer): string =>
  (answer.ok ? JSON.stringify(answer.value) : `error: ${answer.error}`).slice(0, 200);

const usage = (why: string, help: string): GateError => new GateError("USAGE", why, help);
