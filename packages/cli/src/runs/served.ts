// SPDX-License-Identifier: Apache-2.0
/** A run that a server records too. The journal here is written first, so that what it says can be sent again. */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { GateError } from "@interlock/core";
import {
  type EventOf,
  follows,
  type RunEvent,
  readEvent,
  runId,
  type Task,
} from "@interlock/document";
import { type RunShown, runsApi } from "@interlock/protocol";
import { loginOf, remoteOf } from "../remote/access.ts";
import { answerOf, type Called, call, type Remote } from "../remote/client.ts";
import type { Desk } from "./ask.ts";
import type { Journal } from "./journal.ts";
import type { RunRecord, Second } from "./walk.ts";

type Begin = EventOf<"begin">;
type Served = NonNullable<Begin["server"]>;

/** What a new run's first event says of the server, and the id that the run has there and here. */
export function servedBy(
  origin: string,
  operator: string,
  of: { readonly change: string } | { readonly remedy: string },
): { readonly run: string; readonly server: Served } {
  const once = randomBytes(16).toString("hex");
  return { run: runId(operator, once), server: { origin, once, ...of } };
}

/** The server of a run, as the person of this terminal. Throws `GateError` SIGN_IN_NEEDED. */
export function remoteOfRun({ server, operator }: Begin): Remote | null {
  if (server === undefined) return null;
  const { person, secret } = loginOf({ server: server.origin });
  if (person === operator) return remoteOf(server.origin, secret);
  throw new GateError(
    "NOT_ALLOWED",
    `this run is \`${operator}\`'s, and this terminal is signed in as \`${person}\``,
    `let \`${operator}\` go on with it`,
  );
}

export type OfRun = {
  readonly remote: Remote;
  readonly journal: Journal;
  readonly begin: Begin;
  readonly plan: readonly Task[];
  readonly desk: Desk;
};

/**
 * Begins the run on the server, or finds it begun, and brings journal and server to the same events.
 *
 * INVARIANT (journal-first): the events of one are always the first events of the other. What stands
 * in the journal alone is sent before anything else happens, under the number that it has here.
 */
export async function servedRecord(given: OfRun): Promise<RunRecord> {
  const { journal, plan } = given;
  const shown = await begunThere(given);
  const theirs = eventsOf(shown);
  const ours = sentOf(journal);
  for (const [i, event] of ours.slice(0, theirs.length).entries())
    if (told(event) !== told(theirs[i])) throw twoStories(journal, i + 1);
  for (const event of theirs.slice(ours.length)) {
    if (!follows(plan, journal.events(), event)) throw twoStories(journal, sentOf(journal).length);
    journal.append(event);
  }
  for (const [i, event] of ours.entries())
    if (i >= theirs.length) await send(given, { number: i + 1, event, resent: true });
  return {
    events: journal.events,
    note: journal.append,
    append: async (event) => {
      journal.append(event);
      // What a second person says was read from there.
      if (event.kind !== "confirmed")
        await send(given, { number: sentOf(journal).length, event, resent: false });
    },
  };
}

const REFUSING: readonly string[] = ["INPUT_INVALID", "NOT_ALLOWED", "NOT_FOUND"];

async function begunThere({ remote, journal, begin, desk }: OfRun): Promise<RunShown> {
  const body = beginningFor(begin);
  const found = await patiently({ remote, journal, desk }, async () => {
    const called = await call(remote, runsApi.beginRun, { body });
    // No such run has begun and none will: a journal of it would only be in the way.
    const refused = called.kind === "refused" && REFUSING.includes(called.problem.code);
    if (refused && journal.events().length === 1) journal.discard();
    return called;
  });
  const { run, document, operator } = found;
  if (run === begin.run && document === begin.document && operator === begin.operator) return found;
  throw new GateError(
    "CHANGE_DIFFERS",
    `\`${remote.server}\` answers with another run than the one that was begun`,
    "run nothing, and tell whoever keeps the server",
  );
}

function beginningFor({ server, text, second, values }: Begin): object {
  if (server === undefined) throw new Error("invariant broken: the run is one of a server");
  const { once, change, remedy } = server;
  return remedy === undefined
    ? { once, change: change ?? "", document: text, second }
    : { once, remedy, values };
}

/** The events that are entries on the server, in their order. */
const sentOf = (journal: Journal): readonly RunEvent[] =>
  journal.events().filter(({ kind }) => kind !== "begin" && kind !== "spawned");

