// SPDX-License-Identifier: Apache-2.0
import type { ProposalShown, Proposed } from "@interlock/protocol";
import {
  closeProposal,
  type Database,
  holdersOf,
  insertProposal,
  openProposals,
  readKey,
  readKeys,
  readPerson,
  readPersons,
  readProposal,
  type StoredProposal,
} from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { linkOf } from "./founding.ts";
import { freshSession, personOfActor } from "./fresh.ts";
import { needsKey, shown, wholeOf } from "./proposal.ts";
import { newId, newSecret, TOKEN_PREFIX } from "./secrets.ts";
import { done, inTransaction, looked, refused, type SiteTerms } from "./terms.ts";

export const PROPOSAL_MS = 72 * 3_600_000;
/** Of all persons together: people read each of them before they sign. */
export const MOST_OPEN = 50;

type Wanted = Pick<
  StoredProposal,
  "kind" | "person" | "name" | "active" | "accounts" | "credential" | "userHandle"
>;

/** Proposes something that others then have to endorse; a link where a passkey is to be registered. */
export async function propose(terms: SiteTerms, actor: Actor, given: Proposed) {
  const { person: by } = personOfActor(actor);
  const link = newSecret();
  const id = newId();
  return await inTransaction(terms, async (within) => {
    const { tx, now } = within;
    const fresh = await freshSession(terms, within, actor);
    if (!fresh.ok) return fresh;
    if ((await openProposals(tx, "others", now)).length >= MOST_OPEN)
      return refused(
        "OUT_OF_ORDER",
        `${MOST_OPEN} proposals are open already`,
        "endorse or withdraw some of them first",
      );
    const wanted = await wantedBy(terms, tx, { by, given });
    if (!wanted.ok) return wanted;
    const proposal: StoredProposal = {
      ...{ ...wanted.value, id, reason: given.reason, by, at: now },
      ...{ expiresAt: now + PROPOSAL_MS, state: "open" },
    };
    const key = needsKey(proposal);
    const token = proposal.kind === "provisioner";
    await insertProposal(tx, proposal, key || token ? link.hash : null);
    const whole = { proposal: { ...proposal, by }, keys: [], endorsers: [] };
    return done({
      proposal: shown(whole),
      link: key ? linkOf(terms, link.text) : null,
      secret: token ? `${TOKEN_PREFIX}${link.text}` : null,
    });
  });
}

const NOTHING = {
  name: null,
  active: null,
  accounts: null,
  credential: null,
  userHandle: null,
} as const;

async function wantedBy(
  { identity, book }: SiteTerms,
  tx: Database,
  { by, given }: { readonly by: string; readonly given: Proposed },
): Promise<Answer<Wanted>> {
  if (given.kind === "provisioner") {
    if (identity.scim === null)
      return refused(
        "OUT_OF_ORDER",
        "this server takes nothing by SCIM",
        "start it with identity settings that have `scim`",
      );
    return done({ ...NOTHING, kind: "provisioner", person: by, name: given.name });
  }
  if (given.kind === "person") return await newPerson(tx, given);
  if (given.kind === "change") return await changedPerson(tx, given);
  if (given.kind === "revocation") {
    const emergency = (await book.at(tx)).emergencyKeys.get(given.credential);
    const key = emergency ?? (await readKey(tx, given.credential));
    if (key === null || key.revokedAt !== null) return noSuch("key that works");
    if (key.person === by)
      return refused(
        "OUT_OF_ORDER",
        "the key is your own",
        "revoke it at once: nobody else is needed",
      );
    return done({
      ...NOTHING,
      kind: "revocation",
      person: key.person,
      credential: given.credential,
    });
  }
  const id = given.kind === "key" ? by : given.person;
  if (given.kind === "recovery" && id === by)
    return refused(
      "NOT_ALLOWED",
      "nobody recovers their own account",
      "propose a further key instead, with one that you still have",
    );
  const person = await readPerson(tx, id);
  if (person === null || !person.active) return noSuch("active person");
  return done({ ...NOTHING, kind: given.kind, person: id, userHandle: person.userHandle });
}

