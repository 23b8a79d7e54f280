// SPDX-License-Identifier: Apache-2.0
import { sql } from "kysely";
import type { Database } from "./driver.ts";
import type { Transaction } from "./transaction.ts";

/** From the id of a cell to its counts; a cell that is not there was not read. */
export type CellCounts = Readonly<Record<string, readonly number[]>>;

/** What one signal counted in a slot; times in milliseconds since 1970 UTC. */
export type SignalSlot = {
  readonly signal: string;
  readonly start: number;
  readonly width: number;
  readonly cells: CellCounts;
};

/** The last value of a series that was pushed. */
export type PushedSeries = {
  readonly series: string;
  readonly cell: string;
  readonly value: number;
  readonly started: number | null;
  readonly at: number;
};

/** What is known of a wave of a rollout; `state` is JSON of the server's own. */
export type StoredAnalysis = {
  readonly rollout: string;
  readonly wave: number;
  readonly system: string;
  readonly running: boolean;
  readonly next: number;
  readonly state: string;
  readonly at: number;
};

export type SignalTables = {
  readonly signal_slot: {
    readonly signal: string;
    readonly start: number;
    readonly width: number;
    readonly cells: string;
  };
  readonly signal_series: PushedSeries & { readonly signal: string };
  readonly signal_pushed: {
    readonly signal: string;
    readonly cell: string;
    readonly start: number;
    readonly counts: string;
  };
  readonly analysis: StoredAnalysis;
};

/** Keeps slots; one that is there already stays as it is, since tests have counted it. */
export async function saveSlots(db: Database, slots: readonly SignalSlot[]): Promise<void> {
  for (let i = 0; i < slots.length; i += 500) {
    const part = slots.slice(i, i + 500);
    await db
      .insertInto("signal_slot")
      .values(part.map((slot) => ({ ...slot, cells: JSON.stringify(slot.cells) })))
      .onConflict((same) => same.columns(["signal", "start"]).doNothing())
      .execute();
  }
}

/** Slots that begin in [from, to), in their order. */
export async function readSlots(
  db: Database,
  wanted: { readonly signal: string; readonly from: number; readonly to: number },
): Promise<readonly SignalSlot[]> {
  const rows = await db
    .selectFrom("signal_slot")
    .selectAll()
    .where("signal", "=", wanted.signal)
    .where("start", ">=", wanted.from)
    .where("start", "<", wanted.to)
    .orderBy("start")
    .execute();
  return rows.map(readSlot);
}

/** The slots that begin at these moments, in any order. */
export async function readSlotsAt(
  db: Database,
  signal: string,
  starts: readonly number[],
): Promise<readonly SignalSlot[]> {
  if (starts.length === 0) return [];
  const rows = await db
    .selectFrom("signal_slot")
    .selectAll()
    .where("signal", "=", signal)
    .where("start", "in", [...starts])
    .execute();
  return rows.map(readSlot);
}

// Written by `saveSlots` alone.
const readSlot = (row: SignalTables["signal_slot"]): SignalSlot => ({
  ...row,
  cells: JSON.parse(row.cells) as CellCounts,
});

/** Begin of the newest slot of a signal, or `null`. */
export async function newestSlot(db: Database, signal: string): Promise<number | null> {
  const row = await db
    .selectFrom("signal_slot")
    .select("start")
    .where("signal", "=", signal)
    .orderBy("start", "desc")
    .limit(1)
    .executeTakeFirst();
  return row?.start ?? null;
}

/** Forgets slots, pushes and ended analyses from before. */
export async function forgetSignals(
  db: Database,
  before: { readonly slots: number; readonly pushed: number; readonly analyses: number },
): Promise<void> {
  await db.deleteFrom("signal_slot").where("start", "<", before.slots).execute();
  await db.deleteFrom("signal_pushed").where("start", "<", before.pushed).execute();
  await db.deleteFrom("signal_series").where("at", "<", before.slots).execute();
  await db
    .deleteFrom("analysis")
    .where("running", "=", false)
    .where("at", "<", before.analyses)
    .execute();
}