export function eventsOf({ events }: Pick<RunShown, "events">): readonly RunEvent[] {
  return events.map((event) => {
    const read = readEvent(event);
    if (read.ok) return read.event;
    throw new GateError(
      "INPUT_INVALID",
      "the server shows an event that this release does not know",
      "go on with a newer release of Interlock",
    );
  });
}

/** What decides how a run goes on; arguments and outputs stay here, and who spoke the server knows. */
function told(event: RunEvent | undefined): string {
  if (event === undefined) return "";
  const { kind } = event;
  const about = "task" in event ? [event.task, "part" in event ? event.part : ""] : [];
  switch (event.kind) {
    case "finished":
      return JSON.stringify([kind, ...about, event.passed, event.exit ?? null, event.missed]);
    case "found":
      return JSON.stringify([kind, ...about, event.ran]);
    case "confirmed":
      return JSON.stringify([kind, ...about, event.agrees]);
    case "chosen":
      return JSON.stringify([kind, ...about, event.choice, event.reason]);
    case "end":
      return JSON.stringify([kind, event.outcome, event.left]);
    default:
      return JSON.stringify([kind, ...about]);
  }
}

const twoStories = ({ path }: Journal, at: number): GateError =>
  new GateError(
    "OUT_OF_ORDER",
    `\`${path}\` and the server tell different stories from event ${at}`,
    "look whether somebody goes on with a copy of the journal; then `interlock run --resume` takes over what is recorded",
  );

type Sending = {
  readonly number: number;
  readonly event: RunEvent;
  /** It may have arrived before this process began. */
  readonly resent: boolean;
};

/**
 * Throws `GateError` OUT_OF_ORDER where the server had the event before we first sent it: somebody
 * goes on with a copy of the journal, and would do the same step.
 */
async function send({ remote, journal, begin, desk }: OfRun, sending: Sending): Promise<void> {
  const { number, event, resent } = sending;
  const { output } = event.kind === "finished" ? event : { output: undefined };
  // The end of an output stays on this disk.
  const bare = output === undefined ? event : { ...event, output: { ...output, tail: "" } };
  const given = { params: { run: begin.run }, body: { number, event: bare } };
  let tries = 0;
  const { again } = await patiently({ remote, journal, desk }, () => {
    tries++;
    return call(remote, runsApi.recordStep, given);
  });
  if (again && !resent && tries === 1) throw twoStories(journal, number);
}

/** Asks as often as the operator wants; nothing else happens meanwhile. by (entry-first) */
async function patiently<T>(
  { remote, journal, desk }: Pick<OfRun, "remote" | "journal" | "desk">,
  asking: () => Promise<Called<T>>,
): Promise<T> {
  for (;;) {
    const called = await asking();
    const busy = called.kind === "refused" && called.problem.code === "TOO_MANY_REQUESTS";
    if (called.kind !== "away" && !busy) return answerOf(called, remote);
    const why = called.kind === "away" ? called.says : called.problem.detail;
    desk.show(`\`${remote.server}\` is away: ${why}\n  what happened stands in ${journal.path}`);
    if ((await desk.choose("ask it again?", ["again", "stop"])) !== "again")
      throw new GateError(
        "SERVER_UNREACHABLE",
        `\`${remote.server}\` is away, and nothing goes on unrecorded: ${why}`,
        `go on with \`interlock run --resume ${journal.path}\` when it answers; what cannot wait runs without it as docs/documents.md says`,
      );
  }
}

const POLL_MS = 2_000;
/** Then the operator is asked again. */
const POLLS = 300;

/** Waits for the second person, who says it to the server from a session of their own. by (two-people) */
export function elsewhere({ remote, journal, begin, desk }: OfRun): Second {
  return async ({ id }) => {
    const { run, second } = begin;
    desk.show(
      `\n${id}: a second person confirms\n  ${second} runs: interlock run --confirm ${run} --server ${remote.server}`,
    );
    while ((await desk.choose(`wait for ${second}?`, ["wait", "stop"])) === "wait")
      for (let i = 0; i < POLLS; i++) {
        const shown = await patiently({ remote, journal, desk }, () =>
          call(remote, runsApi.showRun, { params: { run } }),
        );
        const event = eventsOf(shown)[sentOf(journal).length];
        if (event?.kind === "confirmed" && event.task === id)
          return { by: event.by, agrees: event.agrees, how: event.how };
        await sleep(POLL_MS);
      }
    return null;
  };
}
