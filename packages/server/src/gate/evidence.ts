// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  contributorsOf,
  type Evidence,
  evidenceOf,
  type Facts,
  isUnknown,
  personGraph,
  type Statement,
  unknown,
} from "@interlock/core";
import type { SignedKind } from "@interlock/store";
import { type Roster, workingKey } from "../people/roster.ts";
import type { Heard } from "./hearing.ts";

/** A statement whose signature was verified, with its place in the ledger. */
export type SignedStatement = {
  readonly index: number;
  /** Id of the entry. */
  readonly entry: string;
  readonly kind: SignedKind;
  readonly person: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly statement: Statement;
  readonly reason: string | undefined;
  /** Index of the entry that withdrew or replaced it. */
  readonly ended: number | null;
  /** Of its key, as the enrolment in the ledger has it. */
  readonly backupEligible: boolean;
};

/** Where and when an approval has to be good. */
export type Occasion = {
  readonly change: string;
  readonly target: string;
  readonly environment: string;
  readonly now: number;
  /** It has landed, and is judged as it did. */
  readonly landed: boolean;
  /** Of the rules that applied; `null` before they are known. */
  readonly rules: readonly string[] | null;
};

/**
 * The statements that are evidence on an occasion. Approvals and overrides of other places, times or rules are left
 * out, and so are those of contributors, of keys that were revoked and of persons who left: what
 * stands in the facts is what a receipt has to show. Rejections stay, whatever they were about:
 * opposing evidence is closed by its own act alone.
 *
 * INVARIANT (approvals-end): what was signed for a content lets it land once. Whatever stands in the
 * ledger before the entry that it landed counts for no further landing of it.
 */
export function applicable(
  { said, landed }: Heard,
  facts: Facts,
  roster: Roster,
  occasion: Occasion,
): readonly SignedStatement[] {
  const barred = barredPersons(facts);
  return said.filter(({ index, kind, ended, person, statement }) => {
    if (ended !== null || kind === "withdrawal" || kind === "debt-review") return false;
    if (kind === "rejection") return true;
    if (!occasion.landed && endedByLanding(landed, index)) return false;
    const { change, target, environment, now, rules } = occasion;
    return (
      statement.change === change &&
      statement.target === target &&
      (statement.environment === "" || statement.environment === environment) &&
      now < statement.expiresAt &&
      (rules === null || rules.every((digest) => statement.rules.includes(digest))) &&
      workingKey(roster, statement.credential) !== null &&
      !barred(person)
    );
  });
}

/** Whether what was signed at an index let a content land that has landed since. */
export const endedByLanding = (landed: number | null, index: number): boolean =>
  landed !== null && index <= landed;

/** Index of the entry that ended approvals of a content by its landing; `null`: none did. */
export function landingThatEnded({ said, landed }: Heard, isLanded: boolean): number | null {
  const ended = said.some(
    ({ kind, index, ended: by }) =>
      kind === "approval" && by === null && endedByLanding(landed, index),
  );
  return ended && !isLanded ? landed : null;
}

/** Whether a person had a part in the change. What nobody knows bars nobody here: `decide` holds then. */
export function barredPersons(facts: Facts): (person: string) => boolean {
  if (isUnknown(facts.people)) return () => false;
  const graph = personGraph(facts.people);
  const { persons } = contributorsOf(facts.change, graph);
  return (person) => {
    const resolved = graph.resolve(accountOf(person));
    return resolved.kind === "person" && persons.has(resolved.id);
  };
}

/** Statements as the evidence that `decide` reads, with what was heard and cannot be read. */
export function evidenceFrom(
  good: readonly SignedStatement[],
  { unread, doubt }: Pick<Heard, "unread" | "doubt">,
): Pick<Evidence, "approvals" | "rejections"> {
  const each = good.map(({ statement, at, reason, backupEligible }) =>
    evidenceOf(statement, { at, ended: false, reason: reason ?? "", backupEligible }),
  );
  const help = "ask whoever keeps the server why, and push another content";
  return {
    approvals: doubt === null ? each.flatMap(({ approvals }) => approvals) : unknown(doubt, help),
    rejections: [...each.flatMap(({ rejections }) => rejections), ...unread],
  };
}
