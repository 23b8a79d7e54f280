// SPDX-License-Identifier: Apache-2.0
import type { AgreementBody } from "@interlock/core";
import { toBase64url } from "@interlock/receipt";
import {
  changePerson,
  closeProposal,
  endorsementsOf,
  endSessions,
  endTerminals,
  insertPerson,
  insertToken,
  proposalSecretHash,
  readKeys,
  readPerson,
  readSite,
  revokeKey,
  revokeStoredToken,
  type StoredPerson,
  type Transaction,
  workingTokensOf,
} from "@interlock/store";
import { describedText } from "../controlplane/described.ts";
import type { Answer } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { adopt } from "../rollouts/adopting.ts";
import { emergencyEntries, standingEmergencyKey } from "./emergency.ts";
import { appendWithKeys, type Enrolling, enrolling } from "./enrolling.ts";
import { personOf } from "./founding.ts";
import { termsOfProposal, type Whole } from "./proposal.ts";
import { noSuch, takenAccount, tooFewWithout } from "./proposing.ts";
import { newId } from "./secrets.ts";
import { done, refused, type SiteTerms, type Work } from "./terms.ts";

type Effects = { readonly entries: readonly Prepared[]; readonly keys: readonly Enrolling[] };

type Within = Pick<Work, "tx" | "now"> & {
  readonly book: SiteTerms["book"];
  /** Id of the agreement's entry, to which the effects point. */
  readonly agreed: string;
  /** Who signed, sorted. */
  readonly by: readonly string[];
};

const NONE: Effects = { entries: [], keys: [] };

/**
 * Does what a proposal says, with its entries, in the transaction of the endorsement that was still
 * missing. What was true when it was proposed is looked at again: people leave meanwhile.
 */
export async function carryOut(
  terms: SiteTerms,
  { tx, now }: Pick<Work, "tx" | "now">,
  whole: Whole,
): Promise<Answer<null>> {
  const { proposal } = whole;
  // First, so that of two who endorse at once the second meets this row and no half-done effect.
  if (!(await closeProposal(tx, proposal.id, "done"))) return noSuch("open proposal");
  const proposer = await readPerson(tx, proposal.by);
  if (proposer === null || !proposer.active)
    return refused(
      "OUT_OF_ORDER",
      `\`${proposal.by}\`, who proposed it, is not active any more`,
      "propose it again",
    );
  const agreement = await agreementOf(tx, now, whole);
  const by = [...new Set(whole.endorsers)].sort();
  const effects = await effectsOf({ tx, now, book: terms.book, agreed: agreement.id, by }, whole);
  if (!effects.ok) return effects;
  const { entries, keys } = effects.value;
  const all = { entries: [agreement, ...entries], keys };
  const appended = await appendWithKeys(terms, tx, all);
  return appended.ok ? done(null) : appended;
}

/** What was proposed and every signature under it, byte for byte: whoever reads it can verify it. */
async function agreementOf(tx: Transaction, at: number, whole: Whole): Promise<Prepared> {
  const { kind, name, active, accounts, credential, described, ...same } = termsOfProposal(whole);
  const signed = await endorsementsOf(tx, whole.proposal.id);
  const body: AgreementBody = {
    ...same,
    about: kind,
    ...(name === null ? {} : { name }),
    ...(active === null ? {} : { active }),
    ...(accounts === null ? {} : { accounts }),
    ...(credential === null ? {} : { credential }),
    ...(described === null || described === undefined ? {} : { described }),
    endorsements: signed.map((one) => ({
      person: one.person,
      credential: one.credential,
      nonce: toBase64url(one.nonce),
      clientData: toBase64url(one.clientData),
      authenticatorData: toBase64url(one.authenticatorData),
      signature: toBase64url(one.signature),
      ...(one.userHandle === null ? {} : { userHandle: toBase64url(one.userHandle) }),
    })),
  };
  return prepare({ kind: "agreement", at, subject: null, body });
}

async function effectsOf(within: Within, whole: Whole): Promise<Answer<Effects>> {
  const { kind } = whole.proposal;
  if (kind === "person") return await addPerson(within, whole);
  if (kind === "change") return await change(within, whole);
  if (kind === "revocation") return await revoke(within, whole);
  if (kind === "provisioner") return await provisioner(within, whole);
  if (kind === "emergency") return await emergency(within, whole);
  if (kind === "controlplane") return await description(within, whole);
  // The agreement says all of it: a later act begins the unwind.
  if (kind === "unwind") return done(NONE);
  if (kind === "baseline") return await baseline(within, whole);
  return await enrol(within, whole);
}

async function enrolments(
  { tx, now, agreed, by }: Within,
  { proposal, keys }: Whole,
  owner: Pick<StoredPerson, "id" | "userHandle">,
): Promise<readonly Enrolling[]> {
  const site = await readSite(tx);
  if (site === null) throw new Error(`invariant broken: \`${proposal.id}\` before the founding`);
  const usableFrom = now + site.cooldownMs;
  const basis = proposal.kind === "recovery" ? "recovery" : "endorsed";
  const endorsedBy = by.filter((name) => name !== owner.id);
  const { id: person, userHandle } = owner;
  return keys.map((key) =>
    enrolling(key, { person, userHandle }, { at: now, basis, endorsedBy, usableFrom, agreed }),
  );
}

