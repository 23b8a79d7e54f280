// SPDX-License-Identifier: Apache-2.0
/** Compares what became of protected refs with what the ledger allowed (GT16). */
import { isDigest } from "@interlock/digest";
import {
  type Database,
  entriesOfKindsAbout,
  lockHead,
  type RefTip,
  refTips,
  type Store,
  saveRefTip,
  saveUnrecorded,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { landedWith } from "../landings/landed.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { bodyIn } from "../ledger/stored.ts";

export type RefsTerms = {
  readonly store: Store;
  readonly ledger: Pick<Ledger, "append">;
  readonly now: () => number;
};

/** Who reports, for which repository. */
export type Reporter = { readonly token: string; readonly repository: string };

type Move = {
  readonly ref: string;
  readonly old: string;
  readonly new: string;
  readonly digest: string | null;
};
type Because = "not-allowed" | "deleted" | "unreadable" | "first-seen";
type Compared = { readonly ref: string; readonly unrecorded: Because | null };
type Reported = { readonly moves: (Compared & { readonly index: number | null })[] };

/** About one content; an attacker cannot hide the one that allows behind others, only be told again. */
const MOST_DECISIONS = 500;

/**
 * Records where refs stand now.
 *
 * INVARIANT (nothing-unnoticed): a movement is taken as recorded only if an entry of the ledger allows
 * the same content on the same ref of the same repository; every other one becomes an entry. The tips
 * of the first report of a repository are entries too, with which watching began.
 */
export async function reportMoves(
  { store, ledger, now }: RefsTerms,
  reporter: Reporter,
  moves: readonly Move[],
): Promise<Answer<Reported>> {
  const at = now();
  const { repository, token } = reporter;
  const outcome = await transaction<Reported, Refusal>(
    store,
    async (tx) => {
      // One report after the other, and no decision between looking and writing.
      await lockHead(tx);
      const tips = await refTips(tx, repository);
      const late = outOfOrder(tips, moves);
      if (late !== null) return { ok: false, failure: moved(late) };
      const compared: (Compared & { readonly move: Move })[] = [];
      for (const move of moves) {
        const unrecorded =
          tips.length === 0 ? "first-seen" : await whyUnrecorded(tx, repository, move);
        compared.push({ ref: move.ref, unrecorded, move });
      }
      const entries = compared.flatMap(({ unrecorded, move }) => {
        if (unrecorded === null) return [];
        const { digest, ref, old, new: fresh } = move;
        const body = { repository, ref, old, new: fresh, because: unrecorded, token };
        const subject = digest !== null && isDigest(digest) ? digest : null;
        return [prepare({ kind: "unrecorded", at, subject, body })];
      });
      const landed = await landedBy(tx, { repository, moves, at });
      const appended = await ledger.append(tx, [...entries, ...landed]);
      if (!appended.ok) return appended;
      const indexes = appended.value.slice(0, entries.length);
      const placed = compared.map(({ move, ...one }) => ({
        ...{ ...one, move },
        index: one.unrecorded === null ? null : (indexes.shift() ?? null),
      }));
      await saveUnrecorded(
        tx,
        placed.flatMap(({ move, unrecorded, index }) =>
          unrecorded === null || unrecorded === "first-seen" || index === null
            ? []
            : [{ index, repository, because: unrecorded, at, ...without(move) }],
        ),
      );
      for (const { ref, new: tip } of moves) await saveRefTip(tx, repository, { ref, tip, at });
      return { ok: true, value: { moves: placed.map(({ move: _, ...one }) => one) } };
    },
    { isolation: "read committed" },
  );
  return outcome.kind === "committed"
    ? { ok: true, value: outcome.value }
    : { ok: false, failure: outcome.failure };
}

/** What people signed for ends wherever it landed, allowed or not. by (approvals-end) */
async function landedBy(
  tx: Transaction,
  {
    repository,
    moves,
    at,
  }: { readonly repository: string; readonly moves: readonly Move[]; readonly at: number },
): Promise<readonly Prepared[]> {
  const landed = new Map<string, Prepared>();
  for (const { ref: target, new: tip, digest } of moves) {
    if (isNothing(tip)) continue;
    for (const one of await landedWith(tx, { repository, target, tip, digest }, at))
      landed.set(one.entry.subject ?? one.id, one);
  }
  return [...landed.values()];
}

const without = ({ digest: _, ...rest }: Move): Omit<Move, "digest"> => rest;

const isNothing = (id: string): boolean => /^0+$/.test(id);

async function whyUnrecorded(
  tx: Transaction,
  repository: string,
  { ref, new: fresh, digest }: Move,
): Promise<Because | null> {
  // The gate never allows it, whatever is said about it.
  if (isNothing(fresh)) return "deleted";
  if (digest === null) return "unreadable";
  const landing = { repository, ref, digest };
  const recorded = (await isAllowed(tx, landing)) || (await landedAway(tx, landing, fresh));
  return recorded ? null : "not-allowed";
}

/** Whether it landed while this server was away, by an entry that verifies: that is told and owed already. */
async function landedAway(
  tx: Transaction,
  { repository, ref, digest }: Landing,
  head: string,
): Promise<boolean> {
  const asked = { subject: digest, kinds: ["away"], limit: MOST_DECISIONS };
  return (await entriesOfKindsAbout(tx, asked)).some((stored) => {
    const body = bodyIn("away", stored)?.body;
    return (
      body?.verified === true &&
      body.repository === repository &&
      body.target === ref &&
      body.head === head
    );
  });
}

type Landing = { readonly repository: string; readonly ref: string; readonly digest: string };

/** Whether an entry of the ledger allows a content there, whatever was decided later. */
export const isAllowed = async (db: Database, landing: Landing): Promise<boolean> =>
  (await decidedAbout(db, landing)).includes("allow");

/** Whether what was decided last about a content there allows it. */
export async function isAllowedLast(db: Database, landing: Landing): Promise<boolean> {
  const decided = await decidedAbout(db, landing);
  // Beyond the limit nobody knows what came last. by (fail-closed)
  return decided.length < MOST_DECISIONS && decided.at(-1) === "allow";
}

/** Outcomes in the order of the ledger, read from leaves and not from a column. */
async function decidedAbout(
  db: Database,
  { repository, ref, digest }: Landing,
): Promise<readonly string[]> {
  const decisions = await entriesOfKindsAbout(db, {
    ...{ subject: digest, kinds: ["decision"], limit: MOST_DECISIONS },
  });
  return decisions.flatMap((stored) => {
    const read = bodyIn("decision", stored);
    return read?.entry.subject === digest &&
      read.body.repository === repository &&
      read.body.target === ref
      ? [read.body.effective]
      : [];
  });
}

/** The first ref that does not begin where it stood last, or `null`. */
function outOfOrder(tips: readonly RefTip[], moves: readonly Move[]): string | null {
  const at = new Map(tips.map(({ ref, tip }) => [ref, tip]));
  for (const { ref, old, new: fresh } of moves) {
    const known = at.get(ref);
    if (known === undefined ? !isNothing(old) : known !== old) return ref;
    at.set(ref, fresh);
  }
  return null;
}

const moved = (ref: string): Refusal => ({
  code: "OUT_OF_ORDER",
  message: `somebody else has reported \`${ref}\` meanwhile`,
  help: "ask again where the refs stood, and report from there",
});
