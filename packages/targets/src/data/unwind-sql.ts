// SPDX-License-Identifier: Apache-2.0
/** Taking back a batch in one statement: rows that hold what the batch left get what it found there. */
import { imageOf, keyAfter, tuple } from "./batch-sql.ts";
import { literal, quoted } from "./names.ts";
import { type Column, columnOf, nameOf, type Table } from "./table.ts";

/** What the rows of a batch hold, and are to hold: `before` and `after` of its entries, or the reverse. */
export type Direction = {
  readonly found: "before" | "after";
  readonly wanted: "before" | "after";
  /** What is to be done to the rows. */
  readonly act: "update" | "delete" | "insert";
};

export function directionOf(
  action: "update" | "delete" | "insert",
  way: "undo" | "redo",
): Direction {
  const swapped = { update: "update", delete: "insert", insert: "delete" } as const;
  return way === "undo"
    ? { found: "after", wanted: "before", act: swapped[action] }
    : { found: "before", wanted: "after", act: action };
}

export const typedOf = (image: string, { name, type }: Column): string =>
  `(${image} ->> ${literal(name)})::${type}`;

export const keyMatches = (table: Table, entry: string): string =>
  table.key.map((one) => `t.${quoted(one.name)} = ${typedOf(`${entry}.key`, one)}`).join(" and ");

/** The first and the last key of a batch, as the journal has them. */
export type Range = { readonly first: string; readonly last: string };

/**
 * The same for a batch that nobody touched: as many rows are written as it has, or the transaction
 * goes back to before it and `takeBackSql` tells which ones were in the way. With `within` only rows
 * from one key to the other are looked at, which are read in one go.
 */
export function takeAllBackSql({
  table,
  columns,
  direction,
  batch,
  within,
}: Pick<Wanted, "table" | "columns" | "direction"> & {
  readonly batch: string;
  readonly within: Range | null;
}): string {
  const { act, found, wanted } = direction;
  const name = nameOf(table);
  const own = columns.map((column, i) => ({ ...columnOf(table, column), place: i }));
  const held = (side: string, names: readonly string[]) =>
    names.map((one, i) => ({ side, name: one, as: `${side}${i}` }));
  const keyed = table.key.map((one) => one.name);
  const e = imagesSql(batch, [
    ...(act === "insert" ? [] : [...held("key", keyed), ...held(found, columns)]),
    ...(act === "delete" ? [] : held(wanted, columns)),
  ]);
  const given = ({ place, type }: (typeof own)[number]) => `e.${wanted}${place}::${type}`;
  if (act === "insert")
    return `insert into ${name} (${columns.map(quoted).join(", ")}) overriding system value
  select ${own.map(given).join(", ")} from ${e} on conflict do nothing`;
  const where = [
    ...table.key.map((one, i) => `t.${quoted(one.name)} = e.key${i}::${one.type}`),
    ...own.map((one) => `t.${quoted(one.name)}::text is not distinct from e.${found}${one.place}`),
    ...(within === null ? [] : [keysWithin(table, within)]),
  ].join(" and ");
  if (act === "delete") return `delete from ${name} t using ${e} where ${where}`;
  const sets = own.map((one) => `${quoted(one.name)} = ${given(one)}`);
  return `update ${name} t set ${sets.join(", ")} from ${e} where ${where}`;
}

type Side = { readonly side: string; readonly name: string; readonly as: string };

/**
 * Rows of a batch with texts as columns; each array is read once, and none of them as an object. In the
 * list of what is selected they go on side by side; in `from` the server keeps a copy of each first.
 */
function imagesSql(batch: string, sides: readonly Side[]): string {
  const held = sides.map(
    ({ side, name, as }) =>
      `(select i.held from interlock_journal.image i where i.batch = ${batch} and i.skipped = c.skipped and i.side = ${literal(side)} and i.name = ${literal(name)}) as ${as}`,
  );
  const rows = sides.map(({ as }) => `unnest(a.${as}) as ${as}`);
  return `(select ${rows.join(", ")} from (select ${held.join(", ")}
    from (select distinct skipped from interlock_journal.image where batch = ${batch}) c offset 0) a offset 0) e`;
}

/** From one key to the other, in the order of the primary key. */
export function keysWithin(table: Table, { first, last }: Range): string {
  const key = tuple(table.key.map(({ name }) => `t.${quoted(name)}`));
  return `${key} >= ${keyAfter(table, literal(first))} and ${key} <= ${keyAfter(table, literal(last))}`;
}

const sameAs = (columns: readonly Column[], image: string): readonly string[] =>
  columns.map(
    ({ name }) => `t.${quoted(name)}::text is not distinct from (${image} ->> ${literal(name)})`,
  );

type Wanted = {
  readonly table: Table;
  readonly columns: readonly string[];
  readonly direction: Direction;
  /** Other runs wrote to the table too; then `$2` has a byte a row, 1 for those that they wrote. */
  readonly contested: boolean;
  /** Or only looked whether it would do it. */
  readonly write: boolean;
};

/**
 * `$1`: the batch. Answers how many rows it has, how many were done, and the numbers of the rest, on
 * which the plan of `core` decides: held back before, written by others, or not as the batch left them.
 */
export function takeBackSql(wanted: Wanted): string {
  const { contested } = wanted;
  const others = contested ? "and get_byte($2::bytea, e.number) = 0" : "";
  return `with interlock_entry as materialized (
  select number, key, ${wanted.direction.found} as found, ${wanted.direction.wanted} as wanted
  from interlock_journal.line e where e.batch = $1
), interlock_free as materialized (
  select * from interlock_entry e
  where not exists (select 1 from interlock_journal.batch u join interlock_journal.held h on h.batch = u.id
    where u.undoes = $1 and h.number = e.number) ${others}
), ${doneSql(wanted)}, interlock_count as (
  select (select count(*) from interlock_entry)::int as rows, (select count(*) from interlock_done)::int as done
)
select rows, done, case when rows > done then array(select number from interlock_entry
  except select number from interlock_done order by number) end as rest
from interlock_count`;
}

function doneSql({ table, columns, direction, write }: Wanted): string {
  const name = nameOf(table);
  const { act } = direction;
  const own = columns.map((column) => columnOf(table, column));
  const on = keyMatches(table, "e");
  const done = (sql: string) => `interlock_done as (\n  ${sql}\n)`;
  if (act === "insert") {
    const there = `exists (select 1 from ${name} t where ${on})`;
    if (!write) return done(`select e.number from interlock_free e where not ${there}`);
    const keyed = imageOf(
      table.key.map((one) => one.name),
      (column) => `${quoted(column)}::text`,
    );
    return `interlock_inserted as (
  insert into ${name} (${columns.map(quoted).join(", ")}) overriding system value
  select ${own.map((one) => typedOf("e.wanted", one)).join(", ")} from interlock_free e
  on conflict do nothing returning ${keyed} as key
), ${done("select e.number from interlock_free e where e.key in (select key from interlock_inserted)")}`;
  }
  const where = [on, ...sameAs(own, "e.found")].join(" and ");
  if (!write) return done(`select e.number from interlock_free e join ${name} t on ${where}`);
  if (act === "delete")
    return done(`delete from ${name} t using interlock_free e where ${where} returning e.number`);
  const sets = own.map((one) => `${quoted(one.name)} = ${typedOf("e.wanted", one)}`);
  return done(
    `update ${name} t set ${sets.join(", ")} from interlock_free e where ${where} returning e.number`,
  );
}
