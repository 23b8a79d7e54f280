// SPDX-License-Identifier: Apache-2.0
import type { Batch, BatchItem, Target, WriteOutcome } from "@interlock/targets";
import fc from "fast-check";
import { expect } from "vitest";
import { batchOf, bytes, keysIn, type Place } from "./place.ts";

const KEYS = ["a", "b", "k.1", "z-9"] as const;

/** The plain map that a cell is to behave like. */
type Cell = {
  readonly held: Map<string, { readonly text: string; readonly version: string }>;
  /** Versions that keys once had. */
  readonly past: Map<string, string>;
  readonly sent: Batch[];
  readonly remembered: Set<string>;
  fence: number;
};

type Over = "current" | "past" | "absent" | "bogus";
type Step =
  | {
      readonly does: "write";
      readonly cell: 0 | 1;
      readonly items: readonly {
        readonly key: string;
        readonly over: Over;
        readonly text: string | null;
      }[];
      readonly fenceBy: number;
    }
  | { readonly does: "repeat"; readonly cell: 0 | 1; readonly nth: number }
  | {
      readonly does: "around";
      readonly cell: 0 | 1;
      readonly key: string;
      readonly text: string | null;
    }
  | { readonly does: "open again" };

const cellOf = fc.constantFrom<0 | 1>(0, 1);
const keyOf = fc.constantFrom(...KEYS);
const textOf = fc.option(fc.constantFrom("1", "2", "three\n"), { nil: null, freq: 4 });
const overOf = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Over>("current") },
  { weight: 1, arbitrary: fc.constantFrom<Over>("past", "absent", "bogus") },
);
const write: fc.Arbitrary<Step> = fc.record({
  does: fc.constant("write" as const),
  cell: cellOf,
  items: fc.uniqueArray(fc.record({ key: keyOf, over: overOf, text: textOf }), {
    selector: ({ key }) => key,
    minLength: 1,
    maxLength: 3,
  }),
  fenceBy: fc.constantFrom(0, 0, 0, 1, -1),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: write },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("repeat" as const), cell: cellOf, nth: fc.nat(9) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("around" as const),
      cell: cellOf,
      key: keyOf,
      text: textOf,
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ does: "open again" }) },
);

const emptyCell = (): Cell => ({
  held: new Map(),
  past: new Map(),
  sent: [],
  remembered: new Set(),
  fence: 0,
});

/** Runs steps against a driver and a map, and compares what both hold after each. */
export async function modelHolds(makePlace: () => Promise<Place>, runs: number): Promise<void> {
  const steps = fc.array(step, { minLength: 4, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const place = await makePlace();
      const cells = [emptyCell(), emptyCell()] as const;
      try {
        let { target } = place;
        for (const one of all) {
          if (one.does === "open again") target = await place.again();
          else await take(one, { place, target, cell: cells[one.cell] });
          for (const at of [0, 1] as const) await compare(target, place.cells[at], cells[at]);
        }
      } finally {
        await place.remove();
      }
    }),
    { numRuns: runs },
  );
}

type World = { readonly place: Place; readonly target: Target; readonly cell: Cell };

async function take(one: Exclude<Step, { does: "open again" }>, world: World): Promise<void> {
  const { place, target, cell } = world;
  const name = place.cells[one.cell];
  if (one.does === "around") {
    await place.around(name, one.key, one.text === null ? null : bytes(one.text));
    became(cell, one.key, one.text);
    return;
  }
  const batch = one.does === "write" ? batchFor(one, name, cell) : cell.sent[one.nth];
  if (batch === undefined) return;
  cell.sent.push(batch);
  const expected = expectedOf(batch, cell, target);
  const outcome = await target.write(batch);
  expect(expected, JSON.stringify(outcome)).toContainEqual(outcome);
  const done = doneBy(outcome, batch);
  for (const { key, value } of batch.items)
    if (done.has(key)) became(cell, key, value === null ? null : Buffer.from(value).toString());
  if (outcome.kind !== "written") return;
  if (target.abilities.fences) cell.fence = Math.max(cell.fence, batch.fence);
  if (target.abilities.remembers) cell.remembered.add(batch.idempotencyKey);
}

function batchFor(one: Extract<Step, { does: "write" }>, name: string, cell: Cell): Batch {
  const items = one.items.map(({ key, over, text }): BatchItem => {
    const current = cell.held.get(key)?.version ?? null;
    const overs = {
      current,
      past: cell.past.get(key) ?? current,
      absent: null,
      bogus: "no such version",
    };
    return { key, value: text === null ? null : bytes(text), over: overs[over] };
  });
  return batchOf(name, items, { fence: Math.max(0, cell.fence + one.fenceBy) });
}

/** What may be answered; two causes at once leave open which of them is named. */
function expectedOf(batch: Batch, cell: Cell, target: Target): readonly WriteOutcome[] {
  const answers: WriteOutcome[] = [];
  const isLate = batch.fence < cell.fence;
  if (cell.remembered.has(batch.idempotencyKey)) {
    answers.push({ kind: "already" });
    return isLate ? [...answers, { kind: "fenced", fence: cell.fence }] : answers;
  }
  if (isLate) answers.push({ kind: "fenced", fence: cell.fence });
  const keys = batch.items
    .filter(({ key, over }) => (cell.held.get(key)?.version ?? null) !== over)
    .map(({ key }) => key);
  const [first] = keys;
  // Who writes item by item may look at all of them first.
  if (first !== undefined) answers.push({ kind: "conflict", keys, done: [] });
  if (first !== undefined && !target.abilities.atomic) {
    const at = batch.items.findIndex(({ key }) => key === first);
    const done = batch.items.slice(0, at).map(({ key }) => key);
    answers.push({ kind: "conflict", keys: [first], done });
  }
  return answers.length === 0 ? [{ kind: "written" }] : answers;
}

function doneBy(outcome: WriteOutcome, batch: Batch): ReadonlySet<string> {
  if (outcome.kind === "written") return new Set(batch.items.map(({ key }) => key));
  return new Set(outcome.kind === "conflict" ? outcome.done : []);
}

/** The version is the target's to choose; it is learnt when both are compared. */
function became(cell: Cell, key: string, text: string | null): void {
  const before = cell.held.get(key);
  if (before !== undefined) cell.past.set(key, before.version);
  if (text === null) cell.held.delete(key);
  else cell.held.set(key, { text, version: "" });
}

async function compare(target: Target, name: string, cell: Cell): Promise<void> {
  const read = await target.read(name, KEYS);
  if (!read.ok) throw new Error(read.failure.message);
  expect(read.value.fence).toBe(target.abilities.fences ? cell.fence : null);
  const texts = new Map<string, string>();
  for (const [key, held] of read.value.items) {
    if (held === null) continue;
    const text = Buffer.from(held.value).toString();
    texts.set(key, text);
    const known = cell.held.get(key);
    if (known?.version === "") cell.held.set(key, { text, version: held.version });
    else if (known !== undefined) expect(held.version).toBe(known.version);
  }
  expect(texts).toEqual(new Map([...cell.held].map(([key, { text }]) => [key, text])));
  expect(await keysIn(target, name)).toEqual([...texts.keys()].sort());
}
