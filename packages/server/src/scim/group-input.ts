// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { parsePath } from "./filter.ts";
import { type At, patched } from "./patch.ts";
import { saysOf, scimInvalid } from "./refusal.ts";

/** What a provider says of a group. */
export type GroupDraft = {
  readonly displayName: string;
  readonly externalId: string | null;
  /** Ids of users. */
  readonly members: ReadonlySet<string>;
};

/** As many as one entry of the ledger can name. */
export const MOST_MEMBERS = 5_000;

const MEMBER = z.object({ value: z.string().min(1).max(64) });
const NAME = z
  .string()
  .trim()
  .min(1)
  .max(256)
  .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, "not one line of text");
const GROUP = z.object({
  displayName: NAME,
  externalId: z.string().max(256).nullish(),
  members: z.array(MEMBER).nullish(),
});

/** Reads a whole group, as POST and PUT send it. */
export function readGroup(body: unknown): Answer<GroupDraft> {
  const parsed = GROUP.safeParse(body);
  if (!parsed.success) return scimInvalid(saysOf(parsed.error));
  const { displayName, externalId, members } = parsed.data;
  return within({
    displayName,
    externalId: externalId ?? null,
    members: new Set((members ?? []).map(({ value }) => value)),
  });
}

const within = (draft: GroupDraft): Answer<GroupDraft> =>
  draft.members.size <= MOST_MEMBERS
    ? done(draft)
    : refused(
        "TOO_LARGE",
        `a group has at most ${MOST_MEMBERS} members here`,
        "send the groups alone that stand for teams",
      );

/** What a PATCH makes of a group; attributes that are not kept change nothing. */
export function patchedGroup(before: GroupDraft, body: unknown): Answer<GroupDraft> {
  const draft = patched(before, body, groupAt);
  return draft.ok ? within(draft.value) : draft;
}

function groupAt(draft: GroupDraft, { op, path, value }: At): Answer<GroupDraft> {
  const at = parsePath(path);
  if (at === null) return scimInvalid(`\`${path}\` is no path that is taken`, "invalidPath");
  if (at.attribute === "displayname" || at.attribute === "externalid") {
    const name = at.attribute === "displayname" ? "displayName" : "externalId";
    const { displayName, externalId } = draft;
    const changed = { displayName, externalId, [name]: op === "remove" ? null : value };
    const read = readGroup(changed);
    return read.ok ? done({ ...read.value, members: draft.members }) : read;
  }
  if (at.attribute !== "members") return done(draft);
  if (at.filter !== null) {
    if (op !== "remove" || at.filter.attribute !== "value" || at.sub !== null)
      return scimInvalid(`\`${path}\` is taken for \`remove\` alone`, "invalidPath");
    const { value: gone } = at.filter;
    return done({ ...draft, members: without(draft.members, [gone]) });
  }
  if (op === "remove" && value == null) return done({ ...draft, members: new Set() });
  const listed = z.array(MEMBER).safeParse(Array.isArray(value) ? value : [value]);
  if (!listed.success) return scimInvalid(saysOf(listed.error));
  const named = listed.data.map((member) => member.value);
  if (op === "remove") return done({ ...draft, members: without(draft.members, named) });
  const kept = op === "add" ? draft.members : [];
  return done({ ...draft, members: new Set([...kept, ...named]) });
}

const without = (members: ReadonlySet<string>, gone: readonly string[]): ReadonlySet<string> => {
  const names = new Set(gone);
  return new Set([...members].filter((member) => !names.has(member)));
};
