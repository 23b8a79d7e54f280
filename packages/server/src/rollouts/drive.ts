// SPDX-License-Identifier: Apache-2.0
/** One rollout under one lease: events come in one after the other, each step is saved, then acted upon. */
import {
  type Phase,
  type RolloutEffect,
  type RolloutEvent,
  type RolloutState,
  step,
} from "@interlock/core";
import { failureOf, renewLease, rolloutById } from "@interlock/store";
import { FENCED, readBack, type Site, writeCell } from "./acting.ts";
import { withinMs } from "./queueing.ts";
import { type Settling, settlingOf } from "./settling.ts";
import {
  guardedStep,
  isGuarded,
  type Loaded,
  loaded,
  rowOf,
  type Stepped,
  TICK_MS,
  tickAt,
} from "./stepping.ts";
import type { Analyse, Append, Capacity, Notify } from "./terms.ts";

/** What waits for its turn: an event to be taken, an entry to be written, a look at the row. */
type Work =
  | { readonly kind: "event"; readonly event: RolloutEvent }
  | { readonly kind: "append"; readonly effect: Append }
  | { readonly kind: "notify"; readonly effect: Notify }
  | { readonly kind: "reload" }
  /** Under a lease larger than that of whoever wrote the cell since. */
  | { readonly kind: "relet"; readonly from: number };

export type Drive = {
  readonly id: string;
  /** It grows where another rollout wrote to a cell under a larger one. */
  readonly lease: () => number;
  readonly tell: (event: RolloutEvent) => void;
  /** Somebody else made a step: look at the row again. */
  readonly reload: () => void;
  readonly revision: () => number;
  readonly phase: () => Phase;
  /** Milliseconds since 1970 UTC; `null`: nothing happens by itself, and nothing is under way. */
  readonly due: () => number | null;
  /** Whether it does nothing any more: the lease is another's, or what is stored cannot be read. */
  readonly over: () => boolean;
  /** Nothing is begun from now on; answers of what is under way are lost, and found out about. */
  readonly stop: () => void;
  /** Until nothing is under way. */
  readonly idle: () => Promise<void>;
};

export function openDrive(first: Loaded, site: Site): Drive {
  return new Driving(first, site);
}

class Driving implements Drive {
  readonly id: string;
  private one: Loaded;
  private readonly site: Site;
  private readonly queue: Work[] = [];
  private readonly sent = new Set<string>();
  private readonly underWay = new Set<Promise<void>>();
  private busy = false;
  private gone = false;

  constructor(first: Loaded, site: Site) {
    this.id = first.row.id;
    this.one = first;
    this.site = site;
    this.tell({ kind: "leased", fence: first.row.lease });
  }

  private readonly settling: Settling = settlingOf({
    state: () => this.one.state,
    now: () => this.site.terms.now(),
    unsettledMs: () => this.site.limits.unsettledMs,
    halt: (because) => this.tell({ kind: "halt", by: "", because }),
    trouble: (says) => this.trouble(says),
  });

  readonly lease = (): number => this.one.row.lease;
  readonly revision = (): number => this.one.row.revision;
  readonly phase = (): Phase => this.one.state.phase;
  readonly over = (): boolean => this.gone;
  readonly stop = (): void => {
    this.gone = true;
    this.queue.length = 0;
  };
  readonly reload = (): void => this.enter({ kind: "reload" });
  readonly tell = (event: RolloutEvent): void => this.enter({ kind: "event", event });

  readonly due = (): number | null => {
    const { state } = this.one;
    if (state.outbox.some(({ id }) => !this.sent.has(id))) return state.seenAt;
    const still = state.outbox.length > 0 || this.queue.length > 0 || this.underWay.size > 0;
    return tickAt(state) ?? (still ? state.seenAt + TICK_MS : null);
  };

  readonly idle = async (): Promise<void> => {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
  };

  private enter(work: Work): void {
    if (this.gone) return;
    this.queue.push(work);
    if (!this.busy) this.run(this.drain());
  }

  /** Whatever is thrown is a bug, and ends this drive alone; the next lease begins anew. */
  private run(work: Promise<void>): void {
    const kept: Promise<void> = work
      .catch((error: unknown) => {
        this.trouble(error instanceof Error ? error.message : String(error));
        this.stop();
      })
      .finally(() => this.underWay.delete(kept));
    this.underWay.add(kept);
  }

  private trouble(says: string): void {
    this.site.terms.onTrouble({ kind: "rollout", rollout: this.id, says });
  }

  private async drain(): Promise<void> {
    this.busy = true;
    try {
      while (this.queue.length > 0 && !this.gone) await this.next();
    } finally {
      this.busy = false;
    }
  }

  private async next(): Promise<void> {
    const [work] = this.queue;
    if (work === undefined) return;
    if (work.kind === "event") return await this.take();
    this.queue.shift();
    if (work.kind === "reload") return await this.load();
    if (work.kind === "relet") return await this.relet(work.from);
    const { terms } = this.site;
    const mine = { id: this.id, lease: this.lease() };
    const { effect } = work;
    const stepped =
      effect.kind === "append" && isGuarded(effect, this.one.state)
        ? await this.site.ask(() => guardedStep(terms, mine, effect))
        : await this.site.record(mine, effect);
    if (stepped.kind === "stepped") terms.onPoint?.("entry.appended");
    await this.follow(stepped, work.effect);
  }

  private async follow(stepped: Stepped, { id }: RolloutEffect): Promise<void> {
    if (stepped.kind === "stepped") this.adopt(stepped.loaded);
    else if (stepped.kind === "gone") await this.load();
    else {
      // Nothing was written, or nobody knows: it is still open, and is asked for at the next look.
      this.sent.delete(id);
      this.trouble(stepped.says);
    }
  }

