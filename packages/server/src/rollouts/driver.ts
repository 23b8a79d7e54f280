// SPDX-License-Identifier: Apache-2.0
/** Claims rollouts that are due and drives each under a lease. Several servers may do so on one database. */
import { randomUUID } from "node:crypto";
import type { Phase, Verdict } from "@interlock/core";
import {
  claimRollouts,
  deliveriesOf,
  failureOf,
  type RolloutDelivery,
  releaseRollout,
  renewRollouts,
  type StoredRollout,
  transaction,
} from "@interlock/store";
import type { Site } from "./acting.ts";
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
  /** On the monotonic clock; leases of this server stand at least until then. */
  private heldUntil = 0;
  private looking: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(terms: DriverTerms) {
    this.terms = terms;
    this.limits = { ...DRIVER_LIMITS, ...terms.limits };
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
    for (const drive of drives)
      await this.guarded(() => releaseRollout(this.terms.store.db, drive));
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
    if (this.drives.size === 0) return;
    // From before the question: the database may have been slow to answer.
    const asked = this.terms.monotonic();
    const { store } = this.terms;
    const { leaseMs } = this.limits;
    const still = await renewRollouts(store.db, { owner: this.owner, leaseMs });
    this.heldUntil = asked + leaseMs;
    const rows = new Map(still.map((row) => [row.id, row]));
    for (const drive of this.drives.values()) {
      const row = rows.get(drive.id);
      if (row?.lease !== drive.lease) drive.stop();
      else if (row.revision !== drive.revision()) drive.reload();
    }
    // Claimed by a question whose answer was lost: without this it would be kept and never driven.
    for (const row of still) if (!this.drives.has(row.id)) await releaseRollout(store.db, row);
  }

  /** Ticks what is due, and lets go of what waits for people. */
  private async rest(): Promise<void> {
    const now = this.terms.now();
    for (const drive of [...this.drives.values()]) {
      const due = drive.due();
      if (drive.over() || due === null) await this.letGo(drive);
      else if (due <= now || due > now + FAR_MS) drive.tell({ kind: "time" });
    }
  }

  private async letGo(drive: Drive): Promise<void> {
    drive.stop();
    this.drives.delete(drive.id);
    if (OVER.has(drive.phase())) await this.terms.analysis.ended?.(drive.id);
    await releaseRollout(this.terms.store.db, drive);
  }

  private async claim(): Promise<void> {
    const { limits, owner, terms } = this;
    const limit = Math.min(limits.claim, limits.rollouts - this.drives.size);
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
    if (this.drives.size === 0) this.heldUntil = asked + limits.leaseMs;
    for (const row of outcome.value) await this.take(row);
  }

  private async take(row: StoredRollout): Promise<void> {
    const one = loaded(row);
    const target = this.terms.target(row.target);
    if ("damaged" in one || target === null) {
      this.unreadable.add(row.id);
      const says = "damaged" in one ? one.damaged : `there is no target \`${row.target}\` here`;
      this.terms.onTrouble({ kind: "rollout", rollout: row.id, says });
      await releaseRollout(this.terms.store.db, row);
      return;
    }
    const site: Site = {
      ...{ terms: this.terms, limits: this.limits, target, pass: this.gate(row.target) },
      ...{ rollout: row.id, change: row.change, plan: one.state.plan },
      deliveries: byCell(await deliveriesOf(this.terms.store.db, row.id)),
      holds: () => this.terms.monotonic() < this.heldUntil,
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
const FAR_MS = 120_000;

function byCell(
  deliveries: readonly RolloutDelivery[],
): ReadonlyMap<string, readonly RolloutDelivery[]> {
  const cells = new Map<string, RolloutDelivery[]>();
  for (const one of deliveries) cells.set(one.cell, [...(cells.get(one.cell) ?? []), one]);
  return cells;
}
