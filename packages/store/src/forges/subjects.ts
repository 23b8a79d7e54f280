// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";
import type { ForgeSubject } from "./jobs.ts";

/** A subject of a forge as it was judged last. */
export type JudgedSubject = ForgeSubject & {
  /** As its job had it. */
  readonly hint: string;
  /** Full name of the ref that it would land on. */
  readonly target: string;
  readonly base: string;
  readonly head: string;
  /** `null` where nobody could read the whole change. */
  readonly digest: string | null;
  readonly effective: string;
  /** The forge's id of what was posted for this head. */
  readonly posted: string | null;
  /** Digest of what was posted. */
  readonly report: string;
  /** The forge's mark of the state that was read. */
  readonly seen: string;
  readonly judgedAt: number;
};

export async function saveSubject(tx: Transaction, subject: JudgedSubject): Promise<void> {
  const { judgedAt, ...row } = subject;
  const values = { ...row, judged_at: judgedAt };
  await tx
    .insertInto("forge_subject")
    .values(values)
    .onConflict((same) => same.columns(["forge", "repository", "subject"]).doUpdateSet(values))
    .execute();
}

const subjects = (db: Database, forge: string) =>
  db
    .selectFrom("forge_subject")
    .select(["forge", "repository", "subject", "target", "base", "head", "digest", "effective"])
    .select(["hint", "posted", "report", "seen", "judged_at as judgedAt"])
    .where("forge", "=", forge);

export async function readSubject(
  db: Database,
  { forge, repository, subject }: ForgeSubject,
): Promise<JudgedSubject | null> {
  const found = await subjects(db, forge)
    .where("repository", "=", repository)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return found ?? null;
}

/** All of a repository that are not gone, by name. */
export async function subjectsOf(
  db: Database,
  forge: string,
  repository: string,
): Promise<readonly JudgedSubject[]> {
  return await subjects(db, forge)
    .where("repository", "=", repository)
    .orderBy("subject")
    .execute();
}

/** Those of some contents. */
export async function subjectsAbout(
  db: Database,
  forge: string,
  digests: readonly string[],
): Promise<readonly JudgedSubject[]> {
  if (digests.length === 0) return [];
  return await subjects(db, forge)
    .where("digest", "in", [...digests])
    .execute();
}

/** All that wait or went through on a forge: what a change of people may turn. */
export async function everySubject(db: Database, forge: string): Promise<readonly JudgedSubject[]> {
  return await subjects(db, forge).orderBy("repository").orderBy("subject").execute();
}

/** What is closed or gone is not judged again. */
export async function dropSubject(db: Database, of: ForgeSubject): Promise<void> {
  await db
    .deleteFrom("forge_subject")
    .where("forge", "=", of.forge)
    .where("repository", "=", of.repository)
    .where("subject", "=", of.subject)
    .execute();
}

/** What a review is about, for ever. */
export type BoundReview = {
  readonly review: string;
  readonly head: string;
  readonly digest: string;
  readonly boundAt: number;
};

/**
 * Binds reviews to a content and tells what each is bound to: for one that is bound already that is
 * not what was asked for, whichever server was first. by (bound)
 */
export async function bindReviews(
  tx: Transaction,
  of: { readonly forge: string; readonly repository: string },
  reviews: readonly BoundReview[],
): Promise<readonly BoundReview[]> {
  if (reviews.length === 0) return [];
  const { forge, repository } = of;
  await tx
    .insertInto("forge_review")
    .values(
      reviews.map(({ boundAt, ...review }) => ({
        ...review,
        ...{ forge, repository, bound_at: boundAt },
      })),
    )
    .onConflict((same) => same.doNothing())
    .execute();
  return await tx
    .selectFrom("forge_review")
    .select(["review", "head", "digest", "bound_at as boundAt"])
    .where("forge", "=", forge)
    .where("repository", "=", repository)
    .where(
      "review",
      "in",
      reviews.map(({ review }) => review),
    )
    .orderBy("review")
    .execute();
}

/** What reviews are bound to that were seen before. */
export async function boundReviews(
  db: Database,
  { forge, repository }: { readonly forge: string; readonly repository: string },
  reviews: readonly string[],
): Promise<readonly BoundReview[]> {
  if (reviews.length === 0) return [];
  return await db
    .selectFrom("forge_review")
    .select(["review", "head", "digest", "bound_at as boundAt"])
    .where("forge", "=", forge)
    .where("repository", "=", repository)
    .where("review", "in", [...reviews])
    .execute();
}

/** The ids behind logins, as they were when each login was first seen here. */
export async function pinAccounts(
  tx: Transaction,
  forge: string,
  accounts: readonly { readonly login: string; readonly id: string; readonly at: number }[],
): Promise<ReadonlyMap<string, string>> {
  if (accounts.length === 0) return new Map();
  const each = new Map(accounts.map((account) => [account.login, account]));
  await tx
    .insertInto("forge_account")
    .values(
      [...each.values()].map(({ login, id, at }) => ({ forge, login, id, first_seen_at: at })),
    )
    .onConflict((same) => same.doNothing())
    .execute();
  const rows = await tx
    .selectFrom("forge_account")
    .select(["login", "id"])
    .where("forge", "=", forge)
    .where("login", "in", [...each.keys()])
    .execute();
  return new Map(rows.map(({ login, id }) => [login, id]));
}

/** Up to which entry signatures were looked at; `null` before the first time. */
export async function heardUpTo(db: Database, forge: string): Promise<number | null> {
  const row = await db
    .selectFrom("forge_heard")
    .select("index")
    .where("forge", "=", forge)
    .executeTakeFirst();
  return row?.index ?? null;
}

/** Moves the mark, never back. */
export async function hearUpTo(tx: Transaction, forge: string, index: number): Promise<void> {
  await tx
    .insertInto("forge_heard")
    .values({ forge, index })
    .onConflict((same) =>
      same.column("forge").doUpdateSet({ index }).where("forge_heard.index", "<", index),
    )
    .execute();
}

/** What entries of some kinds after an index are about. */
export async function subjectsSince(
  db: Database,
  { after, kinds }: { readonly after: number; readonly kinds: readonly string[] },
): Promise<readonly string[]> {
  const rows = await db
    .selectFrom("ledger_entry")
    .select("subject")
    .distinct()
    .where("index", ">", after)
    .where("kind", "in", [...kinds])
    .execute();
  return rows.flatMap(({ subject }) => (subject === null ? [] : [subject]));
}
