// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";
import { VALUE_BYTES_MAX } from "../target.ts";
import { WRITER_TEXT_MAX } from "../writer.ts";
import { type Place, type PostgresSettings, quoted, quotedTable } from "./settings.ts";

/** How values are kept: as they are, or as text that has to be valid UTF-8 without NUL. */
export type ValueType = "bytea" | "text" | "json" | "jsonb";

/** The statements for one cell. Names are quoted; everything that varies is a parameter. */
export type CellSql = {
  /** Opens a transaction that no other writer of the cell runs beside. */
  readonly begin: string;
  /** Waits for writers of the cell that are under way, so that what is read after it is final. */
  readonly wait: string;
  /** $1 cell, $2 idempotency key, $3 fence. */
  readonly claim: string;
  /** $1 keys, $2 cell. One row with the key `null`, and one for each key: `value` (`null` where there is none or none that fits), `version` (`null` where there is no row), `fence`. */
  readonly read: string;
  /** $1 keys. */
  readonly lockRows: string;
  /** $1 keys, $2 values; gives the keys and values that are kept now. */
  readonly update: string;
  readonly insert: string;
  /** $1 keys. */
  readonly remove: string;
  /** $1 after or null, $2 limit. */
  readonly list: string;
  /** Rows `key`, `version`; at most $1. */
  readonly look: string;
  /** $1 key, $2 version: `by`, `at` and `committed`, of a row of that version; times in milliseconds. */
  readonly writer: string;
};

/**
 * A version is the transaction that wrote the row last, so that A, B, A is told from A, with a digest
 * of the value in case that a copy of the database counts its transactions anew.
 */
export function sqlOf(settings: PostgresSettings, place: Place, type: ValueType): CellSql {
  const key = quoted(settings.keyColumn);
  const value = quoted(settings.valueColumn);
  const table = quotedTable(place.table);
  const fences = quotedTable(settings.fenceTable);
  const versioned = settings.versionColumn === null ? null : quoted(settings.versionColumn);
  const cell =
    settings.cellColumn === null || place.value === null ? null : quoted(settings.cellColumn);
  const here = cell === null ? "true" : `t.${cell} = ${literal(place.value ?? "")}`;
  const bytes = type === "bytea" ? `t.${value}` : `convert_to(t.${value}::text, 'UTF8')`;
  const kept = type === "bytea" ? "d.v" : `convert_from(d.v, 'UTF8')::${type}`;
  const stamp = versioned === null ? "t.xmin::text" : `t.${versioned}::text`;
  const version = `${stamp} || '-' || encode(sha256(coalesce(${bytes}, ''::bytea)), 'hex')`;
  const fitting = `case when octet_length(${bytes}) <= ${VALUE_BYTES_MAX} then ${bytes} end`;
  const rows = `select t.${key}::text as key, ${fitting} as value, ${version} as version from ${table} t
    where ${here} and t.${key} = any($1::text[])`;
  const bump = versioned === null ? "" : `, ${versioned} = t.${versioned} + 1`;
  const columns = [
    key,
    value,
    ...(cell === null ? [] : [cell]),
    ...(versioned === null ? [] : [versioned]),
  ];
  const values = [
    "d.k",
    kept,
    ...(cell === null ? [] : [literal(place.value ?? "")]),
    ...(versioned === null ? [] : ["1"]),
  ];
  const lock = lockOf(place);
  const given = "unnest($1::text[], $2::bytea[]) as d(k, v)";
  return {
    begin: `begin; select pg_advisory_xact_lock(${lock})`,
    wait: `select pg_advisory_xact_lock_shared(${lock}), pg_is_in_recovery() as standby`,
    claim: `with claimed as (
        insert into ${fences} (cell, idempotency_key, fence) values ($1, $2, $3)
        on conflict (cell, idempotency_key) do nothing returning 1),
      raised as (
        insert into ${fences} as f (cell, idempotency_key, fence) values ($1, '', $3)
        on conflict (cell, idempotency_key) do update
        set fence = greatest(f.fence, excluded.fence), at = now() returning fence)
      select exists(select from claimed) as claimed, (select fence from raised) as fence`,
    read: `select d.k as key, r.value, r.version, (
        select fence from ${fences} where cell = $2 and idempotency_key = '') as fence
      from (select null::text as k union all select unnest($1::text[])) d
      left join (${rows}) r on r.key = d.k`,
    lockRows: `${rows} for update of t`,
    update: `update ${table} t set ${value} = ${kept}${bump} from ${given}
      where ${here} and t.${key} = d.k returning t.${key}::text as key, ${bytes} as value`,
    insert: `insert into ${table} as t (${columns.join(", ")}) select ${values.join(", ")} from ${given}
      returning t.${key}::text as key, ${bytes} as value`,
    remove: `delete from ${table} t where ${here} and t.${key} = any($1::text[]) returning t.${key}::text as key`,
    list: `select t.${key}::text as key from ${table} t
      where ${here} and ($1::text is null or t.${key}::text collate "C" > $1)
      order by t.${key}::text collate "C" limit $2`,
    look: `select t.${key}::text as key, ${version} as version from ${table} t where ${here} limit $1`,
    writer: `select left(${saying(settings.writer.by)}::text, ${WRITER_TEXT_MAX}) as by,
        ${millis(saying(settings.writer.at))} as at,
        ${millis("case when current_setting('track_commit_timestamp') = 'on' then pg_xact_commit_timestamp(t.xmin) end")} as committed
      from ${table} t where ${here} and t.${key}::text = $1 and ${version} = $2`,
  };
}

const saying = (column: string | null): string =>
  column === null ? "null" : `t.${quoted(column)}`;

const millis = (time: string): string =>
  `trunc(extract(epoch from (${time})::timestamptz) * 1000)::text`;

/** What the companion table is; `docs/reference/targets.md` shows the same text. */
export const fenceTableSql = (
  name: string,
): string => `create table if not exists ${quotedTable(name)} (
  cell text not null,
  idempotency_key text not null,
  fence bigint not null,
  at timestamptz not null default now(),
  primary key (cell, idempotency_key))`;

/** The same number for every process that writes the cell; another's use of it only makes us wait. */
export function lockOf({ table, value }: Place): string {
  const hash = createHash("sha256")
    .update(JSON.stringify(["interlock", table, value]))
    .digest();
  return hash.readBigInt64BE(0).toString();
}

/** SQL of a constant, whatever `standard_conforming_strings` says. */
function literal(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll("'", "''");
  return `E'${escaped}'`;
}
