// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { documentText, type EventOf, type Parameter } from "@interlock/document";
import { type RemedyShown, runsApi } from "@interlock/protocol";
import type { Command } from "commander";
import { jsonText, printable, printableLines } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked, type Remote } from "../remote/client.ts";
import { loginsFile, readLogins } from "../remote/logins.ts";
import { journalName } from "../runs/begin.ts";
import { carriedOut } from "../runs/carry-out.ts";
import { newJournal } from "../runs/journal.ts";
import {
  localBeginning,
  paramsOf,
  planText,
  type Remedy,
  remedyOn,
  servedBeginning,
  valuesFor,
} from "../runs/remedy.ts";
import { documentFrom } from "./document.ts";

type Server = Pick<AccessOptions, "server">;
type Options = Server & {
  readonly param: readonly string[];
  readonly file?: string;
  readonly local?: boolean;
  readonly reason?: string;
  readonly operator?: string;
  readonly journal?: string;
  readonly dryRun?: boolean;
};

const NOT_DONE = 1;

export function remedyCommand(program: Command): void {
  const remedy = program
    .command("remedy")
    .description("list, show and run what one person may do alone")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock remedy list\n  interlock remedy run drain-cell --param cell=eu-1 --param percent=25 --dry-run",
    );
  withServer(remedy.command("list"))
    .description("list the remedies that stand on a server")
    .option("--json", "print JSON")
    .action(async (options: Server & { readonly json?: boolean }) => {
      const { remedies } = await asked(signedIn(options).remote, runsApi.remedies);
      process.stdout.write(
        options.json === true
          ? `${jsonText({ remedies }, 2)}\n`
          : remedies.map((one) => `${printable(lineOf(one))}\n`).join(""),
      );
      if (remedies.length === 0) process.stderr.write("no remedy stands\n");
    });
  withServer(remedy.command("show"))
    .description("show a remedy: who may run it, its parameters, and its text")
    .argument("<id>", "its id")
    .option("--json", "print JSON")
    .action(async (id: string, options: Server & { readonly json?: boolean }) => {
      const { shown, sited } = await remedyOn(signedIn(options).remote, id);
      process.stdout.write(
        options.json === true
          ? `${jsonText({ ...shown, text: sited.text }, 2)}\n`
          : printableLines(`${shownText({ shown, sited })}\n${documentText(sited.document)}`),
      );
    });
  withServer(remedy.command("run"))
    .description("run a remedy alone, step by step, on record")
    .argument("<id>", "its id")
    .option("--param <name=value>", "a parameter; once for each", collected, [])
    .option("--file <file>", "its text here, which has to be the server's word for word")
    .option("--local", "while the server is away: run `--file` with a journal alone")
    .option("--reason <text>", "why, with `--local`")
    .option("--operator <name>", "who you are, with `--local` (default: whoever is logged in)")
    .option("--journal <file>", "where it is recorded (default: in `interlock-runs/`)")
    .option("--dry-run", "say what would run, and do nothing")
    .addHelpText(
      "after",
      "\nGo on after an interruption with `interlock run --resume JOURNAL`.\nExit codes: 0 every step passed, 1 interrupted, stopped or taken back, 3 it could not be run",
    )
    .action(run);
}

const collected = (one: string, before: readonly string[]): readonly string[] => [...before, one];

function signedIn(options: Server): { readonly remote: Remote; readonly person: string } {
  const { server, secret, person } = loginOf(options);
  return { remote: remoteOf(server, secret), person };
}

async function run(id: string, options: Options): Promise<void> {
  // Whatever ends this early is not done. by (fail-closed)
  process.exitCode = NOT_DONE;
  const begin = options.local === true ? await locally(id, options) : await onServer(id, options);
  if (begin === null) {
    process.exitCode = 0;
    return;
  }
  const journal = newJournal(options.journal ?? journalName(begin), Date.now);
  journal.append(begin);
  await carriedOut(journal);
}

