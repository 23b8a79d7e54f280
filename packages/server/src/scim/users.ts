// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import {
  type Database,
  deleteScimUser,
  findScimUsers,
  holdersOfScimEmails,
  pageOfScimUsers,
  putScimUser,
  readPerson,
  readPersons,
  type ScimUser,
  type StoredPerson,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { newId } from "../people/secrets.ts";
import { done, inTransaction, looked, refused } from "../people/terms.ts";
import type { Filter } from "./filter.ts";
import { alignPerson, personFor, recordPerson } from "./person.ts";
import { scimInvalid } from "./refusal.ts";
import type { ScimTerms, ScimWork } from "./terms.ts";
import type { UserDraft } from "./user-input.ts";

/** A user with the person who they are here. */
export type Known = { readonly user: ScimUser; readonly person: StoredPerson };
export type Page = { readonly offset: number; readonly limit: number };

export const noSuchUser = () => refused("NOT_FOUND", "there is no such user", "create them first");

async function knownBy(db: Database, id: string): Promise<Known | null> {
  const [user] = await findScimUsers(db, "id", id);
  if (user === undefined) return null;
  return { user, person: await personOf(db, user) };
}

async function personOf(db: Database, { person: id }: ScimUser): Promise<StoredPerson> {
  const person = await readPerson(db, id);
  if (person === null) throw new Error("invariant broken: a user is nobody");
  return person;
}

export const draftOf = ({ user, person }: Known): UserDraft => ({
  ...{ userName: user.userName, externalId: user.externalId, displayName: user.displayName },
  ...{ emails: user.emails, active: person.active },
});

export async function showUser({ site }: ScimTerms, id: string): Promise<Answer<Known>> {
  return await looked(site, async (db) => {
    const known = await knownBy(db, id);
    return known === null ? noSuchUser() : done(known);
  });
}

const BY = { username: "userName", externalid: "externalId", id: "id" } as const;

export async function listUsers(
  { site }: ScimTerms,
  filter: Filter | null,
  page: Page,
): Promise<Answer<{ readonly total: number; readonly users: readonly Known[] }>> {
  const attribute = filter?.attribute ?? "";
  const by = Object.hasOwn(BY, attribute) ? BY[attribute as keyof typeof BY] : null; // its own key
  if (filter !== null && by === null)
    return scimInvalid(`users are not looked for by \`${attribute}\``, "invalidFilter");
  return await looked(site, async (db) => {
    const found =
      filter === null || by === null
        ? await pageOfScimUsers(db, page)
        : matching(await findScimUsers(db, by, filter.value), page);
    const persons = new Map((await readPersons(db)).map((person) => [person.id, person]));
    const users = found.users.map((user) => {
      const person = persons.get(user.person);
      if (person === undefined) throw new Error("invariant broken: a user is nobody");
      return { user, person };
    });
    return done({ total: found.total, users });
  });
}

const matching = (users: readonly ScimUser[], { offset, limit }: Page) => ({
  total: users.length,
  users: users.slice(offset, offset + limit),
});

/** A name or an address that another user has; one user is one human. */
async function clash({ tx }: ScimWork, draft: UserDraft, id: string | null) {
  const named = await findScimUsers(tx, "userName", draft.userName);
  const addresses = draft.emails.map(({ email }) => email);
  const holders = await holdersOfScimEmails(tx, addresses);
  const other =
    named.find((user) => user.id !== id)?.userName ??
    holders.find(({ user }) => user !== id)?.email ??
    null;
  return other === null
    ? null
    : refused("OUT_OF_ORDER", `another user has \`${other}\``, "take it from them first");
}

/** Adds a user: a person without a passkey, or one who is here already and whom nobody manages yet. */
export async function createUser(terms: ScimTerms, draft: UserDraft): Promise<Answer<Known>> {
  return await inTransaction<Known>(terms.site, async ({ tx, now }) => {
    const within = { ...terms, tx, now };
    const clashing = await clash(within, draft, null);
    if (clashing !== null) return clashing;
    const found = await personFor(within, draft);
    if (!found.ok) return found;
    const [managed] = await findScimUsers(tx, "person", found.value.person.id);
    if (managed !== undefined)
      return refused(
        "OUT_OF_ORDER",
        `\`${managed.person}\`, whose address this is, is the user \`${managed.userName}\` already`,
        "change that user instead",
      );
    const { userName, externalId, displayName, emails } = draft;
    const person = found.value.person.id;
    const user = { id: newId(), person, userName, externalId, displayName, emails };
    return await written(within, { user: { ...user, createdAt: now, changedAt: now }, draft });
  });
}

/** Changes a user by what `next` makes of what is known. */
export async function changeUser(
  terms: ScimTerms,
  id: string,
  next: (before: UserDraft) => Answer<UserDraft>,
): Promise<Answer<Known>> {
  return await inTransaction<Known>(terms.site, async ({ tx, now }) => {
    const within = { ...terms, tx, now };
    const known = await knownBy(tx, id);
    if (known === null) return noSuchUser();
    const before = draftOf(known);
    const draft = next(before);
    if (!draft.ok) return draft;
    if (isDeepStrictEqual(before, draft.value)) return done(known);
    const clashing = await clash(within, draft.value, id);
    if (clashing !== null) return clashing;
    const { userName, externalId, displayName, emails } = draft.value;
    const user = { ...known.user, userName, externalId, displayName, emails, changedAt: now };
    return await written(within, { user, draft: draft.value });
  });
}

async function written(
  within: ScimWork,
  { user, draft }: { readonly user: ScimUser; readonly draft: UserDraft },
): Promise<Answer<Known>> {
  const { tx } = within;
  const aligned = await alignPerson(within, await personOf(tx, user), draft);
  if (!aligned.ok) return aligned;
  const { person, ended } = aligned.value;
  await putScimUser(tx, user);
  const { id, userName } = user;
  const recorded = await recordPerson(within, { person, user: id, userName, ended });
  return recorded.ok ? done({ user, person }) : recorded;
}

/** Lets go of a user: the person stays for ever, and is not active any more. */
export async function removeUser(terms: ScimTerms, id: string): Promise<Answer<null>> {
  return await inTransaction<null>(terms.site, async ({ tx, now }) => {
    const within = { ...terms, tx, now };
    const known = await knownBy(tx, id);
    if (known === null) return noSuchUser();
    const aligned = await alignPerson(within, known.person, { ...draftOf(known), active: false });
    if (!aligned.ok) return aligned;
    await deleteScimUser(tx, id);
    const { person, ended } = aligned.value;
    return await recordPerson(within, { person, user: id, userName: "", ended });
  });
}
