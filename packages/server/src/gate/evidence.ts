// SPDX-License-Identifier: Apache-2.0
import {
  accountOf,
  contributorsOf,
  evidenceOf,
  type Facts,
  isUnknown,
  personGraph,
  readStatement,
  type Statement,
  type StatementEvidence,
} from "@interlock/core";
import type { StoredSigned } from "@interlock/store";

/** A signature that may count, with what it says. */
export type SignedStatement = { readonly stored: StoredSigned; readonly statement: Statement };

/** What people said about a content and have not taken back. */
export function statementsOf(signed: readonly StoredSigned[]): readonly SignedStatement[] {
  return signed.flatMap((stored) => {
    if (stored.endedIndex !== null || stored.kind === "withdrawal") return [];
    const read = readStatement(JSON.parse(stored.statement));
    // Written by this server from a statement that it had checked.
    if (!read.ok)
      throw new Error(`invariant broken: the statement of entry ${stored.index} is none`);
    return [{ stored, statement: read.statement }];
  });
}

/** Where and when an approval has to be good. */
export type Occasion = {
  readonly change: string;
  readonly target: string;
  readonly environment: string;
  readonly now: number;
  /** Of the rules that applied; `null` before they are known. */
  readonly rules: readonly string[] | null;
};

/**
 * The signatures that are evidence on an occasion. Approvals of other places, times or rules are left
 * out, and so are those of contributors: what stands in the facts is what a receipt has to show.
 * Rejections stay, whatever they were about: opposing evidence is closed by its own act alone.
 */
export function applicable(
  signed: readonly SignedStatement[],
  facts: Facts,
  occasion: Occasion,
): readonly SignedStatement[] {
  const barred = barredPersons(facts);
  return signed.filter(({ stored, statement }) => {
    if (stored.kind === "rejection") return true;
    const { change, target, environment, now, rules } = occasion;
    return (
      statement.change === change &&
      statement.target === target &&
      (statement.environment === "" || statement.environment === environment) &&
      now < statement.expiresAt &&
      (rules === null || rules.every((digest) => statement.rules.includes(digest))) &&
      !barred(stored.person)
    );
  });
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

/** Signatures as the evidence that `decide` reads. */
export function evidenceFrom(signed: readonly SignedStatement[]): StatementEvidence {
  const each = signed.map(({ stored, statement }) =>
    evidenceOf(statement, { at: stored.at, ended: false, reason: stored.reason ?? "" }),
  );
  return {
    approvals: each.flatMap(({ approvals }) => approvals),
    rejections: each.flatMap(({ rejections }) => rejections),
  };
}
