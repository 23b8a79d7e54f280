// SPDX-License-Identifier: Apache-2.0
import {
  type AgreementBody,
  type Bodies,
  type Entry,
  endorsementChallenge,
  entryId,
  isAgreed,
  termsOf,
} from "@interlock/core";
import { sha256Hex } from "@interlock/digest";
import {
  type AssertionVerdict,
  type EnrolledKey,
  type Enrolment,
  emergencyKeyId,
  fromBase64url,
  verifyAssertion,
} from "@interlock/receipt";
import { NOTHING_TOLD, type Told, type ToldKind, toldAfter } from "./told.ts";

/** Who somebody is, by the ledger. */
export type RosterPerson = {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  /** Sorted. */
  readonly accounts: readonly string[];
};

/** A key that the ledger enrolled. */
export type RosterKey = {
  readonly person: string;
  /** Credential id as base64url. */
  readonly credential: string;
  readonly enrolment: Enrolment;
  /** Milliseconds since 1970: its cool-down ends then. */
  readonly usableFrom: number;
  /** Time of the revocation's entry. */
  readonly revokedAt: number | null;
};

/** A key on somebody's own machine, for when no server can be asked. */
export type EmergencyKey = {
  readonly person: string;
  /** SHA-256 of the key, as base64url. */
  readonly credential: string;
  /** Ed25519 public key as base64url. */
  readonly key: string;
  readonly enrolledAt: number;
  readonly usableFrom: number;
  readonly revokedAt: number | null;
};

type Agreement = { readonly body: AgreementBody; readonly personDone: boolean };

/**
 * What the entries of the ledger up to an index say of people. It is made from entries alone, so
 * that whoever owns the database's other tables changes nothing of it.
 */
export type Roster = {
  /** Index of the last entry that was read, or -1. */
  readonly upTo: number;
  readonly founding: { readonly body: Bodies["founding"]; readonly at: number } | null;
  readonly persons: ReadonlyMap<string, RosterPerson>;
  /** By credential id. */
  readonly keys: ReadonlyMap<string, RosterKey>;
  /** By credential id. */
  readonly emergencyKeys: ReadonlyMap<string, EmergencyKey>;
  /** By entry id: what two people signed, and whether it was carried out. */
  readonly agreements: ReadonlyMap<string, Agreement>;
  /** What identity providers say of teams. */
  readonly told: Told;
  /** The description of control planes that two people agreed upon last. */
  readonly described: InForce | null;
  /** Plans of unwinds that two people agreed upon, by their digest; of each the newest agreement. */
  readonly unwinds: ReadonlyMap<string, InForce & { readonly entry: string }>;
};

/** Which text was agreed upon, since when and by whom. */
export type InForce = {
  /** SHA-256 of its text. */
  readonly digest: string;
  /** Of the agreement's entry. */
  readonly index: number;
  readonly at: number;
  /** Who signed it, sorted. */
  readonly by: readonly string[];
};

export const NOBODY_YET: Roster = {
  upTo: -1,
  founding: null,
  persons: new Map(),
  keys: new Map(),
  emergencyKeys: new Map(),
  agreements: new Map(),
  told: NOTHING_TOLD,
  described: null,
  unwinds: new Map(),
};

type PeopleKind =
  | "founding"
  | "agreement"
  | "person"
  | "enrolment"
  | "revocation"
  | "emergency-key"
  | ToldKind;

/** An entry about people whose body has been checked against its leaf. */
export type PeopleEntry = {
  readonly [K in PeopleKind]: {
    readonly kind: K;
    readonly index: number;
    readonly entry: Entry;
    readonly body: Bodies[K];
  };
}[PeopleKind];

/** The roster after an entry; `refused` says why the entry gave nobody anything. */
export type Folded = { readonly roster: Roster; readonly refused: string | null };

/**
 * Reads one entry into the roster.
 *
 * INVARIANT (agreed): after the founding no entry gives a key, brings somebody back or takes an
 * account from somebody, unless it points to an agreement that two people signed with keys which
 * worked then, and which was not carried out before. What only takes away counts as it stands; a
 * person who was added by no agreement has no key.
 */
export async function fold(roster: Roster, item: PeopleEntry): Promise<Folded> {
  const next = { ...roster, upTo: item.index };
  switch (item.kind) {
    case "founding":
      return found(next, item);
    case "agreement":
      return await agree(next, item);
    case "person":
      return person(next, item);
    case "enrolment":
      return enrol(next, item);
    case "revocation":
      return revoke(next, item);
    case "emergency-key":
      return enrolForEmergency(next, item);
    case "provisioned": {
      const { person: id, name, active, accounts } = item.body;
      const told = toldAfter(next.told, item);
      return unagreedPerson({ ...next, told }, { id, name, active, accounts });
    }
    case "members":
    case "teams-claimed":
      return kept({ ...next, told: toldAfter(next.told, item) });
  }
}

