// SPDX-License-Identifier: Apache-2.0
/** The journal of some rows as `core` reads a history. */
import type { Operation, Value, Write } from "@interlock/core";
import { canonicalJson } from "@interlock/digest";
import { BY_HASH, linesEach, NOT_BY_HASH, nearSql } from "./contested.ts";
import { literal } from "./names.ts";
import { cellKey, cellOf, EXISTS, type Image } from "./rows.ts";
import type { Reads, RunRow } from "./run-row.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

type Line = {
  readonly run: string;
  readonly key: string;
  readonly before: Image | null;
  readonly after: Image | null;
  readonly unwind: boolean;
};

/**
 * Everything that was written to the rows of some entries, in order. What an unwind did to the rows of
 * a batch is that batch the other way round, but for those that it held back; the one that is about to
 * do it has no rows yet, and did nothing.
 */
export async function linesOf(
  session: Session,
  table: Table,
  of: { readonly batch: string; readonly numbers: readonly number[] },
): Promise<readonly Line[]> {
  const said = await session.queries(
    [
      ...BY_HASH,
      `with wanted as materialized (
      select key from interlock_journal.line where batch = ${of.batch} and number = any('{${of.numbers.join(",")}}'::int[])
    ), near as materialized (
      select b.id, b.run, r.way <> 'fix' as unwind from ${nearSql(of.batch)} join interlock_journal.run r on r.id = b.run
      where r.relation_schema = ${literal(table.schema)} and r.relation_name = ${literal(table.name)}
    ), own as materialized (
      select b.id, b.run, e.key, e.number, e.before, e.after, b.unwind
      from near b ${linesEach} e join wanted w on w.key = e.key
    )
    select run::text, key::text, before, after, unwind from (
      select id, number, run, key, before, after, unwind from own
      union all
      select u.id, o.number, u.run, o.key,
        case when r.way = 'undo' then o.after else o.before end,
        case when r.way = 'undo' then o.before else o.after end, true
      from own o join interlock_journal.batch u on u.undoes = o.id join interlock_journal.run r on r.id = u.run
      where not o.unwind and u.rows > 0 and not exists (select 1 from interlock_journal.held h
        where h.batch = u.id and h.number = o.number)
    ) as line order by id, number`,
      ...NOT_BY_HASH,
    ].join("; "),
  );
  return said[BY_HASH.length]?.rows ?? [];
}

export type Told = {
  readonly table: Table;
  readonly runs: ReadonlyMap<string, RunRow>;
  /** Columns that could hold other values without the changes that are taken away. */
  readonly tainted: ReadonlySet<string>;
};

/**
 * The lines as writes of cells. Where a line found something else than the one before it left,
 * somebody wrote past the journal in between: a write that is believed to have used nothing.
 */
export function writesOf(lines: readonly Line[], told: Told): readonly Write[] {
  const writes: Write[] = [];
  const known = new Map<string, Value>();
  const add = (one: Omit<Write, "sequence">) =>
    writes.push({ ...one, sequence: writes.length + 1 });
  for (const line of lines) {
    const cells = cellsOf(line, told);
    for (const { key, before, ...cell } of cells) {
      const last = known.get(key);
      if (last === undefined || canonicalJson(last) === canonicalJson(before)) continue;
      add({
        ...{ ...cell, key, before: last, after: before, change: OUTSIDE, reads: [] },
        ...{ operation: outside(before), readsFrom: "guessed" },
      });
    }
    for (const cell of cells) {
      add(cell);
      known.set(cell.key, cell.after);
    }
  }
  return writes;
}

/** No run has this number. */
const OUTSIDE = "";

const outside = (value: Value): Operation =>
  value === null ? { kind: "delete" } : { kind: "put", value };

function cellsOf(line: Line, told: Told): readonly Omit<Write, "sequence">[] {
  const { before, after, key, run } = line;
  const columns = Object.keys(after ?? before ?? {});
  const reads = readsOf(line, told);
  const cell = (column: string): Omit<Write, "sequence"> => ({
    change: run,
    key: cellKey(key, column),
    before: column === EXISTS ? existsOf(before) : cellOf(told.table, column, before),
    after: column === EXISTS ? existsOf(after) : cellOf(told.table, column, after),
    operation: operationOf(line, column, told),
    reads: line.unwind ? [] : reads(column).map((one) => cellKey(key, one)),
    readsFrom: "known",
    orders: 0,
    money: 0,
  });
  const whole = before === null || after === null;
  return [...columns, ...(whole ? [EXISTS] : [])].map(cell);
}

const existsOf = (image: Image | null) => (image === null ? null : true);

/**
 * What each cell of a line used. All cells of a statement are read before any is written, while the
 * history has them one by one: so columns that are both read and set are read by every cell.
 */
function readsOf(
  { run, before, after }: Line,
  { runs }: Told,
): (column: string) => readonly string[] {
  const { where, columns } = runs.get(run)?.reads ?? NO_READS;
  if (before === null || after === null) return () => [...where, EXISTS];
  const crossing = Object.entries(columns).flatMap(([column, one]) =>
    one.reads.filter((read) => read in columns && !(one.adds !== null && read === column)),
  );
  return (column) => {
    const used = columns[column]?.reads ?? [];
    return [...new Set([...used, ...where, ...crossing, EXISTS])];
  };
}

const NO_READS: Reads = { where: [], columns: {} };

function operationOf(line: Line, column: string, { table, runs, tainted }: Told): Operation {
  const { before, after, run, unwind } = line;
  if (unwind) return { kind: "unwind", without: [] };
  if (after === null) return { kind: "delete" };
  if (column === EXISTS) return { kind: "put", value: true };
  const value = cellOf(table, column, after);
  const reads = runs.get(run)?.reads ?? NO_READS;
  const adds = reads.columns[column]?.adds ?? null;
  // Whether the row would have been chosen at all has to be beyond doubt.
  const sure = !reads.where.some((one) => tainted.has(one));
  return adds !== null && sure && typeof value === "number" && before !== null
    ? { kind: "add", amount: Number(adds) }
    : { kind: "put", value };
}

/** Columns that came, through whatever was read, of those that some runs wrote. */
export function taintedBy(bad: ReadonlySet<string>, runs: Iterable<RunRow>): ReadonlySet<string> {
  const all = [...runs].filter(({ way }) => way === "fix");
  const tainted = new Set<string>();
  const whole = all.some(({ id, action }) => bad.has(id) && action !== "update");
  for (const run of all)
    if (bad.has(run.id) || whole) for (const column of run.columns) tainted.add(column);
  for (let size = -1; size !== tainted.size; ) {
    size = tainted.size;
    for (const { reads, columns } of all) {
      const chosen = reads.where.some((one) => tainted.has(one));
      for (const column of columns)
        if (chosen || reads.columns[column]?.reads.some((one) => tainted.has(one)) === true)
          tainted.add(column);
    }
  }
  return tainted;
}
