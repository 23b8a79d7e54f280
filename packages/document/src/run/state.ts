// SPDX-License-Identifier: Apache-2.0
import type { Choice, Part, RunEvent, RunOutcome } from "./events.ts";
import type { Task } from "./plan.ts";

/** What comes next in a run, told from its journal alone. */
export type Next =
  | { readonly kind: "begin" }
  /** To be started, or to be started again where that does no harm. */
  | { readonly kind: "act"; readonly task: Task; readonly part: Part }
  /** It was started and nobody knows how it ended. */
  | { readonly kind: "find"; readonly task: Task; readonly part: Part }
  | { readonly kind: "confirm"; readonly task: Task }
  /** It failed; somebody has to choose. */
  | { readonly kind: "choose"; readonly task: Task; readonly part: Part | "confirm" }
  | { readonly kind: "end"; readonly outcome: RunOutcome; readonly left: readonly string[] }
  | { readonly kind: "over"; readonly outcome: RunOutcome };

type Status = "none" | "open" | "passed" | "failed";

type TaskState = {
  readonly do: Status;
  readonly verify: Status;
  readonly undo: Status;
  readonly confirm: Status;
  /** Its command or deed took place, wholly or in part. */
  readonly touched: boolean;
};

const UNTOUCHED: TaskState = {
  do: "none",
  verify: "none",
  undo: "none",
  confirm: "none",
  touched: false,
};

/**
 * INVARIANT (one next): a journal has exactly one next, so that a run that was killed anywhere goes
 * on where it was.
 */
export function nextOf(plan: readonly Task[], events: readonly RunEvent[]): Next {
  const [first] = events;
  const last = events[events.length - 1];
  if (first === undefined) return { kind: "begin" };
  if (last?.kind === "end") return { kind: "over", outcome: last.outcome };
  const states = statesOf(events);
  const choice = events.findLast((e) => e.kind === "chosen" && e.choice !== "retry");
  if (choice?.kind === "chosen" && choice.choice === "leave") return leaving(plan, states, events);
  return choice === undefined ? forward(plan, states) : backward(plan, states);
}

type States = ReadonlyMap<string, TaskState>;

function statesOf(events: readonly RunEvent[]): States {
  const states = new Map<string, TaskState>();
  for (const event of events) {
    if (!("task" in event)) continue;
    const before = states.get(event.task) ?? UNTOUCHED;
    states.set(event.task, after(before, event));
  }
  return states;
}

function after(state: TaskState, event: Extract<RunEvent, { readonly task: string }>): TaskState {
  switch (event.kind) {
    case "started":
      return { ...state, [event.part]: "open", touched: state.touched || event.part === "do" };
    case "finished":
      return { ...state, [event.part]: event.passed ? "passed" : "failed" };
    case "found": {
      // What took place counts as done; whether it worked, its verification says.
      const status: Status = event.ran ? "passed" : "none";
      const touched = event.part === "do" ? event.ran : state.touched;
      return { ...state, [event.part]: status, touched };
    }
    case "confirmed":
      return { ...state, confirm: event.agrees ? "passed" : "failed" };
    case "chosen":
      return event.choice === "retry" ? retried(state) : state;
  }
}

/** What failed is open again; a second person who disagreed looks at a new verification. */
function retried(state: TaskState): TaskState {
  if (state.confirm === "failed") return { ...state, verify: "none", confirm: "none" };
  const again = (status: Status): Status => (status === "failed" ? "none" : status);
  return { ...state, do: again(state.do), verify: again(state.verify), undo: again(state.undo) };
}

function forward(plan: readonly Task[], states: States): Next {
  for (const task of plan) {
    const next = ofTask(task, states.get(task.id) ?? UNTOUCHED);
    if (next !== null) return next;
  }
  return { kind: "end", outcome: "done", left: [] };
}

