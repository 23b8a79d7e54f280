// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { sqlSource } from "../../src/sql/source.ts";
import { changed, world } from "./changed-file.ts";

type Row = {
  readonly name: string;
  readonly path?: string;
  readonly before?: string;
  readonly after: string;
  readonly found: readonly string[];
};

/** `aspect subject@line` and the tags that the row names after `+`. */
async function look(row: Row): Promise<readonly string[]> {
  const file = changed(row.path ?? "db/migrations/0042_change.sql", row.before ?? null, row.after);
  const { deltas, gaps } = await sqlSource.read([file], world());
  expect(gaps).toEqual([]);
  return deltas.map((one) => `${one.aspect} ${one.subject}@${one.line}`);
}

const statements: readonly Row[] = [
  { name: "index", after: "create index i on orders (a);", found: ["create-index orders@1"] },
  {
    name: "concurrent index",
    after: "create index concurrently i on orders (a);",
    found: ["create-index orders@1"],
  },
  { name: "drop index", after: "\ndrop index i;", found: ["drop-index i@2"] },
  {
    name: "drop table",
    after: "drop table if exists a, s.b;",
    found: ["drop-table a@1", "drop-table s.b@1"],
  },
  {
    name: "several clauses",
    after: "alter table t drop column a,\n  alter b type text, alter c set not null;",
    found: ["drop-column t.a@1", "type-change t.b@1", "set-not-null t.c@1"],
  },
  {
    name: "rename",
    after: "alter table t rename to u; alter table u rename a to b; alter index x rename to y;",
    found: ["rename t@1", "rename u@1"],
  },
  {
    name: "constraint",
    after:
      "alter table t add constraint c check (a > 0), add constraint d foreign key (a) references q (b) not valid;",
    found: ["add-constraint t@1", "add-constraint t@1"],
  },
  {
    name: "no condition",
    after: "update t set a = 1;\ndelete from t;\ntruncate t;",
    found: ["update-all t@1", "delete-all t@2", "truncate t@3"],
  },
  {
    name: "a condition that holds always",
    after:
      "update t set a = 1 where 1=1; delete from t where true; delete from t where a = 1 or true; delete from t where name like '%';",
    found: ["update-all t@1", "delete-all t@1", "delete-all t@1", "delete-all t@1"],
  },
  {
    name: "a condition",
    after:
      "update t set a = 1 where b = 2; delete from t using u where t.id = u.id; update t set a = u.a from u where u.id = t.id;",
    found: [],
  },
  {
    name: "delete in a common table expression",
    after: "with gone as (delete from t returning *) insert into u select * from gone;",
    found: ["delete-all t@1"],
  },
  {
    name: "grants",
    after: "grant all on all tables in schema public to public; grant select on t to app;",
    found: ["grant public@1", "grant t@1"],
  },
  { name: "superuser", after: "alter role app superuser;", found: ["superuser app@1"] },
  {
    name: "conditional block",
    after:
      "do $$ begin if true then\n alter table t drop column a; end if; execute 'drop table q'; end $$;",
    found: ["drop-column t.a@1", "drop-table q@1"],
  },
  {
    name: "created here",
    after:
      "create table t (id int); create index i on t (id); alter table t add constraint c check (id > 0); drop table t;",
    found: [],
  },
  {
    name: "drop, then create",
    after: "drop table t; create table t (id int);",
    found: ["drop-table t@1"],
  },
  {
    name: "MySQL rename",
    after: "RENAME TABLE issues TO _issues_old, _issues_new TO issues;   -- all replicas at once\n",
    found: ["rename issues@1", "rename _issues_new@1"],
  },
  {
    name: "MySQL enum",
    after: "ALTER TABLE big MODIFY status ENUM('a','x','b','c');   -- no ALGORITHM=INSTANT\n",
    found: ["enum-change big.status@1"],
  },
  {
    name: "MySQL clauses",
    after: "ALTER TABLE `t` DROP COLUMN `a`, CHANGE b c INT, ADD INDEX k (a), DROP INDEX z;",
    found: [
      "drop-column t.a@1",
      "rename t@1",
      "type-change t.b@1",
      "create-index t@1",
      "drop-index t@1",
    ],
  },
  {
    name: "MySQL delete with limit",
    after: "DELETE FROM `t` LIMIT 100; DELETE FROM `t`;",
    found: ["delete-all t@1"],
  },
  {
    name: "ClickHouse grant",
    after: "GRANT SELECT ON shard_schema.* TO bot_user",
    found: ["grant shard_schema.*@1"],
  },
  {
    name: "T-SQL",
    after: "EXEC sp_rename 'dbo.t.a', 'b', 'COLUMN'\nGO\nDELETE FROM [dbo].[t]\nGO\n",
    found: ["rename dbo.t.a@1", "delete-all dbo.t@3"],
  },
  {
    name: "metadata without a schema",
    after: "select name from system.columns where table = 'f' order by name;",
    found: ["metadata-query system.columns@1"],
  },
  {
    name: "MySQL dynamic delete with empty NOT IN",
    after: "delete from `t` where id not in ();",
    found: ["delete-all t@1"],
  },
];

test.each(statements)("reads $name", async (row) => {
  const known = (await look(row)).filter((one) => !one.startsWith("lock-timeout-missing"));
  expect(known).toEqual(row.found);
});

