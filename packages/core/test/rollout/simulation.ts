// SPDX-License-Identifier: Apache-2.0
/** Two drivers, people and signals around one rollout; every choice comes from the seed. */
import {
  exposureAt,
  levelsAfter,
  type Plan,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutState,
  step,
} from "@interlock/core";
import { BAKE, baseline, begun, cell, digest, MINUTE, PLAN, T0, wave } from "./plans.ts";
import { equal, Ledger, numbers, Store, Target } from "./world.ts";

type Driver = { fence: number; queue: RolloutEffect[] };

export type Outcome = {
  readonly phase: RolloutState["phase"];
  readonly writes: number;
  readonly crashes: number;
};

export class Simulation {
  readonly random: (below: number) => number;
  readonly store: Store;
  readonly target: Target;
  readonly ledger = new Ledger();
  readonly drivers: Driver[] = [
    { fence: 0, queue: [] },
    { fence: 0, queue: [] },
  ];
  /** Waves for which a good verdict was given, by wave. */
  private readonly judged = new Set<number>();
  private readonly bad: boolean;
  private readonly byHand = new Set<string>();
  private forwardSealed = false;
  /** The break-glass of an emergency is over: no entry that lets it write is taken any more. */
  private glassOver = false;
  private now = T0;
  private fences = 0;
  private crashes = 0;

  constructor(seed: number) {
    this.random = numbers(seed);
    const state = begun(this.plan(), [baseline("v1", { fits: ["code-7", "code-8"] })]);
    this.bad = this.random(3) === 0;
    this.store = new Store(state);
    this.target = new Target(state, this.random);
  }

  private plan(): Plan {
    const ids = ["a", "b", "c", "d"].slice(0, 1 + this.random(4));
    const [first = "a", ...others] = ids;
    const rest = Object.fromEntries(others.map((id) => [id, 1_000_000]));
    const waves = [wave({ [first]: 50_000 }), wave({ [first]: 1_000_000 })];
    const goodUntil = T0 + (this.random(10) === 0 ? 20 : 6_000) * MINUTE;
    const planned = others.length === 0 ? waves : [...waves, wave(rest)];
    return {
      ...PLAN,
      ...(this.random(4) === 0 ? emergency(planned) : { waves: planned }),
      cells: ids.map((id) => cell(id)),
      onFailure: this.random(2) === 0 ? "halt" : "go-back",
      goodUntil,
    };
  }

  /** Chaos for so many turns, then a world that works, until nothing moves any more. */
  run(turns: number): Outcome {
    this.tell({ kind: "approved", persons: ["ana", "bo"], ...this.recorded("decision") });
    for (let i = 0; i < turns; i++) this.turn();
    this.target.faulty = false;
    this.target.away = false;
    this.people();
    for (let i = 0; i < 400 && !this.atRest(); i++) this.calm();
    const state = this.store.load();
    this.checkEnd(state);
    return { phase: state.phase, writes: this.target.landed.length, crashes: this.crashes };
  }

  private recorded(name: string) {
    const { entry, index } = this.ledger.add(name, null);
    return { entry: entry as ReturnType<typeof digest>, index }; // made by `digest`
  }

  private atRest(): boolean {
    const { phase, outbox } = this.store.load();
    return ["completed", "gone-back", "withdrawn"].includes(phase) && outbox.length === 0;
  }

  /** What a stuck rollout needs in the end: somebody who sends it back. */
  private people(): void {
    const { phase, paused } = this.store.load();
    if (phase === "halted" || paused || this.glassOver || this.random(4) === 0)
      this.tell({ kind: "go-back", by: "dee", to: "", anyway: this.random(2) === 0 });
  }

  private calm(): void {
    const driver = this.holder() ?? this.lease();
    this.now += 20_000;
    this.tell({ kind: "time" });
    driver.queue = [...this.store.load().outbox];
    while (driver.queue.length > 0) this.perform(driver, 0);
    this.target.deliver();
    if (this.store.load().phase === "halted" || this.now > T0 + 5_000 * MINUTE)
      this.tell({ kind: "go-back", by: "dee", to: "", anyway: true });
    if (this.store.load().seenAt >= this.store.load().plan.goodUntil)
      this.tell({ kind: "go-back", by: "dee", to: "", anyway: true });
  }

