// SPDX-License-Identifier: Apache-2.0
/** Who else wrote the rows of a batch, found among the batches whose keys stand near its own. */
import { DATA_LIMITS } from "./fix.ts";
import type { Session } from "./session.ts";

/** Batches whose keys may be some of those of a batch, by where they stand; of old ones nobody knows. */
export const nearSql = (batch: string): string =>
  `interlock_journal.batch mine join interlock_journal.batch b on mine.id = ${batch}
    and coalesce(b.low <= mine.high and b.high >= mine.low, true)`;

/** Each batch of `b` by itself, by its number: whatever is asked of all lines reads all journals. */
export const linesEach =
  "cross join lateral (select * from interlock_journal.line where batch = b.id offset 0)";

/** Lines are matched by key as a whole, and batches found one by one. */
export const BY_HASH = ["set local enable_hashjoin = on", "set local enable_nestloop = off"];
export const NOT_BY_HASH = ["set local enable_hashjoin = off", "set local enable_nestloop = on"];

/** The numbers of the rows of a batch that some runs wrote too. */
const contestedSql = (batch: string, others: readonly string[]): string =>
  `with own as materialized (select number, key from interlock_journal.line where batch = ${batch}),
  near as materialized (select b.id from ${nearSql(batch)} where b.run = any('{${others.join(",")}}'::bigint[]))
select array(select distinct own.number from near b ${linesEach} o join own on own.key = o.key) as numbers`;

/** A byte a row, by number: 1 where one of the others wrote it. */
export async function contestedRows(
  session: Session,
  batch: string,
  others: readonly string[],
): Promise<Buffer> {
  const said = await session.queries(
    [...BY_HASH, contestedSql(batch, others), ...NOT_BY_HASH].join("; "),
  );
  const numbers: readonly number[] = said[BY_HASH.length]?.rows[0]?.numbers ?? [];
  const marked = Buffer.alloc(DATA_LIMITS.batchRows + 1);
  for (const number of numbers) marked[number] = 1;
  return marked;
}
