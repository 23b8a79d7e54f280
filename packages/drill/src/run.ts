// SPDX-License-Identifier: Apache-2.0
/** One arm on one seed's traffic: the real state machine, a target in memory, people who notice. */
import {
  beginRollout,
  type Plan,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutState,
  step,
} from "@interlock/core";
import { WORLD } from "./assumptions.ts";
import { exposedPpm, type Levels, Past } from "./exposure.ts";
import { BEGINS_AT, digest } from "./plan.ts";
import { RetailTarget } from "./retail-target.ts";
import type { Traffic } from "./traffic.ts";
import type { Point, Watch, WatchMaker } from "./watch.ts";
import { REGION_CELLS } from "./world.ts";

export type Drive = {
  readonly plan: Plan;
  /** Who stand behind the change: one who acts alone, or with those who approved. */
  readonly persons: readonly string[];
  readonly watch: WatchMaker | null;
  /** Whether people can go back through the rollout; else they restore by hand. */
  readonly wayBack: boolean;
  /** Whether people without a test see what is large; they do where nothing is said. */
  readonly peopleNotice?: boolean;
};

export type ArmRun = {
  readonly lostOrders: number;
  readonly errors: number;
  readonly wrongAnswers: number;
  /** From the first write to the halt of the rollout; `null`: it never was. */
  readonly secondsToHalt: number | null;
  readonly lostAtHalt: number | null;
  /** From the halt, or from when people knew, until no process serves the change; `null`: never. */
  readonly secondsToUnwind: number | null;
  /** By minute of the drill. */
  readonly orders: Uint32Array;
  readonly exposurePpm: Uint32Array;
  readonly points: readonly Point[];
  readonly waves: number;
};

/** So often time alone is told to the machine, in seconds. */
const TICK_S = 5;

const EVERYWHERE: Levels = REGION_CELLS.map(() => 1_000_000);

class Arm {
  private readonly drive: Drive;
  private readonly past: Past;
  private readonly target = new RetailTarget();
  private state: RolloutState;
  private second = 0;
  private index = 1;
  private readonly sums = { lost: 0, errors: 0, wrong: 0 };
  private haltedAt: number | null = null;
  private lostAtHalt: number | null = null;
  private knownAt: number | null = null;
  private backAt: number | null = null;
  private harmSince: number | null = null;
  private watching: { readonly wave: number; readonly watch: Watch } | null = null;
  private readonly points: Point[] = [];
  private readonly orders: Uint32Array;
  private readonly exposure: Uint32Array;

  constructor(drive: Drive, traffic: Traffic) {
    this.drive = drive;
    this.past = new Past(traffic);
    const minutes = Math.ceil(traffic.seconds / 60);
    this.orders = new Uint32Array(minutes);
    this.exposure = new Uint32Array(minutes);
    const proven = {
      version: "before",
      kind: "baseline",
      entry: digest("baseline"),
      fits: ["code-1"],
      halted: false,
      bad: false,
    } as const;
    const begun = beginRollout("drill", drive.plan, { proven: [proven], now: BEGINS_AT });
    if (!begun.ok) throw new Error(begun.failure.message);
    this.state = begun.state;
  }

  run(): ArmRun {
    const { traffic } = this.past;
    this.tell({ kind: "leased", fence: 1 });
    this.tell({ kind: "approved", persons: this.drive.persons, ...this.recorded("decision") });
    for (; this.second < traffic.seconds; this.second += 1) {
      this.answer();
      if (this.second % TICK_S === 0) {
        if (this.isMoving()) this.tell({ kind: "time" });
        this.speakUp();
      }
      const levels = this.target.levels(this.second);
      this.count(levels);
      this.people(levels);
    }
    return {
      lostOrders: this.sums.lost,
      errors: this.sums.errors,
      wrongAnswers: this.sums.wrong,
      secondsToHalt: this.haltedAt,
      lostAtHalt: this.lostAtHalt,
      secondsToUnwind:
        this.backAt === null ? null : this.backAt - (this.haltedAt ?? this.knownAt ?? 0),
      orders: this.orders,
      exposurePpm: this.exposure,
      points: this.points,
      waves: this.state.wave + 1,
    };
  }

  /** Whether time alone may still lead to something. */
  private isMoving(): boolean {
    const { phase } = this.state;
    return (
      phase === "going-back" ||
      (phase === "running" && this.state.plan.signals.length > 0) ||
      this.second < 300
    );
  }

  private tell(event: RolloutEvent): void {
    const told = step(this.state, event, BEGINS_AT + this.second * 1_000);
    if (!told.ok) throw new Error(`invariant broken: ${told.failure.message}`);
    this.state = told.state;
    if (this.haltedAt === null && this.state.wasHalted) {
      this.haltedAt = this.second;
      this.lostAtHalt = this.sums.lost;
    }
  }

