// SPDX-License-Identifier: Apache-2.0
/** Takes back a batch that nobody touched, at the speed of writing its rows. */
import type { Thinking } from "./decided.ts";
import type { Session } from "./session.ts";
import { nameOf, type Table } from "./table.ts";
import { directionOf, keysWithin, takeAllBackSql } from "./unwind-sql.ts";

/** A batch of the fix; `first` and `last`: the keys of its rows, as the journal has them. */
export type TakenBatch = {
  readonly id: string;
  readonly rows: number;
  readonly first: string | null;
  readonly last: string | null;
};

/** Takes back a batch whose rows all are as it left them; `null`: they are not, and nothing was written. */
export async function allAtOnce(
  session: Session,
  { table, of, way }: Pick<Thinking, "table" | "of" | "way">,
  { id, rows, first, last }: TakenBatch,
): Promise<number | null> {
  const direction = directionOf(of.action, way);
  const range = first === null || last === null || direction.act === "insert" ? [] : [first, last];
  const within = range.length > 0 && (await isDense(session, table, { range, rows }));
  await session.query(`savepoint interlock_all${within ? IN_ONE_GO : ""}`);
  const { rowCount } = await session.query(
    takeAllBackSql({ table, columns: of.columns, direction, within }),
    within ? [id, ...range] : [id],
  );
  if (rows === rowCount) return rows;
  await session.query("rollback to savepoint interlock_all");
  return null;
}

/** Going back to the savepoint takes these back too. Whatever the server guesses, it reads each side once. */
const IN_ONE_GO =
  "; set local enable_hashjoin = on; set local enable_mergejoin = on; set local enable_nestloop = off";
/** A row that is read for nothing costs a small part of finding one by its key. */
const SPARSE = 4;

/** Whether the server expects few other rows between the first and the last one of a batch. */
async function isDense(
  session: Session,
  table: Table,
  { range, rows }: { readonly range: readonly string[]; readonly rows: number },
): Promise<boolean> {
  const { rows: said } = await session.query<{ "QUERY PLAN": readonly Explained[] }>(
    // The parameters have the numbers that they have in the statement itself.
    `explain (format json) select 1 from ${nameOf(table)} t where $1::int is null and ${keysWithin(table)}`,
    [null, ...range],
  );
  const expected = said[0]?.["QUERY PLAN"][0]?.Plan["Plan Rows"];
  return expected !== undefined && expected <= SPARSE * rows;
}

/** What `EXPLAIN` of every server from 9.0 on says in JSON. */
type Explained = { readonly Plan: { readonly "Plan Rows": number } };
