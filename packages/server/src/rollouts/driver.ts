// SPDX-License-Identifier: Apache-2.0
/** Claims rollouts that are due and drives each under a lease. Several servers may do so on one database. */
import { randomUUID } from "node:crypto";
import type { Phase, Verdict } from "@interlock/core";
import {
  claimRollouts,
  DUE_MOST_MS,
  deliveriesOfAll,
  failureOf,
  type HeldRollout,
  heldRollouts,
  type RolloutDelivery,
  releaseRollouts,
  renewRollouts,
  type StoredRollout,
  transaction,
} from "@interlock/store";
import type { Site } from "./acting.ts";
import { type Recorder, recorderOf, type Saver, saverOf } from "./batching.ts";
import { type Drive, openDrive } from "./drive.ts";
import { atMost, type Gatekeeper } from "./queueing.ts";
import { loaded } from "./stepping.ts";
import { DRIVER_LIMITS, type DriverLimits, type DriverTerms } from "./terms.ts";

export type RolloutDriver = {
  /** Looks once: what is due, what others changed, what nobody drives. */
  readonly look: () => Promise<void>;
  /** Somebody acted on a rollout through this server: it need not wait for the next look. */
  readonly wake: (rollout: string) => void;
  /** Harm that was seen without a question; whoever drives the rollout acts on it. by (halt-wins) */
  readonly harm: (rollout: string, verdicts: readonly Verdict[]) => void;
  /** What could not be driven here may be by now. */
  readonly retry: () => void;
  /** Until nothing is under way. */
  readonly idle: () => Promise<void>;
  /** How many this server drives now. */
  readonly driven: () => number;
  /** Begins nothing more, waits for what is under way, and lets others go on. */
  readonly close: () => Promise<void>;
};

/** Begins to drive rollouts. */
export function openRollouts(terms: DriverTerms): RolloutDriver {
  return new Driver(terms);
}

class Driver implements RolloutDriver {
  private readonly terms: DriverTerms;
  private readonly limits: DriverLimits;
  private readonly owner = randomUUID();
  private readonly drives = new Map<string, Drive>();
  private readonly unreadable = new Set<string>();
  private readonly gates = new Map<string, Gatekeeper>();
  private readonly save: Saver;
  private readonly record: Recorder;
  private readonly ask: Gatekeeper;
  /** By rollout, on the monotonic clock: its lease stands at least until then. */
  private readonly heldUntil = new Map<string, number>();
  /** When leases were renewed last, on the monotonic clock. */
  private renewedAt = Number.NEGATIVE_INFINITY;
  /** So many it drives at most: fewer after it lost leases for want of time. */
  private room: number;
  private looking: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(terms: DriverTerms) {
    this.terms = terms;
    this.limits = { ...DRIVER_LIMITS, ...terms.limits };
    this.room = this.limits.rollouts;
    this.save = saverOf(terms.store.db);
    this.record = recorderOf(terms);
    this.ask = atMost(this.limits.storeAtOnce);
    this.again();
  }

  readonly driven = (): number => this.drives.size;

