// SPDX-License-Identifier: Apache-2.0
import type pg from "pg";
import { away, refused, shown, textOf } from "../failure.ts";
import { isSame } from "../plan.ts";
import type { Batch, BatchItem, WriteOutcome } from "../target.ts";
import { failureOf, isCertain, isDuplicate } from "./errors.ts";
import type { CellSql } from "./sql.ts";

/** An inserted key that somebody else inserted meanwhile is found by beginning again; once is enough. */
const ATTEMPTS = 3;

export type Writing = {
  readonly client: pg.ClientBase;
  readonly sql: CellSql;
  readonly id: string;
};

/**
 * Writes a batch in one transaction with its fence and idempotency key. `broken` says whether the
 * connection may not be used again. Only what happens from COMMIT on leaves the outcome open: a
 * transaction whose COMMIT was not sent ends with its connection.
 */
export async function writeRows(
  writing: Writing,
  batch: Batch,
): Promise<{ readonly outcome: WriteOutcome; readonly broken: boolean }> {
  const { client } = writing;
  for (let attempt = 1; ; attempt++) {
    let committing = false;
    try {
      const outcome = await stage(writing, batch);
      committing = outcome === null;
      const { command } = await client.query(outcome === null ? "commit" : "rollback");
      if (outcome !== null) return { outcome, broken: false };
      if (command === "COMMIT") return { outcome: { kind: "written" }, broken: false };
      const failure = away("the database took the transaction back", "try again");
      return { outcome: { kind: "away", failure }, broken: true };
    } catch (error) {
      if (!isCertain(error)) return { outcome: lost(error, committing), broken: true };
      // An error of the server has ended the transaction; this only makes the connection usable.
      await client.query("rollback");
      if (isDuplicate(error) && attempt < ATTEMPTS) continue;
      const failure = failureOf(error);
      const kind = failure.code === "TARGET_AWAY" ? ("away" as const) : ("refused" as const);
      return { outcome: { kind, failure }, broken: false };
    }
  }
}

function lost(error: unknown, committing: boolean): WriteOutcome {
  if (!committing) return { kind: "away", failure: failureOf(error) };
  const failure = away(`no answer to COMMIT came: ${shown(textOf(error))}`, "read it back");
  return { kind: "unknown", failure };
}

/** Does everything but COMMIT; an outcome means that nothing is to be committed. */
async function stage({ client, sql, id }: Writing, batch: Batch): Promise<WriteOutcome | null> {
  await client.query(sql.begin);
  const { rows: claims } = await client.query<{ claimed: boolean; fence: string }>(sql.claim, [
    id,
    batch.idempotencyKey,
    batch.fence,
  ]);
  const fence = Number(claims[0]?.fence);
  if (claims[0]?.claimed !== true) return { kind: "already" };
  if (fence > batch.fence) return { kind: "fenced", fence };
  const { rows } = await client.query<{ key: string; version: string }>(sql.lockRows, [
    batch.items.map(({ key }) => key),
  ]);
  const versions = new Map(rows.map(({ key, version }) => [key, version]));
  const keys = batch.items
    .filter(({ key, over }) => (versions.get(key) ?? null) !== over)
    .map(({ key }) => key);
  if (keys.length > 0) return { kind: "conflict", keys, done: [] };
  const puts = batch.items.filter(({ value }) => value !== null);
  return (
    (await put(
      client,
      sql.update,
      puts.filter(({ key }) => versions.has(key)),
    )) ??
    (await put(
      client,
      sql.insert,
      puts.filter(({ key }) => !versions.has(key)),
    )) ??
    (await remove(
      client,
      sql.remove,
      batch.items.filter(({ key, value }) => value === null && versions.has(key)),
    ))
  );
}

async function put(
  client: pg.ClientBase,
  sql: string,
  items: readonly BatchItem[],
): Promise<WriteOutcome | null> {
  if (items.length === 0) return null;
  const { rows } = await client.query<{ key: string; value: Uint8Array | null }>(sql, [
    items.map(({ key }) => key),
    items.map(({ value }) => Buffer.from(value ?? "")),
  ]);
  const kept = new Map(rows.map(({ key, value }) => [key, value]));
  const differs = items.find(({ key, value }) => !isSame(kept.get(key) ?? null, value));
  return differs === undefined ? null : notKept(differs.key);
}

async function remove(
  client: pg.ClientBase,
  sql: string,
  items: readonly BatchItem[],
): Promise<WriteOutcome | null> {
  if (items.length === 0) return null;
  const { rows } = await client.query<{ key: string }>(sql, [items.map(({ key }) => key)]);
  const gone = new Set(rows.map(({ key }) => key));
  const stays = items.find(({ key }) => !gone.has(key));
  return stays === undefined ? null : notKept(stays.key);
}

/** A trigger, or a type such as jsonb that writes a value its own way. */
const notKept = (key: string): WriteOutcome => ({
  kind: "refused",
  failure: refused(
    `the table does not keep what is written to \`${shown(key)}\` as it is`,
    "look for a trigger or a rule on it; a jsonb column takes only its own spelling of a value",
  ),
});
