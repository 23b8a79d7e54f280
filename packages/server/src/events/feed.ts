// SPDX-License-Identifier: Apache-2.0
import {
  type Happened,
  happenedBetween,
  latestCheckpoint,
  ledgerSize,
  read,
  type Store,
} from "@interlock/store";

/** What a follower is told at one time. `more`: there is more already, and it comes with the next turn. */
export type News = {
  readonly happened: readonly Happened[];
  /** Index of the last entry that was looked at. */
  readonly last: number;
  /** Size of the newest checkpoint. */
  readonly published: number;
  /** The follower was further behind than is told. */
  readonly skipped: boolean;
};

export type Follower = {
  /** Index of the last entry that it knows. */
  last: number;
  readonly tell: (news: News) => void;
};

export type Feed = {
  readonly follow: (follower: Follower) => () => void;
  readonly close: () => void;
};

export type FeedTerms = {
  readonly store: Store;
  readonly periodMs: number;
  /** Told when the ledger cannot be read, once until it can again. */
  readonly onFailure: (because: string) => void;
};

/** Events of one turn. */
const TURN = 500;
/** Whoever is further behind reads the list again: that is quicker than all that happened. */
const FARTHEST = 20_000;

/**
 * Tells followers what the ledger says. The ledger is the source and is asked again and again, so that
 * it does not matter which of several servers wrote an entry; while nobody follows, nobody asks.
 */
export function openFeed({ store, periodMs, onFailure }: FeedTerms): Feed {
  const followers = new Set<Follower>();
  let timer: NodeJS.Timeout | null = null;
  let running = false;
  let closed = false;
  let failing = false;
  const turn = async (): Promise<void> => {
    const told = await read(store, (db) => tellAll(db, followers));
    if (!told.ok && !failing) onFailure(told.failure.message);
    failing = !told.ok;
    again();
  };
  const again = () => {
    running = !closed && followers.size > 0;
    if (!running) return;
    timer = setTimeout(() => void turn(), periodMs);
    timer.unref();
  };
  return {
    follow: (follower) => {
      followers.add(follower);
      if (!running) again();
      return () => {
        followers.delete(follower);
      };
    },
    close: () => {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      followers.clear();
    },
  };
}

/** Followers at the same place, which is nearly all of them, share one look. */
async function tellAll(db: Store["db"], followers: ReadonlySet<Follower>): Promise<void> {
  const head = await ledgerSize(db);
  const published = (await latestCheckpoint(db))?.size ?? 0;
  const places = new Map<number, Follower[]>();
  for (const follower of followers)
    places.set(follower.last, [...(places.get(follower.last) ?? []), follower]);
  for (const [last, those] of places) {
    const news = await newsAfter(db, { last, head, published });
    for (const follower of those.filter((one) => followers.has(one))) {
      follower.last = news.last;
      follower.tell(news);
    }
  }
}

async function newsAfter(
  db: Store["db"],
  {
    last,
    head,
    published,
  }: { readonly last: number; readonly head: number; readonly published: number },
): Promise<News> {
  // Also whoever is ahead of this ledger: an index of another one says nothing here.
  if (head - last > FARTHEST || last >= head)
    return { happened: [], last: head - 1, published, skipped: last !== head - 1 };
  const happened = await happenedBetween(db, { from: last + 1, before: head, limit: TURN });
  const full = happened.length === TURN;
  const reached = full ? (happened.at(-1)?.index ?? head - 1) : head - 1;
  return { happened, last: reached, published, skipped: false };
}
