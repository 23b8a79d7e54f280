// SPDX-License-Identifier: Apache-2.0
import type { Database } from "../driver.ts";
import type { Transaction } from "../transaction.ts";
import type { ProposalKind, ProposalState } from "./tables.ts";

export type StoredProposal = {
  readonly id: string;
  readonly kind: ProposalKind;
  /** Whom it is about. */
  readonly person: string;
  readonly name: string | null;
  readonly active: boolean | null;
  readonly accounts: readonly string[] | null;
  /** The key that is to be revoked. */
  readonly credential: string | null;
  /** SHA-256 of a text below `document`; of what agrees upon one alone. */
  readonly described?: string | null;
  readonly reason: string;
  /** Of whoever registers a key. */
  readonly userHandle: Uint8Array | null;
  /** `null` of a founder alone. */
  readonly by: string | null;
  readonly at: number;
  readonly expiresAt: number;
  readonly state: ProposalState;
};

/** A registered key, as its enrolment will describe it. */
export type ProposedKey = {
  readonly credential: string;
  readonly proposal: string;
  /** COSE key. */
  readonly key: Uint8Array;
  readonly aaguid: string;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
  readonly signCount: number;
  readonly format: string;
  readonly trust: "none" | "self" | "unverified";
  readonly registeredAt: number;
};

/** Stores a proposal; `secretHash` is the link's, where a key is to be registered. */
export async function insertProposal(
  tx: Transaction,
  proposal: StoredProposal,
  secretHash: Uint8Array | null,
): Promise<void> {
  const { by, at, expiresAt, accounts, userHandle, ...same } = proposal;
  await tx
    .insertInto("proposal")
    .values({
      described: null,
      ...same,
      accounts: accounts === null ? null : [...accounts],
      user_handle: userHandle === null ? null : Buffer.from(userHandle),
      secret_hash: secretHash === null ? null : Buffer.from(secretHash),
      proposed_by: by,
      proposed_at: at,
      expires_at: expiresAt,
    })
    .execute();
}

const proposalQuery = (db: Database) =>
  db
    .selectFrom("proposal")
    .select([
      "id",
      "kind",
      "person",
      "name",
      "active",
      "accounts",
      "credential",
      "described",
      "reason",
    ])
    .select(["user_handle as userHandle", "proposed_by as by", "proposed_at as at"])
    .select(["expires_at as expiresAt", "state"]);

/** The hash of the secret that was made with a proposal, or `null`. */
export async function proposalSecretHash(db: Database, id: string): Promise<Uint8Array | null> {
  const row = await db
    .selectFrom("proposal")
    .select("secret_hash")
    .where("id", "=", id)
    .executeTakeFirst();
  return row?.secret_hash ?? null;
}

/** Any but a founder's. */
export async function readProposal(db: Database, id: string): Promise<StoredProposal | null> {
  const found = await proposalQuery(db)
    .where("id", "=", id)
    .where("kind", "!=", "founder")
    .executeTakeFirst();
  return found ?? null;
}

/** The open proposal whose link has this secret. */
export async function findInvitation(
  db: Database,
  secretHash: Uint8Array,
  now: number,
): Promise<StoredProposal | null> {
  const found = await proposalQuery(db)
    .where("secret_hash", "=", Buffer.from(secretHash))
    .where("state", "=", "open")
    .where("expires_at", ">", now)
    .executeTakeFirst();
  return found ?? null;
}

/** Founders apart from all others; oldest first. */
export async function openProposals(
  db: Database,
  which: "founders" | "others",
  now: number,
): Promise<readonly StoredProposal[]> {
  return await proposalQuery(db)
    .where("kind", which === "founders" ? "=" : "!=", "founder")
    .where("state", "=", "open")
    .where("expires_at", ">", now)
    .orderBy("proposed_at")
    .orderBy("person")
    .orderBy("id")
    .execute();
}

