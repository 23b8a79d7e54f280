// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { SignedKind } from "./changes.ts";
import type { Database } from "./driver.ts";

/** An entry about a change, as whoever watches is told of it. */
export type Happened = {
  readonly index: number;
  readonly at: number;
  readonly change: string;
  readonly kind: "decision" | SignedKind;
  /** Who signed; `null` of a decision. */
  readonly person: string | null;
};

/** Entries about changes from an index on and before another one, in order, at most `limit`. */
export async function happenedBetween(
  db: Database,
  {
    from,
    before,
    limit,
  }: { readonly from: number; readonly before: number; readonly limit: number },
): Promise<readonly Happened[]> {
  const { rows } = await sql<Happened>`
    select e.index, e.at, e.kind, coalesce(d.change, s.change) as change, s.person
    from ledger_entry e
    left join decision d on d.index = e.index
    left join signed s on s.index = e.index
    where e.index >= ${from} and e.index < ${before}
      and coalesce(d.change, s.change) is not null
    order by e.index limit ${limit}`.execute(db);
  return rows;
}
