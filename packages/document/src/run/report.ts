// SPDX-License-Identifier: Apache-2.0
import { commandText } from "../show/outline.ts";
import type { EventOf, Part, RunEvent } from "./events.ts";
import { planDigest, type Task } from "./plan.ts";

/** What was done otherwise than the document says, or cannot be shown to have been done so. */
export function deviations(plan: readonly Task[], events: readonly RunEvent[]): readonly string[] {
  const [begin] = events;
  if (begin?.kind !== "begin") return ["the journal does not begin"];
  const found: string[] = [];
  if (begin.approved === "")
    found.push(
      `nothing says that this text was approved: ${begin.unapproved ?? "no reason was given"}`,
    );
  else if (begin.unapproved !== undefined)
    found.push(`it was run although something stood against it: ${begin.unapproved}`);
  if (begin.plan !== planDigest(plan))
    found.push("the commands are not those that the run began with");
  for (const event of events) found.push(...ofEvent(plan, event));
  return found;
}

function ofEvent(plan: readonly Task[], event: RunEvent): readonly string[] {
  if (!("task" in event)) return [];
  const task = plan.find(({ id }) => id === event.task);
  if (task === undefined) return [`\`${event.task}\` is no part of the document`];
  if (event.kind === "finished") {
    const declared = commandOf(task, event.part)?.argv ?? null;
    const ran = event.argv ?? null;
    return JSON.stringify(declared) === JSON.stringify(ran)
      ? []
      : [
          `\`${event.task}\` ran \`${commandText(ran ?? [])}\`, the document says \`${commandText(declared ?? [])}\``,
        ];
  }
  if (event.kind === "found")
    return [
      `\`${event.task}\` was interrupted; ${event.by} says that it ${event.ran ? "took place" : "did not take place"}`,
    ];
  if (event.kind === "chosen")
    return [`\`${event.task}\`: ${event.by} chose to ${event.choice}: ${event.reason}`];
  return [];
}

const commandOf = (task: Task, part: Part) =>
  ({ do: task.act, verify: task.verify, undo: task.undo })[part]?.run ?? null;

const SAYS = {
  done: "done: every step passed",
  stopped: "stopped before anything was changed",
  undone: "undone: every step that took place was taken back",
  "partly-undone": "partly undone",
  left: "left as it is",
} as const;

/** The report at the end, or of a run that is still open. */
export function reportText(plan: readonly Task[], events: readonly RunEvent[]): string {
  const [begin] = events;
  const last = events[events.length - 1];
  if (begin?.kind !== "begin") return "the journal does not begin\n";
  const odd = deviations(plan, events);
  const outcome =
    last?.kind === "end"
      ? `${SAYS[last.outcome]}${last.left.length > 0 ? `; not taken back: ${last.left.join(", ")}` : ""}`
      : "not finished";
  return [
    `run ${begin.run}: ${outcome}`,
    `  document ${begin.document} (${begin.file})`,
    `  approved: ${begin.approved === "" ? "no" : begin.approved}`,
    `  operator ${begin.operator}, second person ${begin.second === "" ? "none" : begin.second}`,
    ...events.flatMap(lineOf),
    odd.length === 0 ? "  nothing differs from the document" : "  differs from the document:",
    ...odd.map((text) => `    - ${text}`),
    "",
  ].join("\n");
}

const TYPED = ", unverified: the name was typed at the operator's terminal";

function lineOf(event: RunEvent): readonly string[] {
  if (event.kind === "finished")
    return [
      `  ${event.passed ? "passed" : "FAILED"}  ${event.task} ${event.part}${resultOf(event)}`,
    ];
  if (event.kind === "confirmed")
    return [
      `  ${event.agrees ? "agreed" : "DISAGREED"}  ${event.task} by ${event.by}${event.how === "typed" ? TYPED : ""}`,
    ];
  return [];
}

const resultOf = ({ argv, exit, output, missed, by }: EventOf<"finished">): string =>
  [
    argv === undefined
      ? ` (by hand, ${by})`
      : ` (exit ${exit ?? "by a signal"}, ${output?.bytes ?? 0} bytes ${output?.digest.slice(0, 16) ?? ""})`,
    ...missed.map((text) => `\n    missed: ${text}`),
  ].join("");
