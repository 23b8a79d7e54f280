// SPDX-License-Identifier: Apache-2.0
/** Runs as a list. Each that is shown is read whole, so that its state is that of its entries. */
import type { RunListed } from "@interlock/protocol";
import { type Database, newestOfKind, type StoredEntry } from "@interlock/store";
import { bodyIn } from "../ledger/stored.ts";
import { documentNamed, isDamaged, nextShown, storyOf } from "./story.ts";

/** Of one page: each is read entry by entry. */
const PAGE = 20;
/** Among so many the runs of one remedy are looked for. */
const LOOKED_AT = 1_000;

export type Listed = { readonly runs: RunListed[]; readonly more: boolean };

/** A page of runs, those begun last first. */
export async function listedRuns(
  db: Database,
  {
    before,
    remedy,
  }: { readonly before?: number | undefined; readonly remedy?: string | undefined },
): Promise<Listed> {
  const limit = remedy === undefined ? PAGE + 1 : LOOKED_AT;
  const under = before === undefined ? {} : { before };
  const newest = await newestOfKind(db, { kind: "run", limit, ...under });
  const wanted = remedy === undefined ? newest : newest.filter((one) => ofRemedy(one, remedy));
  const runs: RunListed[] = [];
  for (const stored of wanted.slice(0, PAGE)) {
    const listed = await listedRun(db, stored);
    if (listed !== null) runs.push(listed);
  }
  return { runs, more: wanted.length > PAGE };
}

const ofRemedy = (stored: StoredEntry, remedy: string): boolean =>
  bodyIn("run", stored)?.body.remedy === remedy;

/** `null` for an entry that is no beginning: there is nothing that could be named. */
async function listedRun(db: Database, stored: StoredEntry): Promise<RunListed | null> {
  const begun = bodyIn("run", stored);
  const run = begun?.entry.subject ?? null;
  if (begun === null || run === null) return null;
  const { change, document, operator, second, remedy } = begun.body;
  const story = await storyOf(db, run);
  const readable = story === null || isDamaged(story) ? null : story;
  const read = readable === null ? null : documentNamed(readable.text, document);
  return {
    ...{ run, index: stored.index, at: stored.at, change, document, operator, second },
    ...{ title: read?.title ?? "", remedy: remedy ?? null },
    lastAt: readable?.entries.at(-1)?.at ?? stored.at,
    next: readable === null ? null : nextShown(readable),
  };
}
