// SPDX-License-Identifier: Apache-2.0
/** Data fixes on record: which file of which allowed change may write, and what came of it. */
import { type Bodies, readLeaf } from "@interlock/core";
import {
  type ChangeInput,
  changeDigest,
  type Digest,
  DigestError,
  isDigest,
  sha256Hex,
  utf8,
} from "@interlock/digest";
import type { DataRunShown } from "@interlock/protocol";
import { type Database, entriesOfKindsAbout, lockHead, type StoredEntry } from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { bodyIn } from "../ledger/stored.ts";
import { done, refused } from "../people/terms.ts";
import { allowedChange } from "../runs/landed.ts";
import { activePerson, appendOne, type RunTerms, unread, within } from "../runs/terms.ts";

type Started = Bodies["data-started"];
type Ended = Bodies["data-finished"] | Bodies["data-unwound"];

type Story = {
  readonly run: Digest;
  readonly started: Started;
  readonly first: StoredEntry;
  readonly ends: readonly Ended[];
  /** Id of the last entry. */
  readonly last: string;
};

const KINDS = ["data-started", "data-finished", "data-unwound"];
/** Each is a person who started the command once more. */
const ENTRIES_MAX = 1_000;

/** The id of a run: one for a file of a change, so that a file runs once. */
export function dataRunId(change: string, fix: string): Digest {
  const hex = sha256Hex(utf8(`interlock/data-run/v1\0${change}\0${fix}`));
  if (!isDigest(hex)) throw new Error("invariant broken: a SHA-256 is 64 hexadecimal digits");
  return hex;
}

const idOf = ({ leafHash }: StoredEntry): string => Buffer.from(leafHash).toString("hex");

async function storyOf(db: Database, run: string): Promise<Story | "damaged" | null> {
  if (!isDigest(run)) return null;
  const stored = await entriesOfKindsAbout(db, { subject: run, kinds: KINDS, limit: ENTRIES_MAX });
  const [first, ...rest] = stored;
  if (first === undefined) return null;
  const started = bodyIn("data-started", first);
  if (started === null || started.entry.subject !== run) return "damaged";
  let last = idOf(first);
  const ends: Ended[] = [];
  for (const one of rest) {
    const leaf = readLeaf(new TextDecoder().decode(one.leaf));
    const kind = leaf.ok && leaf.entry.kind === "data-finished" ? "data-finished" : "data-unwound";
    const read = bodyIn(kind, one);
    if (read === null || read.entry.subject !== run || read.body.previous !== last)
      return "damaged";
    ends.push(read.body);
    last = idOf(one);
  }
  return { run, started: started.body, first, ends, last };
}

const DAMAGED = unread("the entries of this run do not follow one another");

function shown({ run, started, first, ends }: Story): DataRunShown {
  const { change, fix, path, way, by, of } = started;
  return {
    ...{ run, change, fix, path, way, by, of: of ?? null },
    ...{ entry: idOf(first), index: first.index, at: first.at },
    ends: ends.map((one) => ({ ...one })),
  };
}

export type Beginning = Omit<ChangeInput, "repository" | "target" | "plan" | "document"> & {
  readonly change: string;
  readonly plan: string | null;
  readonly document: string | null;
  readonly path: string;
  readonly fix: string;
  readonly way: Started["way"];
  readonly of: string | null;
};

/**
 * Lets a file write that an allowed change brings. Its entry is durable before whoever runs it is told.
 * by (entry-first) An interrupted run asks again, and the change has to be allowed still.
 */
export async function beginDataRun(
  terms: RunTerms,
  person: string,
  wanted: Beginning,
): Promise<Answer<DataRunShown>> {
  const begun = await within(terms, async (tx) => {
    await lockHead(tx);
    const active = await activePerson(terms, tx, person);
    if (!active.ok) return active;
    const allowed = await allowedChange(tx, wanted.change);
    if (!allowed.ok) return allowed;
    const wrong = notIn(wanted, allowed.value);
    if (wrong !== null) return { ok: false, failure: wrong };
    const { change, digest, decision } = allowed.value;
    const run = dataRunId(change, wanted.fix);
    const before = await storyOf(tx, run);
    if (before === "damaged") return DAMAGED;
    if (before !== null) return goesOn(before, wanted);
    const unwinds = await whyNoUnwind(tx, wanted);
    if (unwinds !== null) return unwinds;
    const { fix, path, way, of } = wanted;
    const body: Started = {
      ...{ change, decision, digest, fix, path, way, by: person },
      ...(of === null ? {} : { of }),
    };
    const appended = await appendOne(
      terms,
      tx,
      prepare({ kind: "data-started", at: terms.now(), subject: run, body }),
    );
    return appended.ok ? done(run) : appended;
  });
  return begun.ok ? await showDataRun(terms.store.db, begun.value) : begun;
}

