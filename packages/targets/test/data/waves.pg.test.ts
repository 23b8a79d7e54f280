// SPDX-License-Identifier: Apache-2.0
/** Orders and money that rows stand for, waves, and halts, of fixes and of unwinds. */
import { expect, it } from "vitest";
import {
  type DataFix,
  type DataTerms,
  haltRun,
  keepVerdict,
  planDataUnwind,
  planFix,
  runFix,
  runsIn,
  runUnwind,
} from "../../src/index.ts";
import { fixOf, place, remove, runOf, TERMS, UNDO, update } from "./place.ts";

const LINES = `create table line (id int primary key, "order" int not null, cents int not null, key text, number int);
insert into line select i, i / 2, 100, 'x', 1 from generate_series(1, 40) i;`;

const touches = {
  orders: 'count(distinct l."order") -- each once',
  money: "sum(cents)",
  currency: "EUR cents",
  functions: ["count", "sum"],
};
const dearer = (terms: Partial<DataTerms>): DataFix => {
  const set = { set: "cents = cents + 1", where: "l.id <= 20", whereReads: ["id"] };
  const statement = update("line", [{ column: "cents", reads: ["cents"], adds: "1" }], set);
  return fixOf({ ...statement, alias: "l" }, { touches, terms: { ...TERMS, ...terms } });
};
const TOUCHED = { orders: 11, money: 2_000, currency: "EUR cents" };
const says = (words: RegExp) => ({ ok: false, failure: { message: expect.stringMatching(words) } });

it("more orders or money than expected refuse as rows do, and what was counted is kept", async () => {
  const at = await place(LINES);
  if (at === null) return;
  const session = await at.session();
  const few = dearer({ touched: { orders: { min: 0, max: 10 } } });
  expect(await planFix(session, few)).toMatchObject({
    value: { rows: 20, withinBounds: false, touched: TOUCHED },
  });
  const of = runOf("touched");
  expect(await runFix(session, { fix: few, of })).toMatchObject(
    says(/11 orders, and the file expects 0 to 10/),
  );
  const dear = dearer({ touched: { money: { min: 0, max: 1_999 } } });
  expect(await runFix(session, { fix: dear, of })).toMatchObject(says(/2000 EUR cents/));
  expect(await at.rows("select sum(cents)::int as n from line")).toEqual([{ n: 4_000 }]);
  const fix = dearer({ touched: { orders: { min: 11, max: 11 } } });
  expect(await runFix(session, { fix, of })).toMatchObject({
    value: { outcome: "done", rows: 20, touched: TOUCHED },
  });
  const unwind = { run: of.run, way: "undo", terms: UNDO } as const;
  const now = { ...TOUCHED, money: 2_020 };
  expect(await planDataUnwind(session, unwind)).toMatchObject({ value: { touched: now } });
  const terms = { ...UNDO, touched: { money: { min: 0, max: 2_019 } } };
  const back = runOf("back");
  expect(await runUnwind(session, { unwind: { ...unwind, terms }, of: back })).toMatchObject(
    says(/2020 EUR cents/),
  );
  expect(await runUnwind(session, { unwind, of: back })).toMatchObject({
    value: { outcome: "done", touched: now },
  });
  const half = { ...dearer({}), touches: { ...touches, money: "sum(cents) * 0.50125" } };
  expect(await runFix(session, { fix: half, of: runOf("half") })).toMatchObject(
    says(/not both whole numbers/),
  );
});

it("rows that a fix took away are counted from their images", async () => {
  const at = await place(LINES);
  if (at === null) return;
  const session = await at.session();
  const fix = { ...fixOf(remove("line", "id > 30")), touches: { ...touches, orders: null } };
  const of = runOf("gone");
  expect(await runFix(session, { fix, of })).toMatchObject({
    value: { touched: { orders: null, money: 1_000 } },
  });
  const unwind = { run: of.run, way: "undo", terms: UNDO } as const;
  expect(await planDataUnwind(session, unwind)).toMatchObject({
    value: { touched: { orders: null, money: 1_000 } },
  });
});

