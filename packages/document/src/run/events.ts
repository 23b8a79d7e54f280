// SPDX-License-Identifier: Apache-2.0
/** What a journal of a run holds, one event a line. An event is durable before what follows it happens. */
import {
  about,
  bool,
  count,
  type Infer,
  type Invalid,
  int,
  list,
  object,
  optional,
  problemsOf,
  RUN_CHOICES,
  RUN_OUTCOMES,
  RUN_PARTS,
  record,
  text,
} from "@interlock/core";
import { LIMITS } from "../document.ts";

export type Part = (typeof RUN_PARTS)[number];
export type RunOutcome = (typeof RUN_OUTCOMES)[number];
export type Choice = (typeof RUN_CHOICES)[number];

const name = text({ max: 200 });
const task = text({ max: 80 });
const part = text({ values: RUN_PARTS });
const sentence = text({ max: 2_000 });
const digest = text({ max: 64, form: "digest" });
const argv = list(text({ max: LIMITS.argument }), LIMITS.arguments);

/** How much of the end of an output a journal keeps; the digest is of all of it. */
export const TAIL_MAX = 8_192;

const EVENTS = {
  begin: object({
    run: about("id of the run", text({ max: 64 })),
    file: text({ max: 4_096 }),
    text: about(
      "the document itself, so that a resumed run is of the same one",
      text({ max: LIMITS.bytes }),
    ),
    document: digest,
    plan: about("digest of every command that the plan can run", digest),
    values: about("of the parameters of a remedy", record(text({ max: 200 }), 20)),
    operator: name,
    second: name,
    approved: about("what says that this text was approved; empty: nothing does", sentence),
    unapproved: about("why it runs all the same", optional(sentence)),
    server: about(
      "where its entries are, and with what it was begun there",
      optional(
        object({
          origin: text({ max: 2_000 }),
          once: text({ max: 32 }),
          change: optional(text({ max: 200 })),
          remedy: optional(text({ max: 60 })),
        }),
      ),
    ),
  }),
  started: object({ task, part }),
  spawned: object({ pid: int(1) }),
  finished: object({
    task,
    part,
    passed: bool(),
    by: about("who says so; empty: the exit code and the output alone", name),
    argv: about("what ran", optional(argv)),
    exit: about("absent where a signal ended it, or nothing ran", optional(int())),
    output: optional(object({ digest, bytes: count(), tail: text({ max: TAIL_MAX }) })),
    missed: about("what was expected and not seen", list(sentence, 60)),
  }),
  found: object({
    task,
    part,
    ran: about("whether what a crash interrupted took place", bool()),
    by: name,
  }),
  confirmed: object({
    task,
    by: name,
    agrees: bool(),
    how: text({ values: ["typed", "signed-in"] }),
  }),
  chosen: object({ task, choice: text({ values: RUN_CHOICES }), by: name, reason: sentence }),
  end: object({
    outcome: text({ values: RUN_OUTCOMES }),
    left: about(
      "steps that took place and were not undone, where that is not all of them",
      list(task, LIMITS.steps),
    ),
  }),
} as const;

export type EventKind = keyof typeof EVENTS;
export type RunEvent = {
  readonly [K in EventKind]: { readonly kind: K } & Infer<(typeof EVENTS)[K]>;
}[EventKind];
export type EventOf<K extends EventKind> = Extract<RunEvent, { readonly kind: K }>;

export type ReadEvent =
  | { readonly ok: true; readonly event: RunEvent }
  | { readonly ok: false; readonly problems: readonly Invalid[] };

/** Checks an event from a file or from the wire. */
export function readEvent(value: unknown): ReadEvent {
  const problem = (message: string) =>
    ({ ok: false, problems: [{ path: "kind", message }] }) as const;
  if (typeof value !== "object" || value === null || !("kind" in value)) return problem("no event");
  const { kind, ...rest } = value;
  if (typeof kind !== "string" || !Object.hasOwn(EVENTS, kind)) return problem("no such event");
  const problems = problemsOf(EVENTS[kind as EventKind], rest, `no such field of \`${kind}\``); // its own key
  return problems.length > 0 ? { ok: false, problems } : { ok: true, event: value as RunEvent }; // the schema has just checked every field
}
