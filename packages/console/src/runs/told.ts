// SPDX-License-Identifier: Apache-2.0
/** A run as its page tells it: each task with what happened to it, in the order of the document. */
import {
  type ChangeDocument,
  type Choice,
  type Part,
  planOf,
  type RunEvent,
  readDocument,
  readEvent,
  type Task,
} from "@interlock/document";
import type { RunShown } from "@interlock/protocol";

/** When something was recorded, and where. */
export type Recorded = { readonly index: number; readonly at: number };

export type PartTold = {
  readonly part: Part;
  readonly state: "running" | "passed" | "failed";
  /** Who says so; empty: exit code and output alone. */
  readonly by: string;
  readonly exit: number | null;
  readonly output: { readonly digest: string; readonly bytes: number } | null;
  readonly missed: readonly string[];
  readonly began: Recorded;
  readonly ended: Recorded | null;
};

export type Said = Recorded & { readonly by: string } & (
    | { readonly kind: "agreed" | "disagreed" | "took-place" | "did-not-take-place" }
    | { readonly kind: "chose"; readonly choice: Choice; readonly reason: string }
  );

export type TaskTold = {
  readonly task: Task;
  readonly parts: readonly PartTold[];
  readonly said: readonly Said[];
};

export type Told = {
  readonly document: ChangeDocument;
  readonly tasks: readonly TaskTold[];
  /** Steps that took place and were not taken back, newest first. */
  readonly touched: readonly Task[];
};

/** Tells a run; `null` where this page reads its text otherwise than the server that sent it. */
export function toldRun(run: RunShown): Told | null {
  const read = readDocument("document", run.text);
  if (!read.ok) return null;
  const { document } = read.sited;
  const plan = planOf(document, run.values);
  const tasks = new Map<string, { parts: PartTold[]; said: Said[] }>(
    plan.map(({ id }) => [id, { parts: [], said: [] }]),
  );
  for (const [i, given] of run.events.entries()) {
    const event = readEvent(given);
    const at = run.entries[i + 1];
    if (!event.ok || at === undefined) return null;
    if ("task" in event.event) tell(tasks.get(event.event.task), event.event, at);
  }
  const told = plan.map((task) => ({ task, ...(tasks.get(task.id) ?? { parts: [], said: [] }) }));
  return {
    document,
    tasks: told,
    touched: told
      .filter(isTouched)
      .map(({ task }) => task)
      .reverse(),
  };
}

type Of = { readonly parts: PartTold[]; readonly said: Said[] };

function tell(
  of: Of | undefined,
  event: Extract<RunEvent, { readonly task: string }>,
  at: Recorded,
): void {
  if (of === undefined) return;
  switch (event.kind) {
    case "started":
      of.parts.push(started(event.part, at));
      return;
    case "finished":
      of.parts.push({ ...ofLast(of, event.part, at), ...finished(event), ended: at });
      return;
    case "found":
      of.said.push({ ...at, kind: event.ran ? "took-place" : "did-not-take-place", by: event.by });
      return;
    case "confirmed":
      of.said.push({ ...at, kind: event.agrees ? "agreed" : "disagreed", by: event.by });
      return;
    case "chosen": {
      const { choice, by, reason } = event;
      of.said.push({ ...at, kind: "chose", choice, by, reason });
    }
  }
}

const started = (part: Part, began: Recorded): PartTold => ({
  ...{ part, state: "running", by: "", exit: null, output: null, missed: [] },
  ...{ began, ended: null },
});

function finished(event: Extract<RunEvent, { readonly kind: "finished" }>) {
  const { passed, by, exit, output, missed } = event;
  return {
    ...{ state: passed ? ("passed" as const) : ("failed" as const), by, missed },
    exit: exit ?? null,
    output: output === undefined ? null : { digest: output.digest, bytes: output.bytes },
  };
}

/** Takes the part that was begun last off the list, to be put back with its end. */
function ofLast({ parts }: Of, part: Part, at: Recorded): PartTold {
  const last = parts.findLastIndex((one) => one.part === part && one.ended === null);
  const [open] = last < 0 ? [] : parts.splice(last, 1);
  return open ?? started(part, at);
}

function isTouched({ task, parts, said }: TaskTold): boolean {
  const undone = parts.some(({ part, state }) => part === "undo" && state === "passed");
  const did = parts.some(({ part, state }) => part === "do" && state !== "running");
  const open = parts.some(({ part }) => part === "do");
  const last = said.findLast(({ kind }) => kind === "took-place" || kind === "did-not-take-place");
  return task.kind === "step" && !undone && (did || (open && last?.kind !== "did-not-take-place"));
}
