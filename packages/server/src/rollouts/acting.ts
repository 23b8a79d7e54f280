// SPDX-License-Identifier: Apache-2.0
/** What a driver does at a target: one write, or one reading back. */
import type { Plan, RolloutEvent, WriteResult } from "@interlock/core";
import { confirmWrites, journalWrite, type RolloutDelivery, valuesOf } from "@interlock/store";
import type { Answered, Batch, CellRead, Target, WriteOutcome } from "@interlock/targets";
import type { Recorder, Saver } from "./batching.ts";
import { contentOf, type Held, heldIn, isSame, valueIn } from "./contents.ts";
import { type Gatekeeper, withinMs } from "./queueing.ts";
import type { Settling } from "./settling.ts";
import type { DriverLimits, DriverTerms, Read, Write } from "./terms.ts";

/** A rollout at its target. */
export type Site = {
  readonly terms: DriverTerms;
  readonly limits: DriverLimits;
  readonly target: Target;
  readonly pass: Gatekeeper;
  readonly save: Saver;
  readonly record: Recorder;
  /** What is asked of the database besides. */
  readonly ask: Gatekeeper;
  readonly rollout: string;
  readonly change: string;
  readonly plan: Plan;
  readonly deliveries: ReadonlyMap<string, readonly RolloutDelivery[]>;
  /** Whether the lease that this driver took still stands, by its own clock. */
  readonly holds: () => boolean;
};

const AWAY = {
  code: "TARGET_AWAY",
  message: "the target did not answer in time",
  help: "see whether it is up",
} as const;

const itemsOf = ({ deliveries }: Site, cell: string): readonly RolloutDelivery[] =>
  deliveries.get(cell) ?? [];

async function readCell(site: Site, cell: string): Promise<Answered<CellRead>> {
  const keys = itemsOf(site, cell).map(({ key }) => key);
  return await site.pass(() =>
    withinMs(site.limits.targetMs, () => site.target.read(cell, keys), {
      ok: false,
      failure: AWAY,
    }),
  );
}

/** Reads a cell back and says which version it holds. */
export async function readBack(
  site: Site,
  { id, cell }: Read,
  settling: Settling,
): Promise<RolloutEvent> {
  const read = await readCell(site, cell);
  site.terms.onPoint?.("read.answered");
  if (!read.ok) return { kind: "read", id, cell, found: null, fence: null };
  if (settling(cell, read.value.unsettled) === "waits")
    return { kind: "read", id, cell, found: null, fence: null };
  const held = heldIn(read.value);
  const at = { rollout: site.rollout, cell, now: site.terms.now() };
  const found = contentOf(site.plan, { cell, items: itemsOf(site, cell), held });
  const keys = [...held].map(([key, sha256]) => ({ key, sha256 }));
  await site.ask(() => confirmWrites(site.terms.store.db, at, keys));
  return { kind: "read", id, cell, found, fence: read.value.fence };
}

/** Another rollout wrote in the cell under a larger fence: only a new lease writes there again. */
export const FENCED = "fenced";

/**
 * Writes a cell: over what the machine expects there, by the version that was read with it, after its
 * before-image is durable. `null`: another driver or a halt was faster, and nothing was sent.
 */
export async function writeCell(
  site: Site,
  effect: Write,
): Promise<RolloutEvent | typeof FENCED | null> {
  const { id, cell } = effect;
  const said = (result: WriteResult): RolloutEvent => ({ kind: "written", id, cell, result });
  const read = await readCell(site, cell);
  if (!read.ok) return said("away");
  const items = itemsOf(site, cell);
  const held = heldIn(read.value);
  const found = contentOf(site.plan, { cell, items, held });
  const fenced = read.value.fence !== null && read.value.fence > effect.fence;
  if (fenced) return FENCED;
  if (!effect.over.some((one) => isSame(one, found))) return said("conflict");
  const batch = await batchOf(site, effect, read.value);
  if (!(await journalled(site, effect, held)) || !site.holds()) return null;
  site.terms.onPoint?.("write.journalled");
  const outcome = await site.pass(() =>
    withinMs<WriteOutcome>(
      site.limits.targetMs,
      // It may have waited for others: by now the lease may be somebody else's.
      async () =>
        site.holds() ? await site.target.write(batch) : { kind: "unknown", failure: AWAY },
      { kind: "unknown", failure: AWAY },
    ),
  );
  site.terms.onPoint?.("write.answered");
  const why = whyNot(outcome);
  if (why !== null)
    site.terms.onTrouble({ kind: "rollout", rollout: site.rollout, says: `\`${cell}\`: ${why}` });
  // What others own they will own at the next try, too; on the way back there is nothing else to do.
  const isOwned = outcome.kind === "conflict" && outcome.owners !== undefined;
  return said(isOwned && effect.way === "forward" ? "refused" : RESULTS[outcome.kind]);
}

/** What a person has to do something about before it can be written. */
function whyNot(outcome: WriteOutcome): string | null {
  if (outcome.kind === "refused") return outcome.failure.message;
  if (outcome.kind !== "conflict" || outcome.owners === undefined) return null;
  return `its keys belong to ${outcome.owners.join(", ")} in the target`;
}

const RESULTS: Readonly<Record<WriteOutcome["kind"], WriteResult>> = {
  written: "yes",
  already: "yes",
  conflict: "conflict",
  fenced: "conflict",
  refused: "refused",
  away: "away",
  unknown: "unknown",
};

/** Every key, also one that holds its value already: the fence has to reach the whole cell. */
async function batchOf(site: Site, effect: Write, read: CellRead): Promise<Batch> {
  const { plan, terms } = site;
  const wanted = itemsOf(site, effect.cell).map((item) => ({
    key: item.key,
    sha256: valueIn(plan, effect.content, item),
  }));
  const digests = wanted.flatMap(({ sha256 }) => sha256 ?? []);
  const bytes = await site.ask(() => valuesOf(terms.store.db, digests));
  const stored = (sha256: string): Uint8Array => {
    const value = bytes.get(sha256);
    if (value === undefined) throw new Error("invariant broken: a delivery's value is stored");
    return value;
  };
  return {
    cell: effect.cell,
    items: wanted.map(({ key, sha256 }) => ({
      key,
      value: sha256 === null ? null : stored(sha256),
      over: read.items.get(key)?.version ?? null,
    })),
    idempotencyKey: effect.key,
    fence: effect.fence,
  };
}

async function journalled(site: Site, effect: Write, held: Held): Promise<boolean> {
  const { terms, plan, rollout, change, target } = site;
  const { id, way, key, fence, entry, cell } = effect;
  const write = {
    ...{ rollout, change, target: target.name, cell, fence, at: terms.now() },
    operation: JSON.stringify({ id, way, key, fence, entry, content: effect.content }),
    items: itemsOf(site, cell).map((item) => ({
      key: item.key,
      before: held.get(item.key) ?? null,
      after: valueIn(plan, effect.content, item),
    })),
  };
  return await site.ask(() => journalWrite(terms.store.db, write));
}