function goesOn(before: Story, { way, of }: Beginning): Answer<Digest> {
  const { started, ends, run } = before;
  if (started.way !== way || (started.of ?? null) !== of)
    return refused("OUT_OF_ORDER", "this file was begun as another run", "take the file as it is");
  return ends.at(-1)?.outcome === "done"
    ? refused(
        "OUT_OF_ORDER",
        "this file of this change was run to its end",
        "see `interlock data status`; to run it once more, make a new change with it",
      )
    : done(run);
}

async function whyNoUnwind(
  db: Database,
  { way, of }: Beginning,
): Promise<ReturnType<typeof refused> | null> {
  if ((way === "fix") !== (of === null))
    return refused("INPUT_INVALID", "an unwind names its run, and a fix none", "see the API");
  if (of === null) return null;
  const story = await storyOf(db, of);
  return story !== null && story !== "damaged" && story.started.way === "fix"
    ? null
    : refused("NOT_FOUND", "there is no data fix of that run", "check its id");
}

/** Whether the change digest, made again from what was sent, covers the file. by (whole change) */
function notIn(
  wanted: Beginning,
  allowed: { readonly digest: Digest; readonly repository: string; readonly target: string },
): Refusal | null {
  const { entries, attributes, plan, document, path, fix } = wanted;
  const { repository, target, digest } = allowed;
  const help = "run it from a clone that has the change, as it was allowed";
  const input = { repository, target, entries, attributes, plan, document };
  if (madeAgain(input) !== digest)
    return {
      code: "CONTENTS_DIFFER",
      message: "what was sent is not what the change that was allowed is made of",
      help,
    };
  return entries.some((one) => one.path === path && one.newContent === fix)
    ? null
    : {
        code: "NOT_ALLOWED",
        message: "the change that was allowed does not bring this file with these bytes",
        help,
      };
}

function madeAgain(
  input: Omit<ChangeInput, "plan" | "document"> & {
    readonly plan: string | null;
    readonly document: string | null;
  },
): string | null {
  const { plan, document } = input;
  if ((plan !== null && !isDigest(plan)) || (document !== null && !isDigest(document))) return null;
  try {
    return changeDigest({ ...input, plan, document });
  } catch (error) {
    if (error instanceof DigestError) return null;
    throw error;
  }
}

export type Ending = {
  readonly outcome: Ended["outcome"];
  readonly rows: number;
  readonly batches: number;
  readonly unwound: {
    readonly restored: number;
    readonly kept: number;
    readonly rerun: number;
    readonly quarantined: number;
  } | null;
};

/** Records what a run came to, as whoever runs it says. */
export async function endDataRun(
  terms: RunTerms,
  person: string,
  { run, outcome, rows, batches, unwound }: Ending & { readonly run: string },
): Promise<Answer<DataRunShown>> {
  const ended = await within(terms, async (tx) => {
    await lockHead(tx);
    const active = await activePerson(terms, tx, person);
    if (!active.ok) return active;
    const story = await storyOf(tx, run);
    if (story === "damaged") return DAMAGED;
    if (story === null) return NO_RUN;
    if ((story.started.way === "fix") !== (unwound === null))
      return refused(
        "INPUT_INVALID",
        "an unwind says what became of rows, a fix not",
        "see the API",
      );
    const before = story.ends.at(-1);
    if (
      before?.outcome === "done" ||
      (before?.outcome === outcome && before.rows === rows && before.batches === batches)
    )
      return done(story.run);
    const body = { previous: story.last, by: person, outcome, batches, rows };
    const about = { at: terms.now(), subject: story.run };
    const appended = await appendOne(
      terms,
      tx,
      unwound === null
        ? prepare({ ...about, kind: "data-finished", body })
        : prepare({ ...about, kind: "data-unwound", body: { ...body, ...unwound } }),
    );
    return appended.ok ? done(story.run) : appended;
  });
  return ended.ok ? await showDataRun(terms.store.db, ended.value) : ended;
}

const NO_RUN = refused("NOT_FOUND", "there is no such data run", "check its id");

export async function showDataRun(db: Database, run: string): Promise<Answer<DataRunShown>> {
  const story = await storyOf(db, run);
  if (story === "damaged") return DAMAGED;
  return story === null ? NO_RUN : done(shown(story));
}
