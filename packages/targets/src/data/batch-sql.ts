// SPDX-License-Identifier: Apache-2.0
/** The one statement of a batch: picks rows by key, locks them, writes both images and the change. */
import type { DataFix } from "./fix.ts";
import { CHUNK, placeOf } from "./journal.ts";
import { literal, quoted } from "./names.ts";
import { imagedBy, nameOf, type Table } from "./table.ts";

/** `jsonb_build_object` takes so many arguments at most; wider rows are put together. */
const PAIRS = 40;

/** An object of texts, by column name. */
export function imageOf(columns: readonly string[], text: (column: string) => string): string {
  const parts: string[] = [];
  for (let from = 0; from < columns.length; from += PAIRS) {
    const pairs = columns
      .slice(from, from + PAIRS)
      .map((column) => `${literal(column)}, ${text(column)}`);
    parts.push(`jsonb_build_object(${pairs.join(", ")})`);
  }
  return parts.join(" || ");
}

export const tuple = (parts: readonly string[]): string =>
  parts.length === 1 ? `${parts[0]}` : `(${parts.join(", ")})`;

/** The rows of the key as values; `$n` holds it as the journal has it. */
export const keyAfter = (table: Table, parameter: string): string =>
  tuple(table.key.map(({ name, type }) => `(${parameter}::jsonb ->> ${literal(name)})::${type}`));

/**
 * Rows that were picked are found again one by one: a join over the whole table would read it once a
 * batch, however little is left of it.
 */
export const BY_KEY = "set local enable_hashjoin = off; set local enable_mergejoin = off";

export type BatchSql = {
  /** `$1` batch, `$2` rows at most, `$3` the key to go on after; the last one is left out at first. */
  readonly first: string;
  readonly next: string;
};

/** Each answers one row: `rows` written, `first` and `last`, their keys, and `low` and `high`, their places. */
export function batchSql(table: Table, fix: DataFix): BatchSql {
  if (fix.statement.action === "insert") {
    const sql = insertSql(table, fix, fix.statement.text);
    return { first: sql, next: sql };
  }
  return { first: pickedSql(table, fix, false), next: pickedSql(table, fix, true) };
}

const keys = (table: Table): readonly string[] => table.key.map((_, i) => `interlock_k${i}`);

function pickedSql(table: Table, fix: DataFix, later: boolean): string {
  const { statement } = fix;
  if (statement.action === "insert") throw new Error("invariant broken: an insert picks no rows");
  const name = statement.alias ?? statement.table;
  const own = (column: string) => `${quoted(name)}.${quoted(column)}`;
  const imaged = imagedBy(table, fix);
  const k = keys(table);
  const keyed = table.key.map(({ name: column }, i) => `${own(column)} as ${k[i]}`);
  const befores = imaged.map((column, i) => `${own(column)}::text as interlock_b${i}`);
  const on = table.key.map(({ name: column }, i) => `${own(column)} = interlock_picked.${k[i]}`);
  const afters = imaged.map((column, i) => `${own(column)}::text as interlock_a${i}`);
  const change =
    statement.action === "update"
      ? `update ${nameOf(table)} as ${quoted(name)} set ${statement.set}\nfrom interlock_picked where ${on.join(" and ")} returning ${["interlock_picked.*", ...afters].join(", ")}`
      : `delete from ${nameOf(table)} as ${quoted(name)} using interlock_picked where ${on.join(" and ")} returning interlock_picked.*`;
  const order = table.key.map(({ name: column }) => own(column));
  const from = later ? `${tuple(order)} > ${keyAfter(table, "$3")} and ` : "";
  return `with interlock_picked as materialized (
  select ${[...keyed, ...befores].join(", ")} from ${nameOf(table)} as ${quoted(name)}
  where ${from}(
${statement.where}
) order by ${order.join(", ")} limit $2 for update
), interlock_changed as (
  ${change}
), ${keptSql(table, imaged, statement.action)}
select (select count(*) from interlock_picked)::int as picked, ${answerSql(table)}`;
}

/**
 * Keeps what `interlock_changed` says: arrays that are filled by the same rows in the same order, so
 * that what stands at one place of them is of one row.
 */
function keptSql(
  table: Table,
  imaged: readonly string[],
  action: "update" | "delete" | "insert",
): string {
  const k = keys(table);
  const of = (side: string, letter: string) =>
    imaged.map((name, i) => ({ side, name, held: `interlock_${letter}${i}` }));
  const kept = [
    ...table.key.map(({ name }, i) => ({ side: "key", name, held: `${k[i]}::text` })),
    ...(action === "insert" ? [] : of("before", "b")),
    ...(action === "delete" ? [] : of("after", "a")),
  ];
  const place = placeOf(k.map((one) => `${one}::text`));
  const arrays = kept.map(({ held }, i) => `array_agg(${held}) as held${i}`);
  const values = kept.map(
    ({ side, name }, i) => `(${literal(side)}, ${literal(name)}, c.held${i})`,
  );
  return `interlock_all as materialized (
  select row_number() over (order by ${k.join(", ")}) as number, * from interlock_changed${action === "insert" ? " limit $2" : ""}
), interlock_chunk as materialized (
  select (number - 1) / ${CHUNK} * ${CHUNK} as skipped, count(*) as rows, min(${place}) as low, max(${place}) as high,
    ${arrays.join(", ")}
  from interlock_all group by 1
), interlock_kept as (
  insert into interlock_journal.image (batch, skipped, side, name, held)
  select $1::bigint, c.skipped, v.side, v.name, v.held
  from interlock_chunk c cross join lateral (values ${values.join(", ")}) as v(side, name, held)
)`;
}

const answerSql = (table: Table): string => {
  const key = keyImage(table, keys(table));
  return `(select coalesce(sum(rows), 0) from interlock_chunk)::int as rows,
  (select min(low) from interlock_chunk) as low, (select max(high) from interlock_chunk) as high,
  (select ${key} from interlock_all order by number limit 1) as first,
  (select ${key} from interlock_all order by number desc limit 1) as last`;
};

const keyImage = (table: Table, k: readonly string[]): string =>
  imageOf(
    table.key.map(({ name }) => name),
    (column) => `${k[table.key.findIndex(({ name }) => name === column)]}::text`,
  );

function insertSql(table: Table, fix: DataFix, text: string): string {
  const imaged = imagedBy(table, fix);
  const columns = [
    ...table.key.map(({ name }, i) => `${quoted(name)} as interlock_k${i}`),
    ...imaged.map((column, i) => `${quoted(column)}::text as interlock_a${i}`),
  ];
  return `with interlock_changed as (
${text}
returning ${columns.join(", ")}
), ${keptSql(table, imaged, "insert")}
select (select count(*) from interlock_changed)::int as picked, ${answerSql(table)}`;
}
