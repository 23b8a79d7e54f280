// SPDX-License-Identifier: Apache-2.0
/** What people said of what a rollout brought: that it is bad, or that it may be gone back to. */
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import type { RolloutDelivery } from "./rollout-tables.ts";
import type { Transaction } from "./transaction.ts";

export type RolloutMark = {
  readonly rollout: string;
  readonly mark: "bad" | "adopted";
  /** Id of the entry in the ledger that says so. */
  readonly entry: string;
  readonly by: string;
  readonly because: string;
};

/** Under the rollout's lock, so that marks of one rollout stand in the order of their entries. */
export async function saveMark(tx: Transaction, mark: RolloutMark): Promise<void> {
  const { rollout, mark: what, entry, by: said_by, because } = mark;
  await tx
    .insertInto("rollout_mark")
    .values({ rollout, mark: what, entry, said_by, because })
    .execute();
}

/** The newest one of a rollout, or `null`. */
export async function newestMark(db: Database, rollout: string): Promise<RolloutMark | null> {
  const row = await db
    .selectFrom("rollout_mark")
    .select(["rollout", "mark", "entry", "said_by as by", "because"])
    .where("rollout", "=", rollout)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
  return row ?? null;
}

/** A value that a rollout changed a key to, and what was said of that rollout. */
export type MarkedValue = RolloutMark & Pick<RolloutDelivery, "cell" | "key" | "next">;

/** What was said of values that rollouts brought to these keys of a target, in order. */
export async function marksOn(
  db: Database,
  { target, keys }: { readonly target: string; readonly keys: readonly string[] },
): Promise<readonly MarkedValue[]> {
  return await db
    .selectFrom("rollout_mark as m")
    .innerJoin("rollout as r", "r.id", "m.rollout")
    .innerJoin("rollout_delivery as d", "d.rollout", "m.rollout")
    .select(["m.rollout", "m.mark", "m.entry", "m.said_by as by", "m.because"])
    .select(["d.cell", "d.key", "d.next"])
    .where("r.target", "=", target)
    .where("d.key", "=", sql<string>`any(${[...keys]}::text[])`)
    .where(sql<boolean>`d.next is distinct from d.base`)
    .orderBy("m.sequence")
    .execute();
}

/**
 * Cells of other rollouts that stood upon what a rollout brought when those began; of rollouts that may
 * still go back.
 */
export async function builtUpon(
  db: Database,
  rollout: string,
): Promise<readonly { readonly id: string; readonly cell: string }[]> {
  const { rows } = await sql<{ id: string; cell: string }>`select distinct o.id, b.cell
    from rollout r
    join rollout_delivery d on d.rollout = r.id and d.next is distinct from d.base
    join rollout o on o.target = r.target and o.id <> r.id and o.phase not in ('gone-back', 'withdrawn')
    join rollout_delivery b on b.rollout = o.id and b.cell = d.cell and b.key = d.key
      and b.base is not distinct from d.next
    where r.id = ${rollout}
    order by o.id, b.cell`.execute(db);
  return rows;
}
