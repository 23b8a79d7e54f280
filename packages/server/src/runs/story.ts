// SPDX-License-Identifier: Apache-2.0
/** A run as its entries in the ledger tell it. */
import { type Bodies, isKnownKind, readLeaf } from "@interlock/core";
import { type Digest, isDigest } from "@interlock/digest";
import {
  type ChangeDocument,
  deviations,
  documentDigest,
  type EventOf,
  nextOf,
  type Part,
  planDigest,
  planOf,
  type RunEvent,
  readDocument,
  type Task,
} from "@interlock/document";
import type { RunShown } from "@interlock/protocol";
import {
  type Database,
  documentText,
  entriesOfKindsAbout,
  type StoredEntry,
} from "@interlock/store";
import { bodyIn } from "../ledger/stored.ts";

export type Story = {
  readonly run: Digest;
  readonly begun: Bodies["run"];
  readonly text: string;
  readonly plan: readonly Task[];
  /** The beginning and then one event for each further entry. */
  readonly events: readonly RunEvent[];
  readonly steps: readonly (Bodies["run-step"] | Bodies["run-end"])[];
  readonly entries: readonly {
    readonly id: Digest;
    readonly index: number;
    readonly at: number;
  }[];
};

/** What cannot be true of entries that this server wrote: somebody changed the database. */
export type Damaged = { readonly damaged: string };

/** A night's run has hundreds of entries. */
const ENTRIES_MAX = 10_000;

/**
 * Reads a run from the ledger; `null` where there is none.
 *
 * INVARIANT (run-chain): each entry of a run names the one before and has the next number, so that
 * none can be taken out or put in between.
 */
export async function storyOf(db: Database, run: Digest): Promise<Story | Damaged | null> {
  const kinds = ["run", "run-step", "run-end"];
  const stored = await entriesOfKindsAbout(db, { subject: run, kinds, limit: ENTRIES_MAX + 1 });
  const [first, ...rest] = stored;
  if (first === undefined) return null;
  const begun = bodyIn("run", first);
  if (begun === null || begun.entry.subject !== run || rest.length >= ENTRIES_MAX)
    return { damaged: "the beginning of the run cannot be read" };
  const text = await documentText(db, begun.body.document);
  const document = text === null ? null : documentNamed(text, begun.body.document);
  if (text === null || document === null) return { damaged: "the text of the run is not there" };
  const plan = planOf(document, begun.body.values);
  if (planDigest(plan) !== begun.body.plan)
    return { damaged: "this release reads other commands in the text than the one that began it" };
  const steps = chained(run, first, rest);
  if ("damaged" in steps) return steps;
  const begin = beginEvent(run, begun.body, text);
  return {
    ...{ run, begun: begun.body, text, plan, steps },
    events: [begin, ...steps.map((step) => eventOf(plan, step))],
    entries: stored.map(({ leafHash, index, at }) => ({ id: idOf(leafHash), index, at })),
  };
}

/** The document of a text, if the text has that digest. */
export function documentNamed(text: string, digest: string): ChangeDocument | null {
  if (documentDigest(text) !== digest) return null;
  const read = readDocument("document", text);
  return read.ok ? read.sited.document : null;
}

function idOf(leafHash: Uint8Array): Digest {
  const hex = Buffer.from(leafHash).toString("hex");
  if (!isDigest(hex)) throw new Error("invariant broken: a leaf hash has 32 bytes");
  return hex;
}

type Step = Bodies["run-step"] | Bodies["run-end"];

function chained(
  run: Digest,
  first: StoredEntry,
  rest: readonly StoredEntry[],
): readonly Step[] | Damaged {
  const steps: Step[] = [];
  let previous = idOf(first.leafHash);
  for (const stored of rest) {
    const named = readLeaf(new TextDecoder().decode(stored.leaf));
    const kind = named.ok && isKnownKind(named.entry) ? named.entry.kind : null;
    const read = kind === "run-step" || kind === "run-end" ? bodyIn(kind, stored) : null;
    const fits =
      read !== null &&
      read.entry.subject === run &&
      read.body.previous === previous &&
      read.body.number === steps.length + 1;
    if (read === null || !fits)
      return { damaged: `entry ${stored.index} of the ledger does not follow in its run` };
    steps.push(read.body);
    previous = idOf(stored.leafHash);
  }
  return steps;
}

export const isDamaged = (story: Story | Damaged | null): story is Damaged =>
  story !== null && "damaged" in story;

function beginEvent(run: Digest, body: Bodies["run"], text: string): EventOf<"begin"> {
  const { document, plan, values, operator, second, decision } = body;
  if (!isDigest(document) || !isDigest(plan))
    throw new Error("invariant broken: a body's digests were checked");
  return {
    ...{ kind: "begin", run, file: "", text, document, plan },
    ...{ values, operator, second, approved: `decision ${decision}` },
  };
}

/** The event that an entry stands for. What a body leaves out of it decides nothing. */
export function eventOf(plan: readonly Task[], body: Step): RunEvent {
  if ("outcome" in body) return { kind: "end", outcome: body.outcome, left: body.left };
  const { what, task, by, part = "do" } = body;
  switch (what) {
    case "started":
      return { kind: "started", task, part };
    case "finished":
      return finishedOf(plan, body);
    case "found":
      return { kind: "found", task, part, ran: body.ran === true, by };
    case "confirmed":
      return { kind: "confirmed", task, by, agrees: body.agrees === true, how: "signed-in" };
    case "chosen":
      return {
        kind: "chosen",
        task,
        choice: body.choice ?? "leave",
        by,
        reason: body.reason ?? "",
      };
  }
}

/** Arguments stand in no entry: those of the document do, where they were compared when it ran. */
function finishedOf(plan: readonly Task[], body: Bodies["run-step"]): EventOf<"finished"> {
  const { task, part = "do", by, exit, output, asApproved } = body;
  const declared = commandOf(plan, task, part);
  const argv = asApproved === true ? declared : asApproved === false ? OTHER : null;
  return {
    ...(argv === null ? {} : { argv }),
    ...{ kind: "finished", task, part, passed: body.passed === true, by },
    missed: body.missed ?? [],
    ...(exit === undefined ? {} : { exit }),
    ...(output === undefined ? {} : { output: { ...output, tail: "" } }),
  };
}

const OTHER = ["another command"];

/** The arguments that the document has for a part of a task; `null` for what is done by hand. */
export function commandOf(
  plan: readonly Task[],
  task: string,
  part: Part,
): readonly string[] | null {
  const found = plan.find(({ id }) => id === task);
  const act = found && { do: found.act, verify: found.verify, undo: found.undo }[part];
  return act?.run?.argv ?? null;
}

/** As the API shows it. */
export function shownRun(story: Story): RunShown {
  const { run, begun, text, plan, events, entries } = story;
  return {
    ...{ run, text, differs: [...deviations(plan, events)], remedy: begun.remedy ?? null },
    ...{ change: begun.change, document: begun.document, values: { ...begun.values } },
    ...{ operator: begun.operator, second: begun.second },
    events: events.slice(1).map((event) => ({ ...event })),
    entries: entries.map(({ index, at }) => ({ index, at })),
    next: nextShown(story),
  };
}

export function nextShown({ plan, events }: Story): RunShown["next"] {
  const next = nextOf(plan, events);
  if (next.kind === "begin") throw new Error("invariant broken: a run has begun");
  return {
    kind: next.kind,
    task: "task" in next ? next.task.id : null,
    part: "part" in next ? next.part : null,
    outcome: "outcome" in next ? next.outcome : null,
  };
}
