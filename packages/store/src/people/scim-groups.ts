// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";
import { folded } from "./scim-users.ts";

/** A group of an identity provider, without its members. */
export type ScimGroup = {
  readonly id: string;
  readonly displayName: string;
  readonly externalId: string | null;
  readonly createdAt: number;
  readonly changedAt: number;
};

/** Somebody in a group: as the provider knows them, and who that is here. */
export type ScimMember = {
  readonly group: string;
  readonly user: string;
  readonly person: string;
  readonly userName: string;
};

const COLUMNS = {
  id: "id",
  displayName: "display_name_folded",
  externalId: "external_id",
} as const;

const groupQuery = (db: Database) =>
  db
    .selectFrom("scim_group")
    .select(["id", "display_name as displayName", "external_id as externalId"])
    .select(["created_at as createdAt", "changed_at as changedAt"]);

/** Groups of which one thing is known. */
export async function findScimGroups(
  db: Database,
  by: keyof typeof COLUMNS,
  value: string,
): Promise<readonly ScimGroup[]> {
  const wanted = by === "displayName" ? folded(value) : value;
  return await groupQuery(db).where(COLUMNS[by], "=", wanted).orderBy("id").execute();
}

/** A page of all of them in a fixed order, and how many there are. */
export async function pageOfScimGroups(
  db: Database,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<{ readonly total: number; readonly groups: readonly ScimGroup[] }> {
  const { total } = await db
    .selectFrom("scim_group")
    .select((all) => all.fn.countAll<string>().as("total"))
    .executeTakeFirstOrThrow();
  const groups = await groupQuery(db).orderBy("id").offset(offset).limit(limit).execute();
  return { total: Number(total), groups };
}

/** Members of some groups, or of all, by group and user. */
export async function scimMembers(
  db: Database,
  groups: readonly string[] | null,
): Promise<readonly ScimMember[]> {
  if (groups?.length === 0) return [];
  return await db
    .selectFrom("scim_member")
    .innerJoin("scim_user", "scim_user.id", "scim_member.scim_user")
    .select(["scim_member.scim_group as group", "scim_member.scim_user as user"])
    .select(["scim_user.person as person", "scim_user.user_name as userName"])
    .$if(groups !== null, (query) => query.where("scim_group", "in", [...(groups ?? [])]))
    .orderBy("scim_member.scim_group")
    .orderBy("scim_member.scim_user")
    .execute();
}

/** Writes a group, new or in the place of what was there, with exactly these members. */
export async function putScimGroup(
  tx: Transaction,
  group: ScimGroup,
  members: readonly string[],
): Promise<void> {
  const { id, displayName, externalId, createdAt, changedAt } = group;
  const now = {
    display_name: displayName,
    display_name_folded: folded(displayName),
    external_id: externalId,
    changed_at: changedAt,
  };
  await tx
    .insertInto("scim_group")
    .values({ id, ...now, created_at: createdAt })
    .onConflict((conflict) => conflict.column("id").doUpdateSet(now))
    .execute();
  await tx.deleteFrom("scim_member").where("scim_group", "=", id).execute();
  if (members.length > 0)
    await tx
      .insertInto("scim_member")
      .values(members.map((scim_user) => ({ scim_group: id, scim_user })))
      .execute();
}

export async function deleteScimGroup(tx: Transaction, id: string): Promise<void> {
  await tx.deleteFrom("scim_group").where("id", "=", id).execute();
}
