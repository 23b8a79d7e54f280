// SPDX-License-Identifier: Apache-2.0
import { canonicalJson, isDigest, sha256Hex, utf8 } from "@interlock/digest";
import {
  closeUnrecordedKey,
  forgetStrangers,
  lockWatch,
  saveLook,
  saveUnrecordedKeys,
  saveWatchedKeys,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { Refusal } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import type { Ended, Looked } from "./look.ts";
import type { ReconcileTerms } from "./terms.ts";
import type { FoundBy } from "./writers.ts";

type Terms = Pick<ReconcileTerms, "store" | "ledger" | "now">;
type LookedBy = Omit<Looked, "found"> & { readonly found: readonly FoundBy[] };

/**
 * Writes down what a look found, its entries and when it was, all or nothing; `null`, or why not.
 *
 * INVARIANT (nothing-unnoticed): only under the lease, so that two servers tell no difference twice;
 * what could not be written is found again by the next look.
 */
export async function record(
  terms: Terms,
  owner: string,
  looked: LookedBy,
): Promise<string | null> {
  const outcome = await transaction<null, Refusal>(
    terms.store,
    async (tx) => {
      if (!(await lockWatch(tx, owner))) return { ok: true, value: null };
      const written = await writeEntries(terms, tx, looked);
      if (!written.ok) return written;
      await keep(tx, looked, terms.now());
      return { ok: true, value: null };
    },
    { isolation: "read committed" },
  );
  return outcome.kind === "committed" ? null : outcome.failure.message;
}

async function writeEntries(
  { ledger, now }: Terms,
  tx: Transaction,
  { at, found, ended, joined }: LookedBy,
): Promise<{ readonly ok: true } | { readonly ok: false; readonly failure: Refusal }> {
  const time = now();
  const news = found.map((one) => newsOf(at, one, time));
  const began = joined.filter(({ stranger }) => !stranger);
  const entries = [
    ...news,
    ...ended.map((one) => endOf(one, time)),
    ...(began.length === 0 ? [] : [beganOf(at, began, time)]),
  ];
  if (entries.length === 0) return { ok: true };
  const appended = await ledger.append(tx, entries);
  if (!appended.ok) return appended;
  for (const { one, how } of ended)
    await closeUnrecordedKey(tx, { index: one.index, at: time, how });
  await saveUnrecordedKeys(
    tx,
    // Who wrote it is in the entry alone, where it can be erased. by (erasable)
    found.map(({ writer: _, ...one }, i) => {
      const [index, entry] = [appended.value[i], news[i]?.id];
      if (index === undefined || entry === undefined)
        throw new Error("invariant broken: each entry has an index");
      return { ...at, ...one, index, entry, at: time };
    }),
  );
  return { ok: true };
}

async function keep(tx: Transaction, looked: LookedBy, now: number): Promise<void> {
  const { at, joined, gone, whole, says, keys, strangers } = looked;
  if (gone.length > 0) await forgetStrangers(tx, at, gone);
  if (joined.length > 0) await saveWatchedKeys(tx, { ...at, at: now }, joined);
  await saveLook(tx, { ...at, seenAt: whole ? now : null, triedAt: now, says, keys, strangers });
}

function newsOf(
  at: Looked["at"],
  { key, before, after, because, version, writer }: FoundBy,
  time: number,
): Prepared {
  const body = {
    ...{ ...at, key, because, before: before ?? "", after: after ?? "" },
    ...(version === null ? {} : { version }),
    ...(writer === null ? {} : { writer }),
  };
  return prepare({ kind: "unrecorded-key", at: time, subject: null, body });
}

function endOf({ one, how }: Ended, time: number): Prepared {
  const { target, cell, key } = one;
  const body = { entry: digestIn(one.entry), target, cell, key, how };
  return prepare({ kind: "unrecorded-closed", at: time, subject: null, body });
}

function beganOf(at: Looked["at"], joined: Looked["joined"], time: number): Prepared {
  const pairs = joined.map(({ key, sha256 }) => [key, sha256] as const);
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  const holds = sha256Hex(utf8(canonicalJson(sorted.map((pair) => [...pair]))));
  const body = { ...at, keys: joined.length, holds };
  return prepare({ kind: "watch-began", at: time, subject: null, body });
}

function digestIn(text: string) {
  if (!isDigest(text)) throw new Error("invariant broken: a SHA-256 is a digest");
  return text;
}