it("a run waits after each wave, does not skip one, and stops where it was halted", async () => {
  const at = await place(LINES);
  if (at === null) return;
  const session = await at.session();
  const fix = dearer({ waves: [10, 50], batch: 4 });
  const of = runOf("waves");
  const run = (more: { wave?: number; resume?: number | undefined } = {}) =>
    runFix(session, { fix, of, ...more });
  const waits = (rows: number, next: number) => ({
    value: { outcome: "stopped", why: "wave", rows, next },
  });
  expect(await run()).toMatchObject(waits(2, 2));
  expect(await run()).toMatchObject(waits(2, 2));
  expect(await run({ wave: 3 })).toMatchObject(says(/wave 3 is not the one that comes next/));
  // Halted while it runs, from another session.
  const other = await at.session();
  const halted = await runFix(session, {
    ...{ fix: { ...fix, terms: { ...fix.terms, pauseMs: 300 } }, of, wave: 2 },
    onProgress: ({ rows }) => (rows === 6 ? void haltRun(other, of.run, "a test") : undefined),
  });
  expect(halted).toMatchObject({ value: { outcome: "stopped", why: "halted", rows: 6 } });
  expect(await run()).toMatchObject({ value: { why: "halted", rows: 6 } });
  const [known] = await runsIn(other, { run: of.run });
  // A halt that whoever resumes has not seen stands.
  expect(await run({ resume: (known?.haltedAt ?? 0) - 1 })).toMatchObject({
    value: { why: "halted", rows: 6 },
  });
  expect(await run({ resume: known?.haltedAt ?? 0 })).toMatchObject(waits(10, 3));
  expect(await run({ wave: 3 })).toMatchObject({
    value: { outcome: "done", rows: 20, next: null },
  });
  expect(await haltRun(other, of.run, "a test")).toBe(false);
  const back = { run: of.run, way: "undo", terms: { ...UNDO, waves: [5, 10, 60] } } as const;
  const undo = (wave?: number) => runUnwind(session, { unwind: back, of: runOf("back"), wave });
  // Its batches are those of the fix, and the first one ends two waves.
  expect(await undo()).toMatchObject(waits(2, 3));
  expect(await undo()).toMatchObject(waits(2, 3));
  expect(await undo(3)).toMatchObject(waits(14, 4));
  expect(await undo(4)).toMatchObject({ value: { outcome: "done", counts: { restore: 20 } } });
  expect(await at.rows("select distinct cents from line")).toEqual([{ cents: 100 }]);
});

it("a halt that nobody lifted keeps the run in its wave; one that was lifted gives way to the next (halt-wins)", async () => {
  const at = await place(LINES);
  if (at === null) return;
  const session = await at.session();
  const fix = dearer({ waves: [10, 50], batch: 4 });
  const of = runOf("again");
  const run = (more: { wave?: number; resume?: number | undefined } = {}) =>
    runFix(session, { fix, of, ...more });
  const row = async () => (await runsIn(session, { run: of.run }))[0];
  await run();
  await haltRun(session, of.run, "first");
  expect(await run({ wave: 2 })).toMatchObject({ value: { why: "halted", rows: 2 } });
  const first = await row();
  expect(first).toMatchObject({ wave: 1, rows: 2, haltedBecause: "first" });
  // Of another time than the one that stands: it is not the halt that was lifted.
  for (const lifted of [null, (first?.haltedAt ?? 0) - 1]) {
    await haltRun(session, of.run, "second", lifted);
    expect(await row()).toMatchObject({ haltedBecause: "first", haltedAt: first?.haltedAt });
  }
  await haltRun(session, of.run, "third", first?.haltedAt ?? null);
  const third = await row();
  expect(third?.haltedBecause).toBe("third");
  const verdict = { wave: 2, result: "failed", because: ["orders fall"] } as const;
  await keepVerdict(session, of.run, verdict);
  expect((await row())?.verdict).toEqual(verdict);
  expect(await run({ wave: 2, resume: third?.haltedAt ?? 0 })).toMatchObject({
    value: { why: "wave", rows: 10, next: 3 },
  });
});
