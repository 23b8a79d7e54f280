// SPDX-License-Identifier: Apache-2.0
import type { Founders, Member } from "@interlock/protocol";
import {
  beginSetUp,
  closeProposal,
  endSetUp,
  findSetUp,
  insertPerson,
  insertProposal,
  insertSite,
  lockSetUp,
  openProposals,
  type ProposedKey,
  proposedKeys,
  readSite,
  replaceSetUpSecret,
  type Store,
  type StoredProposal,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { appendWithKeys, enrolling } from "./enrolling.ts";
import { hashOfSecret, newId, newSecret } from "./secrets.ts";
import { done, inTransaction, looked, refused, type SiteTerms } from "./terms.ts";

/** How long the set-up secret and the founders' links are good for. */
const SET_UP_MS = 24 * 3_600_000;

/** One answer for links that never were, are used up, or have expired (TK12). */
export const noSuchLink = () =>
  refused(
    "SIGN_IN_NEEDED",
    "this link does not work, or does not work any more",
    "ask whoever gave it to you for a new one",
  );

/**
 * Makes the secret that opens the set-up, for whoever starts the server to show once; an earlier one
 * ends. Only its hash is stored. Refused once the organisation is founded.
 */
export async function setUpSecret(
  store: Pick<Store, "db" | "chance">,
  now: () => number,
): Promise<Answer<{ readonly secret: string; readonly expiresAt: number }>> {
  const secret = newSecret();
  const expiresAt = now() + SET_UP_MS;
  const outcome = await transaction<null, Refusal>(store, async (tx) => {
    if ((await readSite(tx)) !== null)
      return refused(
        "OUT_OF_ORDER",
        "the organisation is founded already",
        "sign in; two people can help whoever has lost their keys",
      );
    await replaceSetUpSecret(tx, { hash: secret.hash, expiresAt });
    return done(null);
  });
  return outcome.kind === "committed"
    ? done({ secret: secret.text, expiresAt })
    : { ok: false, failure: outcome.failure };
}

/** Names the organisation and its founders; each gets a link, and links of an earlier try are dead. */
export async function beginFounding(
  terms: SiteTerms,
  secret: string | null,
  { tenant, founders }: { readonly tenant: string; readonly founders: readonly Member[] },
) {
  const twice = namedTwice(founders);
  if (twice !== null)
    return refused(
      "INPUT_INVALID",
      `\`${twice}\` is named for two founders`,
      "give every founder an id and accounts of their own",
    );
  const invited = founders.map((founder) => ({ founder, secret: newSecret() }));
  return await inTransaction(terms, async ({ tx, now }) => {
    const setUp = await openSetUp(tx, secret, now);
    if (setUp === null) return noSuchLink();
    await beginSetUp(tx, tenant);
    for (const { founder, secret } of invited)
      await insertProposal(tx, invitationFor(founder, now, setUp.expiresAt), secret.hash);
    return done({
      expiresAt: setUp.expiresAt,
      links: invited.map(({ founder: { person }, secret: { text } }) => ({
        person,
        link: linkOf(terms, text),
      })),
    });
  });
}

/** What stands after `#` is never sent to a server, so it is in no log on the way (TK9). */
export const linkOf = ({ origin }: SiteTerms, secret: string): string => `${origin}/join#${secret}`;

function namedTwice(founders: readonly Member[]): string | null {
  const names = founders.flatMap(({ person, accounts }) => [person, ...accounts]);
  return names.find((name, at) => names.indexOf(name) !== at) ?? null;
}

async function openSetUp(tx: Transaction, secret: string | null, now: number) {
  const hash = hashOfSecret(secret);
  return hash === null ? null : await lockSetUp(tx, hash, now);
}

function invitationFor(
  { person, name, accounts }: Member,
  at: number,
  expiresAt: number,
): StoredProposal {
  return {
    id: newId(),
    kind: "founder",
    person,
    name,
    active: true,
    accounts: accounts.toSorted(),
    credential: null,
    reason: "founds the organisation",
    userHandle: newSecret().bytes,
    by: null,
    at,
    expiresAt,
    state: "open",
  };
}

/** How far the founding is. */
export async function foundingState(
  terms: SiteTerms,
  secret: string | null,
): Promise<Answer<Founders>> {
  return await looked(terms, async (db, now) => {
    const hash = hashOfSecret(secret);
    const setUp = hash === null ? null : await findSetUp(db, hash, now);
    if (setUp === null) return noSuchLink();
    const founders = await openProposals(db, "founders", now);
    const keys = await proposedKeys(
      db,
      founders.map(({ id }) => id),
    );
    return done({
      tenant: setUp.tenant,
      expiresAt: setUp.expiresAt,
      founders: founders.map(({ id, person, name }) => ({
        person,
        name: name ?? person,
        keys: keys.filter(({ proposal }) => proposal === id).length,
      })),
    });
  });
}

/**
 * Founds the organisation: site, people, keys and their entries in one transaction, in which the
 * set-up secret ends. Founders' keys have no cool-down: there was nobody yet to endorse them.
 */
export async function completeFounding(terms: SiteTerms, secret: string | null) {
  return await inTransaction(terms, async ({ tx, now }) => {
    const setUp = await openSetUp(tx, secret, now);
    if (setUp === null) return noSuchLink();
    if ((await terms.book.at(tx)).founding !== null)
      return refused(
        "OUT_OF_ORDER",
        "the ledger has a founding already",
        "somebody changed the database: restore its tables from a backup",
      );
    const founders = await openProposals(tx, "founders", now);
    const keys = await proposedKeys(
      tx,
      founders.map(({ id }) => id),
    );
    const without = founders.filter(({ id }) => keys.every(({ proposal }) => proposal !== id));
    if (setUp.tenant === null || founders.length === 0)
      return refused("OUT_OF_ORDER", "nobody is named as a founder", "name three or more first");
    if (without.length > 0)
      return refused(
        "OUT_OF_ORDER",
        `${without.map(({ person }) => `\`${person}\``).join(", ")} registered no passkey yet`,
        "let everybody open their link first, or start again with other founders",
      );
    const appended = await writeFounding(
      terms,
      { tx, now },
      { tenant: setUp.tenant, founders, keys },
    );
    return appended.ok ? done({ entries: [...appended.value] }) : appended;
  });
}

async function writeFounding(
  terms: SiteTerms,
  within: { readonly tx: Transaction; readonly now: number },
  given: {
    readonly tenant: string;
    readonly founders: readonly StoredProposal[];
    readonly keys: readonly ProposedKey[];
  },
) {
  const { tx, now } = within;
  const { tenant, founders, keys } = given;
  const { origin, rpId, cooldownMs, ledgerName: ledger } = terms;
  const persons = founders.map(personOf);
  const names = persons.map(({ id }) => id).sort();
  await insertSite(tx, { tenant, ledger, origin, rpId, cooldownMs, foundedAt: now });
  for (const person of persons) await insertPerson(tx, person, now);
  for (const { id } of founders) await closeProposal(tx, id, "done");
  await endSetUp(tx);
  const people = persons.map(({ id: person, name, active, accounts }) => {
    const body = { person, name, active, accounts, by: names };
    return prepare({ kind: "person", at: now, subject: null, body });
  });
  const basis = { at: now, basis: "founding", endorsedBy: [], usableFrom: now } as const;
  const enrolled = founders.flatMap((founder) => {
    const { id: person, userHandle } = personOf(founder);
    return keys
      .filter(({ proposal }) => proposal === founder.id)
      .map((key) => enrolling(key, { person, userHandle }, basis));
  });
  const founding = {
    ...{ tenant, product: origin, ledger, rpId, origins: [origin], founders: names, cooldownMs },
    entries: [...people, ...enrolled.map(({ entry }) => entry)].map(({ id }) => id),
  };
  return await appendWithKeys(terms, tx, {
    entries: [prepare({ kind: "founding", at: now, subject: null, body: founding }), ...people],
    keys: enrolled,
  });
}

/** The person that a proposal of a founder or of a new person describes. */
export function personOf({ person, name, accounts, userHandle }: StoredProposal) {
  if (name === null || accounts === null || userHandle === null)
    throw new Error("invariant broken: a proposed person has name, accounts and user handle");
  return { id: person, name, active: true, accounts, userHandle: new Uint8Array(userHandle) };
}
