// SPDX-License-Identifier: Apache-2.0
import type pg from "pg";
import { refused } from "../failure.ts";
import type { TargetFailure } from "../target.ts";
import { type PostgresSettings, quotedTable } from "./settings.ts";
import { fenceTableSql, type ValueType } from "./sql.ts";

export type Fit =
  | { readonly ok: true; readonly type: ValueType }
  | { readonly ok: false; readonly failure: TargetFailure };

const TYPES: ReadonlySet<string> = new Set(["bytea", "text", "varchar", "json", "jsonb"]);
/** Any number of our own. */
const CREATING = "7308895159402259045";
const unfit = (message: string, help: string): Fit => ({
  ok: false,
  failure: refused(message, help),
});

/** Whether rows of this table can be written as the settings say: its columns, and one row a key. */
export async function fitOf(
  client: pg.ClientBase,
  settings: PostgresSettings,
  table: string,
): Promise<Fit> {
  const { keyColumn, valueColumn, versionColumn, cellColumn } = settings;
  const { rows } = await client.query<{ name: string; type: string }>(
    `select a.attname::text as name, t.typname::text as type from pg_attribute a
     join pg_type t on t.oid = a.atttypid
     where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped`,
    [quotedTable(table)],
  );
  if (rows.length === 0)
    return unfit(`there is no table \`${table}\``, "create it, or correct `settings.cells`");
  const types = new Map(rows.map(({ name, type }) => [name, type]));
  for (const column of [keyColumn, cellColumn]) {
    const type = column === null ? "text" : types.get(column);
    if (type !== "text" && type !== "varchar")
      return unfit(
        `\`${table}\` has no column \`${column}\` of type text or varchar`,
        "name the column that holds it",
      );
  }
  const type = types.get(valueColumn) ?? "";
  if (!TYPES.has(type))
    return unfit(
      `\`${table}\` has no column \`${valueColumn}\` of type bytea, text, varchar, json or jsonb`,
      "name the column that holds the value",
    );
  const version = versionColumn === null ? "int8" : types.get(versionColumn);
  if (version !== "int4" && version !== "int8")
    return unfit(
      `\`${table}\` has no column \`${versionColumn}\` of type integer or bigint`,
      "name the column that counts the writes, or leave `versionColumn` out",
    );
  const columns = [keyColumn, ...(cellColumn === null ? [] : [cellColumn])].sort();
  if (!(await isUnique(client, table, columns)))
    return unfit(
      `\`${table}\` has no unique index on exactly ${columns.join(", ")}`,
      "create one: without it a key can have two rows",
    );
  return {
    ok: true,
    type: type === "bytea" || type === "json" || type === "jsonb" ? type : "text",
  };
}

async function isUnique(
  client: pg.ClientBase,
  table: string,
  columns: readonly string[],
): Promise<boolean> {
  const { rows } = await client.query(
    `select 1 from pg_index i
     where i.indrelid = to_regclass($1) and i.indisunique and i.indisvalid and i.indimmediate
       and i.indpred is null and i.indexprs is null and i.indnatts = cardinality($2::text[])
       and (select array_agg(a.attname::text order by a.attname::text collate "C") from pg_attribute a
            where a.attrelid = i.indrelid and a.attnum = any(i.indkey)) = $2::text[]`,
    [quotedTable(table), columns],
  );
  return rows.length > 0;
}

/** Whether the companion table is there, after creating it where that is allowed. */
export async function fencesFit(
  client: pg.ClientBase,
  { fenceTable, createFence }: PostgresSettings,
): Promise<TargetFailure | null> {
  const { rows } = await client.query<{ there: boolean }>(
    "select to_regclass($1) is not null as there",
    [quotedTable(fenceTable)],
  );
  if (rows[0]?.there !== true) {
    if (!createFence)
      return refused(
        `there is no table \`${fenceTable}\``,
        "create it as docs/reference/targets.md shows, or set `createFence`",
      );
    // One message is one transaction; without the lock two that create it at once collide in the catalog.
    await client.query(`select pg_advisory_xact_lock(${CREATING}); ${fenceTableSql(fenceTable)}`);
  }
  await client.query(
    `delete from ${quotedTable(fenceTable)} where idempotency_key <> '' and at < now() - interval '90 days'`,
  );
  return null;
}
