// SPDX-License-Identifier: Apache-2.0
import type { emergencyApi } from "@interlock/protocol";
import { toBase64url } from "@interlock/receipt";
import { type Database, peopleEntries, type StoredEntry } from "@interlock/store";
import type { z } from "zod";

type Sent = z.input<typeof emergencyApi.emergencyRoster.answer>;

const PAGE = 256;

/** The entries about people, word for word: whoever gets them makes the roster alone. */
export async function rosterEntries(
  db: Database,
  known: number | undefined,
): Promise<Pick<Sent, "last" | "entries">> {
  const after = known === undefined ? [] : await peopleEntries(db, { from: known, limit: 2 });
  if (known !== undefined && after.length === 1 && after[0]?.index === known)
    return { last: known, entries: null };
  const all: StoredEntry[] = [];
  for (;;) {
    const page = await peopleEntries(db, { from: (all.at(-1)?.index ?? -1) + 1, limit: PAGE });
    all.push(...page);
    if (page.length < PAGE) break;
  }
  return { last: all.at(-1)?.index ?? -1, entries: all.map(sent) };
}

const sent = ({ index, leaf, body }: StoredEntry) => ({
  index,
  leaf: toBase64url(leaf),
  ...(body.kind === "kept"
    ? { salt: toBase64url(body.salt), body: JSON.parse(body.text) as unknown }
    : { salt: null, body: null }),
});
