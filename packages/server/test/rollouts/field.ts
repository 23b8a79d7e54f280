// SPDX-License-Identifier: Apache-2.0
/** Rollouts on a store with a fake target: begun without the gate, driven under a clock of their own. */
import {
  beginRollout,
  DEFAULT_CEILING,
  type Plan,
  type Proven,
  type Verdict,
} from "@interlock/core";
import { digestOf, sha256Hex } from "@interlock/digest";
import {
  type Analyst,
  type DriverTerms,
  openRollouts,
  type Prepared,
  type RolloutDriver,
  type RolloutTrouble,
  saveBegun,
} from "@interlock/server";
import { append, rolloutById, type Store, saveValues } from "@interlock/store";
import type { Target } from "@interlock/targets";

export const MINUTE = 60_000;
export const T0 = 1_700_000_000_000;
export const digest = (name: string) => digestOf("interlock/test/v1", name);

/** A ledger that is only its entries. */
export const LEDGER: DriverTerms["ledger"] = {
  append: (tx, entries: readonly Prepared[]) =>
    append(
      tx,
      entries.map(({ entry }) => entry),
    ),
};

const BAKE = { ms: 5 * MINUTE, samples: 10, marginPpm: 20_000 };

export function planOf(name: string, more: Partial<Plan> = {}): Plan {
  const cells = ["a", "b", "c"].map((id) => ({
    ...{ id: `${name}-${id}`, region: "north", sharePpm: 333_333, base: "old" },
    ...{ runs: "code-7", divisible: false },
  }));
  const [a, b, c] = cells.map(({ id }) => ({ cell: id, toPpm: 1_000_000 }));
  if (a === undefined || b === undefined || c === undefined) throw new Error("three cells");
  return {
    ...{ change: digest(`change ${name}`), system: name, tier: 2, target: "fake" },
    ...{ keys: ["one", "two"], version: digest(`change ${name}`), lane: "normal", cells },
    provenRuns: ["code-7"],
    waves: [
      { name: "wave 1", steps: [a], bake: BAKE },
      { name: "wave 2", steps: [b, c], bake: BAKE },
    ],
    microOrdersPerMinute: 1_000_000_000,
    detection: {
      sampleMs: MINUTE,
      lostMicroOrders: 1_000_000,
      worstMs: 15 * MINUTE,
      stopMs: MINUTE,
    },
    ...{ asyncFailureMs: MINUTE, speedPpmPerMinute: 1_000_000, signals: ["orders"] },
    ...{ freshMs: 2 * MINUTE, askEveryMs: MINUTE, onFailure: "go-back" },
    ...{ ceiling: DEFAULT_CEILING, back: { batchPpm: 400_000, everyMs: 1_000, jitterMs: 100 } },
    ...{ goodUntil: T0 + 24 * 60 * MINUTE, ...more },
  };
}

export const PROVEN: Proven = {
  ...{ version: "old", kind: "baseline", entry: digest("baseline"), fits: ["code-7"] },
  ...{ halted: false, bad: false },
};

export const old = (cell: string, key: string): string => `old ${cell} ${key}`;
export const fresh = (cell: string, key: string): string => `new ${cell} ${key}`;

/** Begins a rollout of two keys in three cells, whose cells are set before; gives its id. */
export async function begin(
  store: Store,
  name: string,
  more: {
    readonly plan?: Partial<Plan>;
    readonly now?: () => number;
    readonly persons?: readonly string[];
    /** Its own name, where it writes the cells of another one. */
    readonly as?: string;
  } = {},
): Promise<string> {
  const now = more.now ?? (() => T0);
  const plan = planOf(name, more.plan);
  const id = digest(`rollout ${more.as ?? name}`);
  const begun = beginRollout(id, plan, { proven: [PROVEN], now: now() });
  if (!begun.ok) throw new Error(begun.failure.message);
  const values = plan.cells.flatMap((cell) =>
    plan.keys.map((key) => ({
      cell: cell.id,
      key,
      base: old(cell.id, key),
      next: fresh(cell.id, key),
    })),
  );
  await saveValues(
    store.db,
    values
      .flatMap(({ base, next }) => [base, next])
      .map((text) => ({
        sha256: sha256Hex(Buffer.from(text)),
        bytes: Buffer.from(text),
      })),
  );
  const saved = await saveBegun(
    { store, ledger: LEDGER, now },
    {
      ...{ state: begun.state, change: `change-${name}`, lossMicroOrders: 0, by: "ana" },
      decision: { entry: digest(`decision ${name}`), index: 0 },
      persons: more.persons ?? ["ana", "bo"],
      deliveries: values.map(({ cell, key, base, next }) => ({
        ...{ cell, key, base: sha256Hex(Buffer.from(base)), next: sha256Hex(Buffer.from(next)) },
      })),
    },
  );
  if (!saved.ok) throw new Error(`${saved.failure.code}: ${saved.failure.message}`);
  return id;
}

export type Field = {
  readonly clock: { now: number };
  readonly driver: RolloutDriver;
  readonly troubles: readonly RolloutTrouble[];
  verdict: Verdict["outcome"];
  /** Time goes by in steps, everything done after each. */
  readonly pass: (ms: number, tick?: number) => Promise<void>;
  readonly phase: (id: string) => Promise<string>;
};

/** A driver that looks only when it is told to. */
export function fieldOf(
  store: Store,
  target: Target,
  more: Partial<DriverTerms> & { readonly clock?: { now: number } } = {},
): Field {
  const clock = more.clock ?? { now: T0 };
  const troubles: RolloutTrouble[] = [];
  const analysis: Analyst = {
    ask: (_, { id, wave }) =>
      Promise.resolve([
        {
          ...{ kind: "verdict", id, source: "orders", wave, outcome: field.verdict },
          ...{ samples: 100, excludesPpm: 10_000, observedAt: clock.now },
        },
      ]),
  };
  const driver = openRollouts({
    ...{ store, ledger: LEDGER, analysis, now: () => clock.now },
    target: (name) => (name === target.name ? target : null),
    monotonic: () => performance.now(),
    onTrouble: (trouble) => troubles.push(trouble),
    limits: { periodMs: null },
    ...more,
  });
  const field: Field = {
    ...{ clock, driver, troubles, verdict: "successful" },
    pass: async (ms, tick = 30_000) => {
      for (let gone = 0; gone < ms; gone += tick) {
        clock.now += tick;
        await driver.look();
        await driver.idle();
      }
    },
    phase: async (id) => (await rolloutById(store.db, id))?.phase ?? "",
  };
  return field;
}
