// SPDX-License-Identifier: Apache-2.0
/**
 * What an identity provider may make of a person. It knows who works here; it does not know who may
 * sign, and whoever administrates it must not be able to choose that.
 */
import {
  changePerson,
  endSessions,
  endTerminals,
  holdersOf,
  insertPerson,
  readKeys,
  readPerson,
  revokeStoredToken,
  type StoredPerson,
  workingTokensOf,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { takenAccount, tooFewWithout } from "../people/proposing.ts";
import { newSecret } from "../people/secrets.ts";
import { done, refused } from "../people/terms.ts";
import type { ScimWork } from "./terms.ts";
import type { UserDraft } from "./user-input.ts";

/** The accounts that a user's addresses are here: those of the domains in the settings, sorted. */
export function accountsOf(
  { settings }: Pick<ScimWork, "settings">,
  { userName, emails }: Pick<UserDraft, "userName" | "emails">,
): readonly string[] {
  const addresses = [userName.toLowerCase(), ...emails.map(({ email }) => email)];
  const ours = addresses.filter((address) => {
    const [local, domain, more] = address.split("@");
    const whole = local !== undefined && local !== "" && more === undefined && !/\s/.test(local);
    return whole && domain !== undefined && settings.emailDomains.includes(domain);
  });
  return [...new Set(ours.map((address) => `email:${address}`))].sort();
}

/** Somebody new, or the one person whose addresses these are; more than one person is refused. */
export async function personFor(
  within: ScimWork,
  draft: UserDraft,
): Promise<Answer<{ readonly person: StoredPerson; readonly added: boolean }>> {
  const { tx } = within;
  const accounts = accountsOf(within, draft);
  const holders = [...new Set((await holdersOf(tx, accounts)).map(({ person }) => person))];
  const [holder, second] = holders;
  if (holder !== undefined && second !== undefined)
    return refused(
      "OUT_OF_ORDER",
      `the addresses of \`${draft.userName}\` are \`${holder}\`'s and \`${second}\`'s`,
      "two people have to say who that is: propose a change of one of them",
    );
  if (holder === undefined) return await newPersonFor(within, draft, accounts);
  const person = await readPerson(tx, holder);
  if (person?.active !== true)
    return refused(
      "OUT_OF_ORDER",
      `an address of \`${draft.userName}\` is \`${holder}\`'s, who left`,
      "two people have to let them back in, or take the address from them if somebody else has it now",
    );
  return done({ person, added: false });
}

async function newPersonFor(
  { tx, now }: ScimWork,
  draft: UserDraft,
  accounts: readonly string[],
): Promise<Answer<{ readonly person: StoredPerson; readonly added: boolean }>> {
  const id = idFrom(draft.userName);
  if (id === null)
    return refused(
      "INPUT_INVALID",
      `no id can be made of \`${draft.userName}\``,
      "it must begin with a letter or digit of ASCII",
    );
  // A second record for one human would be a second approver. by (two-people)
  if ((await readPerson(tx, id)) !== null)
    return refused(
      "OUT_OF_ORDER",
      `\`${id}\` is somebody already, and has none of the addresses of \`${draft.userName}\``,
      "if it is the same human, two people add the address to them; otherwise take another userName",
    );
  const name = draft.displayName ?? draft.userName;
  const userHandle = newSecret().bytes;
  const person = { id, name, userHandle, active: true, accounts };
  await insertPerson(tx, person, now);
  return done({ person, added: true });
}

/** What stands before the `@`, in the form that ids of persons have. */
function idFrom(userName: string): string | null {
  const [local = ""] = userName.toLowerCase().split("@");
  const id = local
    .replace(/[^a-z0-9._-]/g, "-")
    .replace(/^[^a-z0-9]{1,256}/, "")
    .slice(0, 63);
  return id === "" ? null : id;
}

/**
 * Brings a person in line with what the provider says of the user.
 *
 * INVARIANT (provider-only-takes): whoever has a passkey can only lose by it: they are deactivated,
 * and nothing else changes. Name and accounts take two people, because an account decides whose change
 * something is; and so does coming back, for anybody, because it is an approver more. by (agreed)
 */
export async function alignPerson(
  within: ScimWork,
  before: StoredPerson,
  draft: UserDraft,
): Promise<Answer<{ readonly person: StoredPerson; readonly ended: readonly string[] }>> {
  const { tx } = within;
  const accounts = accountsOf(within, draft);
  const taken = await takenAccount(tx, before.id, accounts);
  if (taken !== null) return taken;
  const keyed = (await readKeys(tx, before.id)).some(({ revokedAt }) => revokedAt === null);
  if (draft.active && !before.active)
    return refused(
      "NOT_ALLOWED",
      `\`${before.id}\` left`,
      "two people have to let them back in: propose a change of them",
    );
  const person = keyed
    ? { ...before, active: draft.active }
    : {
        ...before,
        name: draft.displayName ?? before.name,
        active: draft.active,
        // Accounts are added and never taken away: what somebody wrote stays theirs.
        accounts: [...new Set([...before.accounts, ...accounts])].sort(),
      };
  if (person.accounts.length > MOST_ACCOUNTS)
    return refused("TOO_LARGE", `\`${before.id}\` has too many accounts`, "let two people tidy up");
  const leaves = before.active && !person.active;
  const lonely = leaves && keyed ? await tooFewWithout(tx, before.id) : null;
  if (lonely !== null) return lonely;
  if (!sameAs(before, person)) await changePerson(tx, person);
  return done({ person, ended: leaves ? await endAll(within, before.id) : [] });
}

const MOST_ACCOUNTS = 50;

const sameAs = (a: StoredPerson, b: StoredPerson): boolean =>
  a.name === b.name && a.active === b.active && a.accounts.join(" ") === b.accounts.join(" ");

/** Sessions and tokens of somebody who left: whoever made a token still knows its secret. */
async function endAll({ tx, now }: ScimWork, person: string): Promise<readonly string[]> {
  await endSessions(tx, { person, id: null, at: now });
  await endTerminals(tx, { person, id: null, at: now });
  const ended: string[] = [];
  for (const { id } of await workingTokensOf(tx, person, now))
    if (await revokeStoredToken(tx, id, now)) ended.push(id);
  return ended.sort();
}

/** Records what was made of a person, in the transaction that made it. */
export async function recordPerson(
  { site, token, tx, now }: ScimWork,
  given: {
    readonly person: StoredPerson;
    readonly user: string;
    readonly userName: string;
    readonly ended: readonly string[];
  },
): Promise<Answer<null>> {
  const { person, user, userName, ended } = given;
  const { id, name, active, accounts } = person;
  const body = { person: id, name, active, accounts, user, userName, token, ended };
  const entry = prepare({ kind: "provisioned", at: now, subject: null, body });
  const appended = await site.ledger.append(tx, [entry]);
  return appended.ok ? done(null) : appended;
}
