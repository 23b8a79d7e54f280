// SPDX-License-Identifier: Apache-2.0
/** What unwinds of a target have taken away so far, as the ledger has it. */
import type { Bodies } from "@interlock/core";
import { type Digest, digestOf } from "@interlock/digest";
import { type Database, entriesOfKindsAbout, phasesOf } from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { bodyIn } from "../ledger/stored.ts";
import { done, refused } from "../people/terms.ts";
import { unread } from "../runs/terms.ts";

export type Taken = {
  /** Rollouts whose writes are away, or are being taken away. */
  readonly rollouts: ReadonlySet<string>;
  readonly entries: readonly Bodies["unwound"][];
};

/** More unwinds of one target are not told apart any more. */
const UNWINDS_MAX = 5_000;

export const subjectOf = (target: string): Digest => digestOf("interlock/unwinds/v1", { target });

/** An unwind that went back itself, or never began to write, took nothing away. */
export async function takenFrom(db: Database, target: string): Promise<Answer<Taken>> {
  const asked = { subject: subjectOf(target), kinds: ["unwound"], limit: UNWINDS_MAX };
  const stored = await entriesOfKindsAbout(db, asked);
  if (stored.length === UNWINDS_MAX)
    return refused("OUT_OF_ORDER", "too many unwinds of one target", "give its system a new name");
  const entries: Bodies["unwound"][] = [];
  for (const one of stored) {
    const read = bodyIn("unwound", one);
    if (read === null) return unread(`entry ${one.index} of an unwind cannot be read`);
    entries.push(read.body);
  }
  const phases = await phasesOf(
    db,
    entries.flatMap(({ rollout }) => rollout ?? []),
  );
  const rollouts = new Set<string>();
  for (const { rollout, rollouts: meant, way } of entries) {
    const phase = rollout === undefined ? "completed" : phases.get(rollout);
    if (phase === "gone-back" || phase === "withdrawn") continue;
    for (const one of meant)
      if (way === "undo") rollouts.add(one);
      else rollouts.delete(one);
  }
  return done({ rollouts, entries });
}
