// SPDX-License-Identifier: Apache-2.0
/** Rows as the journal and the table have them, and as `core` has values: a cell a key. */
import type { Value } from "@interlock/core";
import { imageOf } from "./batch-sql.ts";
import { quoted } from "./names.ts";
import type { Session } from "./session.ts";
import { columnOf, nameOf, type Table } from "./table.ts";
import { keyMatches } from "./unwind-sql.ts";

/** Texts by column; `null` in it: SQL `NULL`. */
export type Image = { readonly [column: string]: string | null };

/** The key under which `core` knows whether a row is there; no column has an empty name. */
export const EXISTS = "";

export const cellKey = (row: string, column: string): string => JSON.stringify([row, column]);

const INTEGER = /^-?(?:0|[1-9][0-9]{0,15})$/;
const NULL = { null: true } as const;

/** A cell for `core`: integers are numbers, so that sums can be taken back; `null`: the row is not there. */
export function cellOf(table: Table, column: string, image: Image | null): Value {
  if (image === null) return null;
  const text = image[column];
  if (text === null || text === undefined) return NULL;
  const number = Number(text);
  return columnOf(table, column).integer && INTEGER.test(text) && Number.isSafeInteger(number)
    ? number
    : [text];
}

/** The text of a cell that `core` gave; `undefined`: there is no row. */
export function textOf(value: Value): string | null | undefined {
  if (value === null) return undefined;
  if (typeof value === "number") return String(value);
  return Array.isArray(value) ? String(value[0]) : null;
}

export type HeldRow = {
  readonly number: number;
  readonly key: string;
  readonly image: Image | null;
};

/** What the rows of some entries of a batch hold now, all columns that can be written; locked if wanted. */
export async function heldRows(
  session: Session,
  table: Table,
  from: { readonly batch: string; readonly numbers: readonly number[]; readonly lock: boolean },
): Promise<readonly HeldRow[]> {
  const columns = table.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const first = table.key[0]?.name;
  if (first === undefined) throw new Error("invariant broken: a table of a fix has a key");
  if (from.lock)
    await session.query(
      `select 1 from ${nameOf(table)} t join interlock_journal.line e on ${keyMatches(table, "e")}
        where e.batch = $1 and e.number = any($2::int[]) order by e.number for update of t`,
      [from.batch, from.numbers],
    );
  const { rows } = await session.query<HeldRow>(
    `select e.number, e.key::text as key,
      case when t.${quoted(first)} is null then null else ${imageOf(columns, (c) => `t.${quoted(c)}::text`)} end as image
      from interlock_journal.line e left join ${nameOf(table)} t on ${keyMatches(table, "e")}
      where e.batch = $1 and e.number = any($2::int[]) order by e.number`,
    [from.batch, from.numbers],
  );
  return rows;
}
