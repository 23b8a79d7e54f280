// SPDX-License-Identifier: Apache-2.0
import { type Database, entriesOfKindsAbout, rolloutsOfChange } from "@interlock/store";
import { bodyIn } from "../ledger/stored.ts";
import { subjectOf } from "../unwinds/taken.ts";

/** Acts of one rollout, and unwinds of one target; a refusal to look further holds. */
const ACTS_MAX = 10_000;

/** What was done against a change, by its newest place in the ledger; `null`: nothing was. */
export type Stopped = number | null;

/** The same over all targets to which rollouts have brought a change. */
export async function stoppedAnywhere(db: Database, change: string): Promise<Stopped> {
  const targets = new Set((await rolloutsOfChange(db, change)).map(({ target }) => target));
  let newest: Stopped = null;
  for (const target of targets) {
    const stopped = await stoppedAt(db, { change, target });
    if (stopped !== null) newest = Math.max(newest ?? -1, stopped);
  }
  return newest;
}

/**
 * Where the ledger says last that what a change brings to a target was halted, taken back or unwound.
 *
 * INVARIANT (stopped-stays): beginning anew is going on. Another rollout of the change takes an
 * approval given after this, or whoever began the first could walk around its halt. by (halt-wins)
 */
export async function stoppedAt(
  db: Database,
  { change, target }: { readonly change: string; readonly target: string },
): Promise<Stopped> {
  const kinds = ["rollout-halted", "rollout-back"];
  let newest = -1;
  for (const { id } of await rolloutsOfChange(db, change)) {
    const acts = await entriesOfKindsAbout(db, { subject: id, kinds, limit: ACTS_MAX });
    if (acts.length === ACTS_MAX) return Number.POSITIVE_INFINITY;
    newest = Math.max(newest, acts.at(-1)?.index ?? -1);
  }
  const unwinds = { subject: subjectOf(target), kinds: ["unwound"], limit: ACTS_MAX };
  const entries = await entriesOfKindsAbout(db, unwinds);
  if (entries.length === ACTS_MAX) return Number.POSITIVE_INFINITY;
  for (const stored of entries) {
    const read = bodyIn("unwound", stored);
    const other = read !== null && (read.body.change !== change || read.body.way !== "undo");
    if (!other) newest = Math.max(newest, stored.index);
  }
  return newest < 0 ? null : newest;
}
