// SPDX-License-Identifier: Apache-2.0
/** A shop whose keys rollouts write and unwinds take back, on a store, a fake target and a clock. */
import type { Description } from "@interlock/controlplane";
import { beginRollout, type Plan, type Proven } from "@interlock/core";
import { sha256Hex } from "@interlock/digest";
import { saveBegun } from "@interlock/server";
import {
  ledgerSize,
  rolloutById,
  type Store,
  saveDocument,
  saveValues,
  transaction,
} from "@interlock/store";
import { NO_IDENTITY } from "../../src/index.ts";
import { NOBODY_YET, type Roster } from "../../src/people/roster.ts";
import type { RolloutsTerms } from "../../src/rollouts/terms.ts";
import type { UnwindAsked } from "../../src/unwinds/gathering.ts";
import { type Made, makeUnwind } from "../../src/unwinds/making.ts";
import { rolloutOfPlan, startUnwind } from "../../src/unwinds/starting.ts";
import type { FakeTarget } from "../rollouts/fake-target.ts";
import { digest, type Field, LEDGER, MINUTE, planOf, T0 } from "../rollouts/field.ts";

export const CELLS = ["eu", "us"];
const SYSTEM = "promise";

export const PLANE: Description = {
  version: 1,
  targets: [{ name: "fake", kind: "files", settings: {} }],
  systems: [
    {
      ...{ name: SYSTEM, tier: 2, ordersPerMinute: 10, asyncFailureMs: MINUTE },
      lossBudgetOrders: 10_000,
      cells: CELLS.map((id) => ({ id, region: "north", sharePpm: 500_000, runs: "code-7" })),
    },
  ],
  configSets: ["ana", "bo"].map((owner) => ({
    ...{ name: `promises of ${owner}`, system: SYSTEM, target: "fake", owner },
    ...{ repository: "repository:example", ref: "refs/heads/main", files: [] },
    ...{ invariants: [], references: [] },
    limits: { keys: 10, valueBytes: 1_000, growthPpm: 0, shrinkPpm: 0 },
  })),
  signals: [
    {
      ...{ name: "orders", system: SYSTEM, kind: "push", measures: "orders", settings: {} },
      ...{ unit: "orders", freshMs: 2 * MINUTE, minimumSamples: 10, weightPpm: 1_000_000 },
    },
  ],
};

const person = (id: string) => ({ id, name: id, active: true, accounts: [] });

export type Shop = {
  readonly terms: RolloutsTerms;
  /** Brings values (`null`: nothing) to keys of cells, and passes the time until the rollout is over. */
  readonly rollOut: (
    change: string,
    values: Readonly<Record<string, Readonly<Record<string, string | null>>>>,
    end?: "completed" | "gone-back",
  ) => Promise<string>;
  readonly plan: (asked: Partial<UnwindAsked> & { readonly change: string }) => Promise<Made>;
  /** Keeps a plan and has some sign it. */
  readonly agree: (made: Made, by?: readonly string[]) => Promise<string>;
  readonly start: (plan: string) => ReturnType<typeof startUnwind>;
  /** Plans, agrees, starts, and passes the time until it is over. */
  readonly unwind: (change: string, way?: "undo" | "redo") => Promise<Made>;
};

const shaOf = (text: string | null) => (text === null ? null : sha256Hex(Buffer.from(text)));

