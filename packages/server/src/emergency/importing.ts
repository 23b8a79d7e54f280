// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import type { Bodies, DebtBody } from "@interlock/core";
import { canonicalJson, isDigest, type Json } from "@interlock/digest";
import type { AwayRecord } from "@interlock/protocol";
import {
  changeById,
  type Database,
  importedAs,
  readEntry,
  rememberImport,
  type Transaction,
} from "@interlock/store";
import { changeId } from "../gate/gate.ts";
import type { Answer } from "../http/bind.ts";
import { landedWith } from "../landings/landed.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { bodyIn } from "../ledger/stored.ts";
import { done, refused } from "../people/terms.ts";
import { isAllowedLast } from "../refs/report.ts";
import { type RunTerms, within } from "../runs/terms.ts";
import { type Verified, verifyAway, whyUnsigned } from "./verifying.ts";

export type Imported = {
  readonly index: number;
  readonly verified: boolean;
  readonly says: string | null;
};

type Kind = "away" | "emergency";

const digestOfRecord = (kind: Kind, record: unknown): Uint8Array =>
  createHash("sha256")
    .update(`interlock/imported/v1\0${kind}\0${canonicalJson(record as Json)}`) // plain data
    .digest();

/** A push that landed while this server was away; what does not verify is an entry that says so. */
export async function importAway(
  terms: RunTerms,
  token: { readonly id: string; readonly repository: string },
  record: AwayRecord,
): Promise<Answer<Imported>> {
  if (record.place.repository !== token.repository)
    return refused(
      "NOT_ALLOWED",
      "this token speaks for another repository",
      "bring it with the token of the repository that it landed in",
    );
  return await importOnce(terms, { kind: "away", record }, async (tx, id) => {
    const verified = await verifyAway(record, await terms.book.at(tx));
    const body = bodyOf(record, verified, { record: id.toString("hex"), by: token.id });
    const at = terms.now();
    const subject = record.digest !== null && isDigest(record.digest) ? record.digest : null;
    const entry = prepare({ kind: "away", at, subject, body });
    // A change that nobody can be shown could never be reviewed, and would hold its team for ever.
    const known = (await changeById(tx, body.change)) !== null;
    // It was asked again just now: what the gate allows owes nothing that a review could give.
    const owed = known && !(body.way === "if-down" && (await isAllowedNow(tx, record)));
    const debt = prepare({ kind: "debt", at, subject, body: debtOf(body, verified, entry.id) });
    const { repository, target, head: tip } = record.place;
    const landed = await landedWith(tx, { repository, target, tip, digest: subject }, at);
    return { entries: [entry, ...(owed ? [debt] : []), ...landed], says: verified.says };
  });
}

/** A signature out of its signer's own journal. */
export async function importEmergency(
  terms: RunTerms,
  person: string,
  signed: string,
): Promise<Answer<Imported>> {
  return await importOnce(terms, { kind: "emergency", record: { signed, person } }, async (tx) => {
    const says = await whyUnsigned(signed, person, await terms.book.at(tx));
    const body = { signed, verified: says === null, ...whyOf(says), by: person };
    return {
      entries: [prepare({ kind: "emergency", at: terms.now(), subject: null, body })],
      says,
    };
  });
}

const isAllowedNow = async (
  tx: Transaction,
  { place: { repository, target }, digest }: AwayRecord,
): Promise<boolean> =>
  digest !== null && (await isAllowedLast(tx, { repository, ref: target, digest }));

const whyOf = (says: string | null) => (says === null ? {} : { says: says.slice(0, 1_000) });

type Made = { readonly entries: readonly Prepared[]; readonly says: string | null };

/** One record is one entry, whoever brings it again, and whatever was lost on the way back. */
async function importOnce(
  terms: RunTerms,
  { kind, record }: { readonly kind: Kind; readonly record: unknown },
  make: (tx: Transaction, id: Buffer) => Promise<Made>,
): Promise<Answer<Imported>> {
  const id = Buffer.from(digestOfRecord(kind, record));
  return await within(terms, async (tx) => {
    const before = await importedAs(tx, id);
    if (before !== null) return done(await shown(tx, kind, before));
    const { entries, says } = await make(tx, id);
    const appended = await terms.ledger.append(tx, entries);
    if (!appended.ok) return appended;
    const [index] = appended.value;
    if (index === undefined) throw new Error("invariant broken: one entry has one index");
    return (await rememberImport(tx, id, index))
      ? done({ index, verified: says === null, says })
      : refused("STORE_CONFLICT", "another brings the same record just now", "ask again");
  });
}

async function shown(db: Database, kind: Kind, index: number): Promise<Imported> {
  const stored = await readEntry(db, index);
  const body = stored === null ? undefined : bodyIn(kind, stored)?.body;
  return {
    ...{ index, verified: body?.verified ?? false },
    says: body === undefined ? "its entry was erased" : (body.says ?? null),
  };
}

function bodyOf(
  { place, digest, landedAt, pushedBy, because, teams, signed }: AwayRecord,
  { signers, says }: Verified,
  { record, by }: { readonly record: string; readonly by: string },
): Bodies["away"] {
  const { repository, target, environment, base, head } = place;
  const known = digest !== null && isDigest(digest) ? digest : null;
  return {
    ...{ record, change: changeId(place, known), repository, target, environment, base, head },
    ...{ landedAt, pushedBy: sorted(pushedBy ?? []), because, signed, signers: [...signers] },
    ...{ way: signed.length === 0 ? ("if-down" as const) : ("emergency" as const) },
    ...{ teams: sorted(teams), verified: says === null, ...whyOf(says), by },
  };
}

/** Two people review it who did not sign it, as with break-glass. */
const debtOf = (
  { change, repository, target, environment, teams, signers, way }: Bodies["away"],
  { statements }: Verified,
  entry: string,
): DebtBody => ({
  ...{ change, repository, target, environment, decision: entry, overrides: [entry] },
  incidents: sorted(statements.map(({ incident }) => incident)).slice(0, 12),
  ...{ teams, by: signers, cause: way === "if-down" ? "away" : "emergency" },
});

const sorted = (items: readonly string[]): readonly string[] => [...new Set(items)].sort();