async function addPerson(within: Within, whole: Whole): Promise<Answer<Effects>> {
  const { tx, now, agreed, by } = within;
  const person = personOf(whole.proposal);
  const { id, name, active, accounts } = person;
  if ((await readPerson(tx, id)) !== null)
    return refused("OUT_OF_ORDER", `\`${id}\` is somebody already`, "propose them by another id");
  const taken = await takenAccount(tx, id, accounts);
  if (taken !== null) return taken;
  await insertPerson(tx, person, now);
  const body = { person: id, name, active, accounts, by, agreed };
  const entries = [prepare({ kind: "person", at: now, subject: null, body })];
  return done({ entries, keys: await enrolments(within, whole, person) });
}

/** A further key, or a recovery, in which all earlier keys count as lost and are revoked. */
async function enrol(within: Within, whole: Whole): Promise<Answer<Effects>> {
  const { tx, now, agreed, by } = within;
  const { kind, person } = whole.proposal;
  const owner = await readPerson(tx, person);
  if (owner === null || !owner.active) return noSuch("active person");
  const keys = await enrolments(within, whole, owner);
  if (kind !== "recovery") return done({ ...NONE, keys });
  const entries: Prepared[] = [];
  for (const { credential } of await readKeys(tx, person)) {
    if (!(await revokeKey(tx, credential, now))) continue;
    const reason = "lost: the account was recovered";
    const body = { person, credential, reason, by, agreed };
    entries.push(prepare({ kind: "revocation", at: now, subject: null, body }));
  }
  return done({ entries, keys });
}

async function emergency({ tx, now, agreed, by }: Within, whole: Whole): Promise<Answer<Effects>> {
  const site = await readSite(tx);
  const owner = await readPerson(tx, whole.proposal.person);
  if (site === null || owner === null || !owner.active) return noSuch("active person");
  const { cooldownMs } = site;
  return done({ ...NONE, entries: emergencyEntries(whole, { at: now, agreed, by, cooldownMs }) });
}

/** The agreement itself says which text is in force; here it is looked at whether it still may be. */
async function description({ tx, book }: Within, { proposal }: Whole): Promise<Answer<Effects>> {
  const { described } = await book.at(tx);
  if (described !== null && described.at > proposal.at)
    return refused(
      "OUT_OF_ORDER",
      "another description came into force since this one was proposed",
      "compare the two, and propose what is to be in force now",
    );
  const read = await describedText(tx, proposal.described ?? null);
  return read.ok ? done(NONE) : read;
}

async function baseline(
  { tx, now, agreed: agreement, by }: Within,
  { proposal: { described, reason } }: Whole,
): Promise<Answer<Effects>> {
  const adopted = await adopt(tx, { described: described ?? "", agreement, by, reason, now });
  return adopted.ok ? done({ ...NONE, entries: adopted.value }) : adopted;
}

async function revoke(
  { tx, now, agreed, by, book }: Within,
  whole: Whole,
): Promise<Answer<Effects>> {
  const { person, credential, reason } = whole.proposal;
  if (credential === null) return noSuch("key that works");
  const emergencyKey = await standingEmergencyKey({ book }, tx, credential);
  if (emergencyKey === null && !(await revokeKey(tx, credential, now)))
    return noSuch("key that works");
  const body = { person, credential, reason, by, agreed };
  return done({
    ...NONE,
    entries: [prepare({ kind: "revocation", at: now, subject: null, body })],
  });
}

/** The repository of a token that speaks for none. */
const NO_REPOSITORY = "*";
const PROVISIONER_MS = 365 * 24 * 3_600_000;

async function provisioner({ tx, now, agreed }: Within, whole: Whole): Promise<Answer<Effects>> {
  const { id: proposal, by, name } = whole.proposal;
  const hash = await proposalSecretHash(tx, proposal);
  if (hash === null || name === null)
    throw new Error("invariant broken: a token for SCIM has a name and a secret");
  const id = newId();
  const verbs = ["scim"];
  const expiresAt = now + PROVISIONER_MS;
  const token = { id, name, repository: NO_REPOSITORY, verbs, expiresAt };
  await insertToken(tx, { ...token, hash, madeBy: by, madeAt: now });
  const { repository } = token;
  const body = { token: id, name, repository, verbs, expiresAt, by, agreed };
  return done({ ...NONE, entries: [prepare({ kind: "token", at: now, subject: null, body })] });
}

async function change({ tx, now, agreed, by }: Within, whole: Whole): Promise<Answer<Effects>> {
  const { person, name, active, accounts } = whole.proposal;
  if (name === null || active === null || accounts === null)
    throw new Error("invariant broken: a change says all that a person is");
  const taken = await takenAccount(tx, person, accounts);
  if (taken !== null) return taken;
  const lonely = active ? null : await tooFewWithout(tx, person);
  if (lonely !== null) return lonely;
  await changePerson(tx, { id: person, name, active, accounts });
  const body = { person, name, active, accounts, by, agreed };
  const entries = [prepare({ kind: "person", at: now, subject: null, body })];
  // Whom an issuer speaks of may have changed with the accounts.
  await endSessions(tx, { person, id: null, at: now, only: "by-issuers" });
  if (active) return done({ ...NONE, entries });
  await endSessions(tx, { person, id: null, at: now });
  await endTerminals(tx, { person, id: null, at: now });
  // Whoever left still knows the secrets of the tokens they made.
  for (const { id: token } of await workingTokensOf(tx, person, now)) {
    await revokeStoredToken(tx, token, now);
    const reason = `\`${person}\`, who made it, was deactivated`;
    entries.push(
      prepare({ kind: "token-revoked", at: now, subject: null, body: { token, reason, by } }),
    );
  }
  return done({ ...NONE, entries });
}
