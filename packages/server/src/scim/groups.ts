// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";
import {
  type Database,
  deleteScimGroup,
  findScimGroups,
  pageOfScimGroups,
  putScimGroup,
  type ScimGroup,
  type ScimMember,
  scimMembers,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { newId } from "../people/secrets.ts";
import { done, inTransaction, looked, refused } from "../people/terms.ts";
import type { Filter } from "./filter.ts";
import type { GroupDraft } from "./group-input.ts";
import { scimInvalid } from "./refusal.ts";
import type { ScimTerms, ScimWork } from "./terms.ts";
import type { Page } from "./users.ts";

export type KnownGroup = { readonly group: ScimGroup; readonly members: readonly ScimMember[] };

const noSuchGroup = () => refused("NOT_FOUND", "there is no such group", "create it first");

async function knownBy(db: Database, id: string): Promise<KnownGroup | null> {
  const [group] = await findScimGroups(db, "id", id);
  return group === undefined ? null : { group, members: await scimMembers(db, [id]) };
}

export async function showGroup({ site }: ScimTerms, id: string): Promise<Answer<KnownGroup>> {
  return await looked(site, async (db) => {
    const known = await knownBy(db, id);
    return known === null ? noSuchGroup() : done(known);
  });
}

const BY = { displayname: "displayName", externalid: "externalId", id: "id" } as const;

export async function listGroups(
  { site }: ScimTerms,
  filter: Filter | null,
  page: Page,
): Promise<Answer<{ readonly total: number; readonly groups: readonly KnownGroup[] }>> {
  const attribute = filter?.attribute ?? "";
  const by = Object.hasOwn(BY, attribute) ? BY[attribute as keyof typeof BY] : null; // its own key
  if (filter !== null && by === null)
    return scimInvalid(`groups are not looked for by \`${attribute}\``, "invalidFilter");
  return await looked(site, async (db) => {
    const found =
      filter === null || by === null
        ? await pageOfScimGroups(db, page)
        : matching(await findScimGroups(db, by, filter.value), page);
    const ids = found.groups.map(({ id }) => id);
    const members = await scimMembers(db, ids);
    const groups = found.groups.map((group) => ({
      group,
      members: members.filter((member) => member.group === group.id),
    }));
    return done({ total: found.total, groups });
  });
}

const matching = (groups: readonly ScimGroup[], { offset, limit }: Page) => ({
  total: groups.length,
  groups: groups.slice(offset, offset + limit),
});

export async function createGroup(
  terms: ScimTerms,
  draft: GroupDraft,
): Promise<Answer<KnownGroup>> {
  return await inTransaction<KnownGroup>(terms.site, async ({ tx, now }) => {
    const { displayName, externalId } = draft;
    const group = { id: newId(), displayName, externalId, createdAt: now, changedAt: now };
    return await written({ ...terms, tx, now }, { group, draft, before: [] });
  });
}

/** Changes a group by what `next` makes of what is known. */
export async function changeGroup(
  terms: ScimTerms,
  id: string,
  next: (before: GroupDraft) => Answer<GroupDraft>,
): Promise<Answer<KnownGroup>> {
  return await inTransaction<KnownGroup>(terms.site, async ({ tx, now }) => {
    const known = await knownBy(tx, id);
    if (known === null) return noSuchGroup();
    const { group, members } = known;
    const { displayName, externalId } = group;
    const was = { displayName, externalId, members: new Set(members.map(({ user }) => user)) };
    const draft = next(was);
    if (!draft.ok) return draft;
    if (isDeepStrictEqual(was, draft.value)) return done(known);
    const named = { displayName: draft.value.displayName, externalId: draft.value.externalId };
    const changed = { group: { ...group, ...named, changedAt: now }, draft: draft.value };
    return await written({ ...terms, tx, now }, { ...changed, before: members });
  });
}

async function written(
  within: ScimWork,
  given: {
    readonly group: ScimGroup;
    readonly draft: GroupDraft;
    readonly before: readonly ScimMember[];
  },
): Promise<Answer<KnownGroup>> {
  const { tx } = within;
  const { group, draft, before } = given;
  const named = await findScimGroups(tx, "displayName", group.displayName);
  if (named.some(({ id }) => id !== group.id))
    return refused(
      "OUT_OF_ORDER",
      `another group is called \`${group.displayName}\``,
      "give it another name",
    );
  const known = await usersAmong(tx, draft.members);
  const stranger = [...draft.members].find((user) => !known.has(user));
  if (stranger !== undefined) return scimInvalid(`\`${stranger}\` is no user`);
  await putScimGroup(tx, group, [...draft.members]);
  const members = await scimMembers(tx, [group.id]);
  const recorded = await record(within, { group, name: group.displayName, before, after: members });
  return recorded.ok ? done({ group, members }) : recorded;
}

async function usersAmong(db: Database, ids: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  if (ids.size === 0) return new Set();
  const rows = await db
    .selectFrom("scim_user")
    .select("id")
    .where("id", "in", [...ids])
    .execute();
  return new Set(rows.map(({ id }) => id));
}

export async function removeGroup(terms: ScimTerms, id: string): Promise<Answer<null>> {
  return await inTransaction<null>(terms.site, async ({ tx, now }) => {
    const known = await knownBy(tx, id);
    if (known === null) return noSuchGroup();
    await deleteScimGroup(tx, id);
    const { group, members } = known;
    return await record({ ...terms, tx, now }, { group, name: "", before: members, after: [] });
  });
}

/** Who came and who went, in the transaction that made it so. */
async function record(
  { site, token, tx, now }: ScimWork,
  given: {
    readonly group: ScimGroup;
    readonly name: string;
    readonly before: readonly ScimMember[];
    readonly after: readonly ScimMember[];
  },
): Promise<Answer<null>> {
  const { group, name, before, after } = given;
  const personsOf = (members: readonly ScimMember[]) =>
    new Set(members.map(({ person }) => person));
  const [was, is] = [personsOf(before), personsOf(after)];
  const body = {
    ...{ group: group.id, name, token },
    added: [...is].filter((person) => !was.has(person)).sort(),
    removed: [...was].filter((person) => !is.has(person)).sort(),
  };
  const entry = prepare({ kind: "members", at: now, subject: null, body });
  const appended = await site.ledger.append(tx, [entry]);
  return appended.ok ? done(null) : appended;
}