const quiet: readonly Row[] = [
  { name: "a select", after: "select 1; with a as (select 1) select * from a;", found: [] },
  {
    name: "an insert that is huge",
    after: `insert into t values ${"(1),".repeat(50_000)}(2);`,
    found: [],
  },
  {
    name: "the down section",
    after:
      "-- +goose Up\ncreate table t (id int);\n-- +goose Down\ndrop table t; drop table other;\n",
    found: [],
  },
  { name: "a down file", path: "db/migrations/0042_x.down.sql", after: "drop table t;", found: [] },
  {
    name: "a dump",
    path: "db/structure.sql",
    before: "",
    after: "create index i on t (a);",
    found: [],
  },
  {
    name: "old debt",
    before: "delete from t;\n",
    after: "-- a remark\ndelete  from t;\n",
    found: [],
  },
  {
    name: "a routine body",
    after: "create procedure p() begin delete from t; update t set a = 1; end;",
    found: [],
  },
  {
    name: "a function in dollars",
    after: "create function f() returns void as $$ begin delete from t; end $$ language plpgsql;",
    found: [],
  },
];

test.each(quiet)("is quiet about $name", async (row) => {
  expect(await look(row)).toEqual(row.found);
});

test("tells a transaction from none", async () => {
  const tagsOf = async (after: string): Promise<readonly string[]> => {
    const read = await sqlSource.read([changed("db/migrations/1_x.sql", null, after)], world());
    return read.deltas[0]?.tags ?? [];
  };
  expect(await tagsOf("begin; create index concurrently i on t (a); commit;")).toContain(
    "in-transaction",
  );
  expect(await tagsOf("-- +goose Up\ncreate index concurrently i on t (a);")).toContain(
    "in-transaction",
  );
  expect(
    await tagsOf("-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently i on t (a);"),
  ).not.toContain("in-transaction");
  expect(await tagsOf("begin; commit; create index concurrently i on t (a);")).not.toContain(
    "in-transaction",
  );
});

const whole: readonly (Row & { readonly more?: Readonly<Record<string, string>> })[] = [
  {
    name: "no lock timeout",
    after: "alter table t add column a jsonb;",
    found: ["add-column t.a@1", "lock-timeout-missing t@1"],
  },
  {
    name: "a lock timeout",
    after: "set lock_timeout = '2s'; alter table t add column a jsonb;",
    found: ["add-column t.a@1"],
  },
  {
    name: "a back-fill under the lock",
    after:
      "set lock_timeout = '2s'; begin; alter table t add column a jsonb;\nupdate t set a = '{}' where id > 0; commit;",
    found: ["add-column t.a@1", "backfill-in-transaction t@2"],
  },
  {
    name: "no way back by file",
    path: "migrations/1_x.up.sql",
    after: "drop table t;",
    found: ["drop-table t@1", "no-way-back t@1"],
  },
  {
    name: "a way back by file",
    path: "migrations/1_x.up.sql",
    after: "drop table t;",
    more: { "migrations/1_x.down.sql": "create table t (id int);" },
    found: ["drop-table t@1"],
  },
  {
    name: "no way back by section",
    after: "-- migrate:up\ndrop table t;\n-- migrate:down\n",
    found: ["drop-table t@2", "no-way-back t@2"],
  },
];

test.each(whole)("judges the file: $name", async (row) => {
  const file = changed(row.path ?? "db/migrations/0042_change.sql", null, row.after);
  const { deltas } = await sqlSource.read([file], world(row.more));
  expect(
    deltas.map(
      (one) =>
        `${one.aspect} ${one.aspect === "lock-timeout-missing" || one.aspect === "backfill-in-transaction" || one.aspect === "no-way-back" ? one.subject.split(".")[0] : one.subject}@${one.line}`,
    ),
  ).toEqual(row.found);
});

test("only what one edit adds is new, and moving a migration adds nothing", async () => {
  const before = "alter table t drop column a;\n";
  const edited = changed(
    "m/migrations/1.sql",
    before,
    "alter table t drop column a, drop column b;\n",
  );
  expect((await sqlSource.read([edited], world())).deltas.map((one) => one.subject)).toEqual([
    "t.b",
  ]);
  const moved = [
    changed("m/migrations/1.sql", before, null),
    changed("m/migrations/2.sql", null, before),
  ];
  expect((await sqlSource.read(moved, world())).deltas).toEqual([]);
});

test("the effect says rows and tables", async () => {
  const file = changed(
    "m/migrations/1.sql",
    null,
    "delete from t; drop table q; update perms set a = 1;",
  );
  const { effects, deltas } = await sqlSource.read([file], world());
  expect(
    effects.map((one) => `${one.verb} ${one.count} ${one.what} ${one.sharePpm} ${one.subject}`),
  ).toEqual(["removes 0 rows 1000000 t", "removes 1 tables 0 q", "changes 0 rows 1000000 perms"]);
  expect(deltas.at(-1)?.tags).toContain("access");
});

test("a neighbour tells the dialect of plain SQL", async () => {
  const file = changed("m/migrations/2.sql", null, "create index i on t (a);");
  const other = { "m/migrations/1.sql": "create table `t` (id int) engine=InnoDB;" };
  expect((await sqlSource.read([file], world(other))).deltas[0]?.tags).toContain("mysql");
  expect((await sqlSource.read([file], world())).deltas[0]?.tags).toContain("unknown");
});