  private turn(): void {
    const driver = this.drivers[this.random(2)];
    if (driver === undefined) return;
    const choice = this.random(100);
    if (choice < 55) this.drive(driver);
    else if (choice < 80) this.tick();
    else if (choice < 84) this.crash(driver);
    else if (choice < 88) this.lease(driver);
    else if (choice < 92) this.target.deliver();
    else if (choice < 94) this.target.away = this.random(2) === 0;
    else this.person(this.random(24));
  }

  /** A driver that holds the lease sees the stored outbox; one that lost it unawares goes on with its own. */
  private drive(driver: Driver): void {
    if (this.holder() === driver && driver.queue.length === 0)
      driver.queue = [...this.store.load().outbox];
    if (driver.queue.length > 0) this.perform(driver, this.random(driver.queue.length));
  }

  private holder(): Driver | null {
    const { fence, leased } = this.store.load();
    return (leased ? this.drivers.find((driver) => driver.fence === fence) : null) ?? null;
  }

  private lease(driver: Driver = this.drivers[0] ?? { fence: 0, queue: [] }): Driver {
    driver.fence = ++this.fences;
    driver.queue = [];
    this.tell({ kind: "leased", fence: driver.fence });
    return driver;
  }

  private crash(driver: Driver): void {
    this.crashes++;
    driver.queue = [];
    if (this.random(2) === 0) this.tell({ kind: "lease-lost", fence: driver.fence });
  }

  /** Mostly time; sometimes a clock that jumps an hour on, or back. */
  private tick(): void {
    const jump = this.random(60);
    this.now += jump === 0 ? 60 * MINUTE : jump === 1 ? -30 * MINUTE : this.random(5 * MINUTE);
    this.tell({ kind: "time" });
  }

  private person(choice: number): void {
    const { halt } = this.store.load();
    if (choice < 4) this.tell({ kind: "pause", by: "cee" });
    else if (choice < 12) this.tell({ kind: "resume", by: "cee", ...this.approval(halt?.index) });
    else if (choice < 14) this.tell({ kind: "halt", by: "cee", because: "looks wrong" });
    else if (choice === 14) this.tell({ kind: "go-back", by: "cee", to: "", anyway: false });
    else if (choice === 15) this.tell({ kind: "runs", cell: "a", version: "code-8" });
    else if (choice === 16) this.handWrite();
    else if (choice === 17) this.tell({ kind: "signal-stale", source: "orders" });
    else if (choice === 19) this.endGlass();
    else if (choice === 18) this.tell({ kind: "marked-bad", version: "v2", by: "cee" });
  }

  private approval(index: number | undefined) {
    if (index === undefined || this.random(3) === 0) return {};
    return { approval: { persons: ["dee"], ...this.recorded(`approval ${this.now} ${index}`) } };
  }

  private endGlass(): void {
    if (this.store.load().plan.lane === "emergency") this.glassOver = true;
  }

  private handWrite(): void {
    const cells = this.store.load().cells;
    const one = cells[this.random(cells.length)];
    if (one === undefined) return;
    this.target.byHand(one.id);
    this.byHand.add(one.id);
  }

  private perform(driver: Driver, at: number): void {
    const [effect] = driver.queue.splice(at, 1);
    if (effect === undefined) return;
    const answer = this.effect(effect);
    // A crash between the effect and its answer: the answer is lost.
    if (this.target.faulty && this.random(12) === 0) this.crash(driver);
    else if (answer !== null) this.tell(answer);
  }

  private effect(effect: RolloutEffect): RolloutEvent | null {
    const { id } = effect;
    switch (effect.kind) {
      case "append":
        return this.glassOver && ONWARD.has(effect.entry)
          ? { kind: "append-refused", id, because: "break-glass-over" }
          : { kind: "appended", id, ...this.appended(effect) };
      case "write":
        this.checkWrite(effect);
        return { kind: "written", id, cell: effect.cell, result: this.target.write(effect) };
      case "read":
        return {
          kind: "read",
          id,
          cell: effect.cell,
          found: this.target.read(effect.cell),
          fence: this.target.slot(effect.cell).fence,
        };
      case "analyse":
        return this.verdict(effect);
      case "capacity":
        return { kind: "capacity", id, enough: this.random(4) > 0 || !this.target.faulty };
      case "notify":
        return { kind: "notified", id };
    }
  }

  private appended(append: Extract<RolloutEffect, { kind: "append" }>) {
    const { entry, index } = this.ledger.add(`entry ${append.id}`, append);
    return { entry: entry as ReturnType<typeof digest>, index }; // made by `digest`
  }

