// SPDX-License-Identifier: Apache-2.0
/** Who else can write rows: by ownership, by grants to them or to a role that they are a member of, or as a superuser. */
import type pg from "pg";
import { OTHERS_MAX, type OtherWriter } from "../others.ts";
import { quoted, quotedTable } from "./settings.ts";

/** Members that do not inherit can still `set role`, so membership counts and not `has_table_privilege`. */
const WHO = `
  select r.rolname as who, r.rolsuper as super, pg_has_role(r.oid, c.relowner, 'MEMBER') as owns
  from pg_roles r, pg_class c
  where c.oid = $1::regclass and r.rolcanlogin and r.rolname <> current_user
    and (r.rolsuper
      or pg_has_role(r.oid, c.relowner, 'MEMBER')
      or coalesce(pg_has_role(r.oid, to_regrole('pg_write_all_data'), 'MEMBER'), false)
      or exists (
        select from (
          select a.grantee, a.privilege_type
          from aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
          union all
          select a.grantee, a.privilege_type
          from pg_attribute t, aclexplode(t.attacl) a where t.attrelid = c.oid
        ) granted
        where privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
          and (grantee = 0 or pg_has_role(r.oid, grantee, 'MEMBER'))))
  order by 1 limit ${OTHERS_MAX}`;

type Row = { readonly who: string; readonly super: boolean; readonly owns: boolean };

/** Each once, with the first of the tables. Throws what the database does. */
export async function tablesOthers(
  pool: Pick<pg.Pool, "query">,
  tables: Iterable<string>,
): Promise<readonly OtherWriter[]> {
  const others = new Map<string, OtherWriter>();
  for (const table of tables) {
    const name = quotedTable(table);
    const { rows } = await pool.query<Row>(WHO, [name]);
    for (const row of rows)
      if (!others.has(row.who) && others.size < OTHERS_MAX) others.set(row.who, otherOf(row, name));
  }
  return [...others.values()];
}

function otherOf({ who, super: isSuper, owns }: Row, name: string): OtherWriter {
  if (isSuper)
    return {
      who,
      because: "a superuser writes everywhere",
      close: `alter role ${quoted(who)} nosuperuser, or keep its password where it takes two people to get it`,
    };
  return owns
    ? {
        who,
        because: `owns ${name}, or is a member of the role that does`,
        close: `alter table ${name} owner to the role of this server`,
      }
    : {
        who,
        because: `was granted writing to ${name}, itself, as everybody, or by a role that it is a member of`,
        close: `revoke insert, update, delete, truncate on ${name} from ${quoted(who)}, public`,
      };
}
