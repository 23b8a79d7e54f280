// SPDX-License-Identifier: Apache-2.0
/** Histories of deterministic operations, and the plainest interpreter of them as the reference. */
import {
  type Operation,
  planUnwind,
  type UnwindPlan,
  unwindWrites,
  type Value,
  type Write,
} from "@interlock/core";
import { canonicalJson } from "@interlock/digest";
import fc from "fast-check";

/** What somebody does, before anybody knows what it leaves. */
export type Act = {
  readonly change: string;
  readonly key: string;
  readonly operation: Operation;
  readonly reads: readonly string[];
};

const change = fc.constantFrom("A", "B", "C", "D");
const number = fc.constantFrom("n0", "n1", "n2", "n3");
const set = fc.constantFrom("s0", "s1");
const numeric = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), value: fc.nat(9) }),
  fc.record({ kind: fc.constant("delete" as const) }),
  fc.record({ kind: fc.constant("add" as const), amount: fc.integer({ min: -5, max: 5 }) }),
  fc.record({ kind: fc.constant("effect" as const), what: fc.constant("a letter") }),
);
const listed = fc.oneof(
  fc.record({
    kind: fc.constant("join" as const),
    items: fc.array(fc.constantFrom("x", "y", "z"), { maxLength: 2 }),
  }),
  fc.record({ kind: fc.constant("delete" as const) }),
);
const derived = fc.record({
  kind: fc.constant("derive" as const),
  program: fc.constant("sum"),
  arguments: fc.nat(3),
});

export const acts: fc.Arbitrary<readonly Act[]> = fc.array(
  fc.oneof(
    fc.record({ change, key: number, operation: numeric, reads: fc.constant([]) }),
    fc.record({ change, key: set, operation: listed, reads: fc.constant([]) }),
    fc.record({
      change,
      key: number,
      operation: derived,
      reads: fc.uniqueArray(number, { maxLength: 2 }),
    }),
  ),
  { maxLength: 14 },
);

export const rerun = (
  operation: Extract<Operation, { kind: "derive" }>,
  reads: ReadonlyMap<string, Value>,
): Value => {
  const numbers = [...reads.values()].map((one) => (typeof one === "number" ? one : 0));
  return numbers.reduce((sum, one) => sum + one, Number(operation.arguments)) % 7;
};

/** Does one thing to a world. */
export function act(world: Map<string, Value>, { key, operation, reads }: Act): void {
  const held = world.get(key) ?? null;
  switch (operation.kind) {
    case "put":
      world.set(key, operation.value);
      return;
    case "delete":
      world.set(key, null);
      return;
    case "add":
      world.set(key, (typeof held === "number" ? held : 0) + operation.amount);
      return;
    case "join": {
      const items = Array.isArray(held) ? held.map(String) : [];
      world.set(key, [...new Set([...items, ...operation.items])].sort());
      return;
    }
    case "derive":
      world.set(key, rerun(operation, new Map(reads.map((one) => [one, world.get(one) ?? null]))));
      return;
    default:
      return;
  }
}

export const INITIAL: readonly (readonly [string, Value])[] = [
  ["n0", 4],
  ["s0", ["w"]],
  ["untouched", { as: ["it", "was"] }],
];

/** A journal with the world that it describes. */
export class Journal {
  readonly world = new Map<string, Value>(INITIAL);
  readonly history: Write[] = [];
  /** As the ledger says it: an unwind is recorded before it writes. */
  unwound: readonly string[] = [];

  write(one: Act): void {
    const before = this.world.get(one.key) ?? null;
    act(this.world, one);
    const after = this.world.get(one.key) ?? null;
    this.history.push({
      ...one,
      sequence: this.history.length,
      before,
      after,
      readsFrom: "known",
      orders: 1,
      money: 100,
    });
  }

  plan(way: "undo" | "redo", ...changes: readonly string[]): UnwindPlan {
    return planUnwind({
      history: this.history,
      changes,
      unwound: this.unwound,
      way,
      current: this.world,
      rerun,
    });
  }

  /** Carries out a plan; at most so many waves of it, as a crash would. */
  carryOut(plan: UnwindPlan, waves = plan.waves.length): void {
    this.unwound = plan.without;
    for (let wave = 0; wave < Math.min(waves, plan.waves.length); wave++)
      for (const write of unwindWrites(plan, {
        wave,
        change: "unwind",
        sequence: this.history.length,
      })) {
        this.world.set(write.key, write.after);
        this.history.push(write);
      }
  }

  undo(...changes: readonly string[]): UnwindPlan {
    const plan = this.plan("undo", ...changes);
    this.carryOut(plan);
    return plan;
  }
}

export const journalOf = (all: readonly Act[]): Journal => {
  const journal = new Journal();
  for (const one of all) journal.write(one);
  return journal;
};

/** What the world would be without some changes: everything else, done from the beginning. */
export function without(all: readonly Act[], ...changes: readonly string[]): string {
  const world = new Map<string, Value>(INITIAL);
  for (const one of all) if (!changes.includes(one.change)) act(world, one);
  return shown(world);
}

/** Byte for byte; an absent key and one that holds nothing are the same. */
export const shown = (world: ReadonlyMap<string, Value>): string =>
  canonicalJson(Object.fromEntries([...world].filter(([, value]) => value !== null)));
