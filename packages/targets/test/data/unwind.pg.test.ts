// SPDX-License-Identifier: Apache-2.0
/** Taking back is replaying the history without: random fixes, outside writes and unwinds, on a real server. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type DataFix, runFix, runUnwind } from "../../src/index.ts";
import { fixOf, insert, place, remove, runOf, UNDO, update } from "./place.ts";

const COLUMNS = "(id int primary key, a int, b text, c int)";
const ROWS = "insert into %t select i, i * 10, 'b' || i, 0 from generate_series(1, 6) i";
const TABLES = `create table t ${COLUMNS}; create table r ${COLUMNS};`;

type Writing = {
  readonly do: "put" | "add" | "derive" | "delete" | "insert" | "outside";
  readonly ids: readonly number[];
  readonly value: number;
};
type Step = Writing | { readonly do: "undo" | "redo"; readonly which: number };

const writes = (one: Step): one is Writing => "ids" in one;

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom("put", "put", "add", "add", "derive", "delete", "insert", "outside"),
      ids,
      value: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom("undo", "redo"), which: fc.nat(5) }),
  },
);

const sqlOf = (table: string, one: Writing): string => {
  const where = `where id in (${one.ids.join(", ")})`;
  switch (one.do) {
    case "put":
      return `update ${table} set a = ${one.value} ${where}`;
    case "add":
      return `update ${table} set c = c + ${one.value} ${where}`;
    case "derive":
      return `update ${table} set b = a::text ${where}`;
    case "delete":
      return `delete from ${table} ${where}`;
    case "outside":
      // Nobody can tell a write past the journal that leaves what was there; no sum of the others is this.
      return `update ${table} set c = ${one.value * 1_000} ${where}`;
    case "insert":
      return `insert into ${table} values ${one.ids.map((id) => `(${id}, ${one.value}, 'new', 0)`).join(", ")}`;
  }
};

function fixFor(one: Writing): DataFix {
  const where = `id in (${one.ids.join(", ")})`;
  switch (one.do) {
    case "put":
      return fixOf(
        update("t", [{ column: "a", reads: [], adds: null }], { set: `a = ${one.value}`, where }),
      );
    case "add":
      return fixOf(
        update("t", [{ column: "c", reads: ["c"], adds: String(one.value) }], {
          set: `c = c + ${one.value}`,
          where,
        }),
      );
    case "derive":
      return fixOf(
        update("t", [{ column: "b", reads: ["a"], adds: null }], { set: "b = a::text", where }),
      );
    case "delete":
      return fixOf(remove("t", where));
    default:
      return fixOf(insert("t", sqlOf("t", one), one.ids.length));
  }
}

const RUNS = Number(process.env["FC_RUNS"] ?? 25);

/** The unwind that asked took its own batch for something that somebody did. */
const ITSELF: readonly Step[] = [
  { do: "put", ids: [1], value: 8 },
  { do: "undo", which: 0 },
  { do: "put", ids: [1], value: 8 },
  { do: "put", ids: [2], value: 1 },
  { do: "redo", which: 0 },
];

it("undo(T) is the history without T, where nothing is left for people; other rows stay as they are", async () => {
  const at = await place(TABLES);
  if (at === null) return;
  const session = await at.session();
  let clean = 0;
  let compared = 0;
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 2, maxLength: 8 }),
    fc.nat(5),
    async (steps, chosen) => {
      await at.db.query(
        `truncate t, r, interlock_journal.run, interlock_journal.batch, interlock_journal.entry, interlock_journal.image, interlock_journal.held restart identity cascade;
      ${ROWS.replace("%t", "t")}; ${ROWS.replace("%t", "r")};`,
      );
      const did: Writing[] = [];
      const fixes: number[] = [];
      const unwound = new Set<number>();
      const unwind = async (which: number, way: "undo" | "redo", name: string) => {
        const fix = fixes[which % fixes.length];
        if (fix === undefined || unwound.has(fix) === (way === "undo")) return;
        const of = { run: runOf(`${fix}`).run, way, terms: UNDO } as const;
        const ran = await runUnwind(session, { unwind: of, of: runOf(name) });
        if (!ran.ok) throw new Error(ran.failure.message);
        if (way === "undo") unwound.add(fix);
        else unwound.delete(fix);
      };
      // What a fix would have chosen had a row been there nobody can tell; the plan names such fixes.
      const missed = new Set<number>();
      for (const [n, one] of steps.entries()) {
        const there = new Set((await at.rows("select id from t")).map(({ id }) => id));
        if (writes(one) && one.do !== "insert")
          for (const id of one.ids) if (!there.has(id)) missed.add(id);
        if (!writes(one)) await unwind(one.which, one.do, `unwind ${n}`);
        else if (one.do === "outside") {
          await at.db.query(sqlOf("t", one));
          did.push(one);
        } else {
          const ran = await runFix(session, { fix: fixFor(one), of: runOf(`${did.length}`) });
          // An insert of what is there is refused, and leaves nothing.
          if (ran.ok) fixes.push(did.push(one) - 1);
          else
            await at.db.query("delete from interlock_journal.run where run = $1", [
              runOf(`${did.length}`).run,
            ]);
        }
      }
      if (fixes.length === 0) return;
      const before = await at.rows("select t.*, t::text as row from t order by id");
      await unwind(chosen, "undo", "last");
      const after = await at.rows("select t.*, t::text as row from t order by id");
      // The reference: the same statements without what was taken away.
      const doubtful = new Set<number>();
      for (const [n, one] of did.entries()) {
        if (unwound.has(n)) continue;
        for (const id of one.ids) {
          const sql = sqlOf("r", { ...one, ids: [id] });
          await at.db.query(sql).catch(() => doubtful.add(id));
        }
      }
      const reference = await at.rows("select r.*, r::text as row from r order by id");
      const held = await at.rows(
        `select distinct (e.key ->> 'id')::int as id from interlock_journal.held h
        join interlock_journal.batch b on b.id = h.batch
        join interlock_journal.line e on e.batch = b.undoes and e.number = h.number where h.action = 'quarantine'`,
      );
      const left = new Set(held.map(({ id }) => Number(id)));
      for (const id of [1, 2, 3, 4, 5, 6]) {
        const is = after.find((row) => row["id"] === id)?.["row"];
        const fix = did[fixes[chosen % fixes.length] ?? -1];
        if (fix?.ids.includes(id) !== true)
          expect(is).toEqual(before.find((row) => row["id"] === id)?.["row"]);
        if (left.has(id) || missed.has(id)) continue;
        compared++;
        expect([id, is, doubtful.has(id)]).toEqual([
          id,
          reference.find((row) => row["id"] === id)?.["row"],
          false,
        ]);
      }
      if (left.size === 0) clean++;
    },
  );
  await fc.assert(property, {
    numRuns: RUNS,
    examples: [[[...ITSELF], 2]],
    ...(process.env["SEED"] ? { seed: Number(process.env["SEED"]) } : {}),
  });
  // The property would hold of one that left everything to people.
  expect(clean).toBeGreaterThan(RUNS / 4);
  expect(compared).toBeGreaterThan(RUNS * 3);
});

