// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { type EventOf, reportText, type Task } from "@interlock/document";
import { printableLines } from "../output/printable.ts";
import { type Desk, terminalDesk } from "./ask.ts";
import { planOfRun } from "./begin.ts";
import type { Journal } from "./journal.ts";
import { elsewhere, remoteOfRun, servedRecord } from "./served.ts";
import { type RunRecord, type Second, walk } from "./walk.ts";

/** Walks a run from where its journal stands, and prints the report. Exit code 0 once all is done. */
export async function carriedOut(journal: Journal): Promise<void> {
  const desk = terminalDesk();
  try {
    const [begin] = journal.events();
    if (begin?.kind !== "begin")
      throw new GateError(
        "INPUT_INVALID",
        "the journal ends before its first line",
        "nothing was done; remove it and begin again",
      );
    const plan = planOfRun(begin);
    const { record, second } = await recordFor({ journal, begin, plan, desk });
    const outcome = await walk({ plan, record, desk, operator: begin.operator, second });
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

type Given = {
  readonly journal: Journal;
  readonly begin: EventOf<"begin">;
  readonly plan: readonly Task[];
  readonly desk: Desk;
};

async function recordFor(
  given: Given,
): Promise<{ readonly record: RunRecord; readonly second: Second }> {
  const { journal, begin, desk } = given;
  const remote = remoteOfRun(begin);
  if (remote === null) {
    desk.show(`recorded in ${journal.path}, and nowhere else`);
    const append: RunRecord["append"] = async (event) => journal.append(event);
    return {
      record: { events: journal.events, append, note: journal.append },
      second: typed(desk, begin),
    };
  }
  desk.show(`recorded in ${journal.path}`);
  const record = await servedRecord({ ...given, remote });
  desk.show(`and as run ${begin.run} on ${remote.server}`);
  return { record, second: elsewhere({ ...given, remote }) };
}

/** The second person at the same terminal. Nothing proves who types; the journal says so. */
function typed(desk: Desk, { second, operator }: EventOf<"begin">): Second {
  return async (task: Task) => {
    desk.show(
      `\n${task.id}: a second person confirms\n  recorded as unverified: nothing here proves who types; with \`--change\` they confirm from a session of their own`,
    );
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