/** `null`: it was only to be looked at. */
async function onServer(id: string, options: Options): Promise<EventOf<"begin"> | null> {
  if (options.reason !== undefined || options.operator !== undefined)
    throw usage("`--reason` and `--operator` go with `--local`");
  const given = paramsOf(options.param);
  const { remote, person: operator } = signedIn(options);
  const remedy = await remedyHere(remote, id);
  const { shown, sited } = remedy;
  const { file } = options;
  if (file !== undefined && documentFrom(file).document.digest !== shown.document)
    throw new GateError(
      "CHANGE_DIFFERS",
      `\`${file}\` is not the text that \`${remote.server}\` runs as \`${id}\``,
      "fetch, and compare with `interlock remedy show`; run nothing that you do not know",
    );
  const values = valuesFor(sited, given);
  if (shown.rehearsedUntil < Date.now())
    throw new GateError(
      "NOT_ALLOWED",
      `its rehearsal counted until ${new Date(shown.rehearsedUntil).toISOString()}`,
      "rehearse it and land the new date; until then nobody may run it alone",
    );
  process.stderr.write(printableLines(`${shownText(remedy)}${planText(sited, values)}`));
  return options.dryRun === true
    ? null
    : servedBeginning(remedy, remote.server, { operator, values });
}

async function remedyHere(remote: Remote, id: string) {
  try {
    return await remedyOn(remote, id);
  } catch (error) {
    if (!(error instanceof GateError) || error.code !== "SERVER_UNREACHABLE") throw error;
    throw new GateError(
      error.code,
      error.message,
      "run nothing unrecorded: `interlock remedy run ID --local --file FILE --reason WHY` takes the text of your clone and keeps a journal",
    );
  }
}

async function locally(id: string, options: Options): Promise<EventOf<"begin"> | null> {
  const { file, reason, param } = options;
  if (file === undefined || reason === undefined || reason.trim() === "")
    throw usage("`--local` needs `--file FILE` and `--reason WHY`");
  const given = paramsOf(param);
  const operator = options.operator ?? readLogins(loginsFile(process.env))[0]?.person;
  if (operator === undefined) throw usage("nobody is logged in: say who you are with `--operator`");
  const sited = documentFrom(file);
  if (sited.document.remedy?.id !== id)
    throw new GateError(
      "INPUT_INVALID",
      `\`${file}\` is not the remedy \`${id}\``,
      "check the path",
    );
  const values = valuesFor(sited, given);
  const begin = await localBeginning(file, sited, { operator, values, reason });
  process.stderr.write(
    printableLines(
      `! no server records this: keep the journal, and show it to those who review the night\n${planText(sited, values)}`,
    ),
  );
  return options.dryRun === true ? null : begin;
}

const lineOf = ({ remedy, title, parameters, rehearsedUntil }: RemedyShown): string =>
  [
    remedy.padEnd(20),
    title,
    ...parameters.map((one) => `${String(one["name"])}=…`),
    ...(rehearsedUntil < Date.now() ? ["(rehearsal too old)"] : []),
  ].join("  ");

function shownText({ shown, sited }: Remedy): string {
  const { remedy, title, approvedBy, runs, withinMs, rehearsedUntil, mayRun, document } = shown;
  return [
    `${remedy}: ${title}`,
    `  document  ${document}`,
    `  signed    by ${approvedBy.join(" and ")}`,
    `  limit     ${runs} in ${withinMs / 60_000} minutes`,
    `  rehearsal counts until ${new Date(rehearsedUntil).toISOString()}`,
    `  may run   ${mayRun.join(", ")}`,
    ...(sited.document.remedy?.parameters ?? []).map((one) => `  --param   ${parameterText(one)}`),
    "",
  ].join("\n");
}

function parameterText(one: Parameter): string {
  const about = one.about === "" ? "" : ` (${one.about})`;
  switch (one.type) {
    case "integer":
      return `${one.name}: ${one.min} to ${one.max}${about}`;
    case "choice":
      return `${one.name}: ${one.values.join(" | ")}${about}`;
    case "name":
      return `${one.name}: a name of at most ${one.maxLength} characters${about}`;
  }
}

const usage = (why: string): GateError =>
  new GateError("USAGE", why, "see `interlock remedy run --help`");
