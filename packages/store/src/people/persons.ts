// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";

export type StoredPerson = {
  readonly id: string;
  readonly name: string;
  /** 32 random bytes; authenticators keep them, and they say nothing of the person. */
  readonly userHandle: Uint8Array;
  readonly active: boolean;
  /** Sorted. */
  readonly accounts: readonly string[];
};

/** Everybody, by id. */
export async function readPersons(db: Database): Promise<readonly StoredPerson[]> {
  return await personsWhere(db, null);
}

export async function readPerson(db: Database, id: string): Promise<StoredPerson | null> {
  const [person] = await personsWhere(db, id);
  return person ?? null;
}

async function personsWhere(db: Database, id: string | null): Promise<readonly StoredPerson[]> {
  const one = id !== null;
  const persons = await db
    .selectFrom("person")
    .select(["id", "name", "user_handle", "active"])
    .$if(one, (query) => query.where("id", "=", id ?? ""))
    .orderBy("id")
    .execute();
  const rows = await db
    .selectFrom("person_account")
    .selectAll()
    .$if(one, (query) => query.where("person", "=", id ?? ""))
    .orderBy("account")
    .execute();
  const accounts = new Map<string, string[]>();
  for (const { person, account } of rows)
    accounts.set(person, [...(accounts.get(person) ?? []), account]);
  return persons.map(({ user_handle, ...person }) => ({
    ...person,
    userHandle: user_handle,
    accounts: accounts.get(person.id) ?? [],
  }));
}

/** Which of some accounts are somebody's already. */
export async function holdersOf(
  db: Database,
  accounts: readonly string[],
): Promise<readonly { readonly account: string; readonly person: string }[]> {
  if (accounts.length === 0) return [];
  return await db
    .selectFrom("person_account")
    .selectAll()
    .where("account", "in", [...accounts])
    .orderBy("account")
    .execute();
}

export async function insertPerson(
  tx: Transaction,
  person: StoredPerson,
  addedAt: number,
): Promise<void> {
  const { id, name, active, accounts } = person;
  const user_handle = Buffer.from(person.userHandle);
  await tx
    .insertInto("person")
    .values({ id, name, user_handle, active, added_at: addedAt })
    .execute();
  await insertAccounts(tx, id, accounts);
}

/** Puts name, state and accounts in the place of what was. */
export async function changePerson(
  tx: Transaction,
  { id, name, active, accounts }: Omit<StoredPerson, "userHandle">,
): Promise<void> {
  await tx.updateTable("person").set({ name, active }).where("id", "=", id).execute();
  await tx.deleteFrom("person_account").where("person", "=", id).execute();
  await insertAccounts(tx, id, accounts);
}

async function insertAccounts(
  tx: Transaction,
  person: string,
  accounts: readonly string[],
): Promise<void> {
  if (accounts.length === 0) return;
  await tx
    .insertInto("person_account")
    .values(accounts.map((account) => ({ account, person })))
    .execute();
}
