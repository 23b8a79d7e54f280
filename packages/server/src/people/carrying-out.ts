// SPDX-License-Identifier: Apache-2.0
import {
  changePerson,
  closeProposal,
  endSessions,
  insertPerson,
  readKey,
  readKeys,
  readPerson,
  readSite,
  revokeKey,
  revokeStoredToken,
  type StoredPerson,
  workingTokensOf,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { appendWithKeys, type Enrolling, enrolling } from "./enrolling.ts";
import { personOf } from "./founding.ts";
import { needsOf, type Whole } from "./proposal.ts";
import { noSuch, takenAccount, tooFewWithout } from "./proposing.ts";
import { done, refused, type SiteTerms, type Work } from "./terms.ts";

type Effects = { readonly entries: readonly Prepared[]; readonly keys: readonly Enrolling[] };
type Within = Pick<Work, "tx" | "now">;

const NONE: Effects = { entries: [], keys: [] };

/**
 * Does what a proposal says, with its entries, in the transaction of the endorsement that was still
 * missing. What was true when it was proposed is looked at again: people leave meanwhile.
 */
export async function carryOut(
  terms: SiteTerms,
  within: Within,
  whole: Whole,
): Promise<Answer<null>> {
  const { tx } = within;
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
  const effects = await effectsOf(within, whole);
  if (!effects.ok) return effects;
  const appended = await appendWithKeys(terms, within, effects.value);
  return appended.ok ? done(null) : appended;
}

async function effectsOf(within: Within, whole: Whole): Promise<Answer<Effects>> {
  const { kind } = whole.proposal;
  if (kind === "person") return await addPerson(within, whole);
  if (kind === "change") return await change(within, whole);
  if (kind === "revocation") return await revoke(within, whole);
  return await enrol(within, whole);
}

/** Everybody who stands for it: who endorsed, and who proposed where that alone is not enough. */
function responsible({ proposal, endorsers }: Whole): readonly string[] {
  const by = needsOf(proposal).endorsers >= 2 ? endorsers : [...endorsers, proposal.by];
  return [...new Set(by)].sort();
}

async function enrolments(
  { tx, now }: Within,
  { proposal, keys }: Whole,
  given: {
    readonly owner: Pick<StoredPerson, "id" | "userHandle">;
    readonly basis: "endorsed" | "recovery";
    readonly endorsedBy: readonly string[];
  },
): Promise<readonly Enrolling[]> {
  const site = await readSite(tx);
  if (site === null) throw new Error(`invariant broken: \`${proposal.id}\` before the founding`);
  const { owner, basis, endorsedBy } = given;
  const usableFrom = now + site.cooldownMs;
  return keys.map((key) =>
    enrolling(
      key,
      { person: owner.id, userHandle: owner.userHandle },
      { basis, endorsedBy, usableFrom },
    ),
  );
}

async function addPerson(within: Within, whole: Whole): Promise<Answer<Effects>> {
  const { tx, now } = within;
  const person = personOf(whole.proposal);
  const { id, name, active, accounts } = person;
  if ((await readPerson(tx, id)) !== null)
    return refused("OUT_OF_ORDER", `\`${id}\` is somebody already`, "propose them by another id");
  const taken = await takenAccount(tx, id, accounts);
  if (taken !== null) return taken;
  await insertPerson(tx, person, now);
  const by = responsible(whole);
  const body = { person: id, name, active, accounts, by };
  const entries = [prepare({ kind: "person", at: now, subject: null, body })];
  const terms = { owner: person, basis: "endorsed", endorsedBy: by } as const;
  return done({ entries, keys: await enrolments(within, whole, terms) });
}

/** A further key, or a recovery, in which all earlier keys count as lost and are revoked. */
async function enrol(within: Within, whole: Whole): Promise<Answer<Effects>> {
  const { tx, now } = within;
  const { kind, person } = whole.proposal;
  const owner = await readPerson(tx, person);
  if (owner === null || !owner.active) return noSuch("active person");
  const basis = kind === "recovery" ? "recovery" : "endorsed";
  const endorsedBy = responsible(whole).filter((name) => name !== person);
  const keys = await enrolments(within, whole, { owner, basis, endorsedBy });
  if (kind !== "recovery") return done({ ...NONE, keys });
  const entries: Prepared[] = [];
  for (const { credential } of await readKeys(tx, person)) {
    if (!(await revokeKey(tx, credential, now))) continue;
    const body = { person, credential, reason: "lost: the account was recovered", by: endorsedBy };
    entries.push(prepare({ kind: "revocation", at: now, subject: null, body }));
  }
  return done({ entries, keys });
}

async function revoke({ tx, now }: Within, whole: Whole): Promise<Answer<Effects>> {
  const { person, credential, reason } = whole.proposal;
  const key = credential === null ? null : await readKey(tx, credential);
  if (key === null || !(await revokeKey(tx, key.credential, now))) return noSuch("key that works");
  const body = { person, credential: key.credential, reason, by: responsible(whole) };
  return done({
    ...NONE,
    entries: [prepare({ kind: "revocation", at: now, subject: null, body })],
  });
}

async function change({ tx, now }: Within, whole: Whole): Promise<Answer<Effects>> {
  const { person, name, active, accounts } = whole.proposal;
  if (name === null || active === null || accounts === null)
    throw new Error("invariant broken: a change says all that a person is");
  const taken = await takenAccount(tx, person, accounts);
  if (taken !== null) return taken;
  const lonely = active ? null : await tooFewWithout(tx, person);
  if (lonely !== null) return lonely;
  await changePerson(tx, { id: person, name, active, accounts });
  const by = responsible(whole);
  const entries = [
    prepare({
      kind: "person",
      at: now,
      subject: null,
      body: { person, name, active, accounts, by },
    }),
  ];
  if (active) return done({ ...NONE, entries });
  await endSessions(tx, { person, id: null, at: now });
  // Whoever left still knows the secrets of the tokens they made.
  for (const { id: token } of await workingTokensOf(tx, person, now)) {
    await revokeStoredToken(tx, token, now);
    const body = { token, reason: `\`${person}\`, who made it, was deactivated`, by };
    entries.push(prepare({ kind: "token-revoked", at: now, subject: null, body }));
  }
  return done({ ...NONE, entries });
}