type Of<K extends PeopleEntry["kind"]> = Extract<PeopleEntry, { readonly kind: K }>;

const kept = (roster: Roster): Folded => ({ roster, refused: null });
const refused = (roster: Roster, why: string): Folded => ({ roster, refused: why });

function found(roster: Roster, { body, entry }: Of<"founding">): Folded {
  if (roster.founding !== null) return refused(roster, "the organisation was founded before");
  return kept({ ...roster, founding: { body, at: entry.at } });
}

/** The founding names its entries one by one, so that none can be added to it. */
const isFounding = ({ founding }: Roster, { entry, body }: Of<"person" | "enrolment">): boolean =>
  founding?.body.entries.includes(entryId(entry)) === true &&
  founding.body.founders.includes(body.person);

async function agree(roster: Roster, { body, entry, index }: Of<"agreement">): Promise<Folded> {
  const { founding, agreements } = roster;
  if (founding === null) return refused(roster, "an agreement before the founding");
  const again = [...agreements.values()].some((one) => one.body.proposal === body.proposal);
  if (again) return refused(roster, `the proposal \`${body.proposal}\` was agreed upon before`);
  const signers: string[] = [];
  for (const endorsement of body.endorsements) {
    const verdict = await verifyEndorsement(roster, { body, endorsement, at: entry.at });
    if (verdict?.kind === "verified") signers.push(endorsement.person);
  }
  if (!isAgreed(termsOf(body), signers))
    return refused(roster, `the signatures under \`${body.proposal}\` do not verify`);
  const id = entryId(entry);
  const { described: digest, about } = body;
  const next = { ...roster, agreements: new Map(agreements).set(id, { body, personDone: false }) };
  if (digest === undefined) return kept(next);
  const text = { digest, index, at: entry.at, by: [...new Set(signers)].sort() };
  if (about === "controlplane") return kept({ ...next, described: text });
  // What follows from it is an entry of its own, by which rollouts go.
  if (about === "baseline") return kept(next);
  return kept({ ...next, unwinds: new Map(roster.unwinds).set(digest, { ...text, entry: id }) });
}

type Endorsed = {
  readonly body: AgreementBody;
  readonly endorsement: AgreementBody["endorsements"][number];
  readonly at: number;
};

async function verifyEndorsement(
  roster: Roster,
  { body, endorsement, at }: Endorsed,
): Promise<AssertionVerdict | null> {
  const { founding } = roster;
  const key = workingKey(roster, endorsement.credential);
  if (founding === null || key === null || key.usableFrom > at) return null;
  const { product, ledger, rpId, origins } = founding.body;
  const nonce = bytesIn(endorsement.nonce);
  const assertion = {
    credentialId: bytesIn(endorsement.credential),
    clientDataJson: bytesIn(endorsement.clientData),
    authenticatorData: bytesIn(endorsement.authenticatorData),
    signature: bytesIn(endorsement.signature),
    userHandle: endorsement.userHandle === undefined ? null : bytesIn(endorsement.userHandle),
  };
  const { person: endorser } = endorsement;
  const challenge = endorsementChallenge(termsOf(body), { product, ledger, endorser, nonce });
  const expected = { rpId, origins, challenge, person: endorser, deviceBound: false };
  return await verifyAssertion(assertion, enrolledKey(key), expected);
}

function agreedFor(
  { agreements }: Roster,
  agreed: string | undefined,
  about: string,
): Agreement | null {
  const agreement = agreed === undefined ? undefined : agreements.get(agreed);
  return agreement?.body.person === about ? agreement : null;
}

function person(roster: Roster, item: Of<"person">): Folded {
  const { body } = item;
  const { name, active, accounts } = body;
  const next: RosterPerson = { id: body.person, name, active, accounts };
  // Entries are unique, so a founder's cannot come a second time to undo what was agreed upon since.
  if (isFounding(roster, item)) return kept(withPerson(roster, next));
  const agreement = agreedFor(roster, body.agreed, body.person);
  if (body.agreed !== undefined && agreement !== null && saysTheSame(agreement, next)) {
    const agreements = new Map(roster.agreements);
    agreements.set(body.agreed, { ...agreement, personDone: true });
    return kept(withPerson({ ...roster, agreements }, next));
  }
  return unagreedPerson(roster, next);
}

/** Nobody signed it, so it only takes away: it ends, and it adds accounts that bar their person. */
function unagreedPerson(roster: Roster, next: RosterPerson): Folded {
  const before = roster.persons.get(next.id);
  if (before === undefined) return kept(withPerson(roster, next));
  const accounts = [...new Set([...before.accounts, ...next.accounts])].sort();
  const active = before.active && next.active;
  const less = next.active && !before.active;
  const lost = before.accounts.some((account) => !next.accounts.includes(account));
  const hasKey = [...roster.keys.values()].some((key) => key.person === next.id);
  // Whoever signs is read by their name: nobody else puts another on them.
  const name = hasKey ? before.name : next.name;
  const roster_ = withPerson(roster, { ...next, name, accounts, active });
  return less || lost
    ? refused(roster_, `nobody agreed to give \`${next.id}\` more, or to take accounts away`)
    : kept(roster_);
}

