// SPDX-License-Identifier: Apache-2.0

import {
  type AgreedKind,
  ENDORSERS,
  isAgreed,
  mayEndorse,
  type ProposalTerms,
} from "@interlock/core";
import { sha256Hex } from "@interlock/digest";
import type { ProposalShown } from "@interlock/protocol";
import {
  type Database,
  endorsersOf,
  type ProposedKey,
  proposedKeys,
  type StoredProposal,
} from "@interlock/store";
import type { Refusal } from "../http/bind.ts";

/** A proposal with the keys that were registered for it and who endorsed it. */
export type Whole = {
  readonly proposal: StoredProposal & { readonly by: string };
  readonly keys: readonly ProposedKey[];
  /** Sorted. */
  readonly endorsers: readonly string[];
};

/** Whether a passkey has to be registered first. */
const WITH_KEY: Readonly<Record<AgreedKind, boolean>> = {
  person: true,
  key: true,
  recovery: true,
  revocation: false,
  change: false,
  provisioner: false,
  emergency: false,
  controlplane: false,
  unwind: false,
  baseline: false,
};

export function agreedKind({ kind }: Pick<StoredProposal, "kind">): AgreedKind {
  if (kind === "founder") throw new Error("invariant broken: a founding needs no endorsement");
  return kind;
}

export const needsKey = (proposal: Pick<StoredProposal, "kind">): boolean =>
  WITH_KEY[agreedKind(proposal)];

/** The proposal as it is signed. */
export function termsOfProposal({
  proposal,
  keys,
}: Pick<Whole, "proposal" | "keys">): ProposalTerms {
  const { id, person, name, active, accounts, credential, reason, by } = proposal;
  const { described = null } = proposal;
  return {
    ...{ proposal: id, kind: agreedKind(proposal), person, name, active, accounts, credential },
    described,
    ...{ reason, by, keys: keys.map(digested) },
  };
}

export const isAgreedUpon = (whole: Whole): boolean =>
  isAgreed(termsOfProposal(whole), whole.endorsers);

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
  const { id, person, name, active, accounts, credential, reason } = proposal;
  const { by, at, expiresAt, state } = proposal;
  return {
    ...{
      proposal: id,
      kind: agreedKind(proposal),
      person,
      name,
      active,
      accounts: accounts && [...accounts],
    },
    ...{ credential, reason, by, at, expiresAt, state },
    described: proposal.described ?? null,
    keys: keys.map(digested),
    endorsedBy: [...endorsers],
    needed: ENDORSERS,
  };
}

const digested = ({ credential, key }: ProposedKey) => ({ credential, keyDigest: sha256Hex(key) });

/** Why a person may not endorse a proposal, or `null`. */
export function barredFromEndorsing(whole: Whole, person: string): Refusal | null {
  const { proposal, keys, endorsers } = whole;
  if (!mayEndorse(termsOfProposal(whole), person))
    return {
      code: "NOT_ALLOWED",
      message: "nobody endorses what is about themself",
      help: "ask two other people",
    };
  if (endorsers.includes(person))
    return {
      code: "OUT_OF_ORDER",
      message: "you have endorsed it already",
      help: "ask a second person",
    };
  if (needsKey(proposal) && keys.length === 0)
    return {
      code: "OUT_OF_ORDER",
      message: "no passkey is registered with the link yet",
      help: "let whoever has the link open it first: the endorsement is over the passkey",
    };
  return null;
}
