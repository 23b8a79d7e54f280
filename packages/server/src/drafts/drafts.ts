// SPDX-License-Identifier: Apache-2.0
/** Documents that people write in the console, kept for whoever writes them until they are in Git. */
import type { DraftListed } from "@interlock/protocol";
import {
  type Database,
  type DraftRow,
  draftById,
  draftCount,
  putDraft,
  type Transaction,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";

/** Whoever writes more at once has forgotten most of them. */
const DRAFTS_MAX = 50;
/** The title stands at the top; no text is searched further. */
const HEAD_LENGTH = 4_096;
const TITLE_MAX = 200;

export type Given = Pick<DraftRow, "id" | "person" | "change" | "text"> & {
  /** The version that it goes over; 0: there is none. */
  readonly over: number;
  readonly now: number;
};

/**
 * Keeps a draft. INVARIANT (nothing lost): a text is only replaced by one that was written over it; of
 * two pages with the same draft the second is told. The same save sent twice is done once.
 */
export async function save(tx: Transaction, given: Given): Promise<Answer<DraftListed>> {
  const { id, person, change, text, over, now } = given;
  const before = await draftById(tx, id);
  if (before !== null && before.person !== person) return notThere();
  if (before !== null && before.text === text && before.change === change)
    return done(listed(before));
  if ((before?.version ?? 0) !== over) return changedElsewhere(before);
  if (before === null && (await draftCount(tx, person)) >= DRAFTS_MAX)
    return refused(
      "TOO_LARGE",
      `you are writing ${DRAFTS_MAX} documents already`,
      "forget those that you do not need any more",
    );
  const draft = { ...{ id, person, change, text }, title: titleIn(text), changedAt: now };
  const saved = { ...draft, version: over + 1 };
  await putDraft(tx, saved);
  return done(listed(saved));
}

const changedElsewhere = (before: DraftRow | null) =>
  before === null
    ? refused("OUT_OF_ORDER", "this draft was forgotten elsewhere", "keep your text as a new one")
    : refused(
        "OUT_OF_ORDER",
        `this draft was changed elsewhere: it has version ${before.version}`,
        "read that one, and keep yours over it or beside it",
      );

/** A draft of that person. */
export async function own(
  db: Database,
  { id, person }: Pick<DraftRow, "id" | "person">,
): Promise<Answer<DraftRow>> {
  const draft = await draftById(db, id);
  return draft === null || draft.person !== person ? notThere() : done(draft);
}

const notThere = () =>
  refused("NOT_FOUND", "you are writing no such document", "see the list of your drafts");

export function listed({
  id,
  change,
  title,
  version,
  changedAt,
}: Omit<DraftRow, "text">): DraftListed {
  return { draft: id, change, title, version, changedAt };
}

/** What the list calls it; whether it can be read is for the lint to say. */
export function titleIn(text: string): string {
  const line = /^title:[ \t]*(.*)$/m.exec(text.slice(0, HEAD_LENGTH))?.[1] ?? "";
  return line
    .replace(/^(["'])(.*)\1$/, "$2")
    .trim()
    .slice(0, TITLE_MAX);
}