export const noSuch = (what: string) =>
  refused("NOT_FOUND", `there is no such ${what}`, "look for it in the list");

async function newPerson(
  tx: Database,
  { person, name, accounts }: Proposed & { readonly kind: "person" },
): Promise<Answer<Wanted>> {
  if ((await readPerson(tx, person)) !== null)
    return refused("OUT_OF_ORDER", `\`${person}\` is somebody already`, "take another id");
  const taken = await takenAccount(tx, person, accounts);
  if (taken !== null) return taken;
  const userHandle = newSecret().bytes;
  const described = { name, active: true, accounts: accounts.toSorted(), userHandle };
  return done({ ...NOTHING, ...described, kind: "person", person });
}

async function changedPerson(
  tx: Database,
  { person, name, active, accounts }: Proposed & { readonly kind: "change" },
): Promise<Answer<Wanted>> {
  if ((await readPerson(tx, person)) === null) return noSuch("person");
  const taken = await takenAccount(tx, person, accounts);
  if (taken !== null) return taken;
  const lonely = active ? null : await tooFewWithout(tx, person);
  if (lonely !== null) return lonely;
  const described = { name, active, accounts: accounts.toSorted() };
  return done({ ...NOTHING, ...described, kind: "change", person });
}

/** One account is one person's: two records for one human would be two approvers. by (two-people) */
export async function takenAccount(db: Database, person: string, accounts: readonly string[]) {
  const holders = await holdersOf(db, accounts);
  const other = holders.find((holder) => holder.person !== person);
  return other === undefined
    ? null
    : refused(
        "OUT_OF_ORDER",
        `the account \`${other.account}\` is \`${other.person}\`'s`,
        "if that is the same human, add the other accounts to that person instead",
      );
}

/**
 * With fewer than two who have a passkey nothing could be agreed upon any more, not even to let them
 * back in.
 */
export async function tooFewWithout(db: Database, person: string) {
  const keys = (await readKeys(db, null)).filter(({ revokedAt }) => revokedAt === null);
  const owners = new Set(keys.map((key) => key.person));
  const others = (await readPersons(db)).filter(
    ({ id, active }) => active && id !== person && owners.has(id),
  );
  return others.length >= 2
    ? null
    : refused(
        "OUT_OF_ORDER",
        `fewer than two active persons with a passkey would remain without \`${person}\``,
        "add somebody else first",
      );
}

/** What is open; nobody is told of proposals that have expired. */
export async function shownProposals(
  terms: SiteTerms,
): Promise<Answer<{ readonly proposals: ProposalShown[] }>> {
  return await looked(terms, async (db, now) => {
    const whole = await wholeOf(db, await openProposals(db, "others", now));
    return done({ proposals: whole.map(shown) });
  });
}

export async function shownProposal(terms: SiteTerms, id: string): Promise<Answer<ProposalShown>> {
  return await looked(terms, async (db) => {
    const proposal = await readProposal(db, id);
    const [whole] = await wholeOf(db, proposal === null ? [] : [proposal]);
    return whole === undefined ? noSuch("proposal") : done(shown(whole));
  });
}

/**
 * Whoever made it takes it back, or whose key it would enrol; nobody stops a revocation or a change
 * of themself. It is one answer for all others.
 */
export async function withdraw(
  terms: SiteTerms,
  actor: Actor,
  id: string,
): Promise<Answer<Record<string, never>>> {
  const { person } = personOfActor(actor);
  return await inTransaction(terms, async ({ tx }) => {
    const proposal = await readProposal(tx, id);
    if (proposal === null) return noSuch("open proposal of yours");
    const own = proposal.by === person || (needsKey(proposal) && proposal.person === person);
    const closed = own && (await closeProposal(tx, id, "withdrawn"));
    return closed ? done({}) : noSuch("open proposal of yours");
  });
}
