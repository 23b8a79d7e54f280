// SPDX-License-Identifier: Apache-2.0
import { type Description, type ReadDescription, readDescription } from "@interlock/controlplane";
import { sha256Hex, utf8 } from "@interlock/digest";
import { type Database, documentText } from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import type { PeopleBook } from "../people/book.ts";
import type { InForce } from "../people/roster.ts";
import { done, refused } from "../people/terms.ts";

/** The description in force, with the text that two people signed. */
export type Described = InForce & { readonly text: string; readonly description: Description };

const FILE = "control-plane.yaml";

/**
 * The description in force; `null` where two people never agreed upon one.
 *
 * INVARIANT (described by two): which text it is comes from signatures in the ledger, and the text has
 * to have their digest: whoever writes to the other tables changes nothing of it.
 */
export async function describedNow(
  book: Pick<PeopleBook, "at">,
  db: Database,
): Promise<Answer<Described | null>> {
  const { described } = await book.at(db);
  if (described === null) return done(null);
  const read = await describedText(db, described.digest);
  return read.ok ? done({ ...described, ...read.value }) : read;
}

/** The text of a digest, and what it says. */
export async function describedText(
  db: Database,
  digest: string | null,
): Promise<Answer<Pick<Described, "text" | "description">>> {
  const text = digest === null ? null : await documentText(db, digest);
  if (text === null || sha256Hex(utf8(text)) !== digest)
    return refused(
      "LEDGER_DAMAGED",
      `the text of the description \`${String(digest).slice(0, 12)}\` is not here, or is another one`,
      "propose the text again from its branch; nothing is driven meanwhile",
    );
  const read = readText(text);
  return read.ok ? done({ text, description: read.value }) : read;
}

/** What a text says, or the first of its problems; `readIt` finds them. */
export function readText(
  text: string,
  readIt: (file: string, text: string) => ReadDescription = readDescription,
): Answer<Description> {
  if (/\p{Cs}/u.test(text))
    return refused("INPUT_INVALID", `${FILE} holds half a character`, "send it as UTF-8");
  const read = readIt(FILE, text);
  if (read.ok) return done(read.description);
  const [first] = read.problems;
  if (first === undefined) throw new Error("invariant broken: refused without a problem");
  const { line, column, message, help } = first;
  const more = read.problems.length > 1 ? ` (and ${read.problems.length - 1} more)` : "";
  return refused("INPUT_INVALID", `${FILE}:${line}:${column}: ${message}${more}`, help);
}
