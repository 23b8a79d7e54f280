// SPDX-License-Identifier: Apache-2.0
import type { Bodies } from "@interlock/core";
import { canonicalJson, type Digest, isDigest, type Json } from "@interlock/digest";
import { follows, type RunEvent, readEvent } from "@interlock/document";
import { lockHead } from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { done, refused } from "../people/terms.ts";
import { commandOf, isDamaged, type Story, storyOf } from "./story.ts";
import { activePerson, appendOne, personOf, type RunTerms, unread, within } from "./terms.ts";

export type RecordedStep = {
  readonly number: number;
  readonly index: number;
  readonly entry: string;
  readonly again: boolean;
};

type Given = {
  readonly person: string;
  readonly run: string;
  /** `null`: whatever comes next. */
  readonly number: number | null;
  readonly event: RunEvent;
  /** Of a confirmation. */
  readonly via?: Bodies["run-step"]["via"];
};

/**
 * Records what the operator says happened. The same step sent again, after an answer that got lost,
 * is answered as the first time.
 */
export async function record(
  terms: RunTerms,
  given: {
    readonly person: string;
    readonly run: string;
    readonly number: number;
    readonly event: unknown;
  },
): Promise<Answer<RecordedStep>> {
  const read = readEvent(given.event);
  const told =
    read.ok && ["started", "finished", "found", "chosen", "end"].includes(read.event.kind);
  if (!read.ok || !told)
    return refused("INPUT_INVALID", "the event is none that an operator records", "see the API");
  return await append(terms, { ...given, event: read.event }, ({ begun }) => begun.operator);
}

/**
 * How old the sign-in of a terminal may be that confirms: as old as a browser's session gets. The
 * operator's own account on a machine may be able to read what an older one left lying about.
 */
const TERMINAL_MS = 12 * 3_600_000;

/** Records what the second person says, by their own session. by (two-people) */
export async function confirm(
  terms: RunTerms,
  given: {
    readonly actor: Actor;
    readonly run: string;
    readonly task: string;
    readonly agrees: boolean;
  },
): Promise<Answer<RecordedStep>> {
  const { actor, run, task, agrees } = given;
  if (actor.kind === "terminal" && actor.signedInAt + TERMINAL_MS <= terms.now())
    return refused(
      "SIGN_IN_NEEDED",
      "a terminal confirms for 12 hours after it was let in, and this one is older",
      "run `interlock login` in it again",
    );
  const person = personOf(actor);
  const via = actor.kind === "terminal" ? "terminal" : "browser";
  const event: RunEvent = { kind: "confirmed", task, by: person, agrees, how: "signed-in" };
  return await append(
    terms,
    { person, run, number: null, event, via },
    ({ begun }) => begun.second,
  );
}

async function append(
  terms: RunTerms,
  given: Given,
  whose: (story: Story) => string,
): Promise<Answer<RecordedStep>> {
  return await within(terms, async (tx) => {
    // Of two that come at once the second sees the first.
    await lockHead(tx);
    const { run } = given;
    const story = isDigest(run) ? await storyOf(tx, run) : null;
    if (isDamaged(story)) return unread(story.damaged);
    if (story === null || whose(story) !== given.person)
      return refused(
        "NOT_FOUND",
        "there is no such run of yours",
        "see who its operator and second person are",
      );
    const active = await activePerson(terms, tx, given.person);
    if (!active.ok) return active;
    const body = bodyOf(story, given);
    const again = sameStep(story, given.number, body);
    if (again !== null) return done(again);
    const number = story.steps.length + 1;
    if ((given.number ?? number) !== number || !follows(story.plan, story.events, given.event))
      return refused(
        "OUT_OF_ORDER",
        `\`${given.event.kind}\` does not follow in this run; ${number} comes next`,
        "read the run again: it says what comes next",
      );
    const entry = prepare(unsalted(story.run, terms.now(), body));
    const appended = await appendOne(terms, tx, entry);
    return appended.ok
      ? done({ number, index: appended.value, entry: entry.id, again: false })
      : appended;
  });
}

type StepBody =
  | { readonly kind: "run-step"; readonly body: Bodies["run-step"] }
  | { readonly kind: "run-end"; readonly body: Bodies["run-end"] };

const unsalted = (run: Digest, at: number, step: StepBody) => ({ ...step, at, subject: run });

function bodyOf(story: Story, { person: by, event, number: wanted, via }: Given): StepBody {
  const number = wanted ?? story.steps.length + 1;
  const previous = story.entries[number - 1]?.id ?? story.entries[0]?.id;
  if (previous === undefined) throw new Error("invariant broken: a run has a first entry");
  const place = { number, previous, by };
  switch (event.kind) {
    case "end":
      return { kind: "run-end", body: { ...place, outcome: event.outcome, left: event.left } };
    case "started":
      return step({ ...place, what: "started", task: event.task, part: event.part });
    case "found":
      return step({ ...place, what: "found", task: event.task, part: event.part, ran: event.ran });
    case "confirmed":
      return step({
        ...{ ...place, what: "confirmed", task: event.task, agrees: event.agrees },
        ...(via === undefined ? {} : { via }),
      });
    case "chosen":
      return step({
        ...place,
        what: "chosen",
        task: event.task,
        choice: event.choice,
        reason: event.reason,
      });
    case "finished":
      return step({ ...place, ...finished(story, event) });
    default:
      throw new Error(`invariant broken: \`${event.kind}\` was refused before`);
  }
}

const step = (body: Bodies["run-step"]): StepBody => ({ kind: "run-step", body });

/** Outputs and arguments stay with the operator; the ledger holds digest, size, and the comparison. */
function finished(story: Story, event: Extract<RunEvent, { readonly kind: "finished" }>) {
  const { task, part, passed, exit, output, missed, argv } = event;
  const declared = commandOf(story.plan, task, part);
  const same = canonicalJson((argv ?? null) as Json) === canonicalJson(declared as Json); // lists of texts
  return {
    ...{ what: "finished" as const, task, part, passed, missed },
    ...(argv === undefined && declared === null ? {} : { asApproved: same }),
    ...(exit === undefined ? {} : { exit }),
    ...(output === undefined ? {} : { output: { digest: output.digest, bytes: output.bytes } }),
  };
}

function sameStep(story: Story, number: number | null, { body }: StepBody): RecordedStep | null {
  const before = number === null ? undefined : story.steps[number - 1];
  const entry = number === null ? undefined : story.entries[number];
  if (before === undefined || entry === undefined || number === null) return null;
  const text = (one: object) => canonicalJson(one as Json); // bodies are plain data by their schema
  return text(before) === text(body)
    ? { number, index: entry.index, entry: entry.id, again: true }
    : null;
}
