// SPDX-License-Identifier: Apache-2.0
/** Data fixes on record: which file of which allowed change may write, and what came of it. */
import {
  type ChangeInput,
  changeDigest,
  type Digest,
  DigestError,
  isDigest,
} from "@interlock/digest";
import type { DataHalted, DataRunShown, DataVerdict } from "@interlock/protocol";
import { type Database, lockHead } from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { done, refused } from "../people/terms.ts";
import { allowedChange } from "../runs/landed.ts";
import { activePerson, appendOne, type RunTerms, within } from "../runs/terms.ts";
import { haltDataRun, heldBack } from "./halts.ts";
import {
  DAMAGED,
  dataRunId,
  type Ended,
  NO_RUN,
  type Started,
  type Story,
  shown,
  storyOf,
} from "./story.ts";

export type Beginning = Omit<ChangeInput, "repository" | "target" | "plan" | "document"> & {
  readonly change: string;
  readonly plan: string | null;
  readonly document: string | null;
  readonly path: string;
  readonly fix: string;
  readonly way: Started["way"];
  readonly of: string | null;
  readonly halted: DataHalted | null;
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
  const id = dataRunId(wanted.change, wanted.fix);
  if (wanted.halted !== null) {
    const halted = await haltDataRun(terms, person, { run: id, ...wanted.halted });
    if (!halted.ok) return halted;
  }
  const held = await heldBack(terms, { run: id, change: wanted.change });
  if (!held.ok) return held;
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
    if (before !== null) return goesOn(before, wanted, held.value);
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

/** With the place of the newest halt that approvals were looked for after. */
function goesOn(before: Story, { way, of }: Beginning, looked: number | null): Answer<Digest> {
  const { started, ends, halts, run } = before;
  if ((halts.at(-1)?.index ?? null) !== looked)
    return refused("OUT_OF_ORDER", "somebody halts it at this moment", "ask again");
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
  readonly touched: {
    readonly orders: number | null;
    readonly money: number | null;
    readonly currency: string | null;
  } | null;
  readonly wave: number | null;
  readonly unwound: {
    readonly restored: number;
    readonly kept: number;
    readonly rerun: number;
    readonly quarantined: number;
  } | null;
  readonly halted: DataHalted | null;
  readonly verdict: DataVerdict | null;
};

/** Records what a run came to, as whoever runs it says. */
export async function endDataRun(
  terms: RunTerms,
  person: string,
  {
    run,
    outcome,
    rows,
    batches,
    unwound,
    touched,
    wave,
    halted,
    verdict,
  }: Ending & { readonly run: string },
): Promise<Answer<DataRunShown>> {
  if (halted !== null) {
    const brought = await haltDataRun(terms, person, { run, ...halted });
    if (!brought.ok) return brought;
  }
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
      (before?.outcome === outcome &&
        before.rows === rows &&
        before.batches === batches &&
        (wave === null || before.wave === wave))
    )
      return done(story.run);
    const said = {
      ...touchedOf(touched),
      ...(wave === null ? {} : { wave }),
      ...(verdict === null ? {} : { verdict }),
    };
    const body = { previous: story.last, by: person, outcome, batches, rows, ...said };
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

/** What is not known is left out. */
function touchedOf(touched: Ending["touched"]): Pick<Ended, "orders" | "money" | "currency"> {
  const { orders, money, currency } = touched ?? NOTHING;
  return {
    ...(orders === null ? {} : { orders }),
    ...(money === null ? {} : { money }),
    ...(currency === null ? {} : { currency }),
  };
}

const NOTHING = { orders: null, money: null, currency: null };

export async function showDataRun(db: Database, run: string): Promise<Answer<DataRunShown>> {
  const story = await storyOf(db, run);
  if (story === "damaged") return DAMAGED;
  return story === null ? NO_RUN : done(shown(story));
}