/** A journal as versions before arrays and places left it. */
const AS_BEFORE = `insert into interlock_journal.entry select * from interlock_journal.line;
  truncate interlock_journal.image; update interlock_journal.batch set first = null, last = null, low = null, high = null`;

it.each([
  { name: "arrays", journal: "select 1" },
  { name: "entries of older versions", journal: AS_BEFORE },
  {
    name: "both",
    journal: `with moved as (delete from interlock_journal.image where batch % 2 = 0 returning *)
      insert into interlock_journal.entry select batch, skipped + place,
        jsonb_object_agg(name, h.held) filter (where side = 'key'),
        jsonb_object_agg(name, h.held) filter (where side = 'before'),
        jsonb_object_agg(name, h.held) filter (where side = 'after')
      from moved, unnest(moved.held) with ordinality as h(held, place) group by 1, 2;
      update interlock_journal.batch set first = null, last = null, low = null, high = null where id % 2 = 0`,
  },
])(
  "what others wrote in many batches is found among $name, and the rest is taken back and brought back",
  async ({ journal }) => {
    const at = await place(
      `create table w (area text, n bigint, a int, primary key (area, n));
       insert into w select case when i % 3 = 0 then 'süd' else 'nord' end, i - 900, 0 from generate_series(1, 1800) i;`,
    );
    if (at === null) return;
    const session = await at.session();
    const terms = { ...fixOf(remove("w", "true")).terms, batch: 700 };
    const bounds = { expect: { min: 0, max: 10_000 } };
    const fixed = async (name: string, to: number, where: string) => {
      const statement = update("w", [{ column: "a", reads: [], adds: null }], {
        ...{ set: `a = ${to}`, where },
      });
      const fix = fixOf(statement, { key: ["area", "n"], terms: { ...terms, ...bounds } });
      expect(await runFix(session, { fix, of: runOf(name) })).toMatchObject({ ok: true });
    };
    await fixed("one", 1, "true");
    await fixed("two", 2, "n between -20 and 20");
    await at.db.query("update w set a = 9 where n = 500");
    await at.db.query(journal);
    const ran = async (way: "undo" | "redo") => {
      const unwind = {
        run: runOf("one").run,
        ...{ way, terms: { ...terms, ...bounds, quarantineMax: 10 } },
      };
      const done = await runUnwind(session, { unwind, of: runOf(way) });
      return done.ok ? done.value.counts : done.failure;
    };
    const held = () =>
      at.rows("select a, count(*)::int as rows, min(n)::int as from from w group by 1 order by 1");
    expect(await ran("undo")).toMatchObject({ restore: 1758, keep: 41, quarantine: 1 });
    expect(await held()).toEqual([
      { a: 0, rows: 1758, from: -899 },
      { a: 2, rows: 41, from: -20 },
      { a: 9, rows: 1, from: 500 },
    ]);
    expect(await ran("redo")).toMatchObject({ restore: 1758 });
    expect(await held()).toEqual([
      { a: 1, rows: 1758, from: -899 },
      { a: 2, rows: 41, from: -20 },
      { a: 9, rows: 1, from: 500 },
    ]);
  },
);
