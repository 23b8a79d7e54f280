// SPDX-License-Identifier: Apache-2.0
import { sixWords } from "@interlock/digest";
import type { listChanges, QueueRowShown } from "@interlock/protocol";
import {
  ledgerSize,
  type QueuePlace,
  type QueueRow,
  queuePage,
  queueSize,
  type Store,
  type StoredChange,
} from "@interlock/store";
import type { z } from "zod";
import type { Answer, Refusal } from "../http/bind.ts";

type Query = z.output<typeof listChanges.query>;
type Page = z.input<typeof listChanges.answer>;

/** One page of the queue, as one person sees it. */
export async function queueFor(
  { store, now }: { readonly store: Store; readonly now: () => number },
  person: string,
  query: Query,
): Promise<Answer<Page>> {
  const after = query.after === undefined ? null : placeOf(query.after);
  if (query.after !== undefined && after?.order !== query.order)
    return { ok: false, failure: NO_PLACE };
  const asOf = now();
  const asking = { person, now: asOf };
  const { effective = null, repository = null, target = null, order, limit } = query;
  const mine = { waiting: query.waiting === "me", own: query.author === "me" };
  const filter = { effective, repository, target, ...mine };
  // Before the rows: what happens in between is in the rows and comes as an event once more.
  const head = await ledgerSize(store.db);
  const found = await queuePage(store.db, { ...asking, ...filter, order, after, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const next = found.length > page.length && last !== undefined ? cursorOf(order, last) : null;
  const counts = query.after === undefined ? await countsFor(store, asking) : null;
  return {
    ok: true,
    value: { changes: page.map((row) => rowOf(row, person)), next, counts, asOf, head },
  };
}

const EVERY = { effective: null, repository: null, target: null, waiting: false, own: false };

async function countsFor(
  { db }: Store,
  asking: { readonly person: string; readonly now: number },
): Promise<NonNullable<Page["counts"]>> {
  return {
    held: await queueSize(db, { ...asking, ...EVERY, effective: "hold" }),
    waitingForMe: await queueSize(db, { ...asking, ...EVERY, waiting: true }),
  };
}

const cursorOf = (order: QueuePlace["order"], { change }: QueueRow): string =>
  order === "newest"
    ? `n-${change.firstSeenAt}-${change.id}`
    : `r-${change.review.risk ?? "x"}-${change.id}`;

function placeOf(cursor: string): QueuePlace | null {
  const [, order, value = "", id = ""] =
    /^([nr])-(x|[0-9]{1,15})-([0-9a-f]{20})$/.exec(cursor) ?? [];
  if (order === undefined || (order === "n" && value === "x")) return null;
  return order === "n"
    ? { order: "newest", firstSeenAt: Number(value), id }
    : { order: "risk", risk: value === "x" ? null : Number(value), id };
}

const NO_PLACE: Refusal = {
  code: "INPUT_INVALID",
  message: "`after` is no place of this list",
  help: "send `next` of the page before, with the same `order`",
};

/** A change as everybody sees it. */
export function shownChange({
  decisionIndex: _index,
  rules: _rules,
  review: _review,
  ...change
}: StoredChange) {
  const { digest, outcome, effective } = change;
  return {
    ...change,
    ...{ outcome: outcomeOf(outcome), effective: outcomeOf(effective) },
    words: digest === null ? [] : [...sixWords(digest)],
  };
}

function outcomeOf(stored: string): "allow" | "hold" | "deny" {
  // What this build does not know is no reason to let anything through.
  return stored === "allow" || stored === "deny" ? stored : "hold";
}

/** What stands around a change, as one person sees it. */
export function shownReview(
  { review, digest }: StoredChange,
  { given, rejected, mine }: Omit<QueueRow, "change">,
  person: string,
) {
  const { authors, files, wanted, risk, barred, reviewers, reviewersMore } = review;
  const mayApprove =
    digest !== null && !barred.includes(person) && (reviewersMore || reviewers.includes(person));
  return { ...{ authors: [...authors], files, wanted, given, rejected, mine }, mayApprove, risk };
}

const rowOf = ({ change, ...standing }: QueueRow, person: string): QueueRowShown => ({
  ...shownChange(change),
  ...shownReview(change, standing, person),
});
