// SPDX-License-Identifier: Apache-2.0
/** Walks a run from wherever its journal stands to its end, or to where nobody answers any more. */
import {
  type Act,
  type Choice,
  type Command,
  choicesAt,
  commandText,
  type EventOf,
  expectationText,
  follows,
  type Next,
  nextOf,
  type Part,
  type RunEvent,
  type RunOutcome,
  type Task,
} from "@interlock/document";
import type { Desk } from "./ask.ts";
import { execute, missedBy, type Ran, tailOf } from "./execute.ts";
import { isRunning } from "./journal.ts";

/** Where a run is recorded, on this disk alone or on a server too. */
export type RunRecord = {
  readonly events: () => readonly RunEvent[];
  /** Returns once the event is durable everywhere where it has to be. */
  readonly append: (event: RunEvent) => Promise<void>;
  /** For this disk alone: what helps after a crash and decides nothing. */
  readonly note: (event: EventOf<"spawned">) => void;
};

/** Asks the second person; `null` when nobody answers. */
export type Second = (task: Task) => Promise<{
  readonly by: string;
  readonly agrees: boolean;
  readonly how: "typed" | "signed-in";
} | null>;

export type Walk = {
  readonly plan: readonly Task[];
  readonly record: RunRecord;
  readonly desk: Desk;
  readonly operator: string;
  readonly second: Second;
};

/** `null`: the input ended; the journal says where to go on. */
export async function walk(given: Walk): Promise<RunOutcome | null> {
  for (;;) {
    const next = nextOf(given.plan, given.record.events());
    if (next.kind === "over") return next.outcome;
    const events = await eventsFor(given, next);
    if (events === null) return null;
    for (const event of events) await append(given, event);
  }
}

async function append({ plan, record }: Walk, event: RunEvent): Promise<void> {
  if (!follows(plan, record.events(), event))
    throw new Error(`invariant broken: \`${event.kind}\` does not follow in this run`);
  await record.append(event);
}

async function eventsFor(given: Walk, next: Next): Promise<readonly RunEvent[] | null> {
  switch (next.kind) {
    case "begin":
    case "over":
      throw new Error("invariant broken: a run is walked between its beginning and its end");
    case "end":
      return [{ kind: "end", outcome: next.outcome, left: next.left }];
    case "act":
      return await act(given, next.task, next.part);
    case "find":
      return await find(given, next.task, next.part);
    case "confirm": {
      const answer = await given.second(next.task);
      return answer && [{ kind: "confirmed", task: next.task.id, ...answer }];
    }
    case "choose":
      return await choose(given, next.task);
  }
}

const actOf = (task: Task, part: Part): Act => {
  const act = { do: task.act, verify: task.verify, undo: task.undo }[part];
  if (act === null) throw new Error(`invariant broken: \`${task.id}\` has no ${part}`);
  return act;
};

function shownTask(task: Task, part: Part, { says, run, expect }: Act): string {
  return [
    `\n${task.id}: ${part}`,
    ...(says === "" ? [] : [`  ${says}`]),
    ...(run === null ? [] : [`  $ ${commandText(run.argv)}`]),
    ...(expect === null ? [] : [`  expect: ${expectationText(expect)}`]),
    ...(part === "undo" || task.abortIf === null ? [] : [`  abort if: ${task.abortIf}`]),
  ].join("\n");
}

/** One part of a task: shown, agreed to, started on record, done, judged. */
async function act(given: Walk, task: Task, part: Part): Promise<readonly RunEvent[] | null> {
  const { desk } = given;
  const what = actOf(task, part);
  desk.show(shownTask(task, part, what));
  const answer = await desk.choose(what.run === null ? "begin with it?" : "run it?", [
    "go",
    "stop",
  ]);
  if (answer === null) return null;
  if (answer === "stop") return await choose(given, task);
  await append(given, { kind: "started", task: task.id, part });
  return what.run === null
    ? await byHand(given, task, part)
    : await byCommand(given, { task, part, what, command: what.run });
}