  /** Events that came together are one step to the store. */
  private async take(): Promise<void> {
    const events: RolloutEvent[] = [];
    for (let work = this.queue[0]; work?.kind === "event"; work = this.queue[0]) {
      events.push(work.event);
      this.queue.shift();
    }
    const { state, row } = this.one;
    const next = this.after(state, events);
    const now = rowOf(next);
    const at = { id: this.id, revision: row.revision, lease: this.lease() };
    const saved = await this.asked(() => this.site.save({ ...now, ...at }));
    if (saved === true) {
      this.site.terms.onPoint?.("step.saved");
      this.adopt({ row: { ...row, ...now, revision: row.revision + 1 }, state: next });
      return;
    }
    // Answers are never lost: out of date ones are ignored by the machine.
    this.queue.unshift(...events.map((event) => ({ kind: "event" as const, event })));
    if (saved === false) await this.load();
    else this.stop();
  }

  private after(state: RolloutState, events: readonly RolloutEvent[]): RolloutState {
    const now = this.site.terms.now();
    return events.reduce((before, event) => {
      const told = step(before, event, now);
      if (told.ok) return told.state;
      this.trouble(told.failure.message);
      return before;
    }, state);
  }

  /** What the database answers; `null`: it is away, and the lease will be taken anew. */
  private async asked<T>(ask: () => Promise<T>): Promise<T | null> {
    try {
      return await ask();
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null) throw error;
      this.trouble(failure.message);
      return null;
    }
  }

  private async load(): Promise<void> {
    const { terms, ask } = this.site;
    const row = await this.asked(() => ask(() => rolloutById(terms.store.db, this.id)));
    const one = row?.lease === this.lease() ? loaded(row) : null;
    if (one === null || "damaged" in one) this.stop();
    else this.adopt(one);
  }

  /**
   * Two rollouts that write other keys of one cell share its fence. Whoever finds a larger one there
   * takes a larger lease at once and goes on, once for all cells in which it happened. What was sent
   * under the smaller one is found out about, as after a driver that died.
   */
  private async relet(from: number): Promise<void> {
    if (from !== this.lease()) return;
    const { terms, limits, ask } = this.site;
    const given = { id: this.id, lease: from, leaseMs: limits.leaseMs };
    const lease = await this.asked(() => ask(() => renewLease(terms.store.db, given)));
    if (lease === null) {
      this.stop();
      return;
    }
    this.one = { ...this.one, row: { ...this.one.row, lease } };
    this.tell({ kind: "leased", fence: lease });
  }

  /** INVARIANT (save, then act): effects are begun only out of a state that is stored. */
  private adopt(one: Loaded): void {
    this.one = one;
    // Before this driver has told the rollout of its lease, nothing in it is this driver's to do.
    if (one.state.fence !== this.lease()) return;
    for (const effect of one.state.outbox) {
      if (this.gone) return;
      if (this.sent.has(effect.id)) continue;
      this.sent.add(effect.id);
      this.begin(effect);
    }
  }

  private begin(effect: RolloutEffect): void {
    switch (effect.kind) {
      case "append":
        this.enter({ kind: "append", effect });
        break;
      case "notify":
        this.enter({ kind: "notify", effect });
        break;
      case "write":
        this.act(effect.id, () => writeCell(this.site, effect));
        break;
      case "read":
        this.act(effect.id, () => readBack(this.site, effect, this.settling));
        break;
      case "analyse":
        this.run(this.analyse(effect));
        break;
      case "capacity":
        this.run(this.capacity(effect));
        break;
    }
  }

  /** Nothing is believed of an act that failed on our side: it was not begun, and is begun again. */
  private act(id: string, work: () => Promise<RolloutEvent | typeof FENCED | null>): void {
    const lease = this.lease();
    const acted = async () => {
      if (!this.site.holds()) {
        this.stop();
        return;
      }
      const event = await this.asked(work);
      if (event === FENCED) {
        this.enter({ kind: "relet", from: lease });
        return;
      }
      if (event !== null) {
        this.tell(event);
        return;
      }
      this.sent.delete(id);
      this.reload();
    };
    this.run(acted());
  }

  private async analyse(effect: Analyse): Promise<void> {
    const { terms, limits, plan } = this.site;
    const verdicts = await withinMs(
      limits.askMs,
      () =>
        terms.analysis
          .ask(plan, effect, { rollout: this.id, began: this.one.row.startedAt })
          .catch((error: unknown) => this.none(error)),
      [],
    );
    for (const verdict of verdicts) this.tell(verdict);
    if (verdicts.some(({ id }) => id === effect.id)) return;
    // Nobody knows anything: that is an answer too, and passes nothing. by (fail-closed)
    this.tell({
      ...{ kind: "verdict", id: effect.id, source: plan.signals[0] ?? "", wave: effect.wave },
      ...{ outcome: "inconclusive", samples: 0, excludesPpm: 1_000_000, observedAt: terms.now() },
    });
  }

  private none(error: unknown): readonly [] {
    this.trouble(error instanceof Error ? error.message : String(error));
    return [];
  }

  private async capacity(effect: Capacity): Promise<void> {
    const { terms, limits, plan } = this.site;
    const asked = terms.capacity;
    const enough =
      asked === undefined ||
      (await withinMs(
        limits.askMs,
        () =>
          asked.ask(plan, effect).catch((error: unknown) => {
            this.none(error);
            return false;
          }),
        false,
      ));
    this.tell({ kind: "capacity", id: effect.id, enough });
  }
}
