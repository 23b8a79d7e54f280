// SPDX-License-Identifier: Apache-2.0
/** Data fixes as the grammar cuts them, and those that cannot be bounded. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { readDataExpression, readDataStatement } from "../../src/index.ts";

it("cuts an UPDATE where its WHERE is, whatever stands in strings, comments and parentheses", async () => {
  const read = await readDataStatement(
    `-- ü set where\nupdate shop.orders as o set "where" = 'a where b', n = n - 2, m = (case when o.n > 1 then $$where$$ else lower(x) end) -- where
     where o.id > 5 /* where */ and note <> E'\\' where' -- end\n;\n-- more`,
  );
  expect(read).toEqual({
    ok: true,
    statement: {
      ...{ action: "update", schema: "shop", table: "orders", alias: "o", functions: ["lower"] },
      set: `"where" = 'a where b', n = n - 2, m = (case when o.n > 1 then $$where$$ else lower(x) end) -- where`,
      columns: [
        { column: "where", reads: [], adds: null },
        { column: "n", reads: ["n"], adds: "-2" },
        { column: "m", reads: ["n", "x"], adds: null },
      ],
      where: `o.id > 5 /* where */ and note <> E'\\' where' -- end`,
      whereReads: ["id", "note"],
    },
  });
});

it("cuts DELETE and INSERT", async () => {
  expect(await readDataStatement("delete from a where b in (1, 2)")).toMatchObject({
    statement: { action: "delete", where: "b in (1, 2)", whereReads: ["b"] },
  });
  expect(await readDataStatement("insert into a (b) values (1), (default); -- x")).toMatchObject({
    statement: { action: "insert", text: "insert into a (b) values (1), (default)", rows: 2 },
  });
});

it.each([
  ["update a set b = 1", /no `WHERE`/],
  ["update a set b = 1 where true; drop table a", /exactly one/],
  ["", /no SQL/],
  ["drop table a", /no UPDATE, DELETE or INSERT/],
  ["select 1", /no UPDATE/],
  ["truncate a", /no UPDATE/],
  ["update a set b = (select 1) where true", /sub-query/],
  ["update a set b = 1 from c where true", /`FROM`/],
  ["delete from a using c where true", /`USING`/],
  ["with x as (delete from c) update a set b = 1 where true", /`WITH`/],
  ["update a set b = 1 where true returning b", /`RETURNING`/],
  ["update only a set b = 1 where true", /`ONLY`/],
  ["update a set (b, c) = row(1, 2) where true", /several columns/],
  ["update a set b[1] = 1 where true", /part of a column/],
  ["update a set b = $1 where true", /parameter/],
  ["update a set b = a::text where true", /in a way/],
  ["update a set b = a.* is null where true", /whole row/],
  ["update a set b = rank() over () where true", /window/],
  ["update a set b = 1 where current of c", /cursor/],
  ["insert into a select 1", /`VALUES`/],
  ["insert into a values (1) on conflict do nothing", /`ON CONFLICT`/],
  ["insert into a default values", /`VALUES`/],
  ["update a set b = 1 where (", /no SQL/],
  ["update a set b = 1 where b = c.d", /in a way/],
])("refuses what cannot be bounded: %s", async (sql, why) => {
  expect(await readDataStatement(sql)).toMatchObject({
    ok: false,
    says: expect.stringMatching(why),
  });
});

it("never throws, whatever it is given", async () => {
  const part = fc.constantFrom(
    "update a set b=",
    "where",
    "'",
    "$$",
    "(",
    ")",
    "--",
    "\n",
    ";",
    "1",
    "é",
    "/*",
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(part, fc.string())), async (parts) => {
      expect(typeof (await readDataStatement(parts.join(" "))).ok).toBe("boolean");
    }),
  );
});

it.each([
  ["count(distinct o.order_id) -- each once", { ok: true, functions: ["count"] }],
  ["sum(round(x) * 100) filter (where y > 1)", { ok: true, functions: ["round", "sum"] }],
  ["count(*)", { ok: true, functions: ["count"] }],
  ["sum(x), sum(y)", { ok: false, says: "is not one expression" }],
  ["1) from x; drop table x; select (1", { ok: false }],
  ["1), (2", { ok: false }],
  ["1) where (true", { ok: false }],
  ["(select count(*) from pg_authid)", { ok: false, says: "has a sub-query" }],
  ["sum(x) over ()", { ok: false, says: "uses a window" }],
  ["sum(other.x)", { ok: false }],
  ["", { ok: false }],
])("reads the expression `%s`", async (sql, said) => {
  expect(await readDataExpression(sql, { table: "orders", alias: "o" })).toMatchObject(said);
});
