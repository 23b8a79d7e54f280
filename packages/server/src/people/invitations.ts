// SPDX-License-Identifier: Apache-2.0
import type { Invited, RegistrationGiven } from "@interlock/protocol";
import { fromBase64url, type NewCredential, verifyRegistration } from "@interlock/receipt";
import {
  type Database,
  endorsersOf,
  findInvitation,
  insertChallenge,
  insertProposedKey,
  proposedKeys,
  readKeys,
  readPerson,
  readSite,
  type StoredProposal,
  setUpTenant,
  takeChallenge,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { noSuchLink } from "./founding.ts";
import { CHALLENGE_MS, creationOptions } from "./options.ts";
import { hashOfSecret, newSecret } from "./secrets.ts";
import { done, inTransaction, looked, refused, refusedForGood, type SiteTerms } from "./terms.ts";

/** One is needed, two are advised, and nobody carries more than a few. */
const MOST_KEYS = 5;

type Open = { readonly proposal: StoredProposal; readonly invited: Invited };

async function openInvitation(
  db: Database,
  secret: string | null,
  now: number,
): Promise<Open | null> {
  const hash = hashOfSecret(secret);
  const proposal = hash === null ? null : await findInvitation(db, hash, now);
  if (proposal === null) return null;
  const { kind, person, expiresAt } = proposal;
  // Its secret becomes that of a token, and opens nothing before.
  if (kind === "provisioner") return null;
  if (
    kind === "revocation" ||
    kind === "change" ||
    kind === "emergency" ||
    kind === "controlplane" ||
    kind === "unwind" ||
    kind === "baseline"
  )
    throw new Error(`invariant broken: a \`${kind}\` has a link`);
  const tenant = (await readSite(db))?.tenant ?? (await setUpTenant(db)) ?? "";
  const name = proposal.name ?? (await readPerson(db, person))?.name ?? person;
  const keys = (await proposedKeys(db, [proposal.id])).length;
  return { proposal, invited: { kind, tenant, person, name, keys, expiresAt } };
}

/** What a link is for. */
export async function shownInvitation(
  terms: SiteTerms,
  secret: string | null,
): Promise<Answer<Invited>> {
  return await looked(terms, async (db, now) => {
    const open = await openInvitation(db, secret, now);
    return open === null ? noSuchLink() : done(open.invited);
  });
}

/** A challenge for registering a passkey, bound to the link's proposal. */
export async function registrationOptions(terms: SiteTerms, secret: string | null) {
  const nonce = newSecret();
  return await inTransaction(terms, async ({ tx, now }) => {
    const open = await openInvitation(tx, secret, now);
    if (open === null) return noSuchLink();
    const { proposal, invited } = open;
    const closed = await closedTo(tx, proposal, invited.keys);
    if (closed !== null) return closed;
    const registered = await proposedKeys(tx, [proposal.id]);
    const enrolled = await readKeys(tx, proposal.person);
    await insertChallenge(tx, {
      hash: nonce.hash,
      purpose: "register",
      about: proposal.id,
      person: null,
      now,
      expiresAt: now + CHALLENGE_MS,
    });
    if (proposal.userHandle === null) throw new Error("invariant broken: a link has a user handle");
    const { tenant, person, name } = invited;
    const has = [...registered, ...enrolled].map(({ credential }) => credential);
    const { userHandle } = proposal;
    return done(
      creationOptions({ nonce, rpId: terms.rpId, tenant, person, name, userHandle, has }),
    );
  });
}

/** Endorsements are over exactly the keys that are there, so none comes after the first of them. */
async function closedTo(db: Database, proposal: StoredProposal, keys: number) {
  if (keys >= MOST_KEYS)
    return refused(
      "OUT_OF_ORDER",
      `${keys} passkeys are registered with this link already`,
      "go on with those",
    );
  if ((await endorsersOf(db, [proposal.id])).length > 0)
    return refused(
      "OUT_OF_ORDER",
      "these passkeys were endorsed already",
      "propose a further key once this one works",
    );
  return null;
}

/** Verifies a registration and keeps the key; it works once the founding or the proposal is done. */
export async function registerKey(
  terms: SiteTerms,
  secret: string | null,
  given: RegistrationGiven,
): Promise<Answer<Invited>> {
  const hash = hashOfSecret(given.nonce);
  return await inTransaction<Invited>(terms, async ({ tx, now }) => {
    const open = await openInvitation(tx, secret, now);
    if (open === null) return noSuchLink();
    const { proposal, invited } = open;
    const challenge = hash === null ? null : await takeChallenge(tx, hash, now);
    if (challenge?.purpose !== "register" || challenge.about !== proposal.id)
      return refusedForGood(
        refusal("the challenge is unknown, was used, or is older than 5 minutes"),
      );
    const closed = await closedTo(tx, proposal, invited.keys);
    if (closed !== null) return closed;
    const verified = await verifiedKey(terms, given);
    if (!verified.ok) return refusedForGood(refusal(verified.says));
    const aaguid = Buffer.from(verified.key.aaguid).toString("hex");
    if (terms.refusedAaguids.includes(aaguid))
      return refusedForGood(refusal("authenticators of this model are not trusted here"));
    const { publicKey: key, backupEligible, backedUp, signCount, attestation } = verified.key;
    const kept = await insertProposedKey(tx, {
      credential: given.credential,
      proposal: proposal.id,
      key,
      aaguid,
      backupEligible,
      backedUp,
      signCount,
      ...attestation,
      registeredAt: now,
    });
    return kept
      ? done({ ...invited, keys: invited.keys + 1 })
      : refusedForGood(refusal("a passkey of this id is registered already"));
  });
}

const refusal = (says: string) =>
  ({
    code: "PASSKEY_REFUSED",
    message: `the passkey was not registered: ${says}`,
    help: "open the link again and try once more, or with another authenticator",
  }) as const;

async function verifiedKey(
  { rpId, origin }: SiteTerms,
  given: RegistrationGiven,
): Promise<
  { readonly ok: true; readonly key: NewCredential } | { readonly ok: false; readonly says: string }
> {
  const credentialId = fromBase64url(given.credential);
  const clientDataJson = fromBase64url(given.clientData);
  const attestationObject = fromBase64url(given.attestationObject);
  const challenge = fromBase64url(given.nonce);
  if (!credentialId || !clientDataJson || !attestationObject || !challenge)
    return { ok: false, says: "a part of it is not base64url" };
  const verdict = await verifyRegistration(
    { credentialId, clientDataJson, attestationObject },
    { rpId, origins: [origin], challenge },
  );
  return verdict.kind === "verified"
    ? { ok: true, key: verdict.credential }
    : { ok: false, says: verdict.refusal.says };
}
