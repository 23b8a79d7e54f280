// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, sha256, utf8 } from "@interlock/digest";
import { NONCE_LENGTH } from "./statement.ts";

/** Another form of what is signed needs another tag; approvals of changes have one of their own. */
export const ENDORSEMENT_TAG = "interlock/endorsement/v1";

export const AGREED_KINDS = [
  ...(["person", "key", "recovery", "revocation", "change"] as const),
  /** A token that says who is active and in which team. */
  "provisioner",
  /** A key on one's own machine, for when the server is away. */
  "emergency",
  /** The text that describes the control planes. */
  "controlplane",
  /** A plan that takes away what a change wrote to targets. */
  "unwind",
  /** What a rollout brought, as a state to go back to. */
  "baseline",
] as const;
export type AgreedKind = (typeof AGREED_KINDS)[number];

/** All that a proposal about people will do; what does not apply is `null`. */
export type ProposalTerms = {
  readonly proposal: string;
  readonly kind: AgreedKind;
  /** Whom it is about. */
  readonly person: string;
  readonly name: string | null;
  readonly active: boolean | null;
  readonly accounts: readonly string[] | null;
  /** The key that is to be revoked. */
  readonly credential: string | null;
  /** SHA-256 of the text that it agrees upon: a description of control planes, a plan of an unwind, or what a rollout brought. */
  readonly described?: string | null | undefined;
  readonly reason: string;
  /** Who proposed it. */
  readonly by: string;
  /** The keys that it enrols; `keyDigest` is the SHA-256 of the COSE key. */
  readonly keys: readonly { readonly credential: string; readonly keyDigest: string }[];
};

/**
 * What a passkey signs to endorse a proposal: SHA-256(UTF-8(tag) ‖ 0x00 ‖ nonce ‖ canonical JSON of
 * all that it will do, with the keys it enrols), so that nothing can be put in its place between the
 * look and the signature (WA7, WA14). The nonce is random, of 32 bytes and used once.
 */
export function endorsementChallenge(
  terms: ProposalTerms,
  signed: {
    readonly product: string;
    readonly ledger: string;
    readonly endorser: string;
    readonly nonce: Uint8Array;
  },
): Uint8Array {
  const { endorser, product, ledger, nonce } = signed;
  if (nonce.length !== NONCE_LENGTH)
    throw new Error(`invariant broken: a nonce has ${NONCE_LENGTH} bytes, not ${nonce.length}`);
  const { proposal, kind, person, name, active, credential, reason, by } = terms;
  const { described = null } = terms;
  const content = utf8(
    canonicalJson({
      ...{ endorser, product, ledger },
      ...{ proposal, kind, person, name, active, credential, reason, by },
      accounts: terms.accounts === null ? null : [...terms.accounts],
      // Left out where there is none: what was signed before there were any stays what it was.
      ...(described === null ? {} : { described }),
      keys: terms.keys.map((key) => ({ credential: key.credential, keyDigest: key.keyDigest })),
    }),
  );
  const tag = utf8(ENDORSEMENT_TAG);
  const bytes = new Uint8Array(tag.length + 1 + NONCE_LENGTH + content.length);
  bytes.set(tag);
  bytes.set(nonce, tag.length + 1);
  bytes.set(content, tag.length + 1 + NONCE_LENGTH);
  return sha256(bytes);
}

/** How many different persons have to endorse a proposal with their passkeys: two, whatever it is. */
export const ENDORSERS = 2;

/**
 * Whether somebody may endorse a proposal. Nobody does what is about themself, but for a further key
 * of one's own, which an existing key of the owner has to vouch for (trust reference B.3), and for a
 * token for provisioning, a description of control planes, an unwind or a baseline, which are about nobody and
 * name who proposed them.
 */
export const mayEndorse = ({ kind, person }: ProposalTerms, endorser: string): boolean =>
  endorser !== person || isOwnKey(kind) || isAboutNobody(kind);

/** What is about nobody has whoever proposed it as its person. */
export const isAboutNobody = (kind: AgreedKind): boolean =>
  kind === "provisioner" || isOfText(kind);

/** What agrees upon a text by its digest. */
export const isOfText = (kind: AgreedKind): boolean =>
  kind === "controlplane" || kind === "unwind" || kind === "baseline";

const isOwnKey = (kind: AgreedKind): boolean => kind === "key" || kind === "emergency";

/** Whether some endorsers are enough; each of them may endorse. by (two-people) */
export function isAgreed(terms: ProposalTerms, endorsers: readonly string[]): boolean {
  const persons = new Set(endorsers.filter((one) => mayEndorse(terms, one)));
  return persons.size >= ENDORSERS && (!isOwnKey(terms.kind) || persons.has(terms.person));
}
