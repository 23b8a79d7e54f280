// SPDX-License-Identifier: Apache-2.0
/** What a person is about to sign, read out of Git here, and the wait for its entry in the ledger. */
import { setTimeout as sleep } from "node:timers/promises";
import { GateError, readStatement, type Statement } from "@interlock/core";
import { sixWords } from "@interlock/digest";
import { openRepository } from "@interlock/facts";
import { askToSign, showChange } from "@interlock/protocol";
import type { Paint } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { answerOf, asked, call, type Remote } from "../remote/client.ts";
import { type Recomputed, recompute } from "./recompute.ts";
import { decisionText, type Shown, type Signature, shownChange } from "./shown.ts";

export type Intent = {
  readonly change: string;
  readonly decision: Statement["decision"];
  readonly repo: string;
  readonly person: string;
  readonly reason?: string;
  /** Of an override. */
  readonly waives?: NonNullable<Statement["waives"]>;
  readonly hours?: number;
  /** Of a review: the entry of the debt. */
  readonly settles?: string;
};

export type Prepared = {
  readonly change: string;
  readonly decision: Intent["decision"];
  readonly person: string;
  readonly digest: string;
  readonly words: readonly string[];
  /** Where the passkey signs. */
  readonly link: string;
  readonly statement: Statement;
  readonly shown: Shown;
  /** Why the content could not be compared; only a rejection and a withdrawal go on then. */
  readonly doubt: string | null;
};

const POLL_MS = 2_000;

/**
 * Reads the change here and asks what would be signed. An approval and an override need the same
 * digest from the local repository; opposing a change does not, since it can only tighten. The statement of this
 * question is never signed: the page asks for its own, and this one lapses.
 */
export async function intent(remote: Remote, given: Intent): Promise<Prepared> {
  const { change, decision, person, reason } = given;
  const shown = await shownChange(remote, change);
  const doubt = await doubtAbout(shown, given);
  if (doubt !== null && LOOSENS.has(decision)) throw doubt;
  const { waives, hours, settles } = given;
  const body = {
    decision,
    ...(reason === undefined ? {} : { reason }),
    ...(waives === undefined ? {} : { waives }),
    ...(settles === undefined ? {} : { settles }),
    ...(hours === undefined ? {} : { validForHours: hours }),
  };
  const answer = await asked(remote, askToSign, { params: { id: change }, body });
  const read = readStatement(answer.statement);
  if (!read.ok || !isAbout(read.statement, shown, given))
    throw differs("the server would have you sign a statement about something else", []);
  const { statement } = read;
  return {
    ...{ change, decision, person, statement, shown, digest: statement.digest },
    words: sixWordsOf(statement.digest),
    link: linkTo(statement, given),
    doubt: doubt === null ? null : doubt.message,
  };
}

const LOOSENS: ReadonlySet<Intent["decision"]> = new Set(["approve", "override"]);

/** The page reads what to sign from the fragment, which is sent to no server. */
function linkTo({ product }: Statement, given: Intent): string {
  const { change, decision, reason, waives, hours, settles } = given;
  const wanted = new URLSearchParams({
    sign: decision,
    ...(waives === undefined ? {} : { rule: waives.rule }),
    ...(waives?.incident === undefined ? {} : { incident: waives.incident }),
    ...(hours === undefined ? {} : { hours: String(hours) }),
    ...(settles === undefined ? {} : { debt: settles }),
    ...(reason === undefined ? {} : { reason }),
  });
  return `${product}/changes/${change}#${wanted.toString()}`;
}

const isAbout = (statement: Statement, { change }: Shown, given: Intent): boolean =>
  statement.waives?.rule === given.waives?.rule &&
  statement.waives?.incident === given.waives?.incident &&
  statement.settles === given.settles &&
  statement.change === change.id &&
  statement.digest === change.digest &&
  statement.repository === change.repository &&
  statement.target === change.target &&
  statement.base === change.base &&
  statement.head === change.head &&
  statement.merge === change.merge &&
  statement.decision === given.decision &&
  statement.person === given.person;

async function doubtAbout(shown: Shown, { repo }: Intent): Promise<GateError | null> {
  try {
    const repository = await openRepository(repo);
    try {
      const found: Recomputed = await recompute(repository, shown, null);
      return found.kind === "same"
        ? null
        : differs("the change that is here is not the one that the server shows", found.says);
    } finally {
      repository.close();
    }
  } catch (error) {
    if (error instanceof GateError) return error;
    throw error;
  }
}

const differs = (message: string, says: readonly string[]): GateError =>
  new GateError(
    "CHANGE_DIFFERS",
    [`${message}${says.length === 0 ? "" : ":"}`, ...says.map((line) => `  ${line}`)].join("\n"),
    "approve nothing; fetch again, and if it stays so tell whoever runs the server",
  );

function sixWordsOf(digest: string): readonly string[] {
  const bytes = digest as Parameters<typeof sixWords>[0]; // `readStatement` has checked its form
  return sixWords(bytes);
}

/** Everything that is to be compared with the page. */
export function preparedText(prepared: Prepared, paint: Paint): string {
  const { statement, words, shown, link, doubt, decision } = prepared;
  const where = statement.environment === "" ? "any environment" : statement.environment;
  const lines = [
    ...(doubt === null ? [] : [`! not compared with the repository here: ${doubt}`]),
    `  ${decision} as ${statement.person}: ${shown.change.subject}`,
    `  to      ${statement.target} (${where}) of ${statement.repository}`,
    `  from    ${statement.base}`,
    `  head    ${statement.head}`,
    `  digest  ${statement.digest}`,
    `  rules   ${statement.rules.join(" ")}`,
    ...(statement.naming.length === 0 ? [] : [`  naming  ${statement.naming.join(" ")}`]),
    ...exceptionOf(statement),
    `  until   ${new Date(statement.expiresAt).toISOString()}`,
  ].map(printable);
  const said = LOOSENS.has(decision) ? [decisionText(shown, paint)] : [];
  return `${[
    ...said,
    ...lines,
    `  words   ${paint.bold(words.join(" "))}`,
    "          the page must show the same six words; sign nothing if it does not",
    `  open    ${printable(link)}`,
    "",
  ].join("\n")}`;
}

function exceptionOf({ waives, settles }: Statement): readonly string[] {
  if (settles !== undefined) return [`  debt    ${settles}`];
  if (waives === undefined) return [];
  const how = waives.breakGlass ? `break-glass for ${waives.incident ?? ""}` : "waiver";
  return [`  waives  ${waives.rule} (${how})`];
}

const KIND = {
  approve: "approval",
  reject: "rejection",
  withdraw: "withdrawal",
  override: "override",
  settle: "debt-review",
} as const;

/** The person's entry, once it is durable; `null` when the time is up. A server that is away is waited for. */
export async function waitForEntry(
  remote: Remote,
  { change, decision, person, shown }: Prepared,
  timeoutMs: number,
): Promise<Signature | null> {
  const before = new Set(shown.signatures.map(({ entry }) => entry));
  const until = Date.now() + timeoutMs;
  while (Date.now() < until) {
    await sleep(Math.min(POLL_MS, Math.max(1, until - Date.now())));
    const now = await call(remote, showChange, { params: { id: change } });
    if (now.kind === "away") continue;
    const found = answerOf(now, remote).signatures.find(
      (one) => one.person === person && one.kind === KIND[decision] && !before.has(one.entry),
    );
    if (found !== undefined) return found;
  }
  return null;
}