/** Lets nobody else push to a signal until the transaction ends. */
export async function lockPushes(tx: Transaction, signal: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext(${`signal ${signal}`}))`.execute(tx);
}

/** All series of a signal that were pushed. */
export async function pushedSeries(db: Database, signal: string): Promise<readonly PushedSeries[]> {
  return await db
    .selectFrom("signal_series")
    .select(["series", "cell", "value", "started", "at"])
    .where("signal", "=", signal)
    .execute();
}

/** Keeps the last values of series and adds to what was pushed; under `lockPushes`. */
export async function savePushed(
  tx: Transaction,
  signal: string,
  given: {
    readonly series: readonly PushedSeries[];
    readonly added: readonly {
      readonly cell: string;
      readonly start: number;
      readonly counts: readonly number[];
    }[];
  },
): Promise<void> {
  for (const one of given.series)
    await tx
      .insertInto("signal_series")
      .values({ signal, ...one })
      .onConflict((same) => same.columns(["signal", "series"]).doUpdateSet({ ...one }))
      .execute();
  for (const { cell, start, counts } of given.added) {
    const key = { signal, cell, start };
    const [known] = await readPushed(tx, { signal, cells: [cell], from: start, to: start + 1 });
    const sum = counts.map((n, i) => n + (known?.counts[i] ?? 0));
    await tx
      .insertInto("signal_pushed")
      .values({ ...key, counts: JSON.stringify(sum) })
      .onConflict((same) =>
        same.columns(["signal", "cell", "start"]).doUpdateSet({ counts: JSON.stringify(sum) }),
      )
      .execute();
  }
}

/** What was pushed for slots that begin in [from, to). */
export async function readPushed(
  db: Database,
  wanted: {
    readonly signal: string;
    readonly cells: readonly string[];
    readonly from: number;
    readonly to: number;
  },
): Promise<
  readonly { readonly cell: string; readonly start: number; readonly counts: readonly number[] }[]
> {
  if (wanted.cells.length === 0) return [];
  const rows = await db
    .selectFrom("signal_pushed")
    .select(["cell", "start", "counts"])
    .where("signal", "=", wanted.signal)
    .where("cell", "in", [...wanted.cells])
    .where("start", ">=", wanted.from)
    .where("start", "<", wanted.to)
    .execute();
  // Written by `savePushed` alone.
  return rows.map((row) => ({ ...row, counts: JSON.parse(row.counts) as readonly number[] }));
}

/** Keeps what is known of a wave. Two servers that both see a slot write the same. */
export async function saveAnalysis(db: Database, row: StoredAnalysis): Promise<void> {
  const { system, running, next, state, at } = row;
  await db
    .insertInto("analysis")
    .values(row)
    .onConflict((same) =>
      same
        .columns(["rollout", "wave"])
        .doUpdateSet({ system, running, next, state, at })
        .where("analysis.next", "<=", next),
    )
    .execute();
}

/** The waves of a rollout that were analysed, in their order. */
export async function analysesOf(
  db: Database,
  rollout: string,
): Promise<readonly StoredAnalysis[]> {
  return await db
    .selectFrom("analysis")
    .selectAll()
    .where("rollout", "=", rollout)
    .orderBy("wave")
    .execute();
}

/** The analyses that run. */
export async function runningAnalyses(db: Database): Promise<readonly StoredAnalysis[]> {
  return await db
    .selectFrom("analysis")
    .selectAll()
    .where("running", "=", true)
    .orderBy("rollout")
    .orderBy("wave")
    .execute();
}

/** Ends the analyses of a rollout, all or those of waves before one. */
export async function endAnalyses(
  db: Database,
  rollout: string,
  before: number = Number.MAX_SAFE_INTEGER,
): Promise<void> {
  await db
    .updateTable("analysis")
    .set({ running: false })
    .where("rollout", "=", rollout)
    .where("wave", "<", before)
    .execute();
}
