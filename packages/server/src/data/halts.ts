// SPDX-License-Identifier: Apache-2.0
/** A data run that somebody halted goes on only because others said so after that. */
import type { DataHalted } from "@interlock/protocol";
import { lockHead } from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { done, refused } from "../people/terms.ts";
import { approvedAfter } from "../rollouts/allowed.ts";
import { activePerson, appendOne, type RunTerms, within } from "../runs/terms.ts";
import { DAMAGED, NO_RUN, storyOf } from "./story.ts";

/**
 * Records a halt as the journal of the database has it, once. The database stops the run; this is
 * what keeps it stopped, and who says it may be whoever runs it, where the server was away.
 */
export async function haltDataRun(
  terms: RunTerms,
  person: string,
  { run, at, role, because }: DataHalted & { readonly run: string },
): Promise<Answer<null>> {
  return await within(terms, async (tx) => {
    await lockHead(tx);
    const active = await activePerson(terms, tx, person);
    if (!active.ok) return active;
    const story = await storyOf(tx, run);
    if (story === "damaged") return DAMAGED;
    if (story === null) return NO_RUN;
    if (story.halts.some(({ halted }) => halted === at)) return done(null);
    if (story.ends.at(-1)?.outcome === "done")
      return refused("OUT_OF_ORDER", "this run came to its end", "see `interlock data unwind`");
    const body = { previous: story.last, by: person, role, because, halted: at };
    const about = { at: terms.now(), subject: story.run };
    const appended = await appendOne(terms, tx, prepare({ ...about, kind: "data-halted", body }));
    return appended.ok ? done(null) : appended;
  });
}

/**
 * Where the newest halt of a run stands in the ledger, once an approval of its change stands after
 * it; `null`: nobody halted it.
 *
 * INVARIANT (halt-wins): no run that somebody halted writes again by what was approved before.
 */
export async function heldBack(
  terms: RunTerms,
  { run, change }: { readonly run: string; readonly change: string },
): Promise<Answer<number | null>> {
  const story = await storyOf(terms.store.db, run);
  if (story === "damaged") return DAMAGED;
  const halt = story?.halts.at(-1);
  if (halt === undefined) return done(null);
  return (await approvedAfter(terms, change, halt.index)) === null
    ? refused(
        "NOT_ALLOWED",
        `it was halted (\`${halt.because}\`), and nobody approved the change after that`,
        "have somebody who had no part in it approve it again, then run it with `--resume`; or take it back",
      )
    : done(halt.index);
}
