// SPDX-License-Identifier: Apache-2.0
import { type EntryShown, ledgerTrust, listEntries, showEntry } from "@interlock/protocol";
import { type Site, toBase64url } from "@interlock/receipt";
import {
  changeById,
  entriesBefore,
  entryListed,
  latestCheckpoint,
  ledgerSize,
  readEntry,
  type Store,
} from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { type Answer, type Authenticate, bind } from "../http/bind.ts";

export type LedgerApiTerms = {
  readonly store: Store;
  readonly now: () => number;
  /** A trust policy with the keys of the log and of its witnesses. */
  readonly policy: string;
  readonly site: () => Promise<Site | null>;
};

/** What the ledger says, for people who are signed in; the log itself is under `/log/` for everybody. */
export function ledgerApiRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  { store, now, policy, site }: LedgerApiTerms,
): void {
  bind(app, authenticate, ledgerTrust, async () => {
    const own = await site();
    return {
      ok: true,
      value: { policy, site: own === null ? null : { ...own, origins: [...own.origins] } },
    };
  });
  bind(app, authenticate, listEntries, async ({ query }) => {
    const { db } = store;
    const size = await ledgerSize(db);
    const found = await entriesBefore(db, {
      before: Math.min(query.before ?? size, size),
      limit: query.limit + 1,
    });
    const entries = found.slice(0, query.limit);
    const next = found.length > entries.length ? (entries.at(-1)?.index ?? null) : null;
    const published = (await latestCheckpoint(db))?.size ?? 0;
    return { ok: true, value: { entries, next, size, published, asOf: now() } };
  });
  bind(app, authenticate, showEntry, ({ params }) => shownEntry(store, params.index));
}

async function shownEntry({ db }: Store, index: number): Promise<Answer<EntryShown>> {
  const row = await entryListed(db, index);
  const stored = await readEntry(db, index);
  if (row === null || stored === null) return NO_ENTRY;
  const change = row.change === null ? null : await changeById(db, row.change);
  const { body } = stored;
  const kept = body.kind === "kept" ? body : null;
  return {
    ok: true,
    value: {
      ...row,
      digest: stored.subject,
      salt: kept === null ? null : toBase64url(kept.salt),
      body: kept === null ? null : (JSON.parse(kept.text) as unknown),
      newest: row.kind === "decision" && change?.decisionIndex === index,
    },
  };
}

const NO_ENTRY: Answer<never> = {
  ok: false,
  failure: {
    code: "NOT_FOUND",
    message: "the ledger has no entry of this index",
    help: "see the list of entries",
  },
};
