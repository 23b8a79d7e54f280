// SPDX-License-Identifier: Apache-2.0
import type { ScimEmail } from "@interlock/store";
import { z } from "zod";
import type { Answer } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import { parsePath } from "./filter.ts";
import { type At, patched } from "./patch.ts";
import { saysOf, scimInvalid } from "./refusal.ts";

/** What a provider says of a user; all else that it sends is not kept. */
export type UserDraft = {
  readonly userName: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly emails: readonly ScimEmail[];
  readonly active: boolean;
};

const LINE = /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u;
const TEXT = z.string().trim().min(1).max(256).regex(LINE, "not one line of text");
const MAYBE = TEXT.or(z.literal("").transform(() => null)).nullish();
const ADDRESS = z
  .string()
  .trim()
  .max(320)
  .regex(/^[^\s\p{C}@]{1,64}@[^\s\p{C}@]{1,255}$/u, "not an address")
  .transform((address) => address.toLowerCase());
const EMAIL = z.object({ value: ADDRESS, type: TEXT.nullish() });
/** Some providers send booleans as texts. */
const FLAG = z.union([
  z.boolean(),
  z
    .string()
    .regex(/^(?:true|false)$/i, "not `true` or `false`")
    .transform((text) => text.toLowerCase() === "true"),
]);

const USER = z.object({
  userName: TEXT,
  externalId: MAYBE,
  displayName: MAYBE,
  name: z.object({ formatted: MAYBE, givenName: MAYBE, familyName: MAYBE }).nullish(),
  emails: z.array(EMAIL).max(20).nullish(),
  active: FLAG.default(true),
});

/** Reads a whole user, as POST and PUT send it. Names of attributes are not compared by capitals. */
export function readUser(body: unknown): Answer<UserDraft> {
  const parsed = USER.safeParse(body);
  if (!parsed.success) return scimInvalid(saysOf(parsed.error));
  const { userName, externalId, displayName, name, emails, active } = parsed.data;
  const parts = [name?.givenName, name?.familyName].filter((part) => part != null);
  const fromParts = name?.formatted ?? (parts.length === 0 ? null : parts.join(" "));
  return done({
    ...{ userName, active, externalId: externalId ?? null },
    displayName: displayName ?? fromParts,
    emails: tidy(emails ?? []),
  });
}

type EmailGiven = z.output<typeof EMAIL>;

/** Sorted, each address once. */
function tidy(emails: readonly EmailGiven[]): readonly ScimEmail[] {
  const byAddress = new Map(emails.map(({ value, type }) => [value, type ?? null]));
  return [...byAddress]
    .map(([email, type]) => ({ email, type }))
    .sort((a, b) => (a.email < b.email ? -1 : 1));
}

/** What a PATCH makes of a user; attributes that are not kept change nothing. */
export const patchedUser = (before: UserDraft, body: unknown): Answer<UserDraft> =>
  patched(before, body, userAt);

function userAt(draft: UserDraft, { op, path, value }: At): Answer<UserDraft> {
  const at = parsePath(path);
  // Extensions have names with colons and dots; none of them is kept.
  if (at === null)
    return path.toLowerCase().startsWith("urn:")
      ? done(draft)
      : scimInvalid(`\`${path}\` is no path that is taken`, "invalidPath");
  const removed = op === "remove";
  if (at.attribute === "active")
    return removed ? scimInvalid("`active` is always there") : put(draft, { active: value });
  if (at.attribute === "username")
    return removed ? scimInvalid("`userName` is always there") : put(draft, { userName: value });
  if (at.attribute === "externalid") return put(draft, { externalId: removed ? null : value });
  if (at.attribute === "displayname") return put(draft, { displayName: removed ? null : value });
  if (at.attribute === "name" && at.sub === "formatted" && draft.displayName === null)
    return put(draft, { displayName: removed ? null : value });
  if (at.attribute !== "emails") return done(draft);
  return put(draft, { emails: emailsAfter(draft, at, { op, value }) });
}

function emailsAfter(
  { emails }: UserDraft,
  at: NonNullable<ReturnType<typeof parsePath>>,
  { op, value }: Pick<At, "op" | "value">,
): unknown {
  const given = emails.map(({ email, type }) => ({ value: email, type }));
  if (at.filter === null) {
    if (op === "remove") return [];
    const list = Array.isArray(value) ? value : [value];
    return op === "add" ? [...given, ...list] : list;
  }
  const { attribute, value: wanted } = at.filter;
  const fits = (one: { readonly value: string; readonly type: string | null }) =>
    attribute === "type"
      ? one.type === wanted
      : attribute === "value" && one.value === wanted.toLowerCase();
  const others = given.filter((one) => !fits(one));
  if (op === "remove") return others;
  const address = at.sub === null && typeof value === "object" ? value : { value };
  return [...others, { type: attribute === "type" ? wanted : null, ...address }];
}

/** Puts fields in the place of what was and checks the whole again. */
function put(draft: UserDraft, change: object): Answer<UserDraft> {
  const { emails, ...rest } = draft;
  return readUser({
    ...rest,
    emails: emails.map(({ email, type }) => ({ value: email, type })),
    ...change,
  });
}
