// SPDX-License-Identifier: Apache-2.0
/** Orders and money that the rows of a fix stand for, in one statement and so in one snapshot. */
import {
  type DataAnswer,
  type DataFix,
  type DataTerms,
  did,
  failed,
  type Touched,
  type Touches,
} from "./fix.ts";
import { literal, quoted } from "./names.ts";
import type { RunRow } from "./run-row.ts";
import type { Session } from "./session.ts";
import { columnOf, nameOf, type Table } from "./table.ts";
import { directionOf, keyMatches, typedOf } from "./unwind-sql.ts";

/** As the journal keeps them: what was declared, by which name it names the table, and what it came to. */
export type KeptTouches = Touches & { readonly alias: string; readonly touched: Touched };

export type Counted = { readonly rows: number; readonly touches: KeptTouches | null };

const aliasOf = ({ statement }: DataFix): string => statement.alias ?? statement.table;

/**
 * How many rows it would touch, and what they stand for. Without `touches` they are looked at no
 * further than just over the bound. Of a run that was interrupted, those that it has not come to.
 */
export async function countRows(
  session: Session,
  table: Table,
  fix: DataFix,
): Promise<DataAnswer<Counted>> {
  const { statement, terms, touches } = fix;
  if (statement.action === "insert") return did({ rows: statement.rows, touches: null });
  const alias = aliasOf(fix);
  const from = `${nameOf(table)} as ${quoted(alias)} where (\n${statement.where}\n)`;
  if (touches !== undefined) return await touchedIn(session, { ...touches, alias }, from);
  const { rows } = await session.query<{ count: number }>(
    `select count(*)::int as count from (select 1 from ${from} limit $1) as interlock_some`,
    [terms.expect.max + 1],
  );
  return did({ rows: rows[0]?.count ?? 0, touches: null });
}

type Said = { count: number; orders: string | null; money: string | null };

async function touchedIn(
  session: Session,
  declared: Touches & { readonly alias: string },
  from: string,
): Promise<DataAnswer<Counted & { readonly touches: KeptTouches }>> {
  const own = (sql: string | null) => (sql === null ? "null" : `(\n${sql}\n)::numeric::text`);
  const { rows } = await session.query<Said>(
    `select count(*)::float8 as count, ${own(declared.orders)} as orders, ${own(declared.money)} as money from ${from}`,
  );
  const [said = { count: 0, orders: null, money: null }] = rows;
  const orders = wholeOf(declared.orders, said.orders);
  const money = wholeOf(declared.money, said.money);
  if (orders === undefined || money === undefined)
    return failed(
      "INPUT_INVALID",
      `\`touches\` comes to \`${said.orders}\` orders and \`${said.money}\` of money, which are not both whole numbers`,
      "write them in the smallest unit, such as cents",
    );
  const touched = { orders, money, currency: declared.currency };
  return did({ rows: said.count, touches: { ...declared, touched } });
}

/** A sum over no rows is none; `undefined`: it is no whole number that a number holds exactly. */
function wholeOf(declared: string | null, said: string | null): number | null | undefined {
  if (declared === null) return null;
  const number = Number(said ?? "0");
  return Number.isSafeInteger(number) ? number : undefined;
}

/** The first failure where what the rows stand for is not what the file expects. */
export function touchedWrong(
  { touched: expected }: Pick<DataTerms, "touched">,
  touches: KeptTouches | null,
): ReturnType<typeof failed> | null {
  for (const what of ["orders", "money"] as const) {
    const bounds = expected?.[what];
    const is = touches?.touched[what] ?? null;
    if (bounds === undefined || (is !== null && is >= bounds.min && is <= bounds.max)) continue;
    const unit = what === "orders" ? "orders" : (touches?.currency ?? "of money");
    return failed(
      "INPUT_INVALID",
      `it would touch ${is ?? "an unknown number of"} ${unit}, and the file expects ${bounds.min} to ${bounds.max}`,
      "nothing was written; look at the condition, or at what is expected",
    );
  }
  return null;
}

/** Server settings under which rows and journal are read once each. */
export const ONCE = [
  "set local enable_hashjoin = on",
  "set local enable_seqscan = on",
  "set local enable_nestloop = off",
];

/** The same of the rows that a fix wrote, before they are taken back or brought back. */
export async function touchedAgain(
  session: Session,
  { table, of, way }: { readonly table: Table; readonly of: RunRow; readonly way: "undo" | "redo" },
): Promise<DataAnswer<KeptTouches | null>> {
  const { touches: declared } = of;
  if (declared === null) return did(null);
  const lines = `(select l.* from interlock_journal.batch b
    cross join lateral (select * from interlock_journal.line where batch = b.id offset 0) l
    where b.run = ${literal(of.id)}::bigint) e`;
  const { act, wanted } = directionOf(of.action, way);
  // Where the row is not there its whole image is.
  const from =
    act === "insert"
      ? `(select ${of.columns.map((name) => `${typedOf(`e.${wanted}`, columnOf(table, name))} as ${quoted(name)}`).join(", ")} from ${lines})`
      : `(select t.* from ${nameOf(table)} t where exists (select 1 from ${lines} where ${keyMatches(table, "e")}))`;
  const counted = await touchedIn(session, declared, `${from} as ${quoted(declared.alias)}`);
  return counted.ok ? did(counted.value.touches) : counted;
}