  private recorded(name: string) {
    this.index += 1;
    return { entry: digest(`${name} ${this.index}`), index: this.index };
  }

  /** Each effect takes a second; what follows from its answer begins in the next. */
  private answer(): void {
    for (const effect of this.state.outbox) {
      const event = this.effect(effect);
      if (event !== null) this.tell(event);
    }
  }

  private effect(effect: RolloutEffect): RolloutEvent | null {
    const { id } = effect;
    switch (effect.kind) {
      case "append":
        return { kind: "appended", id, ...this.recorded(id) };
      case "write":
        return {
          kind: "written",
          id,
          cell: effect.cell,
          result: this.target.write(effect, this.second + WORLD.writeS),
        };
      case "read": {
        const { cell, fence } = effect;
        return { kind: "read", id, cell, found: this.target.read(cell), fence };
      }
      case "analyse":
        // The simulated counts know no wave in parts: until one is whole, nobody answers here.
        return this.state.stage === "writing" ? null : this.analyse(effect.id, effect.wave);
      case "capacity":
        return { kind: "capacity", id, enough: true };
      case "notify":
        return { kind: "notified", id };
    }
  }

  /** Without a watch nobody answers, and the wave bakes for ever. */
  private analyse(id: string | null, wave: number): RolloutEvent | null {
    const { watch: make } = this.drive;
    if (make === null) return null;
    if (this.watching === null || this.watching.wave !== wave) {
      const levels = id === null ? EVERYWHERE : this.planned();
      // Until its processes have reloaded, the changed part is not yet what it is called.
      const watch = make(this.past, levels, this.second + WORLD.reloadS);
      this.watching = { wave, watch };
    }
    const { watch } = this.watching;
    const before = watch.points.length;
    const answer = watch.look(this.past, this.second);
    this.points.push(...watch.points.slice(before));
    return {
      kind: "verdict",
      id,
      source: "judge",
      wave,
      ...answer,
      observedAt: BEGINS_AT + this.second * 1_000,
    };
  }

  /** The wave after which every cell has it is looked at from its first write: nothing is left to compare with. */
  private speakUp(): void {
    const { phase, stage, wave, plan } = this.state;
    if (phase !== "running" || stage !== "writing" || wave + 1 < plan.waves.length) return;
    const verdict = this.analyse(null, wave);
    if (verdict !== null) this.tell(verdict);
  }

  /** What the cells of the waves so far hold once they have reloaded. */
  private planned(): Levels {
    return REGION_CELLS.map(({ id }) => {
      const content = this.target.read(id);
      return content?.version === "after" ? content.sharePpm : 0;
    });
  }

  private count(levels: Levels): void {
    const tally = this.past.pass(levels);
    this.sums.lost += tally.lost;
    this.sums.errors += tally.extraErrors;
    this.sums.wrong += tally.wrong;
    const minute = Math.floor(this.second / 60);
    this.orders[minute] = (this.orders[minute] ?? 0) + tally.ordersPlaced + tally.restPlaced;
    const exposed = exposedPpm(levels);
    this.exposure[minute] = Math.max(this.exposure[minute] ?? 0, exposed);
    if (this.second > WORLD.reloadS && this.sums.lost > 0 && this.target.isBack(this.second))
      this.backAt ??= this.second;
    const { lostPpm, errorPpm } = this.past.traffic.incident.harm;
    const seen = (exposed / 1e6) * Math.max(lostPpm, errorPpm);
    if (seen >= WORLD.noticeablePpm && this.drive.peopleNotice !== false)
      this.harmSince ??= this.second;
  }

  /** They notice late what is large enough, or come when a halt calls them. */
  private people(levels: Levels): void {
    if (this.knownAt === null) {
      const noticed = this.harmSince !== null && this.second >= this.harmSince + WORLD.noticeS;
      const called = this.haltedAt !== null && this.state.phase === "halted";
      if (!noticed && !called) return;
      this.knownAt = this.second;
      if (noticed && this.drive.wayBack && this.state.phase !== "going-back")
        this.tell({ kind: "halt", by: "dee", because: "people noticed" });
      if (this.drive.wayBack && this.state.phase === "halted")
        this.tell({ kind: "go-back", by: "dee", to: "", anyway: false });
    }
    if (
      !this.drive.wayBack &&
      this.second >= this.knownAt + WORLD.byHandS &&
      exposedPpm(levels) > 0
    )
      this.target.restore();
  }
}

/** Runs an arm. The same drive on the same traffic gives the same figures. */
export function runArm(drive: Drive, traffic: Traffic): ArmRun {
  return new Arm(drive, traffic).run();
}
