// SPDX-License-Identifier: Apache-2.0
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

/** Where a protected ref stood when it was compared with the ledger last. */
export type RefTip = {
  readonly ref: string;
  /** All zeros: it was not there. */
  readonly tip: string;
  /** Milliseconds since 1970. */
  readonly at: number;
};

/** A movement that nothing in the ledger allowed. */
export type UnrecordedChange = {
  /** Of its entry. */
  readonly index: number;
  readonly repository: string;
  readonly ref: string;
  readonly old: string;
  readonly new: string;
  readonly because: string;
  readonly at: number;
};

export async function refTips(db: Database, repository: string): Promise<readonly RefTip[]> {
  return await db
    .selectFrom("ref_tip")
    .select(["ref", "tip", "at"])
    .where("repository", "=", repository)
    .orderBy("ref")
    .execute();
}

/** Of some commits those between which a change was allowed on a ref: a hint, no proof. */
export async function landedEnds(
  db: Database,
  given: {
    readonly repository: string;
    readonly target: string;
    readonly commits: readonly string[];
  },
): Promise<readonly string[]> {
  const wanted = new Set(given.commits);
  if (wanted.size === 0) return [];
  const rows = await db
    .selectFrom("change")
    .select(["base", "head"])
    .where("repository", "=", given.repository)
    .where("target", "=", given.target)
    .where("effective", "=", "allow")
    .where((eb) => eb.or([eb("head", "in", [...wanted]), eb("base", "in", [...wanted])]))
    .orderBy("judged_at", "desc")
    .limit(2 * wanted.size)
    .execute();
  const ends = rows.flatMap(({ base, head }) => [base, head]);
  return [...new Set(ends)].filter((id) => wanted.has(id)).sort();
}

export async function saveRefTip(
  tx: Transaction,
  repository: string,
  { ref, tip, at }: RefTip,
): Promise<void> {
  await tx
    .insertInto("ref_tip")
    .values({ repository, ref, tip, at })
    .onConflict((same) => same.columns(["repository", "ref"]).doUpdateSet({ tip, at }))
    .execute();
}

export async function saveUnrecorded(
  tx: Transaction,
  changes: readonly UnrecordedChange[],
): Promise<void> {
  if (changes.length > 0)
    await tx
      .insertInto("unrecorded_change")
      .values([...changes])
      .execute();
}

/** Newest first. */
export async function unrecordedChanges(
  db: Database,
  { repository, limit }: { readonly repository: string | null; readonly limit: number },
): Promise<readonly UnrecordedChange[]> {
  const all = db.selectFrom("unrecorded_change").selectAll().orderBy("index", "desc").limit(limit);
  return await (repository === null ? all : all.where("repository", "=", repository)).execute();
}

/** How many movements nothing allowed; the tips with which watching began are none. */
export async function unrecordedCount(db: Database): Promise<number> {
  const { n } = await db
    .selectFrom("unrecorded_change")
    .select(({ fn }) => fn.countAll<number>().as("n"))
    .executeTakeFirstOrThrow();
  return Number(n);
}