  readonly look = (): Promise<void> => {
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = null;
    });
    return this.looking;
  };

  readonly wake = (rollout: string): void => {
    const drive = this.drives.get(rollout);
    if (drive !== undefined) drive.reload();
    else if (this.limits.periodMs !== null && !this.closed) void this.look();
  };

  readonly harm = (rollout: string, verdicts: readonly Verdict[]): void => {
    for (const verdict of verdicts) this.drives.get(rollout)?.tell(verdict);
  };

  readonly retry = (): void => this.unreadable.clear();

  readonly idle = async (): Promise<void> => {
    await this.looking;
    await Promise.all([...this.drives.values()].map((drive) => drive.idle()));
  };

  readonly close = async (): Promise<void> => {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.looking;
    const drives = [...this.drives.values()];
    for (const drive of drives) drive.stop();
    for (const drive of drives) await drive.idle();
    await this.guarded(() => this.release(drives));
    this.drives.clear();
  };

  private again(): void {
    const { periodMs } = this.limits;
    if (periodMs === null || this.closed) return;
    this.timer = setTimeout(() => void this.look().finally(() => this.again()), periodMs);
    this.timer.unref();
  }

  private async lookOnce(): Promise<void> {
    if (this.closed) return;
    await this.guarded(() => this.renew());
    await this.guarded(() => this.rest());
    await this.guarded(() => this.claim());
  }

  /** What the database does not do now it does at the next look; leases run out meanwhile, as they should. */
  private async guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null) throw error;
      this.terms.onTrouble({ kind: "rollout", rollout: "", says: failure.message });
    }
  }

  private async renew(): Promise<void> {
    if (this.drives.size === 0) return this.makeRoom(0);
    const { store } = this.terms;
    const still = await this.held();
    const rows = new Map(still.map((row) => [row.id, row]));
    this.makeRoom(
      [...this.drives.values()].filter((one) => !one.over() && !rows.has(one.id)).length,
    );
    for (const drive of this.drives.values()) {
      const row = rows.get(drive.id);
      // A larger one is this server's own, of which the drive hears in a moment.
      if (row === undefined || row.lease < drive.lease()) drive.stop();
      else if (row.revision !== drive.revision()) drive.reload();
    }
    // Claimed by a question whose answer was lost: without this it would be kept and never driven.
    await releaseRollouts(
      store.db,
      still.filter(({ id }) => !this.drives.has(id)),
    );
  }

  /**
   * A server that cannot keep the leases of what it drives would take the same rollouts again and again,
   * and none would go on: it drives half as many, and more again once it keeps them.
   */
  private makeRoom(lost: number): void {
    const { claim, rollouts } = this.limits;
    const step = Math.ceil(claim / 10);
    this.room =
      lost > 0
        ? Math.max(step, Math.floor(this.drives.size / 2))
        : Math.min(rollouts, this.room + step);
  }

  /** What this server drives; renewed once a third of a lease is over, since every renewal writes every row. */
  private async held(): Promise<readonly HeldRollout[]> {
    const { store, monotonic } = this.terms;
    const { leaseMs } = this.limits;
    if (monotonic() - this.renewedAt > leaseMs / 3) {
      this.renewedAt = monotonic();
      await renewRollouts(store.db, { owner: this.owner, leaseMs });
    }
    // From before the question: the database may have been slow to answer.
    const asked = monotonic();
    const held = await heldRollouts(store.db, this.owner);
    for (const { id, leftMs } of held) this.heldUntil.set(id, asked + leftMs);
    return held;
  }

  /** Ticks what is due, and lets go of what waits for people. */
  private async rest(): Promise<void> {
    const now = this.terms.now();
    const idle: Drive[] = [];
    for (const drive of this.drives.values()) {
      const due = drive.due();
      if (drive.over() || due === null) idle.push(drive);
      else if (due <= now || due > now + FAR_MS) drive.tell({ kind: "time" });
    }
    for (const drive of idle) {
      drive.stop();
      this.drives.delete(drive.id);
      this.heldUntil.delete(drive.id);
      if (OVER.has(drive.phase())) await this.terms.analysis.ended?.(drive.id);
    }
    await this.release(idle);
  }

  private release(drives: readonly Drive[]): Promise<void> {
    const leases = drives.map(({ id, lease }) => ({ id, lease: lease() }));
    return releaseRollouts(this.terms.store.db, leases);
  }

  private async claim(): Promise<void> {
    const { limits, owner, terms } = this;
    const limit = Math.min(limits.claim, this.room - this.drives.size);
    if (limit <= 0) return;
    const asked = terms.monotonic();
    const given = { owner, limit, leaseMs: limits.leaseMs, now: terms.now() };
    const outcome = await transaction(
      terms.store,
      async (tx) => ({
        ok: true,
        value: await claimRollouts(tx, { ...given, except: [...this.unreadable] }),
      }),
      { isolation: "read committed" },
    );
    if (outcome.kind !== "committed") {
      // What may have been claimed runs out by itself.
      this.terms.onTrouble({ kind: "rollout", rollout: "", says: outcome.failure.message });
      return;
    }
    const ids = outcome.value.map(({ id }) => id);
    for (const id of ids) this.heldUntil.set(id, asked + limits.leaseMs);
    const deliveries = await deliveriesOfAll(terms.store.db, ids);
    for (const row of outcome.value) await this.take(row, deliveries.get(row.id) ?? []);
  }

  private async take(row: StoredRollout, deliveries: readonly RolloutDelivery[]): Promise<void> {
    const one = loaded(row);
    const target = this.terms.target(row.target);
    if ("damaged" in one || target === null) {
      this.unreadable.add(row.id);
      const says = "damaged" in one ? one.damaged : `there is no target \`${row.target}\` here`;
      this.terms.onTrouble({ kind: "rollout", rollout: row.id, says });
      await releaseRollouts(this.terms.store.db, [row]);
      return;
    }
    const site: Site = {
      ...{ terms: this.terms, limits: this.limits, target, pass: this.gate(row.target) },
      ...{ save: this.save, record: this.record, ask: this.ask },
      ...{ rollout: row.id, change: row.change, plan: one.state.plan },
      deliveries: byCell(deliveries),
      holds: () => this.terms.monotonic() < (this.heldUntil.get(row.id) ?? 0),
    };
    // One that was driven here before, under a lease that ran out, does nothing any more.
    this.drives.get(row.id)?.stop();
    this.drives.set(row.id, openDrive(one, site));
  }

  private gate(target: string): Gatekeeper {
    const gate = this.gates.get(target) ?? atMost(this.limits.atOnce);
    this.gates.set(target, gate);
    return gate;
  }
}

const OVER: ReadonlySet<Phase> = new Set(["completed", "gone-back", "withdrawn"]);

/** A clock that was set back must not keep a rollout waiting until it has caught up. */
const FAR_MS = DUE_MOST_MS;

function byCell(
  deliveries: readonly RolloutDelivery[],
): ReadonlyMap<string, readonly RolloutDelivery[]> {
  const cells = new Map<string, RolloutDelivery[]>();
  for (const one of deliveries) cells.set(one.cell, [...(cells.get(one.cell) ?? []), one]);
  return cells;
}
