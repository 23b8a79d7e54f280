// SPDX-License-Identifier: Apache-2.0
/** Standing remedies: registered once they landed with two approvals by passkey. */
import { type Bodies, isKnownKind, readLeaf } from "@interlock/core";
import { digestOf, isDigest } from "@interlock/digest";
import {
  type ChangeDocument,
  documentDigest,
  isError,
  lint,
  readDocument,
} from "@interlock/document";
import type { RemedyShown } from "@interlock/protocol";
import {
  type Database,
  documentText,
  newestOfKind,
  type StoredEntry,
  saveDocument,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { bodyIn } from "../ledger/stored.ts";
import { done, refused } from "../people/terms.ts";
import { approvalsOf, landedDocument } from "./landed.ts";
import { documentNamed } from "./story.ts";
import { activePerson, appendOne, type RunTerms, within } from "./terms.ts";

const REMEDY_TAG = "interlock/remedy/v1";
/** Of all remedies with their older texts; more are no standing remedies but a way round. */
const REMEDIES_MAX = 1_000;

/** Registers a remedy, or a newer text of it. The last one registered is the one that runs. */
export async function register(
  terms: RunTerms,
  given: { readonly person: string; readonly change: string; readonly text: string },
): Promise<Answer<RemedyShown>> {
  const { person, change, text } = given;
  const read = readDocument("document", text);
  const now = terms.now();
  if (!read.ok || read.sited.document.remedy === null)
    return refused(
      "INPUT_INVALID",
      "the document is no standing remedy",
      "see `interlock document check`",
    );
  const { document } = read.sited;
  const [error] = lint(read.sited, { now }).filter(isError);
  if (error !== undefined)
    return refused("INPUT_INVALID", `line ${error.line}: ${error.message}`, error.help);
  return await within(terms, async (tx) => {
    const active = await activePerson(terms, tx, person);
    if (!active.ok) return active;
    const landed = await landedDocument(tx, { change, document: documentDigest(text) });
    if (!landed.ok) return landed;
    const { digest, body: decided } = landed.value;
    const signed = { digest, document: document.digest, counted: decided.counted };
    const counted = await approvalsOf(tx, signed, { hearing: terms.hearing, roster: active.value });
    if (counted.approvedBy.length < 2)
      return refused(
        "NOT_ALLOWED",
        "fewer than two approvals by passkey counted that name this document and no other",
        "land it in a change without other documents, approved by two people besides its authors",
      );
    const remedy = document.remedy?.id ?? "";
    const body: Bodies["remedy"] = {
      ...{ remedy, title: document.title, document: document.digest, change, by: person },
      ...{ digest: landed.value.digest, decision: landed.value.decision },
      ...{ approvals: [...counted.approvals], approvedBy: [...counted.approvedBy] },
    };
    await saveDocument(tx, { digest: document.digest, text, now });
    const subject = digestOf(REMEDY_TAG, { remedy, document: document.digest, change });
    const entry = prepare({ kind: "remedy", at: now, subject, body });
    const appended = await appendOne(terms, tx, entry);
    if (!appended.ok) return appended;
    const own = { body, entry: entry.id, document, text };
    const [answer] = await shownRemedies(tx, [own], now);
    if (answer === undefined) throw new Error("invariant broken: one remedy is shown as one");
    return done(answer);
  });
}

export type Standing = {
  readonly body: Bodies["remedy"];
  readonly entry: string;
  readonly document: ChangeDocument;
  readonly text: string;
};

/** The newest text of every remedy, by id, with its signatures verified once more. by (signed-remedy) */
export async function standingRemedies(
  { hearing, book }: Pick<RunTerms, "hearing" | "book">,
  db: Database,
): Promise<readonly Standing[]> {
  const roster = await book.at(db);
  const found = new Map<string, Standing | null>();
  for (const stored of await newestOfKind(db, { kind: "remedy", limit: REMEDIES_MAX })) {
    const body = bodyOfKind(stored);
    if (body === null || found.has(body.remedy)) continue;
    // An older text must not come back because the newest cannot be read.
    const { digest, document, approvals: counted } = body;
    const signed = isDigest(digest) ? { digest, document, counted } : null;
    const good = signed && (await approvalsOf(db, signed, { hearing, roster }));
    const two = good !== null && good.approvedBy.length >= 2;
    found.set(body.remedy, two ? await standing(db, stored, body) : null);
  }
  return [...found.values()]
    .filter((one) => one !== null)
    .sort((a, b) => (a.body.remedy < b.body.remedy ? -1 : 1));
}

function bodyOfKind(stored: StoredEntry): Bodies["remedy"] | null {
  const named = readLeaf(new TextDecoder().decode(stored.leaf));
  if (!named.ok || !isKnownKind(named.entry)) return null;
  return bodyIn("remedy", stored)?.body ?? null;
}

async function standing(
  db: Database,
  stored: StoredEntry,
  body: Bodies["remedy"],
): Promise<Standing | null> {
  const text = await documentText(db, body.document);
  const document = text === null ? null : documentNamed(text, body.document);
  if (text === null || document === null || document.remedy?.id !== body.remedy) return null;
  return { body, document, text, entry: Buffer.from(stored.leafHash).toString("hex") };
}

/** Runs among which those of a remedy are looked for. */
const RUNS_LOOKED_AT = 1_000;

/** As the API shows them, with how often each was used lately. */
export async function shownRemedies(
  db: Database,
  standing: readonly Standing[],
  now: number,
): Promise<RemedyShown[]> {
  const newest = await newestOfKind(db, { kind: "run", limit: RUNS_LOOKED_AT });
  const runs = newest.flatMap((stored) => bodyIn("run", stored) ?? []);
  return standing.map((one) => {
    const own = runs.filter(({ body }) => body.remedy === one.body.remedy);
    const [last] = own;
    const from = now - (one.document.remedy?.withinMs ?? 0);
    const run = last?.entry.subject ?? null;
    return {
      ...shown(one),
      ranLately: own.filter(({ entry }) => entry.at > from).length,
      lastRun:
        last === undefined || run === null
          ? null
          : { run, at: last.entry.at, operator: last.body.operator },
    };
  });
}

function shown({ body, entry, document }: Standing): Omit<RemedyShown, "ranLately" | "lastRun"> {
  const { remedy: terms, rollback } = document;
  if (terms === null) throw new Error("invariant broken: a standing remedy is one");
  const rehearsed = rollback?.rehearsed?.at ?? 0;
  return {
    ...{ remedy: body.remedy, title: body.title, document: body.document, entry },
    ...{ approvedBy: [...body.approvedBy], runs: terms.runs, withinMs: terms.withinMs },
    parameters: terms.parameters.map((parameter) => ({ ...parameter })),
    ...{ rehearsedAt: rehearsed, rehearsedUntil: rehearsed + terms.rehearsalValidMs },
    ...{ mayRun: [...terms.mayRun], change: body.change },
  };
}