/** Proposals of unwinds, those made last first. */
export async function unwindProposals(
  db: Database,
  { described, limit }: { readonly described?: string; readonly limit: number },
): Promise<readonly StoredProposal[]> {
  let query = proposalQuery(db).where("kind", "=", "unwind");
  if (described !== undefined) query = query.where("described", "=", described);
  return await query.orderBy("proposed_at", "desc").orderBy("id").limit(limit).execute();
}

/** Closes an open proposal; `false` when somebody was faster. */
export async function closeProposal(
  tx: Transaction,
  id: string,
  state: Exclude<ProposalState, "open">,
): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("proposal")
    .set({ state })
    .where("id", "=", id)
    .where("state", "=", "open")
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** `false` when a key of that id was registered before, here or elsewhere. */
export async function insertProposedKey(tx: Transaction, given: ProposedKey): Promise<boolean> {
  const { key, backupEligible, backedUp, signCount, registeredAt, ...same } = given;
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("proposed_key")
    .values({
      ...same,
      key: Buffer.from(key),
      backup_eligible: backupEligible,
      backed_up: backedUp,
      sign_count: signCount,
      registered_at: registeredAt,
    })
    .onConflict((conflict) => conflict.column("credential").doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** Keys registered for some proposals, by credential id. */
export async function proposedKeys(
  db: Database,
  proposals: readonly string[],
): Promise<readonly ProposedKey[]> {
  if (proposals.length === 0) return [];
  return await db
    .selectFrom("proposed_key")
    .select(["credential", "proposal", "key", "aaguid", "format", "trust"])
    .select(["backup_eligible as backupEligible", "backed_up as backedUp"])
    .select(["sign_count as signCount", "registered_at as registeredAt"])
    .where("proposal", "in", [...proposals])
    .orderBy("credential")
    .execute();
}

/** An assertion over a proposal, byte for byte as it was verified. */
export type Endorsement = {
  readonly proposal: string;
  readonly person: string;
  readonly credential: string;
  readonly nonce: Uint8Array;
  readonly clientData: Uint8Array;
  readonly authenticatorData: Uint8Array;
  readonly signature: Uint8Array;
  readonly userHandle: Uint8Array | null;
  readonly at: number;
};

/** `false` when that person has endorsed it before. */
export async function insertEndorsement(tx: Transaction, given: Endorsement): Promise<boolean> {
  const { nonce, clientData, authenticatorData, signature, userHandle, ...same } = given;
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto("endorsement")
    .values({
      ...same,
      nonce: Buffer.from(nonce),
      client_data: Buffer.from(clientData),
      authenticator_data: Buffer.from(authenticatorData),
      signature: Buffer.from(signature),
      user_handle: userHandle === null ? null : Buffer.from(userHandle),
    })
    .onConflict((conflict) => conflict.columns(["proposal", "person"]).doNothing())
    .executeTakeFirst();
  return numInsertedOrUpdatedRows === 1n;
}

/** The endorsements of a proposal that count: of active persons, by keys that are not revoked. */
export async function endorsementsOf(
  db: Database,
  proposal: string,
): Promise<readonly Endorsement[]> {
  return await countingEndorsements(db, [proposal])
    .select(["endorsement.credential as credential", "nonce", "signature", "at"])
    .select(["client_data as clientData", "authenticator_data as authenticatorData"])
    .select("endorsement.user_handle as userHandle")
    .orderBy("endorsement.person")
    .execute();
}

/** Who endorsed some proposals and still may: active, by a key that is not revoked; sorted. */
export async function endorsersOf(
  db: Database,
  proposals: readonly string[],
): Promise<readonly { readonly proposal: string; readonly person: string }[]> {
  if (proposals.length === 0) return [];
  return await countingEndorsements(db, proposals).orderBy("endorsement.person").execute();
}

const countingEndorsements = (db: Database, proposals: readonly string[]) =>
  db
    .selectFrom("endorsement")
    .innerJoin("person", "person.id", "endorsement.person")
    .innerJoin("credential", "credential.id", "endorsement.credential")
    .select(["endorsement.proposal as proposal", "endorsement.person as person"])
    .where("endorsement.proposal", "in", [...proposals])
    .where("person.active", "=", true)
    .where("credential.revoked_at", "is", null);
