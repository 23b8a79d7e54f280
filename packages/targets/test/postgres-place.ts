// SPDX-License-Identifier: Apache-2.0
import type { Json } from "@interlock/digest";
import { openTarget, type Target } from "@interlock/targets";
import pg from "pg";
import type { Place } from "./place.ts";

/** How the rows of two cells lie in the database. */
export type Layout = {
  readonly says: string;
  readonly sql: string;
  readonly settings: Readonly<Record<string, Json>>;
  /** Table and condition of a cell, for writing around us. */
  readonly at: (cell: string) => { readonly table: string; readonly cell: string | null };
};

export const LAYOUTS: readonly Layout[] = [
  {
    says: "a table a cell, bytes",
    sql: "create table one (key text primary key, value bytea); create table two (like one including all)",
    settings: { cells: { one: "one", two: "public.two" } },
    at: (cell) => ({ table: cell, cell: null }),
  },
  {
    says: "a column for the cell, text, its own version",
    sql: `create table "Odd ""Table" (cell text, key varchar, body text, version bigint not null default 1,
      primary key (cell, key))`,
    settings: {
      table: 'Odd "Table',
      cellColumn: "cell",
      valueColumn: "body",
      versionColumn: "version",
      cells: { one: "it's\\one", two: "two" },
    },
    at: (cell) => ({ table: '"Odd ""Table"', cell: cell === "one" ? "it's\\one" : "two" }),
  },
];

export async function openRows(url: string, settings: Layout["settings"]): Promise<Target> {
  const all = { url: "env:URL", createFence: true, pollMs: 5, ...settings };
  const place = { name: "rows", kind: "postgres" as const, settings: all };
  const opened = await openTarget(place, async (name) => (name === "env:URL" ? url : null));
  if (!opened.ok) throw new Error(opened.failure.message);
  return opened.value;
}

let tables = 0;

/** A place in a schema of its own, of a database that the places of a file share. */
export type RowsPlace = Place & {
  /** Of the database with the schema, for a client of one's own or another target. */
  readonly url: string;
  readonly schema: string;
  readonly settings: Layout["settings"];
};

export async function rowsPlace(url: string, layout: Layout): Promise<RowsPlace> {
  const schema = `s${++tables}`;
  const own = `${url}?options=${encodeURIComponent(`-c search_path=${schema} -c synchronous_commit=off`)}`;
  const client = new pg.Client({ connectionString: own });
  await client.connect();
  await client.query(`create schema ${schema}; ${layout.sql}`);
  const open: Target[] = [];
  const settings = JSON.parse(JSON.stringify(layout.settings).replace("public.", `${schema}.`));
  const again = async () => {
    const target = await openRows(own, settings);
    open.push(target);
    return target;
  };
  return {
    url: own,
    schema,
    settings,
    target: await again(),
    cells: ["one", "two"],
    again,
    around: async (id, key, value) => {
      const { table, cell } = layout.at(id);
      const where = cell === null ? "key = $1" : "key = $1 and cell = $2";
      const names = cell === null ? [key] : [key, cell];
      await client.query("begin");
      const column = cell === null ? "value" : "body";
      const held = cell === null ? value : Buffer.from(value ?? "").toString();
      const old = await client.query(`select 1 from ${table} where ${where}`, names);
      if (value === null) await client.query(`delete from ${table} where ${where}`, names);
      else if (old.rows.length > 0) {
        const bump = cell === null ? "" : ", version = version + 1";
        await client.query(
          `update ${table} set ${column} = $${names.length + 1}${bump} where ${where}`,
          [...names, held],
        );
      } else
        await client.query(
          cell === null
            ? `insert into ${table} (key, value) values ($1, $2)`
            : `insert into ${table} (key, cell, body) values ($1, $2, $3)`,
          [...names, held],
        );
      await client.query("commit");
    },
    remove: async () => {
      await Promise.all(open.map((target) => target.close()));
      await client.query(`drop schema ${schema} cascade`);
      await client.end();
    },
  };
}
