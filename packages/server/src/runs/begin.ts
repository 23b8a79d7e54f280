// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import type { Bodies } from "@interlock/core";
import { canonicalJson, type Digest } from "@interlock/digest";
import {
  type ChangeDocument,
  documentDigest,
  planDigest,
  planOf,
  readDocument,
  readValues,
  runId,
  type Values,
} from "@interlock/document";
import type { RunShown } from "@interlock/protocol";
import {
  type Database,
  lockHead,
  newestOfKind,
  saveDocument,
  type Transaction,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { prepare } from "../ledger/record.ts";
import { bodyIn } from "../ledger/stored.ts";
import type { Roster } from "../people/roster.ts";
import { done, refused } from "../people/terms.ts";
import { landedDocument } from "./landed.ts";
import { type Standing, standingRemedies } from "./remedies.ts";
import { isDamaged, shownRun, storyOf } from "./story.ts";
import { activePerson, appendOne, type RunTerms, unread, within } from "./terms.ts";

export type Wanted = { readonly once?: string | undefined } & (
  | { readonly change: string; readonly document: string; readonly second: string }
  | { readonly remedy: string; readonly values: Values }
);

/**
 * Begins a run. Its entry is durable before the operator is told that it may begin. by (entry-first)
 * Asked again with the same `once`, after an answer that got lost, it gives the run that began then.
 */
export async function begin(
  terms: RunTerms,
  person: string,
  wanted: Wanted,
): Promise<Answer<RunShown>> {
  const begun = await within(terms, async (tx) => {
    // Before anything is counted, so that two who begin at once are counted both.
    await lockHead(tx);
    const run = runId(person, wanted.once ?? randomBytes(16).toString("hex"));
    const before = await begunBefore(tx, run, wanted);
    if (before !== null) return before;
    const roster = await activePerson(terms, tx, person);
    if (!roster.ok) return roster;
    const found =
      "remedy" in wanted
        ? await ofRemedy(terms, tx, { person, wanted, roster: roster.value })
        : await ofChange(tx, { person, wanted, roster: roster.value });
    if (!found.ok) return found;
    const { body, text } = found.value;
    const now = terms.now();
    await saveDocument(tx, { digest: body.document, text, now });
    const entry = prepare({ kind: "run", at: now, subject: run, body });
    const appended = await appendOne(terms, tx, entry);
    return appended.ok ? done(run) : appended;
  });
  if (!begun.ok) return begun;
  const story = await storyOf(terms.store.db, begun.value);
  if (story === null || isDamaged(story)) return unread("the run that was begun cannot be read");
  return done(shownRun(story));
}

/** The run of that id, where it is the one that is wanted; `null` where there is none. */
async function begunBefore(
  tx: Transaction,
  run: Digest,
  wanted: Wanted,
): Promise<Answer<Digest> | null> {
  const story = await storyOf(tx, run);
  if (story === null) return null;
  if (isDamaged(story)) return unread(story.damaged);
  const { begun } = story;
  const same =
    "remedy" in wanted
      ? begun.remedy === wanted.remedy && sameValues(begun.values, wanted.values)
      : begun.remedy === undefined &&
        begun.change === wanted.change &&
        begun.document === documentDigest(wanted.document) &&
        begun.second === wanted.second;
  return same
    ? done(run)
    : refused("OUT_OF_ORDER", "you began another run with this `once`", "take a new random one");
}

const sameValues = (one: Values, other: Values): boolean =>
  canonicalJson({ ...one }) === canonicalJson({ ...other });

type Begun = { readonly body: Bodies["run"]; readonly text: string };

async function ofChange(
  tx: Transaction,
  given: {
    readonly person: string;
    readonly wanted: Extract<Wanted, { readonly change: string }>;
    readonly roster: Roster;
  },
): Promise<Answer<Begun>> {
  const { person, wanted, roster } = given;
  const { change, document: text, second } = wanted;
  const read = readDocument("document", text);
  if (!read.ok)
    return refused(
      "INPUT_INVALID",
      "the document cannot be read",
      "see `interlock document check`",
    );
  const { document } = read.sited;
  if (document.remedy !== null)
    return refused(
      "INPUT_INVALID",
      "the document is a standing remedy",
      "register it, and run it by its id",
    );
  const wrong = secondPerson({ person, second, document, roster });
  if (wrong !== null) return wrong;
  const landed = await landedDocument(tx, { change, document: document.digest });
  if (!landed.ok) return landed;
  const { decision } = landed.value;
  return done({ text, body: bodyOf(document, { change, decision, operator: person, second }) });
}

function secondPerson(given: {
  readonly person: string;
  readonly second: string;
  readonly document: ChangeDocument;
  readonly roster: Roster;
}) {
  const { person, second, document, roster } = given;
  if (second === person)
    return refused("NOT_ALLOWED", "you cannot be your own second person", "name somebody else");
  if (second === "" && document.steps.some((step) => step.second))
    return refused(
      "INPUT_INVALID",
      "the document asks for a second person",
      "name one as `second`",
    );
  return second === "" || roster.persons.get(second)?.active === true
    ? null
    : refused("NOT_FOUND", `\`${second}\` is no active person here`, "name somebody who is");
}

function bodyOf(
  document: ChangeDocument,
  more: Omit<Bodies["run"], "document" | "plan" | "values"> & { readonly values?: Values },
): Bodies["run"] {
  const values = more.values ?? {};
  return { ...more, values, document: document.digest, plan: planDigest(planOf(document, values)) };
}

async function ofRemedy(
  terms: RunTerms,
  tx: Transaction,
  given: {
    readonly person: string;
    readonly wanted: Extract<Wanted, { readonly remedy: string }>;
    readonly roster: Roster;
  },
): Promise<Answer<Begun>> {
  const { person, wanted, roster } = given;
  const standing = (await standingRemedies(terms, tx)).find(
    ({ body }) => body.remedy === wanted.remedy,
  );
  if (standing === undefined)
    return refused(
      "NOT_FOUND",
      `no remedy \`${wanted.remedy}\` stands`,
      "see the list of remedies",
    );
  const barred = barredFrom(standing, { person, roster, now: terms.now() });
  if (barred !== null) return barred;
  const read = readValues(standing.document.remedy?.parameters ?? [], wanted.values);
  if (!read.ok)
    return refused(
      "INPUT_INVALID",
      read.problems.join("; "),
      "give each parameter a value in its range",
    );
  const often = await tooOften(tx, standing, terms.now());
  if (often !== null) return often;
  const { change, decision } = standing.body;
  const by = { change, decision, operator: person, second: "", remedy: wanted.remedy };
  return done({
    text: standing.text,
    body: bodyOf(standing.document, { ...by, values: read.values }),
  });
}

function barredFrom(
  { document }: Standing,
  {
    person,
    roster,
    now,
  }: { readonly person: string; readonly roster: Roster; readonly now: number },
) {
  const { remedy, rollback } = document;
  const rehearsed = rollback?.rehearsed?.at;
  if (remedy === null || rehearsed === undefined || now - rehearsed > remedy.rehearsalValidMs)
    return refused(
      "NOT_ALLOWED",
      "its rehearsal is older than the remedy allows",
      "rehearse it and land the new date; until then nobody may run it alone",
    );
  const accounts = roster.persons.get(person)?.accounts ?? [];
  return remedy.mayRun.some((name) => name === person || accounts.includes(name))
    ? null
    : refused(
        "NOT_ALLOWED",
        `\`mayRun\` names neither \`${person}\` nor one of your accounts`,
        `ask ${remedy.mayRun.slice(0, 5).join(", ")}`,
      );
}

/** More runs than this are looked through for a limit; whoever needs more has no limit worth its name. */
const LOOKED_AT = 1_000;

async function tooOften(db: Database, { body, document }: Standing, now: number) {
  const { runs, withinMs } = document.remedy ?? { runs: 0, withinMs: 0 };
  const newest = await newestOfKind(db, { kind: "run", limit: LOOKED_AT });
  const lately = newest
    .flatMap((stored) => bodyIn("run", stored) ?? [])
    .filter(({ entry, body: run }) => run.remedy === body.remedy && entry.at > now - withinMs);
  const all = newest.length === LOOKED_AT && (newest.at(-1)?.at ?? 0) > now - withinMs;
  if (lately.length < runs && !all) return null;
  const oldest = lately.at(-1)?.entry.at ?? now;
  return refused(
    "NOT_ALLOWED",
    `it ran ${lately.length} times in the last ${withinMs / 60_000} minutes, ${runs} are allowed`,
    `wait until ${new Date(oldest + withinMs).toISOString()}, or land a change with two people`,
  );
}