function ofTask(task: Task, state: TaskState): Next | null {
  const done = ofPart(task, "do", state.do);
  if (done !== null) return done;
  const verified = task.verify === null ? null : ofPart(task, "verify", state.verify);
  if (verified !== null) return verified;
  if (!task.second || state.confirm === "passed") return null;
  return state.confirm === "failed"
    ? { kind: "choose", task, part: "confirm" }
    : { kind: "confirm", task };
}

function ofPart(task: Task, part: Part, status: Status): Next | null {
  if (status === "passed") return null;
  if (status === "failed") return { kind: "choose", task, part };
  // Looking twice does no harm. An undo is as repeatable as its step.
  const harmless = part === "verify" || task.kind === "check" || task.repeatable;
  return status === "open" && !harmless
    ? { kind: "find", task, part }
    : { kind: "act", task, part };
}

/**
 * The way back, newest first. At a step without one it ends: what came before it may rest on it, and
 * only a person can tell.
 */
function backward(plan: readonly Task[], states: States): Next {
  const touched = plan
    .filter((task) => task.kind === "step" && (states.get(task.id) ?? UNTOUCHED).touched)
    .reverse();
  for (const [i, task] of touched.entries()) {
    const state = states.get(task.id) ?? UNTOUCHED;
    // Whether there is anything to undo has to be known first.
    if (state.do === "open" && !task.repeatable) return { kind: "find", task, part: "do" };
    if (task.undo === null) {
      const left = touched
        .slice(i)
        .map(({ id }) => id)
        .reverse();
      return { kind: "end", outcome: "partly-undone", left };
    }
    const next = ofPart(task, "undo", state.undo);
    if (next !== null) return next;
  }
  return { kind: "end", outcome: touched.length === 0 ? "stopped" : "undone", left: [] };
}

function leaving(plan: readonly Task[], states: States, events: readonly RunEvent[]): Next {
  const left = plan
    .filter(({ id, kind }) => {
      const state = states.get(id) ?? UNTOUCHED;
      return kind === "step" && state.touched && state.undo !== "passed";
    })
    .map(({ id }) => id);
  if (left.length === 0) return { kind: "end", outcome: "stopped", left };
  const undoing = events.some((e) => e.kind === "chosen" && e.choice === "undo");
  return { kind: "end", outcome: undoing ? "partly-undone" : "left", left };
}

/** What can be chosen after a failure; there is nothing to undo of what only looked. */
export function choicesAt(plan: readonly Task[], events: readonly RunEvent[]): readonly Choice[] {
  const next = nextOf(plan, events);
  const states = statesOf(events);
  const undoing = events.some((e) => e.kind === "chosen" && e.choice === "undo");
  const touched = plan.some(({ id, kind }) => kind === "step" && states.get(id)?.touched === true);
  if (next.kind === "over" || next.kind === "begin" || next.kind === "end") return [];
  const retry: readonly Choice[] = next.kind === "choose" ? ["retry"] : [];
  return [...retry, ...(undoing || !touched ? [] : (["undo"] as const)), "leave"];
}

/** Whether an event may follow a journal: the rule that server and command line share. */
export function follows(
  plan: readonly Task[],
  events: readonly RunEvent[],
  event: RunEvent,
): boolean {
  const next = nextOf(plan, events);
  const last = events[events.length - 1];
  switch (event.kind) {
    case "begin":
      return next.kind === "begin";
    case "started":
      return next.kind === "act" && next.task.id === event.task && next.part === event.part;
    case "spawned":
      return last?.kind === "started";
    case "finished": {
      const started = last?.kind === "spawned" ? events[events.length - 2] : last;
      return (
        started?.kind === "started" && started.task === event.task && started.part === event.part
      );
    }
    case "found":
      return next.kind === "find" && next.task.id === event.task && next.part === event.part;
    case "confirmed":
      return next.kind === "confirm" && next.task.id === event.task;
    case "chosen":
      return choicesAt(plan, events).includes(event.choice);
    case "end":
      return (
        next.kind === "end" &&
        next.outcome === event.outcome &&
        next.left.join() === event.left.join()
      );
  }
}
