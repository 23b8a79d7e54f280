// SPDX-License-Identifier: Apache-2.0
import { existsSync } from "node:fs";
import { GateError } from "@interlock/core";
import { type EventOf, reportText, type Task } from "@interlock/document";
import type { Command } from "commander";
import { printableLines } from "../output/printable.ts";
import { landedAt } from "../runs/approved.ts";
import { type Desk, terminalDesk } from "../runs/ask.ts";
import { beginning, journalName, objectionsTo, peopleOf, planOfRun } from "../runs/begin.ts";
import { type Journal, journalAt, newJournal, resumedJournal } from "../runs/journal.ts";
import { type RunRecord, type Second, walk } from "../runs/walk.ts";
import { documentFrom } from "./document.ts";

type Options = {
  readonly operator?: string;
  readonly second?: string;
  readonly journal?: string;
  readonly unapproved?: string;
  readonly resume?: string;
  readonly report?: string;
};

/** Exit code of a run that did not come to its end, or that was stopped or taken back. */
const NOT_DONE = 1;

export function runCommand(program: Command): void {
  program
    .command("run")
    .description("walk through a change document, step by step, on record")
    .argument("[document]", "the change document")
    .option("--operator <name>", "who carries it out (default: as the document says)")
    .option("--second <name>", "who confirms (default: as the document says)")
    .option("--journal <file>", "where it is recorded (default: in `interlock-runs/`)")
    .option("--unapproved <reason>", "run a text that nobody approved, or that has errors")
    .option("--resume <journal>", "go on with a run that was interrupted")
    .option("--report <journal>", "say what was done, and do nothing")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock run interlock/changes/pool.md\n  interlock run --resume interlock-runs/pool.4f1c….jsonl\n\nExit codes: 0 every step passed, 1 interrupted, stopped or taken back, 3 it could not be run",
    )
    .action(async (file: string | undefined, options: Options) => {
      const modes = [file, options.resume, options.report].filter((mode) => mode !== undefined);
      if (modes.length !== 1)
        throw new GateError(
          "USAGE",
          "name a document, or a journal with `--resume` or `--report`",
          "exactly one of the three",
        );
      if (options.report !== undefined) return report(options.report);
      // Whatever ends this early is not done. by (fail-closed)
      process.exitCode = NOT_DONE;
      const journal =
        options.resume === undefined
          ? await begun(file ?? "", options)
          : resumedJournal(options.resume, Date.now);
      await carriedOut(journal);
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
  const people = peopleOf(sited.document, options);
  if (people.second === "" && sited.document.steps.some((step) => step.second))
    throw new GateError("USAGE", "nobody is named as second person", "give `--second NAME`");
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

async function carriedOut(journal: Journal): Promise<void> {
  const desk = terminalDesk();
  try {
    const [begin] = journal.events();
    if (begin?.kind !== "begin")
      throw new GateError(
        "INPUT_INVALID",
        "the journal ends before its first line",
        "nothing was done; remove it and begin again",
      );
    desk.show(`recorded in ${journal.path}`);
    const plan = planOfRun(begin);
    const record: RunRecord = {
      events: journal.events,
      append: async (event) => journal.append(event),
      note: journal.append,
    };
    const { operator } = begin;
    const outcome = await walk({ plan, record, desk, operator, second: typed(desk, begin) });
    if (outcome === "done") process.exitCode = 0;
    desk.show(
      outcome === null
        ? `\nnot finished: go on with \`interlock run --resume ${journal.path}\``
        : "",
    );
    process.stdout.write(printableLines(reportText(plan, journal.events())));
  } finally {
    desk.close();
    journal.close();
  }
}

/** The second person at the same terminal. Nothing proves who types; the journal says so. */
function typed(desk: Desk, { second, operator }: EventOf<"begin">): Second {
  return async (task: Task) => {
    desk.show(`\n${task.id}: a second person confirms`);
    for (;;) {
      const by = await desk.write(`second person (${second}), type your name:`);
      if (by === null) return null;
      if (by === operator || by !== second) {
        desk.show(`  \`${by}\` is not the second person of this run`);
        continue;
      }
      const agrees = await desk.choose("do you agree that it worked?", ["yes", "no"]);
      return agrees === null ? null : { by, agrees: agrees === "yes", how: "typed" };
    }
  };
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