async function byHand(given: Walk, task: Task, part: Part): Promise<readonly RunEvent[] | null> {
  const { desk, operator } = given;
  const answer = await desk.choose("is it done, and is that seen?", ["done", "failed"]);
  if (answer === null) return null;
  const passed = answer === "done";
  const seen = passed ? "" : ((await desk.write("what was seen instead?")) ?? "not said");
  const missed = passed ? [] : [seen];
  return [{ kind: "finished", task: task.id, part, passed, by: operator, missed }];
}

type Commanded = {
  readonly task: Task;
  readonly part: Part;
  readonly what: Act;
  readonly command: Command;
};

async function byCommand(
  given: Walk,
  { task, part, what, command }: Commanded,
): Promise<readonly RunEvent[]> {
  const { desk, record } = given;
  const ran = await execute(command, (pid) => record.note({ kind: "spawned", pid }));
  desk.show(shownOutput(ran));
  const missed = [...missedBy(ran, what.expect)];
  const seen = missed.length === 0 ? await judged(given, what) : { by: "", missed: [] };
  const output = { digest: ran.digest, bytes: ran.bytes, tail: tailOf(ran) };
  const all = [...missed, ...seen.missed].map((text) => text.slice(0, 2_000));
  if (all.length > 0) desk.show(all.map((text) => `  missed: ${text}`).join("\n"));
  return [
    {
      ...{ kind: "finished", task: task.id, part },
      ...{ passed: all.length === 0, by: seen.by, argv: command.argv, output, missed: all },
      ...(ran.exit === null ? {} : { exit: ran.exit }),
    },
  ];
}

/** A sentence is judged by a person. Without an answer it counts as not seen. by (fail-closed) */
async function judged({ desk, operator }: Walk, { expect }: Act) {
  if (expect === null || expect.says === "") return { by: "", missed: [] };
  const seen = await desk.choose(`do you see it: ${expect.says}?`, ["yes", "no"]);
  return { by: operator, missed: seen === "yes" ? [] : [expect.says] };
}

const SHOWN_MAX = 4_000;

function shownOutput(ran: Ran): string {
  const text = (ran.head + ran.tail).trimEnd();
  const shown = text.length > SHOWN_MAX ? `…\n${text.slice(-SHOWN_MAX)}` : text;
  const how = ran.trouble === "" ? `exit code ${ran.exit}` : ran.trouble;
  return `${shown}${shown === "" ? "" : "\n"}  ${how}, ${ran.bytes} bytes of output`;
}

/** After a crash: nobody but a person can tell whether what was started took place. */
async function find(given: Walk, task: Task, part: Part): Promise<readonly RunEvent[] | null> {
  const { desk, operator, record } = given;
  const events = record.events();
  const spawned = events.findLast((e) => e.kind === "spawned");
  desk.show(shownTask(task, part, actOf(task, part)));
  desk.show("  it was started, and the run ended before its outcome was recorded");
  if (
    events[events.length - 1]?.kind === "spawned" &&
    spawned?.kind === "spawned" &&
    isRunning(spawned.pid)
  )
    desk.show(`  process ${spawned.pid} still exists: it may be this command, still at work`);
  const answer = await desk.choose("did it take place?", ["yes", "no"]);
  if (answer === null) return null;
  return [{ kind: "found", task: task.id, part, ran: answer === "yes", by: operator }];
}

const CHOICE_SAYS: { readonly [C in Choice]: string } = {
  retry: "retry: do it once more",
  undo: "undo: take back what took place, in reverse order",
  leave: "leave: end here and leave everything as it is",
};

async function choose(given: Walk, task: Task): Promise<readonly RunEvent[] | null> {
  const { plan, record, desk, operator } = given;
  const choices = choicesAt(plan, record.events());
  desk.show(`  ${choices.map((choice) => CHOICE_SAYS[choice]).join("\n  ")}`);
  const choice = await desk.choose("what now?", choices);
  if (choice === null) return null;
  const reason = await desk.write("why?");
  if (reason === null) return null;
  return [{ kind: "chosen", task: task.id, choice, by: operator, reason }];
}