const withPerson = (roster: Roster, next: RosterPerson): Roster => ({
  ...roster,
  persons: new Map(roster.persons).set(next.id, next),
});

function saysTheSame({ body, personDone }: Agreement, next: RosterPerson): boolean {
  const { about, name, active, accounts } = body;
  return (
    !personDone &&
    (about === "person" || about === "change") &&
    name === next.name &&
    active === next.active &&
    accounts?.join("\n") === next.accounts.join("\n")
  );
}

function enrol(roster: Roster, item: Of<"enrolment">): Folded {
  const { body, entry, index } = item;
  const { founding } = roster;
  const { person: owner, credential } = body;
  const enrolment = { entry, index, body };
  const founder = isFounding(roster, item) && body.basis === "founding";
  if (founding === null) return refused(roster, "a key before the founding");
  if (roster.keys.has(credential))
    return refused(roster, `the key ${credential} was enrolled before`);
  const coolDown = founder ? 0 : entry.at + founding.body.cooldownMs;
  const usableFrom = Math.max(body.usableFrom, coolDown);
  const key = { person: owner, credential, enrolment, usableFrom, revokedAt: null };
  const withKey = { ...roster, keys: new Map(roster.keys).set(credential, key) };
  if (founder) return kept(withKey);
  const agreement = agreedFor(roster, body.agreed, owner);
  const keyDigest = sha256Hex(bytesIn(body.key));
  const named =
    agreement?.body.about !== "emergency" &&
    agreement?.body.keys.some(
      (one) => one.credential === credential && one.keyDigest === keyDigest,
    );
  return named === true ? kept(withKey) : refused(roster, `nobody agreed to the key ${credential}`);
}

/** An agreement about an emergency key makes no passkey, and one about a passkey no emergency key. */
function enrolForEmergency(roster: Roster, { body, entry }: Of<"emergency-key">): Folded {
  const { person: owner, credential, key } = body;
  const { founding, emergencyKeys } = roster;
  if (founding === null) return refused(roster, "a key before the founding");
  if (emergencyKeys.has(credential))
    return refused(roster, `the key ${credential} was enrolled before`);
  const agreement = agreedFor(roster, body.agreed, owner);
  const bytes = bytesIn(key);
  const keyDigest = sha256Hex(bytes);
  const named =
    agreement?.body.about === "emergency" &&
    emergencyKeyId(bytes) === credential &&
    agreement.body.keys.some((one) => one.credential === credential && one.keyDigest === keyDigest);
  if (!named) return refused(roster, `nobody agreed to the emergency key ${credential}`);
  const usableFrom = Math.max(body.usableFrom, entry.at + founding.body.cooldownMs);
  const enrolled = { person: owner, credential, key, enrolledAt: entry.at, usableFrom };
  return kept({
    ...roster,
    emergencyKeys: new Map(emergencyKeys).set(credential, { ...enrolled, revokedAt: null }),
  });
}

function revoke(roster: Roster, { body, entry }: Of<"revocation">): Folded {
  const emergency = roster.emergencyKeys.get(body.credential);
  if (emergency !== undefined) {
    const ended = { ...emergency, revokedAt: emergency.revokedAt ?? entry.at };
    const emergencyKeys = new Map(roster.emergencyKeys).set(body.credential, ended);
    return kept({ ...roster, emergencyKeys });
  }
  const key = roster.keys.get(body.credential);
  if (key === undefined) return kept(roster);
  const revokedAt = key.revokedAt ?? entry.at;
  return kept({
    ...roster,
    keys: new Map(roster.keys).set(body.credential, { ...key, revokedAt }),
  });
}

/** A key that signs now: enrolled, not revoked, of an active person. It may be cooling down. */
export function workingKey(roster: Roster, credential: string): RosterKey | null {
  const key = roster.keys.get(credential);
  if (key === undefined || key.revokedAt !== null) return null;
  return roster.persons.get(key.person)?.active === true ? key : null;
}

/** The key as assertions are verified with it. */
export function enrolledKey({ person: owner, enrolment }: RosterKey, signCount = 0): EnrolledKey {
  const { body } = enrolment;
  return {
    person: owner,
    credentialId: bytesIn(body.credential),
    publicKey: bytesIn(body.key),
    userHandle: bytesIn(body.userHandle),
    backupEligible: body.backupEligible,
    signCount: Math.max(signCount, body.signCount),
  };
}

/** The body's schema has checked the form. */
function bytesIn(text: string): Uint8Array {
  const bytes = fromBase64url(text);
  if (bytes === null) throw new Error("invariant broken: a body's base64url was checked");
  return bytes;
}
