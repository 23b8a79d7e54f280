// SPDX-License-Identifier: Apache-2.0
/** The one statement of a batch: picks rows by key, locks them, writes both images and the change. */
import type { DataFix } from "./fix.ts";
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

export type BatchSql = {
  /** `$1` batch, `$2` rows at most, `$3` the key to go on after; the last one is left out at first. */
  readonly first: string;
  readonly next: string;
};

/** Each answers one row: `rows` written, and `last`, the key of the last one. */
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
  const returning = [...table.key.map(({ name: c }, i) => `${own(c)} as ${k[i]}`)];
  const change =
    statement.action === "update"
      ? `update ${nameOf(table)} as ${quoted(name)} set ${statement.set}\nfrom interlock_picked where ${on.join(" and ")} returning ${[...returning, ...afters].join(", ")}`
      : `delete from ${nameOf(table)} as ${quoted(name)} using interlock_picked where ${on.join(" and ")} returning ${returning.join(", ")}`;
  const order = table.key.map(({ name: column }) => own(column));
  const place = new Map(imaged.map((column, i) => [column, i]));
  const from = later ? `${tuple(order)} > ${keyAfter(table, "$3")} and ` : "";
  return `with interlock_picked as materialized (
  select ${[...keyed, ...befores].join(", ")} from ${nameOf(table)} as ${quoted(name)}
  where ${from}(
${statement.where}
) order by ${order.join(", ")} limit $2 for update
), interlock_changed as (
  ${change}
), interlock_all as (
  select row_number() over (order by ${k.join(", ")}) as number, ${keyImage(table, k)} as key,
    ${imageOf(imaged, (column) => `p.interlock_b${place.get(column)}`)} as before,
    ${statement.action === "delete" ? "null::jsonb" : imageOf(imaged, (column) => `c.interlock_a${place.get(column)}`)} as after
  from interlock_picked p join interlock_changed c using (${k.join(", ")})
), interlock_kept as (
  insert into interlock_journal.entry select $1::bigint, number, key, before, after from interlock_all
)
select (select count(*) from interlock_picked)::int as picked, (select count(*) from interlock_all)::int as rows,
  (select key from interlock_all order by number desc limit 1) as last`;
}

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
  const k = keys(table);
  return `with interlock_changed as (
${text}
returning ${columns.join(", ")}
), interlock_all as (
  select row_number() over (order by ${k.join(", ")}) as number, ${keyImage(table, k)} as key,
    ${imageOf(imaged, (column) => `interlock_a${imaged.indexOf(column)}`)} as after
  from interlock_changed limit $2
), interlock_kept as (
  insert into interlock_journal.entry select $1::bigint, number, key, null, after from interlock_all
)
select (select count(*) from interlock_changed)::int as picked, (select count(*) from interlock_all)::int as rows,
  (select key from interlock_all order by number desc limit 1) as last`;
}
