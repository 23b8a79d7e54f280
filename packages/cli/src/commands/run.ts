// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { GateError } from "@interlock/core";
import { reportText, type Sited } from "@interlock/document";
import type { Command } from "commander";
import { printableLines } from "../output/printable.ts";
import { type AccessOptions, loginOf, withServer } from "../remote/access.ts";
import { landedAt } from "../runs/approved.ts";
import {
  beginning,
  journalName,
  objectionsTo,
  type People,
  peopleOf,
  planOfRun,
} from "../runs/begin.ts";
import { carriedOut } from "../runs/carry-out.ts";
import { confirmed } from "../runs/confirm.ts";
import { type Journal, journalAt, newJournal, resumedJournal } from "../runs/journal.ts";
import { servedBy } from "../runs/served.ts";
import { changeIdOf } from "./change.ts";
import { documentFrom } from "./document.ts";

type Options = Pick<AccessOptions, "server"> & {
  readonly operator?: string;
  readonly second?: string;
  readonly journal?: string;
  readonly unapproved?: string;
  readonly resume?: string;
  readonly report?: string;
  readonly confirm?: string;
  readonly change?: string;
};

/** Exit code of a run that did not come to its end, or that was stopped or taken back. */
const NOT_DONE = 1;

export function runCommand(program: Command): void {
  withServer(program.command("run"))
    .description("walk through a change document, step by step, on record")
    .argument("[document]", "the change document")
    .option("--operator <name>", "who carries it out (default: as the document says)")
    .option("--second <name>", "who confirms (default: as the document says)")
    .option("--journal <file>", "where it is recorded (default: in `interlock-runs/`)")
    .option("--unapproved <reason>", "run a text that nobody approved, or that has errors")
    .option("--change <change>", "record it on the server too, as a document of this change")
    .option("--confirm <run>", "say, as its second person, whether a step worked")
    .option("--resume <journal>", "go on with a run that was interrupted")
    .option("--report <journal>", "say what was done, and do nothing")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock run interlock/changes/pool.md\n  interlock run interlock/changes/pool.md --change 0123456789abcdef0123\n  interlock run --resume interlock-runs/pool.4f1c….jsonl\n\nExit codes: 0 every step passed, 1 interrupted, stopped or taken back, 3 it could not be run",
    )
    .action(async (file: string | undefined, options: Options) => {
      const { resume, confirm } = options;
      const modes = [file, resume, options.report, confirm].filter((mode) => mode !== undefined);
      if (modes.length !== 1)
        throw new GateError(
          "USAGE",
          "name a document, a journal with `--resume` or `--report`, or a run with `--confirm`",
          "exactly one of them",
        );
      if (options.report !== undefined) return report(options.report);
      // Whatever ends this early is not done. by (fail-closed)
      process.exitCode = NOT_DONE;
      if (confirm !== undefined) {
        if (await confirmed(confirm, options)) process.exitCode = 0;
        return;
      }
      await carriedOut(
        resume === undefined ? await begun(file ?? "", options) : resumedJournal(resume, Date.now),
      );
    });
}

/** Begins a run: looks first, then writes its first event. */
async function begun(file: string, options: Options): Promise<Journal> {
  const sited = documentFrom(file);
  if (sited.document.remedy !== null)
    throw new GateError(
      "USAGE",
      `\`${file}\` is a standing remedy`,
      "run it with `interlock remedy run`, which keeps its limits",
    );
  if (options.change !== undefined) return await begunServed(sited, options.change, options);
  const people = secondNamed(sited, peopleOf(sited.document, options));
  const approved = await landedAt(file, sited);
  const objections = objectionsTo(sited, approved, Date.now());
  if (objections.length > 0 && options.unapproved === undefined)
    throw new GateError(
      "INPUT_INVALID",
      `\`${file}\` is not to be run:\n${objections.map((o) => `  - ${o}`).join("\n")}`,
      "mend and commit it, or say why it has to be with `--unapproved REASON`, which is recorded",
    );
  const begin = beginning(sited, {
    people,
    approved,
    ...(objections.length > 0 && options.unapproved !== undefined
      ? { unapproved: options.unapproved }
      : {}),
  });
  const journal = newJournal(options.journal ?? journalName(begin), Date.now);
  journal.append(begin);
  return journal;
}

function secondNamed({ document }: Sited, people: People): People {
  if (people.second !== "" || !document.steps.some((step) => step.second)) return people;
  throw new GateError("USAGE", "nobody is named as second person", "give `--second NAME`");
}

/** The same as whoever is signed in here. Whether the text was approved the server judges. */
async function begunServed(sited: Sited, written: string, options: Options): Promise<Journal> {
  const { operator: named, unapproved, journal: path, second } = options;
  if (named !== undefined || unapproved !== undefined)
    throw new GateError(
      "USAGE",
      "`--operator` and `--unapproved` do not go with `--change`",
      "the operator is whoever is logged in, and an unapproved text runs without the server alone",
    );
  const change = changeIdOf(written);
  const { server, person: operator } = loginOf(options);
  const who = second === undefined ? {} : { second };
  const people = secondNamed(sited, peopleOf(sited.document, { operator, ...who }));
  const approved = `change ${change}, judged by ${server}`;
  const objections = objectionsTo(sited, approved, Date.now());
  if (objections.length > 0)
    throw new GateError(
      "INPUT_INVALID",
      `the document is not to be run:\n${objections.map((o) => `  - ${o}`).join("\n")}`,
      "mend it, and land the mended text",
    );
  const begin = {
    ...beginning(sited, { people, approved }),
    ...servedBy(server, operator, { change }),
  };
  const journal = newJournal(path ?? journalName(begin), Date.now);
  journal.append(begin);
  return journal;
}

function report(path: string): void {
  if (!existsSync(path))
    throw new GateError("INPUT_UNREADABLE", `there is no journal \`${path}\``, "check the path");
  const events = journalAt(path).map(({ event }) => event);
  const [begin] = events;
  if (begin?.kind !== "begin")
    throw new GateError("INPUT_INVALID", `\`${path}\` has no first line`, "nothing was done");
  process.stdout.write(printableLines(reportText(planOfRun(begin), events)));
  const last = events[events.length - 1];
  process.exitCode = last?.kind === "end" && last.outcome === "done" ? 0 : NOT_DONE;
}
