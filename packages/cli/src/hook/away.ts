// SPDX-License-Identifier: Apache-2.0
/** What landed while the server did not answer: a line each, kept in the repository until it is imported. */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { isUnknown, teamsTouched } from "@interlock/core";
import { type AwayRecord, emergencyApi, gate } from "@interlock/protocol";
import { jsonOf } from "../files/json.ts";
import { judges, type Question } from "./ask.ts";
import { appendLine, linesOf } from "./lines.ts";

const JOURNAL = "interlock-away.jsonl";
/** A line for each that is an entry of the ledger, written once that is durable. */
const IMPORTED = "interlock-away-imported.jsonl";

/** What was let through, with all that the server needs to look at it afterwards as it would have before. */
export type WentOn = {
  readonly id: string;
  readonly record: AwayRecord;
  readonly question: Readonly<Record<string, unknown>>;
};

export function wentOn(
  { place, facts, policies }: Question,
  how: {
    readonly pushedBy: readonly string[] | null;
    readonly because: string;
    readonly signed: readonly string[];
  },
): WentOn {
  const { digest, environment } = facts.change;
  return {
    id: randomUUID(),
    record: {
      place: { ...place, environment },
      digest: isUnknown(digest) ? null : digest,
      landedAt: Date.now(),
      pushedBy: how.pushedBy === null ? null : [...how.pushedBy],
      because: how.because.slice(0, 2_000).toWellFormed(),
      teams: [...(teamsTouched(facts.change) ?? [])],
      signed: [...how.signed],
    },
    question: { place, facts, policies: judges(policies) },
  };
}

/** Durable before the push is let through, so that nothing lands without a trace. by (entry-first) */
export function keepRecord(gitDir: string, entry: WentOn): void {
  appendLine(join(gitDir, JOURNAL), JSON.stringify({ version: 2, ...entry }));
}

/** Pushes that no entry of the ledger is known of; a `null` was written by an older version, or is damaged. */
export function pendingRecords(gitDir: string): readonly (WentOn | null)[] {
  const imported = new Set(
    linesOf(join(gitDir, IMPORTED)).map((line) => {
      const value = jsonOf(line);
      return isRecord(value) ? value["id"] : undefined;
    }),
  );
  return linesOf(join(gitDir, JOURNAL))
    .map(readLine)
    .filter((one) => one === null || !imported.has(one.id));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function readLine(line: string): WentOn | null {
  const value = jsonOf(line);
  if (!isRecord(value)) return null;
  const { id, record, question } = value;
  const read = emergencyApi.AWAY_RECORD.safeParse(record);
  const asked = gate.body.safeParse(question);
  if (typeof id !== "string" || !read.success || !asked.success) return null;
  return { id, record: read.data, question: asked.data };
}

/** Only once the entry is durable: a record that is brought twice is one entry. */
export function markImported(gitDir: string, id: string, index: number): void {
  appendLine(join(gitDir, IMPORTED), JSON.stringify({ id, index }));
}

/** How many pushes wait to be imported. */
export const recordsKept = (gitDir: string): number => pendingRecords(gitDir).length;
