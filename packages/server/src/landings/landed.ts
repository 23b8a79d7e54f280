// SPDX-License-Identifier: Apache-2.0
/**
 * That a content has landed which people had signed for, as an entry of the ledger. by (approvals-end)
 *
 * Nobody tells the server when git has moved a ref. What moves it back, or on, has to pass the gate from
 * where it stands: so the next question shows what landed before, and the entry is written together with
 * the decision upon it, before anything may undo what landed. A push that failed on its way shows
 * nothing, and can be tried again. Where the ref was moved past the gate, `hook reconcile` tells.
 */
import type { Bodies } from "@interlock/core";
import { type Digest, isDigest } from "@interlock/digest";
import {
  entriesOfKindsAbout,
  landingKnown,
  landingsAt,
  type Sighting,
  type StoredEntry,
  type Transaction,
} from "@interlock/store";
import { type Prepared, prepare } from "../ledger/record.ts";
import { bodyIn } from "../ledger/stored.ts";

/** A decision upon a content with the commit at which its ref was seen afterwards. */
export type JudgedBefore = { readonly digest: Digest; readonly body: Bodies["landed"] };

/**
 * Decisions as their leaves have them; one that is about another place has not landed here. Of one whose
 * body was erased its row is believed, which can only end approvals.
 */
export function judgedBefore(
  decisions: readonly StoredEntry[],
  { repository, target, tip: head }: Sighting,
): readonly JudgedBefore[] {
  // Sorted by index: of a content the newest decision is the one that let it land.
  const newest = new Map<string, JudgedBefore>();
  for (const stored of decisions) {
    const read = bodyIn("decision", stored);
    const digest = read?.entry.subject ?? stored.subject;
    if (digest === null || !isDigest(digest)) continue;
    if (read !== null && (read.body.repository !== repository || read.body.target !== target))
      continue;
    const decision = hex(stored.leafHash);
    newest.set(digest, { digest, body: { repository, target, head, decision } });
  }
  return [...newest.values()];
}

/** That it landed, as an entry to append. */
export const landedEntry = ({ digest, body }: JudgedBefore, at: number): Prepared =>
  prepare({ kind: "landed", at, subject: digest, body });

/**
 * Index of the entry that a content landed last; `null`: there is none. Of several entries about one
 * decision, by servers that saw the same at once, the first counts: who signed after it signed anew.
 */
export function landedIn(stored: readonly StoredEntry[]): number | null {
  const seen = new Set<string>();
  let last: number | null = null;
  for (const entry of stored) {
    if (entry.kind !== "landed") continue;
    // One that cannot be read any more ends what stands before it all the same. by (fail-closed)
    const of = bodyIn("landed", entry)?.body.decision ?? hex(entry.leafHash);
    if (!seen.has(of)) last = entry.index;
    seen.add(of);
  }
  return last;
}

/** A ref that somebody saw at a commit, and the content with which it came there. */
export type Landing = Sighting & { readonly digest: string | null };

/** Entries of what landed with a movement of a ref, by the commit and by what moved. */
export async function landedWith(
  tx: Transaction,
  { digest, ...seen }: Landing,
  at: number,
): Promise<readonly Prepared[]> {
  const judged = judgedBefore(await landingsAt(tx, seen), seen);
  const entries = judged.map((one) => landedEntry(one, at));
  if (digest === null || !isDigest(digest) || judged.some((one) => one.digest === digest))
    return entries;
  const { tip: head, repository, target } = seen;
  const known = await landingKnown(tx, { digest, head });
  if (!known.signed || known.told) return entries;
  return [...entries, landedEntry({ digest, body: { repository, target, head } }, at)];
}

/**
 * The entry of a content that a forge says it has merged, by whatever commit; none where nobody signed
 * for it since. Where it was to land each of its decisions says, since the digest covers that.
 */
export async function landedOnForge(
  tx: Transaction,
  { digest, head, at }: { readonly digest: string; readonly head: string; readonly at: number },
): Promise<readonly Prepared[]> {
  const { signed, told } = await landingKnown(tx, { digest, head });
  if (!signed || told || !isDigest(digest)) return [];
  const asked = { subject: digest, kinds: ["decision"], limit: 1 };
  return (await entriesOfKindsAbout(tx, asked)).flatMap((stored) => {
    const body = bodyIn("decision", stored)?.body;
    if (body === undefined) return [];
    const { repository, target } = body;
    return [landedEntry({ digest, body: { repository, target, head } }, at)];
  });
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