  private verdict({ id, wave }: Extract<RolloutEffect, { kind: "analyse" }>): RolloutEvent {
    const stale = this.target.faulty && this.random(6) === 0;
    const sure = this.random(3) > 0;
    const outcome = !sure ? "inconclusive" : this.bad ? "failed" : "successful";
    if (outcome === "successful") this.judged.add(wave);
    const observedAt = Math.max(0, this.now - (stale ? 60 * MINUTE : 0));
    return {
      kind: "verdict",
      id,
      source: "orders",
      wave,
      outcome,
      samples: 500,
      excludesPpm: 10_000,
      observedAt,
    };
  }

  tell(event: RolloutEvent): void {
    // A driver that is slow may have read the state before another one saved.
    const before = this.store.load();
    const told = step(before, event, this.now);
    if (!told.ok) return;
    if (!this.store.save(before, told.state)) throw new Error("nobody else was there");
    this.checkStep(before, told.state, event);
  }

  private checkStep(before: RolloutState, after: RolloutState, event: RolloutEvent): void {
    const forward = after.outbox.filter((one) => one.kind === "write" && one.way === "forward");
    must(after.phase === "running" || forward.length === 0, "halt-wins: a write forward is open");
    const added = forward.filter(({ id }) => !before.outbox.some((one) => one.id === id));
    must(!after.paused || added.length === 0, "pause-wins: a write was handed out while paused");
    must(after.wave <= before.wave + 1, "a wave was skipped");
    if (after.wave > before.wave)
      must(this.judged.has(before.wave), "a wave passed without evidence");
    must(
      before.proven.every((one, i) => after.proven[i]?.entry === one.entry),
      "last-known-good: a version was lost",
    );
    if (event.kind === "halt" && before.phase === "running") this.forwardSealed = true;
    if (after.phase === "running") this.forwardSealed = false;
    must(!this.forwardSealed || added.length === 0, "halt-wins: handed out after the halt");
    if (after.phase === "running" && after.stage === "proving" && before.stage !== "proving")
      must(
        after.clockMs - (before.baking?.from ?? after.clockMs) >= BAKE.ms,
        "whole-bake: a version is proven by less than a whole bake",
      );
    this.checkExposure(after);
  }

  private checkExposure(state: RolloutState): void {
    const most = levelsAfter(state.plan, state.wave);
    const now = new Map(
      [...this.target.slots].map(([id, { content }]) => [
        id,
        content.version === state.plan.version ? content.sharePpm : 0,
      ]),
    );
    must(
      [...now].every(([id, share]) => share <= (most.get(id) ?? 0)),
      "a cell is exposed before its wave",
    );
    must(
      exposureAt(state.plan.cells, now) <= exposureAt(state.plan.cells, most),
      "exposure is past the wave's",
    );
  }

  private checkWrite(write: Extract<RolloutEffect, { kind: "write" }>): void {
    must(
      this.ledger.entries.some(({ entry, append }) => entry === write.entry && append !== null),
      "entry-first: a write before its entry",
    );
    if (write.way === "back")
      must(write.content.version === baseline("v1").version, "way-back: to what is not proven");
  }

  private checkEnd(state: RolloutState): void {
    must(
      this.atRest(),
      `never-stuck: ends as ${state.phase} in ${state.stage}, ${JSON.stringify(state.outbox)}`,
    );
    while (this.target.late.length > 0) this.target.deliver();
    for (const { id, conflict, touched } of state.cells) {
      const { content } = this.target.slot(id);
      const foreign = this.byHand.has(id);
      must(!foreign || content.version === "by hand", `what somebody wrote to ${id} is gone`);
      if (foreign || conflict !== undefined) continue;
      const expected = state.phase === "completed" ? "v2" : "v1";
      must(
        equal(content, { version: expected, sharePpm: 1_000_000 }),
        `${id} holds ${content.version} at ${content.sharePpm} when ${state.phase} (touched ${touched})`,
      );
    }
    const keys = this.target.landed.map(({ write }) => write.key);
    must(new Set(keys).size === keys.length, "one key took effect twice");
  }
}

const ONWARD: ReadonlySet<string> = new Set(["rollout-wave", "rollout-resumed"]);

/** The same waves, where those before the last one bake half as long. */
const emergency = (waves: Plan["waves"]) => ({
  ...({ lane: "emergency", emergency: digest("break-glass") } as const),
  waves: waves.map((one, i) =>
    i < waves.length - 1 ? { ...one, bake: { ...BAKE, ms: BAKE.ms / 2 } } : one,
  ),
});

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
