// SPDX-License-Identifier: Apache-2.0

import { canonicalJson, sha256, sha256Hex, utf8 } from "@interlock/digest";
import type { ProposalShown } from "@interlock/protocol";
import {
  type Database,
  endorsersOf,
  type ProposalKind,
  type ProposedKey,
  proposedKeys,
  type StoredProposal,
} from "@interlock/store";
import type { Refusal } from "../http/bind.ts";
import type { SiteTerms } from "./terms.ts";

/** A proposal with the keys that were registered for it and who endorsed it. */
export type Whole = {
  readonly proposal: StoredProposal & { readonly by: string };
  readonly keys: readonly ProposedKey[];
  /** Sorted. */
  readonly endorsers: readonly string[];
};

export type AgreedKind = Exclude<ProposalKind, "founder">;

type Needs = {
  /** Different persons, none of them the one it is about, who sign it with their passkeys. */
  readonly endorsers: number;
  /** Whether whoever proposed it may be one of them. */
  readonly proposerToo: boolean;
  /** Whether a passkey has to be registered first. */
  readonly key: boolean;
};

/**
 * Trust reference B.3: a key takes an existing key and a second person, a lost one two others; and
 * nobody changes who somebody is alone.
 */
export const NEEDS: Readonly<Record<AgreedKind, Needs>> = {
  person: { endorsers: 1, proposerToo: false, key: true },
  key: { endorsers: 1, proposerToo: false, key: true },
  recovery: { endorsers: 2, proposerToo: true, key: true },
  revocation: { endorsers: 2, proposerToo: true, key: false },
  change: { endorsers: 1, proposerToo: false, key: false },
};

export function needsOf({ kind }: StoredProposal): Needs {
  if (kind === "founder") throw new Error("invariant broken: a founding needs no endorsement");
  return NEEDS[kind];
}

/** Completes proposals with their keys and endorsements. */
export async function wholeOf(
  db: Database,
  proposals: readonly StoredProposal[],
): Promise<readonly Whole[]> {
  const ids = proposals.map(({ id }) => id);
  const keys = await proposedKeys(db, ids);
  const endorsers = await endorsersOf(db, ids);
  return proposals.map((proposal) => {
    const { id, by } = proposal;
    if (by === null) throw new Error("invariant broken: nobody made a proposal");
    return {
      proposal: { ...proposal, by },
      keys: keys.filter((key) => key.proposal === id),
      endorsers: endorsers.filter((one) => one.proposal === id).map(({ person }) => person),
    };
  });
}

export function shown({ proposal, keys, endorsers }: Whole): ProposalShown {
  const { id, kind, person, name, active, accounts, credential, reason } = proposal;
  const { by, at, expiresAt, state } = proposal;
  if (kind === "founder") throw new Error("invariant broken: a founder is no proposal");
  return {
    ...{ proposal: id, kind, person, name, active, accounts: accounts && [...accounts] },
    ...{ credential, reason, by, at, expiresAt, state },
    keys: keys.map(digested),
    endorsedBy: [...endorsers],
    needed: NEEDS[kind].endorsers,
  };
}

const digested = ({ credential, key }: ProposedKey) => ({ credential, keyDigest: sha256Hex(key) });

/** Why a person may not endorse a proposal, or `null`. */
export function barredFromEndorsing({ proposal, keys }: Whole, person: string): Refusal | null {
  const needs = needsOf(proposal);
  if (person === proposal.person)
    return {
      code: "NOT_ALLOWED",
      message: "nobody endorses what is about themself",
      help: "ask somebody else",
    };
  if (person === proposal.by && !needs.proposerToo)
    return {
      code: "NOT_ALLOWED",
      message: "a second person has to endorse what you proposed",
      help: "ask somebody else",
    };
  if (needs.key && keys.length === 0)
    return {
      code: "OUT_OF_ORDER",
      message: "no passkey is registered with the link yet",
      help: "let whoever has the link open it first: the endorsement is over the passkey",
    };
  return null;
}

/** Another form of what is signed needs another tag; approvals have one of their own. */
const TAG = "interlock/endorsement/v1";

/**
 * What a passkey signs to endorse: all that the proposal will do, with the keys it enrols, so that
 * nothing can be put in its place between the look and the signature (WA7, WA14).
 */
export function endorsementChallenge(
  { origin, ledgerName }: Pick<SiteTerms, "origin" | "ledgerName">,
  { proposal, keys }: Pick<Whole, "proposal" | "keys">,
  signed: { readonly person: string; readonly nonce: Uint8Array },
): Uint8Array {
  const { id, kind, person, name, active, accounts, credential, reason, by } = proposal;
  const content = canonicalJson({
    ...{ endorser: signed.person, product: origin, ledger: ledgerName },
    ...{ proposal: id, kind, person, name, active, credential, reason, by },
    accounts: accounts === null ? null : [...accounts],
    keys: keys.map(digested),
  });
  const parts = [utf8(TAG), Uint8Array.of(0), signed.nonce, utf8(content)];
  return sha256(new Uint8Array(Buffer.concat(parts)));
}
