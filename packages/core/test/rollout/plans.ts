// SPDX-License-Identifier: Apache-2.0
/** A rollout to test with: cells `a`, `b`, …, and a plan of which a test changes what it is about. */
import {
  beginRollout,
  type Cell,
  DEFAULT_CEILING,
  type Plan,
  type PlanTerms,
  type Proven,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutState,
  step,
  type Wave,
} from "@interlock/core";
import { type Digest, digestOf } from "@interlock/digest";

export const T0 = 1_700_000_000_000;
export const MINUTE = 60_000;

export const digest = (name: string): Digest => digestOf("interlock/test/v1", name);

export const cell = (id: string, over: Partial<Cell> = {}): Cell => ({
  id,
  region: "north",
  sharePpm: 250_000,
  base: "v1",
  runs: "code-7",
  divisible: true,
  ...over,
});

export const BAKE = { ms: 10 * MINUTE, samples: 100, marginPpm: 20_000 };

export const wave = (levels: Readonly<Record<string, number>>, bake = BAKE): Wave => ({
  name: "wave",
  steps: Object.entries(levels).map(([cell, toPpm]) => ({ cell, toPpm })),
  bake,
});

export const PLAN: Plan = {
  change: digest("change"),
  system: "cart",
  tier: 1,
  target: "etcd",
  keys: ["cart/promise"],
  version: "v2",
  lane: "normal",
  cells: [cell("a"), cell("b"), cell("c"), cell("d")],
  provenRuns: [],
  waves: [
    wave({ a: 40_000 }),
    wave({ a: 1_000_000 }),
    wave({ b: 1_000_000, c: 1_000_000, d: 1_000_000 }),
  ],
  microOrdersPerMinute: 17_700_000_000,
  detection: {
    sampleMs: MINUTE,
    lostMicroOrders: 16_000_000,
    worstMs: 15 * MINUTE,
    stopMs: MINUTE,
  },
  asyncFailureMs: 5 * MINUTE,
  speedPpmPerMinute: 500_000,
  signals: ["orders"],
  freshMs: 2 * MINUTE,
  askEveryMs: MINUTE,
  onFailure: "halt",
  ceiling: DEFAULT_CEILING,
  back: { batchPpm: 300_000, everyMs: 10_000, jitterMs: 5_000 },
  goodUntil: T0 + 24 * 60 * MINUTE,
};

export const TERMS: PlanTerms = {
  staged: [],
  budgetMicroOrders: 1_000_000_000_000,
  emergency: { keys: 3, cells: 4, bakeMs: 5 * MINUTE },
};

export const baseline = (version: string, over: Partial<Proven> = {}): Proven => ({
  version,
  kind: "baseline",
  entry: digest(`baseline ${version}`),
  fits: ["code-7"],
  halted: false,
  bad: false,
  ...over,
});

export function begun(plan: Plan = PLAN, proven: readonly Proven[] = [baseline("v1")]) {
  const begun = beginRollout("rollout-1", plan, { proven, now: T0 });
  if (!begun.ok) throw new Error(begun.failure.message);
  return begun.state;
}

/** A rollout, the time, and a driver that never fails. */
export class Walk {
  state: RolloutState;
  now = T0;
  index = 10;
  /** What cells hold. */
  readonly held = new Map<string, { readonly version: string; readonly sharePpm: number }>();
  readonly writes: Extract<RolloutEffect, { kind: "write" }>[] = [];
  readonly entries: string[] = [];
  /** Says nothing on its own while `null`. */
  verdict: "successful" | "inconclusive" | "failed" | null = "successful";

  constructor(state: RolloutState) {
    this.state = state;
    for (const { id, content } of state.cells) this.held.set(id, content);
  }

  tell(event: RolloutEvent) {
    const told = step(this.state, event, this.now);
    if (told.ok) this.state = told.state;
    return told;
  }

  approve(...persons: readonly string[]) {
    return this.tell({ kind: "approved", persons, entry: digest("decision"), index: this.index++ });
  }

  /** Answers what is open until nothing more is; leaves kinds in `but` unanswered. */
  answer(...but: readonly RolloutEffect["kind"][]): void {
    for (let i = 0; i < 500; i++) {
      const open = this.state.outbox.find(({ kind }) => !but.includes(kind) && !this.mute(kind));
      if (open === undefined) return;
      this.perform(open);
    }
    throw new Error("it never comes to rest");
  }

  private mute(kind: RolloutEffect["kind"]): boolean {
    return kind === "analyse" && this.verdict === null;
  }

  perform(effect: RolloutEffect): void {
    const { id } = effect;
    switch (effect.kind) {
      case "append":
        this.entries.push(effect.entry);
        this.tell({ kind: "appended", id, entry: digest(`entry ${id}`), index: this.index++ });
        return;
      case "write":
        this.writes.push(effect);
        this.held.set(effect.cell, effect.content);
        this.tell({ kind: "written", id, cell: effect.cell, result: "yes" });
        return;
      case "read":
        this.tell({
          kind: "read",
          id,
          cell: effect.cell,
          found: this.held.get(effect.cell) ?? null,
          fence: null,
        });
        return;
      case "analyse":
        this.tell({
          kind: "verdict",
          id,
          source: "orders",
          wave: effect.wave,
          outcome: this.verdict ?? "inconclusive",
          samples: 1_000,
          excludesPpm: 10_000,
          observedAt: this.now,
        });
        return;
      case "capacity":
        this.tell({ kind: "capacity", id, enough: true });
        return;
      case "notify":
        this.tell({ kind: "notified", id });
        return;
    }
  }

  /** Time goes by in ticks, everything answered. */
  pass(ms: number, tick = 30_000): void {
    for (let gone = 0; gone < ms; gone += tick) {
      this.now += Math.min(tick, ms - gone);
      this.tell({ kind: "time" });
      this.answer();
    }
  }

  /** Approved by two, leased, and as far as it comes by itself in so much time. */
  start(ms = 0): this {
    this.approve("ana", "bo");
    this.tell({ kind: "leased", fence: this.state.fence + 1 });
    this.answer();
    this.pass(ms);
    return this;
  }
}
