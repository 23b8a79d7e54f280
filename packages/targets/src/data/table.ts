// SPDX-License-Identifier: Apache-2.0
/** The table of a fix as the catalogue has it, and why a fix on it could not be bounded or undone. */
import { type DataAnswer, type DataFix, did, failed } from "./fix.ts";
import { quoted } from "./names.ts";
import type { Session } from "./session.ts";

export type Column = {
  readonly name: string;
  /** As SQL writes it, quoted where it has to be. */
  readonly type: string;
  readonly generated: boolean;
  readonly identity: "" | "a" | "d";
  /** Sums of it are exact, and order does not matter. */
  readonly integer: boolean;
};

export type Table = {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly key: readonly Column[];
};

export const nameOf = ({ schema, name }: Pick<Table, "schema" | "name">): string =>
  `${quoted(schema)}.${quoted(name)}`;

export function columnOf(table: Table, name: string): Column {
  const found = table.columns.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`invariant broken: the table has no column \`${name}\` any more`);
  return found;
}

type Found = {
  oid: number;
  schema: string;
  name: string;
  kind: string;
  persistence: string;
  children: boolean;
  key: string[] | null;
};

/** Reads a table that was named as SQL names it. */
export async function readTable(
  session: Session,
  named: { readonly schema: string | null; readonly table: string },
): Promise<DataAnswer<Table>> {
  const { schema, table } = named;
  const written = schema === null ? quoted(table) : `${quoted(schema)}.${quoted(table)}`;
  const { rows } = await session.query<Found>(
    `select c.oid::int8::int as oid, n.nspname as schema, c.relname as name, c.relkind as kind,
      c.relpersistence as persistence,
      c.relkind <> 'p' and exists (select 1 from pg_inherits i where i.inhparent = c.oid) as children,
      (select array_agg(a.attname::text order by k.place)
        from pg_index i, unnest(i.indkey::int2[]) with ordinality as k(number, place), pg_attribute a
        where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid and a.attnum = k.number) as key
      from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1)`,
    [written],
  );
  const [found] = rows;
  const shown = schema === null ? table : `${schema}.${table}`;
  if (found === undefined)
    return failed("INPUT_INVALID", `there is no table \`${shown}\``, "check its name and schema");
  const why = unfit(found);
  if (why !== null)
    return failed("INPUT_INVALID", `\`${shown}\` ${why}`, "fix such data in another way");
  const columns = await columnsOf(session, found.oid);
  const key = (found.key ?? []).flatMap((name) => columns.filter((one) => one.name === name));
  return did({ oid: found.oid, schema: found.schema, name: found.name, columns, key });
}

function unfit({ kind, persistence, children, key, schema }: Found): string | null {
  if (kind !== "r" && kind !== "p") return "is no table";
  if (schema === "interlock_journal") return "is the journal itself";
  if (/^pg_|^information_schema$/.test(schema)) return "belongs to the server";
  if (persistence === "t") return "is temporary";
  if (children) return "has tables that inherit from it, whose rows have no key of their own";
  if (key === null) return "has no primary key, without which its rows cannot be told apart";
  return null;
}

async function columnsOf(session: Session, oid: number): Promise<readonly Column[]> {
  const { rows } = await session.query<Column & { generated: boolean }>(
    `select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attgenerated <> '' as generated, a.attidentity::text as identity,
      a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) as integer
      from pg_attribute a where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
      order by a.attnum`,
    [oid],
  );
  return rows;
}

/** What a statement does beyond its rows, which no journal of ours sees. */
export async function beyondOf(
  session: Session,
  { oid }: Table,
  { statement }: Pick<DataFix, "statement">,
): Promise<readonly string[]> {
  const { action } = statement;
  const bit = { insert: 4, delete: 8, update: 16 }[action];
  const { rows } = await session.query<{ name: string }>(
    `select 'trigger ' || tgname as name from pg_trigger
      where tgrelid = $1 and not tgisinternal and tgenabled <> 'D' and tgtype & $2 <> 0
     union select 'rule ' || rulename from pg_rewrite where ev_class = $1 and ev_enabled <> 'D'
     union select 'foreign-key ' || conname from pg_constraint
      where confrelid = $1 and contype = 'f'
        and (($3 = 'delete' and confdeltype in ('c', 'n', 'd')) or ($3 = 'update' and confupdtype in ('c', 'n', 'd')
          and confkey && (select array_agg(attnum) from pg_attribute where attrelid = $1 and attname = any($4::text[]))))
     order by 1`,
    [oid, bit, action, action === "update" ? statement.columns.map((one) => one.column) : []],
  );
  return rows.map(({ name }) => name);
}

/** Functions that say something else each time, or that are not there, by the names that were called. */
async function volatileOf(session: Session, names: readonly string[]): Promise<readonly string[]> {
  const { rows } = await session.query<{ name: string }>(
    `select name from unnest($1::text[]) as name where not exists (
      select 1 from pg_proc where proname = regexp_replace(name, '^.*[.]', ''))
      or exists (select 1 from pg_proc where proname = regexp_replace(name, '^.*[.]', '')
        and provolatile = 'v') order by name`,
    [names],
  );
  return rows.map(({ name }) => name);
}

/** Refuses what could not be bounded or taken back. */
export async function checkedTable(session: Session, fix: DataFix): Promise<DataAnswer<Table>> {
  const { statement, key, beyond } = fix;
  const read = await readTable(session, statement);
  if (!read.ok) return read;
  const table = read.value;
  const own = table.key.map(({ name }) => name);
  if (own.join("\0") !== key.join("\0"))
    return failed(
      "INPUT_INVALID",
      `the key of \`${table.name}\` is \`${own.join(", ")}\`, and the file says \`${key.join(", ")}\``,
      "write it as the table has it",
    );
  const wrong = columnsWrong(table, fix);
  if (wrong !== null) return wrong;
  const called = [...statement.functions, ...(fix.touches?.functions ?? [])];
  const volatile = await volatileOf(session, called);
  if (volatile.length > 0)
    return failed(
      "INPUT_INVALID",
      `it calls \`${volatile.join("`, `")}\`, which says something else each time`,
      "write the values themselves",
    );
  const unnamed = (await beyondOf(session, table, fix)).filter((one) => !beyond.includes(one));
  return unnamed.length === 0
    ? did(table)
    : failed(
        "INPUT_INVALID",
        `it has effects that the journal does not see: \`${unnamed.join("`, `")}\``,
        "if that is meant, name them in `beyond`; an unwind does not take them back",
      );
}

function columnsWrong(table: Table, { statement }: DataFix): DataAnswer<never> | null {
  if (statement.action !== "update") return null;
  for (const { column } of statement.columns) {
    const found = table.columns.find(({ name }) => name === column);
    const why =
      found === undefined
        ? "is no column of it"
        : found.generated
          ? "is generated"
          : table.key.includes(found)
            ? "is its key"
            : null;
    if (why !== null)
      return failed(
        "INPUT_INVALID",
        `it sets \`${column}\`, which ${why}`,
        "leave it out; a row whose key changes is deleted and inserted",
      );
  }
  return null;
}

/** The columns whose images a fix keeps. */
export function imagedBy(
  table: Table,
  { statement }: Pick<DataFix, "statement">,
): readonly string[] {
  if (statement.action === "update") return statement.columns.map(({ column }) => column);
  return table.columns.filter(({ generated }) => !generated).map(({ name }) => name);
}
