// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";

export type ScimEmail = {
  /** In lower case. */
  readonly email: string;
  readonly type: string | null;
};

/** A person as an identity provider knows them. */
export type ScimUser = {
  readonly id: string;
  readonly person: string;
  readonly userName: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  /** Sorted. */
  readonly emails: readonly ScimEmail[];
  readonly createdAt: number;
  readonly changedAt: number;
};

/** How names are compared that differ in nothing but capitals (RFC 7643 section 4.1.1). */
export const folded = (name: string): string => name.normalize("NFC").toLowerCase();

export type ScimUserBy = "id" | "userName" | "externalId" | "person";

const COLUMNS = {
  id: "id",
  userName: "user_name_folded",
  externalId: "external_id",
  person: "person",
} as const;

const userQuery = (db: Database) =>
  db
    .selectFrom("scim_user")
    .select(["id", "person", "user_name as userName", "external_id as externalId"])
    .select(["display_name as displayName", "created_at as createdAt", "changed_at as changedAt"]);

async function withEmails(
  db: Database,
  users: readonly Omit<ScimUser, "emails">[],
): Promise<readonly ScimUser[]> {
  if (users.length === 0) return [];
  const rows = await db
    .selectFrom("scim_email")
    .selectAll()
    .where(
      "scim_user",
      "in",
      users.map(({ id }) => id),
    )
    .orderBy("email")
    .execute();
  return users.map((user) => ({
    ...user,
    emails: rows
      .filter(({ scim_user }) => scim_user === user.id)
      .map(({ email, type }) => ({ email, type })),
  }));
}

/** Users of which one thing is known; of `externalId` there can be several. */
export async function findScimUsers(
  db: Database,
  by: ScimUserBy,
  value: string,
): Promise<readonly ScimUser[]> {
  const wanted = by === "userName" ? folded(value) : value;
  const users = await userQuery(db).where(COLUMNS[by], "=", wanted).orderBy("id").execute();
  return await withEmails(db, users);
}

/** A page of all of them in a fixed order, and how many there are. */
export async function pageOfScimUsers(
  db: Database,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<{ readonly total: number; readonly users: readonly ScimUser[] }> {
  const { total } = await db
    .selectFrom("scim_user")
    .select((all) => all.fn.countAll<string>().as("total"))
    .executeTakeFirstOrThrow();
  const users = await userQuery(db).orderBy("id").offset(offset).limit(limit).execute();
  return { total: Number(total), users: await withEmails(db, users) };
}

/** Which of some addresses are users' already. */
export async function holdersOfScimEmails(
  db: Database,
  emails: readonly string[],
): Promise<readonly { readonly email: string; readonly user: string }[]> {
  if (emails.length === 0) return [];
  return await db
    .selectFrom("scim_email")
    .select(["email", "scim_user as user"])
    .where("email", "in", [...emails])
    .orderBy("email")
    .execute();
}

/** Writes a user, new or in the place of what was there. */
export async function putScimUser(tx: Transaction, user: ScimUser): Promise<void> {
  const { id, person, emails } = user;
  const now = {
    user_name: user.userName,
    user_name_folded: folded(user.userName),
    external_id: user.externalId,
    display_name: user.displayName,
    changed_at: user.changedAt,
  };
  await tx
    .insertInto("scim_user")
    .values({ id, person, ...now, created_at: user.createdAt })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(now))
    .execute();
  await tx.deleteFrom("scim_email").where("scim_user", "=", id).execute();
  if (emails.length > 0)
    await tx
      .insertInto("scim_email")
      .values(emails.map(({ email, type }) => ({ email, type, scim_user: id })))
      .execute();
}

/** Takes a user away with its addresses and memberships; the person stays. */
export async function deleteScimUser(tx: Transaction, id: string): Promise<void> {
  await tx.deleteFrom("scim_user").where("id", "=", id).execute();
}
