// SPDX-License-Identifier: Apache-2.0
/** Results of replays that people bring to a change. They are shown under a name, and decide nothing. */
import { isDigest, sha256Hex, utf8 } from "@interlock/digest";
import { type ReplayResult, type ReplayShown, replaysApi } from "@interlock/protocol";
import {
  changeById,
  type Database,
  documentText,
  entriesOfKindsAbout,
  lockHead,
  type StoredEntry,
  saveDocument,
} from "@interlock/store";
import type { FastifyInstance } from "fastify";
import { NO_CHANGE } from "../approvals/ask.ts";
import { type Answer, type Authenticate, bind } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { bodyIn } from "../ledger/stored.ts";
import { done, refused } from "../people/terms.ts";
import { entriesOf } from "../rollouts/allowed.ts";
import { activePerson, appendOne, personOf, type RunTerms, within } from "../runs/terms.ts";

export function replayRoutes(
  app: FastifyInstance,
  authenticate: Authenticate,
  terms: RunTerms,
): void {
  bind(app, authenticate, replaysApi.attachReplay, async ({ actor, params, body }) =>
    attachReplay(terms, personOf(actor), { change: params.id, result: body.result }),
  );
  bind(app, authenticate, replaysApi.listReplays, async ({ params }) =>
    listReplays(terms.store.db, params.id),
  );
}

/**
 * Keeps a result under the name of whoever brings it. That its contents are those of the change is
 * checked; that a program answered so is their word.
 */
async function attachReplay(
  terms: RunTerms,
  person: string,
  { change: id, result }: { readonly change: string; readonly result: ReplayResult },
): Promise<Answer<{ readonly index: number; readonly digest: string }>> {
  const text = `${JSON.stringify(result)}\n`;
  const digest = sha256Hex(utf8(text));
  if (!isDigest(digest)) throw new Error("invariant broken: a SHA-256 is 64 hexadecimal digits");
  return await within(terms, async (tx) => {
    await lockHead(tx);
    const active = await activePerson(terms, tx, person);
    if (!active.ok) return active;
    const change = await changeById(tx, id);
    if (change === null) return { ok: false, failure: NO_CHANGE };
    const subject = change.digest;
    const wrong = await notOf(tx, subject, result);
    if (wrong !== null || subject === null || !isDigest(subject)) return wrong ?? UNREAD;
    if ((await storedReplays(tx, subject)).length >= replaysApi.REPLAY_LIMITS.kept)
      return refused(
        "OUT_OF_ORDER",
        `${replaysApi.REPLAY_LIMITS.kept} replays were brought to this change already`,
        "read those; another content of the change has its own",
      );
    await saveDocument(tx, { digest, text, now: terms.now() });
    const { set, cell, ok } = result;
    const body = { change: id, set, cell, result: digest, ok, by: person };
    const entry = prepare({ kind: "config-replayed", at: terms.now(), subject, body });
    const index = await appendOne(terms, tx, entry);
    return index.ok ? done({ index: index.value, digest }) : index;
  });
}

const UNREAD = refused(
  "NOT_FOUND",
  "what the change is made of is not kept here",
  "push it again: its contents are sent then",
);

/** Why a result is not of this change; `null`: each of its files is one of the change, from and to. */
async function notOf(
  db: Database,
  digest: string | null,
  { files }: ReplayResult,
): Promise<ReturnType<typeof refused> | null> {
  const entries = digest === null ? null : await entriesOf(db, digest);
  if (entries === null) return UNREAD;
  const other = files.find(({ path, before, after }) => {
    const entry = entries.get(path);
    return entry?.oldContent !== before || entry.newContent !== after;
  });
  return other === undefined
    ? null
    : refused(
        "CONTENTS_DIFFER",
        `the change does not bring \`${other.path}\` from and to what was replayed`,
        "replay the commits of the change: `--base` and `--head` as its page has them",
      );
}

const storedReplays = (db: Database, subject: string): Promise<readonly StoredEntry[]> =>
  entriesOfKindsAbout(db, {
    ...{ subject, kinds: ["config-replayed"] },
    limit: replaysApi.REPLAY_LIMITS.kept,
  });

async function listReplays(
  db: Database,
  id: string,
): Promise<Answer<{ readonly replays: ReplayShown[] }>> {
  const change = await changeById(db, id);
  if (change === null) return { ok: false, failure: NO_CHANGE };
  const stored = change.digest === null ? [] : await storedReplays(db, change.digest);
  const replays: ReplayShown[] = [];
  for (const one of stored.toReversed()) {
    const read = bodyIn("config-replayed", one);
    if (read === null) continue;
    const { result: digest, by } = read.body;
    const result = resultIn(await documentText(db, digest), digest);
    replays.push({ index: one.index, at: read.entry.at, by, digest, result });
  }
  return done({ replays });
}

/** Whoever writes to the table changes nothing of it: the text has to have the digest. */
function resultIn(text: string | null, digest: string): ReplayResult | null {
  if (text === null || sha256Hex(utf8(text)) !== digest) return null;
  const read = replaysApi.REPLAY_RESULT.safeParse(JSON.parse(text));
  return read.success ? read.data : null;
}
