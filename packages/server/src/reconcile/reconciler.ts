// SPDX-License-Identifier: Apache-2.0
/** Compares what targets hold with what the ledger explains, again and again; of several servers one does. */
import { randomUUID } from "node:crypto";
import { coversKey, type Description, wholeOf } from "@interlock/controlplane";
import {
  cellLooks,
  claimWatch,
  failureOf,
  keepLooks,
  releaseWatch,
  saveLook,
  type WatchedCell,
} from "@interlock/store";
import type { Target } from "@interlock/targets";
import { lookAtCell } from "./look.ts";
import { record } from "./recording.ts";
import { RECONCILE_LIMITS, type ReconcileLimits, type ReconcileTerms } from "./terms.ts";
import { withWriters } from "./writers.ts";

export type Reconciler = {
  /** One round: what is due, where the lease is this server's. */
  readonly look: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export function openReconciler(terms: ReconcileTerms): Reconciler {
  return new Reconciling(terms);
}

type Covered = { readonly cell: string; readonly covers: (key: string) => boolean };
type Watch = { readonly target: Target; readonly stop: AbortController; ended: Promise<void> };

/** More cells than a description can name. */
const CELLS_MAX = 100_000;

class Reconciling implements Reconciler {
  private readonly terms: ReconcileTerms;
  private readonly limits: ReconcileLimits;
  private readonly owner = randomUUID();
  private readonly watches = new Map<string, Watch>();
  /** Cells of which their target said that something changed. */
  private readonly dirty = new Set<string>();
  private readonly troubles = new Map<string, string>();
  private looking: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private closed = false;

  constructor(terms: ReconcileTerms) {
    this.terms = terms;
    this.limits = { ...RECONCILE_LIMITS, ...terms.limits };
    this.again();
  }

  readonly look = (): Promise<void> => {
    this.looking ??= this.round().finally(() => {
      this.looking = null;
    });
    return this.looking;
  };

  readonly close = async (): Promise<void> => {
    this.closed = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.looking;
    await this.unwatch(() => true);
    await this.guarded("the database", () => releaseWatch(this.terms.store.db, this.owner));
  };

  private again(): void {
    const { periodMs } = this.limits;
    if (periodMs === null || this.closed) return;
    this.timer = setTimeout(() => void this.look().finally(() => this.again()), periodMs);
    this.timer.unref();
  }

  private async round(): Promise<void> {
    if (!this.closed) await this.guarded("the database", () => this.lookOnce());
  }

  /** What the database does not do now it does in the next round. */
  private async guarded(part: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      this.tell(part, null);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null) throw error;
      this.tell(part, failure.message);
    }
  }

  private readonly mine = async (): Promise<boolean> =>
    !this.closed &&
    (await claimWatch(this.terms.store.db, { owner: this.owner, leaseMs: this.limits.leaseMs }));

  private async lookOnce(): Promise<void> {
    const { store, plane } = this.terms;
    if (!(await this.mine())) return await this.unwatch(() => true);
    const description = await plane();
    const targets = coveredIn(description);
    await keepLooks(
      store.db,
      [...targets].flatMap(([target, cells]) => cells.map(({ cell }) => ({ target, cell }))),
    );
    await this.unwatch((name) => !targets.has(name));
    const seen = new Map(
      (await cellLooks(store.db, CELLS_MAX)).map((one) => [idOf(one), one.triedAt]),
    );
    const cellsOf = [...targets].map(([name, cells]) => this.lookAtTarget(name, cells, seen));
    await Promise.all(cellsOf);
  }

  private async lookAtTarget(
    name: string,
    cells: readonly Covered[],
    seen: ReadonlyMap<string, number>,
  ): Promise<void> {
    const target = this.terms.target(name);
    if (target !== null) this.watch(target);
    for (const { cell, covers } of cells) {
      const id = idOf({ target: name, cell });
      if (!this.isDue(id, seen.get(id))) continue;
      if (!(await this.mine())) return;
      this.dirty.delete(id);
      if (target === null) await this.cannotOpen({ target: name, cell });
      else await this.lookAt(target, { cell, covers });
    }
  }

  private isDue(id: string, tried: number | undefined): boolean {
    if (tried === undefined) return true;
    const past = this.terms.now() - tried;
    // A clock that was set back must not keep a cell from being looked at.
    return past < 0 || past >= (this.dirty.has(id) ? this.limits.gapMs : this.limits.everyMs);
  }

  private async cannotOpen(at: WatchedCell): Promise<void> {
    const says = "the target cannot be opened on this server";
    const now = this.terms.now();
    const { db } = this.terms.store;
    await saveLook(db, { ...at, seenAt: null, triedAt: now, says, keys: 0, strangers: 0 });
    this.tell(`${at.target}/${at.cell}`, says);
  }

  private async lookAt(target: Target, { cell, covers }: Covered): Promise<void> {
    const { store, now } = this.terms;
    const looked = await lookAtCell({
      ...{ db: store.db, target, cell, covers, now, limits: this.limits, still: this.mine },
    });
    const found = await withWriters({ target, cell, limits: this.limits }, looked.found);
    const why = await record(this.terms, this.owner, { ...looked, found });
    this.tell(`${target.name}/${cell}`, why ?? looked.says);
  }

  private watch(target: Target): void {
    if (this.watches.has(target.name)) return;
    const stop = new AbortController();
    const watch: Watch = { target, stop, ended: Promise.resolve() };
    this.watches.set(target.name, watch);
    watch.ended = this.listen(watch).finally(() => {
      // One that ended by itself is begun anew in the next round, with a gap.
      if (this.watches.get(target.name) === watch) this.watches.delete(target.name);
    });
  }

  private async listen({ target, stop }: Watch): Promise<void> {
    // After a gap the whole reads, which come anyway, tell what happened.
    for await (const seen of target.watch(null, stop.signal))
      if (seen.kind === "changed") this.dirty.add(idOf({ target: target.name, cell: seen.cell }));
  }

  private async unwatch(which: (name: string) => boolean): Promise<void> {
    const over = [...this.watches].filter(([name]) => which(name));
    for (const [name, { stop }] of over) {
      this.watches.delete(name);
      stop.abort();
    }
    await Promise.all(over.map(([, { ended }]) => ended));
  }

  private tell(part: string, says: string | null): void {
    if ((this.troubles.get(part) ?? null) === says) return;
    if (says === null) this.troubles.delete(part);
    else this.troubles.set(part, says);
    this.terms.onTrouble(part, says);
  }
}

const idOf = ({ target, cell }: WatchedCell): string => JSON.stringify([target, cell]);

/** The cells of each target that config sets live in, and which of their keys these know. */
function coveredIn(description: Description | null): ReadonlyMap<string, readonly Covered[]> {
  const targets = new Map<string, Covered[]>();
  const cellsOf = new Map(description?.systems.map(({ name, cells }) => [name, cells]));
  const placed = (description?.configSets ?? []).flatMap((set) =>
    (cellsOf.get(set.system) ?? []).map((cell) => ({
      ...{ target: set.target, cell: cell.id, named: wholeOf(cell), set },
    })),
  );
  for (const id of new Set(placed.map(idOf))) {
    const own = placed.filter((one) => idOf(one) === id);
    const [first] = own;
    if (first === undefined) continue;
    const { target, cell } = first;
    const covers = (key: string) =>
      own.some(({ set, named }) => coversKey(set, { cell: named, key }));
    targets.set(target, [...(targets.get(target) ?? []), { cell, covers }]);
  }
  return targets;
}
