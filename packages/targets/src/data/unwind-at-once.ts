// SPDX-License-Identifier: Apache-2.0
/** Takes back a batch that nobody touched, at the speed of writing its rows. */
import type { Thinking } from "./decided.ts";
import { literal } from "./names.ts";
import type { Counts } from "./run-row.ts";
import type { Session } from "./session.ts";
import { nameOf } from "./table.ts";
import { directionOf, keysWithin, type Range, takeAllBackSql } from "./unwind-sql.ts";

/** A batch of the fix; `first` and `last`: the keys of its rows, `null` in journals of older versions. */
export type TakenBatch = {
  readonly id: string;
  readonly rows: number;
  readonly first: string | null;
  readonly last: string | null;
};

type Of = Pick<Thinking, "table" | "of" | "way">;

/** What the journal notes with it: the unwind's run and batch, and where it is after it. */
export type Noted = {
  readonly run: string;
  readonly own: string;
  readonly rows: number;
  readonly counts: Counts;
};

/**
 * Takes back a batch whose rows all are as it left them, and notes it, in one message; `false`: they
 * are not, and nothing was written. With `within` its rows are read in one go.
 */
export async function allAtOnce(
  session: Session,
  { table, of, way }: Of,
  given: { readonly batch: TakenBatch; readonly within: Range | null; readonly noted: Noted },
): Promise<boolean> {
  const { batch, within, noted } = given;
  const direction = directionOf(of.action, way);
  const said = await session.queries(
    [
      "savepoint interlock_all",
      ...(within === null ? [] : IN_ONE_GO),
      takeAllBackSql({ table, columns: of.columns, direction, batch: batch.id, within }),
      notedSql(noted, batch.rows),
    ].join("; "),
  );
  if (said.at(-2)?.rowCount === batch.rows) return true;
  await session.query("rollback to savepoint interlock_all");
  return false;
}

/** The line of a batch, and where its run is after it. */
export const notedSql = ({ run, own, rows, counts }: Noted, batchRows: number): string =>
  `with b as (update interlock_journal.batch set rows = ${batchRows} where id = ${own})
    update interlock_journal.run set rows = ${rows}, batches = batches + 1,
      counts = ${literal(JSON.stringify(counts))} where id = ${run}`;

/**
 * Going back to the savepoint takes these back too. Whatever the server guesses, it reads each side
 * once, in the order in which the rows were written; a hash join takes a sixth longer.
 */
const IN_ONE_GO = ["set local enable_mergejoin = on", "set local enable_nestloop = off"];
/** A row that is read for nothing costs a small part of finding one by its key. */
const SPARSE = 4;
/** Questions in one message. */
const AT_ONCE = 100;

/** Batches between whose first and last key the server expects few other rows, with these keys. */
export async function denseBatches(
  session: Session,
  { table, of, way }: Of,
  batches: readonly TakenBatch[],
): Promise<ReadonlyMap<string, Range>> {
  const dense = new Map<string, Range>();
  if (directionOf(of.action, way).act === "insert") return dense;
  const ranges = batches.flatMap(({ id, rows, first, last }) =>
    first === null || last === null ? [] : [{ id, rows, range: { first, last } }],
  );
  for (let from = 0; from < ranges.length; from += AT_ONCE) {
    const some = ranges.slice(from, from + AT_ONCE);
    const said = await session.queries(
      some
        .map(
          ({ range }) =>
            `explain (format json) select 1 from ${nameOf(table)} t where ${keysWithin(table, range)}`,
        )
        .join("; "),
    );
    for (const [i, { id, rows, range }] of some.entries()) {
      const plan: readonly Explained[] | undefined = said[i]?.rows[0]?.["QUERY PLAN"];
      const expected = plan?.[0]?.Plan["Plan Rows"];
      if (expected !== undefined && expected <= SPARSE * rows) dense.set(id, range);
    }
  }
  return dense;
}

/** What `EXPLAIN` of every server from 9.0 on says in JSON. */
type Explained = { readonly Plan: { readonly "Plan Rows": number } };
