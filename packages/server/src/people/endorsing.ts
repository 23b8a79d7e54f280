// SPDX-License-Identifier: Apache-2.0
import { endorsementChallenge } from "@interlock/core";
import type { AssertionGiven, ProposalShown, RequestOptions } from "@interlock/protocol";
import { fromBase64url } from "@interlock/receipt";
import {
  type Database,
  insertChallenge,
  insertEndorsement,
  readProposal,
  takeChallenge,
} from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer, Refusal } from "../http/bind.ts";
import { unwindAgreed } from "../unwinds/agreeing.ts";
import { carryOut } from "./carrying-out.ts";
import { coolingUntil, personOfActor } from "./fresh.ts";
import { keysOf, prove } from "./keys.ts";
import { CHALLENGE_MS, requestOptions } from "./options.ts";
import {
  barredFromEndorsing,
  isAgreedUpon,
  shown,
  termsOfProposal,
  type Whole,
  wholeOf,
} from "./proposal.ts";
import { noSuch } from "./proposing.ts";
import { hashOfSecret, newSecret } from "./secrets.ts";
import {
  done,
  inTransaction,
  refusedForGood,
  type SiteTerms,
  type Work,
  type Worked,
} from "./terms.ts";

async function openWhole(db: Database, id: string, now: number): Promise<Whole | null> {
  const proposal = await readProposal(db, id);
  if (proposal === null || proposal.state !== "open" || proposal.expiresAt <= now) return null;
  const [whole] = await wholeOf(db, [proposal]);
  return whole ?? null;
}

function challengeFor(
  { origin: product, ledgerName: ledger }: SiteTerms,
  whole: Whole,
  signed: { readonly endorser: string; readonly nonce: Uint8Array },
): Uint8Array {
  return endorsementChallenge(termsOfProposal(whole), { product, ledger, ...signed });
}

/** A challenge over the proposal as it stands, for the passkeys of whoever asks. */
export async function endorsementOptions(
  terms: SiteTerms,
  actor: Actor,
  id: string,
): Promise<Answer<RequestOptions>> {
  const { person } = personOfActor(actor);
  const nonce = newSecret();
  return await inTransaction<RequestOptions>(terms, async ({ tx, now }) => {
    const whole = await openWhole(tx, id, now);
    if (whole === null) return noSuch("open proposal");
    const barred = barredFromEndorsing(whole, person);
    if (barred !== null) return { ok: false, failure: barred };
    const keys = await keysOf(terms, tx, person);
    await insertChallenge(tx, {
      ...{ hash: nonce.hash, purpose: "endorse", about: id, person, now },
      expiresAt: now + CHALLENGE_MS,
    });
    const challenge = challengeFor(terms, whole, { endorser: person, nonce: nonce.bytes });
    const allow = keys.map(({ credential }) => credential);
    return done(requestOptions({ nonce, challenge, rpId: terms.rpId, allow }));
  });
}

/** Verifies an endorsement; with the last one needed the proposal is carried out at once. */
export async function endorse(
  terms: SiteTerms,
  actor: Actor,
  given: { readonly id: string; readonly assertion: AssertionGiven },
): Promise<Answer<ProposalShown>> {
  const { person } = personOfActor(actor);
  return await inTransaction<ProposalShown>(terms, async (within) => {
    const { tx, now } = within;
    const nonce = fromBase64url(given.assertion.nonce);
    const hash = hashOfSecret(given.assertion.nonce);
    const challenge = hash === null ? null : await takeChallenge(tx, hash, now);
    const fits =
      challenge?.purpose === "endorse" &&
      challenge.about === given.id &&
      challenge.person === person;
    if (!fits || nonce === null)
      return refusedForGood(
        notEndorsed("the challenge is unknown, was used, or is older than 5 minutes"),
      );
    const whole = await openWhole(tx, given.id, now);
    if (whole === null) return noSuch("open proposal");
    const barred = barredFromEndorsing(whole, person);
    if (barred !== null) return refusedForGood(barred);
    const counted = await counts(terms, within, { whole, person, nonce, given: given.assertion });
    if (!counted.ok) return counted;
    const [now_] = await wholeOf(tx, [whole.proposal]);
    if (now_ === undefined) throw new Error("invariant broken: a proposal went away");
    if (!isAgreedUpon(now_)) return done(shown(now_));
    const enough = await ownersToo(terms, tx, now_);
    if (!enough.ok) return enough;
    if (!enough.value) return done(shown(now_));
    const carried = await carryOut(terms, within, now_);
    if (!carried.ok) return carried;
    return done(shown({ ...now_, proposal: { ...now_.proposal, state: "done" } }));
  });
}

/** An unwind takes owners among them; whoever else signed stays signed. */
async function ownersToo(
  terms: SiteTerms,
  db: Database,
  { proposal: { kind, described }, endorsers }: Whole,
): Promise<Answer<boolean>> {
  if (kind !== "unwind") return done(true);
  return await unwindAgreed(terms, db, { plan: described ?? "", by: endorsers });
}

/** Verifies the assertion and keeps it with its bytes. */
async function counts(
  terms: SiteTerms,
  within: Work,
  signed: {
    readonly whole: Whole;
    readonly person: string;
    readonly nonce: Uint8Array;
    readonly given: AssertionGiven;
  },
): Promise<Worked<null>> {
  const { whole, person, nonce, given } = signed;
  const challenge = challengeFor(terms, whole, { endorser: person, nonce });
  const proven = await prove(terms, within, { assertion: given, challenge, person });
  if (!proven.ok) return refusedForGood(notEndorsed(proven.says));
  const { assertion, working } = proven;
  const { now, tx } = within;
  if (working.usableFrom > now)
    return refusedForGood(notEndorsed(coolingUntil(working.usableFrom)));
  const { clientDataJson: clientData, authenticatorData, signature, userHandle } = assertion;
  const kept = await insertEndorsement(tx, {
    ...{ proposal: whole.proposal.id, person, credential: given.credential, nonce, at: now },
    ...{ clientData, authenticatorData, signature, userHandle },
  });
  return kept ? done(null) : refusedForGood(notEndorsed("you endorsed it before"));
}

const notEndorsed = (says: string): Refusal => ({
  code: "PASSKEY_REFUSED",
  message: `the endorsement does not count: ${says}`,
  help: "read the proposal again and endorse it once more, if you still agree",
});
