// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { SignedKind } from "./changes.ts";
import type { Database } from "./driver.ts";

/** An entry about a change, of a run or of a rollout, as whoever watches is told of it. */
export type Happened = { readonly index: number; readonly at: number } & (
  | { readonly kind: "decision"; readonly change: string }
  | {
      readonly kind: "signed";
      readonly as: SignedKind;
      readonly change: string;
      readonly person: string;
    }
  | { readonly kind: "run"; readonly run: string }
  | { readonly kind: "rollout"; readonly rollout: string }
);

type Row = {
  readonly index: number;
  readonly at: number;
  readonly decided: string | null;
  readonly signed: string | null;
  readonly as: SignedKind | null;
  readonly person: string | null;
  readonly subject: string | null;
  readonly is: string;
};

/** Entries about changes, of runs and of rollouts from an index on and before another one, in order, at most `limit`. */
export async function happenedBetween(
  db: Database,
  {
    from,
    before,
    limit,
  }: { readonly from: number; readonly before: number; readonly limit: number },
): Promise<readonly Happened[]> {
  const { rows } = await sql<Row>`
    select e.index, e.at, d.change as decided, s.change as signed, s.kind as "as", s.person, e.subject, e.kind as "is"
    from ledger_entry e
    left join decision d on d.index = e.index
    left join signed s on s.index = e.index
    where e.index >= ${from} and e.index < ${before}
      and (coalesce(d.change, s.change) is not null or e.kind in ('run', 'run-step', 'run-end')
        or e.kind like 'rollout-%')
    order by e.index limit ${limit}`.execute(db);
  return rows.flatMap(happenedOf);
}

function happenedOf({
  index,
  at,
  decided,
  signed,
  as,
  person,
  subject,
  is,
}: Row): readonly Happened[] {
  if (decided !== null) return [{ kind: "decision", index, at, change: decided }];
  if (signed !== null && as !== null && person !== null)
    return [{ kind: "signed", index, at, change: signed, as, person }];
  if (subject === null) return [];
  return is.startsWith("rollout-")
    ? [{ kind: "rollout", index, at, rollout: subject }]
    : [{ kind: "run", index, at, run: subject }];
}