export function shopOf(
  store: Store,
  target: FakeTarget,
  field: Field,
  more: Partial<RolloutsTerms> = {},
): Shop {
  const now = () => field.clock.now;
  let roster: Roster = {
    ...NOBODY_YET,
    persons: new Map(["ana", "bo", "cy"].map((id) => [id, person(id)])),
  };
  const terms: RolloutsTerms = {
    ...{ store, ledger: LEDGER, now, identity: NO_IDENTITY, asksCapacity: false },
    target: (name) => (name === target.name ? target : null),
    book: {
      at: () => Promise.resolve(roster),
      known: () => roster,
      after: () => Promise.reject(new Error("nothing is read")),
    },
    plane: () => Promise.resolve(PLANE),
    blob: () => Promise.resolve(null),
    wake: field.driver.wake,
    ...more,
  };
  let begun = 0;
  const over = async (id: string, end: string) => {
    const known = ["completed", "gone-back"];
    for (let tick = 0; tick < 200 && !known.includes(await field.phase(id)); tick++)
      await field.pass(MINUTE, MINUTE);
    if ((await field.phase(id)) !== end) throw new Error(`${id} is ${await field.phase(id)}`);
  };
  const shop: Shop = {
    terms,
    rollOut: async (change, values, end = "completed") => {
      const id = digest(`rollout ${++begun}`);
      const deliveries = Object.entries(values).flatMap(([cell, keys]) =>
        Object.entries(keys).map(([key, next]) => ({
          ...{ cell, key, base: shaOf(target.text(cell, key)), next: shaOf(next) },
        })),
      );
      const texts = Object.entries(values).flatMap(([cell, keys]) =>
        Object.entries(keys).flatMap(([key, next]) => [next, target.text(cell, key)]),
      );
      await saveValues(
        store.db,
        texts.flatMap((text) =>
          text === null ? [] : [{ sha256: sha256Hex(Buffer.from(text)), bytes: Buffer.from(text) }],
        ),
      );
      const state = beginRollout(id, planFor(change, id, deliveries), {
        proven: [PROVEN],
        now: now(),
      });
      if (!state.ok) throw new Error(state.failure.message);
      const saved = await saveBegun(terms, {
        ...{ state: state.state, change, lossMicroOrders: 0, by: "ana", deliveries },
        decision: { entry: digest(`decision ${change}`), index: 0 },
        persons: ["ana", "bo"],
      });
      if (!saved.ok) throw new Error(`${saved.failure.code}: ${saved.failure.message}`);
      field.verdict = end === "completed" ? "successful" : "failed";
      await over(id, end);
      field.verdict = "successful";
      return id;
    },
    plan: async (asked) => {
      const made = await makeUnwind(terms, { way: "undo", ...asked });
      if (!made.ok) throw new Error(`${made.failure.code}: ${made.failure.message}`);
      return made.value;
    },
    agree: async ({ digest: plan, text }, by = ["ana", "bo"]) => {
      const kept = await transaction(store, async (tx) => {
        await saveDocument(tx, { digest: plan, text, now: now() });
        return { ok: true, value: null };
      });
      if (kept.kind !== "committed") throw new Error("the plan was not kept");
      const entry = digest(`agreement on ${plan}`);
      const agreed = { digest: plan, index: await ledgerSize(store.db), at: now(), by, entry };
      roster = { ...roster, unwinds: new Map(roster.unwinds).set(plan, agreed) };
      return plan;
    },
    start: (plan) => startUnwind(terms, "cy", plan),
    unwind: async (change, way = "undo") => {
      const made = await shop.plan({ change, way });
      const started = await shop.start(await shop.agree(made));
      if (!started.ok) throw new Error(`${started.failure.code}: ${started.failure.message}`);
      const rollout = made.rollout === null ? null : await rolloutOf(store, made.digest);
      if (rollout !== null) await over(rollout, "completed");
      return made;
    },
  };
  return shop;
}

export async function rolloutOf(store: Store, plan: string): Promise<string> {
  const row = await rolloutById(store.db, rolloutOfPlan(plan));
  if (row === null) throw new Error("the unwind has no rollout");
  return row.id;
}

const PROVEN: Proven = {
  ...{ version: "old", kind: "baseline", entry: digest("baseline"), fits: ["code-7"] },
  ...{ halted: false, bad: false },
};

/** One wave, over as soon as may be. */
function planFor(
  change: string,
  id: string,
  deliveries: readonly { readonly cell: string; readonly key: string }[],
): Plan {
  const cells = [...new Set(deliveries.map(({ cell }) => cell))].sort();
  const bake = { ms: MINUTE, samples: 10, marginPpm: 20_000 };
  const steps = cells.map((cell) => ({ cell, toPpm: 1_000_000 }));
  return planOf(change, {
    ...{ change: digest(change), system: SYSTEM, version: id, goodUntil: T0 * 2 },
    keys: [...new Set(deliveries.map(({ key }) => key))].sort(),
    cells: cells.map((cell) => ({
      ...{ id: cell, region: "north", sharePpm: 500_000, base: "old", runs: "code-7" },
      divisible: false,
    })),
    waves: [{ name: "all", steps, bake }],
  });
}
