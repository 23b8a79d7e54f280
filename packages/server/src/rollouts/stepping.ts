// SPDX-License-Identifier: Apache-2.0
/** Steps of a rollout that are durable together with their entry in the ledger. by (entry-first) */
import {
  decodeState,
  encodeState,
  nextAct,
  planDigest,
  type RolloutEntry,
  type RolloutEvent,
  type RolloutState,
  SOLO_WINDOW_MS,
  step,
  withinCeiling,
} from "@interlock/core";
import { type Digest, isDigest } from "@interlock/digest";
import {
  deliveriesOf,
  exposuresOf,
  lockHead,
  lockRollouts,
  type RolloutNow,
  type StoredRollout,
  saveExposure,
  saveProven,
  saveStep,
  saveSteps,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { Refusal } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { stillOpen } from "./lane.ts";
import type { Append, DriverTerms, Notify } from "./terms.ts";

/** Lease and turn in one number, as the machine makes it. */
const TURNS = 2 ** 20;
/** The machine's clock goes on by a minute at most for each event. */
export const TICK_MS = 30_000;

/** A stored rollout, read. */
export type Loaded = { readonly row: StoredRollout; readonly state: RolloutState };

/** When a driver has to look at it next; `null`: not before somebody acts. */
export const dueAt = (state: RolloutState): number | null =>
  state.outbox.length > 0 ? state.seenAt : tickAt(state);

/** The same where all that is open has been begun. */
export function tickAt(state: RolloutState): number | null {
  const { at } = nextAct(state);
  if (state.phase !== "running" && state.phase !== "going-back") return at;
  return Math.min(at ?? Number.POSITIVE_INFINITY, state.seenAt + TICK_MS);
}

export const rowOf = (state: RolloutState): RolloutNow => ({
  state: encodeState(state),
  phase: state.phase,
  fence: state.fence * TURNS + state.turn,
  nextAt: dueAt(state),
});

export function loaded(row: StoredRollout): Loaded | { readonly damaged: string } {
  const read = decodeState(parsed(row.state));
  return read.ok ? { row, state: read.state } : { damaged: read.failure.message };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** `gone`: another driver has it, or the effect is answered already: look at what is stored. */
export type Stepped =
  | { readonly kind: "stepped"; readonly loaded: Loaded }
  | { readonly kind: "gone" }
  | { readonly kind: "failed"; readonly says: string };

type Terms = Pick<DriverTerms, "store" | "ledger" | "now" | "breakGlass">;
type Mine = { readonly id: string; readonly lease: number };
/** An effect of a rollout under the lease of whoever drives it. */
export type ToRecord = Mine & { readonly effect: Append | Notify };

/** What an effect writes to the ledger, if anything, and the step that follows from it. */
type Recorded = {
  readonly entries: readonly Prepared[];
  readonly told: (index: number) => RolloutEvent;
};

/** Whether an entry is written only where something holds that others may end at any moment. */
export const isGuarded = (effect: Append, state: RolloutState): boolean =>
  effect.solo !== undefined || writesByGlass(effect, state);

/** Whether an emergency rollout writes by an entry: a wave, or what a halt or a pause cut short of one. */
const writesByGlass = ({ entry }: Append, { plan, stage }: RolloutState): boolean =>
  plan.lane === "emergency" &&
  (entry === "rollout-wave" || (entry === "rollout-resumed" && stage === "writing"));

/**
 * A wave that one person exposes alone, or that goes out by break-glass: what they exposed in the last
 * day is counted, and who stands by the break-glass is asked, with nobody else appending. So two
 * rollouts of one person are counted one by one, and no wave begins after the entry that ends its emergency.
 */
export async function guardedStep(terms: Terms, mine: Mine, effect: Append): Promise<Stepped> {
  const [stepped = GONE] = await inSteps(terms, [{ ...mine, effect }], async (tx, [one]) => {
    if (one === undefined) return null;
    await lockHead(tx);
    const because = (await isOver(terms, tx, one, effect))
      ? "break-glass-over"
      : (await isPastCeiling(tx, one, effect))
        ? "solo-ceiling"
        : null;
    return because === null ? null : { kind: "append-refused", id: effect.id, because };
  });
  return stepped;
}

async function isOver(terms: Terms, tx: Transaction, { row, state }: Loaded, effect: Append) {
  if (!writesByGlass(effect, state)) return false;
  return !(await stillOpen(terms, tx, { plan: state.plan, change: row.change })).ok;
}

async function isPastCeiling(tx: Transaction, { state }: Loaded, { solo }: Append) {
  if (solo === undefined) return false;
  const asked = { person: solo.person, after: solo.at - SOLO_WINDOW_MS };
  return !withinCeiling(state.plan.ceiling, await exposuresOf(tx, asked), solo);
}

/**
 * The entries that effects of different rollouts ask for, and the steps that follow from them, in one
 * transaction: whatever dies in between, either both are there or neither, so that no act has two entries.
 */
export const recordSteps = (
  terms: Terms,
  asked: readonly ToRecord[],
): Promise<readonly Stepped[]> => inSteps(terms, asked, () => Promise.resolve(null));

/** Notices of which no other entry tells. */
const SILENT: ReadonlySet<string> = new Set(["halted", "going-back", "completed", "gone-back"]);

function recordedBy(one: Loaded, effect: Append | Notify, now: number): Recorded {
  const { id } = effect;
  if (effect.kind === "append") {
    const entry = actEntry(one, effect, now);
    return {
      entries: [entry],
      told: (index) => ({ kind: "appended", id, entry: entry.id, index }),
    };
  }
  const said = { what: effect.what, by: "", because: effect.about };
  // Whoever watches the ledger, receivers of notices among them, hears of it.
  const noted = SILENT.has(effect.what) ? [] : [notedEntry("rollout-noted", one.row.id, now, said)];
  return { entries: noted, told: () => ({ kind: "notified", id }) };
}

export function notedEntry(
  kind: "rollout-refused" | "rollout-noted",
  rollout: string,
  at: number,
  said: { readonly what: string; readonly by: string; readonly because: string },
): Prepared {
  const id = digestIn(rollout);
  return prepare({ kind, at, subject: id, body: { rollout: id, ...said } });
}

export function digestIn(id: string): Digest {
  if (!isDigest(id)) throw new Error("invariant broken: a rollout's id is a digest");
  return id;
}

const GONE: Stepped = { kind: "gone" };
const NOTHING = { ok: true, value: [] } as const;

async function inSteps(
  { store, ledger, now }: Terms,
  asked: readonly ToRecord[],
  refusal: (tx: Transaction, found: readonly Loaded[]) => Promise<RolloutEvent | null>,
): Promise<readonly Stepped[]> {
  const outcome = await transaction<ReadonlyMap<string, Loaded>, Refusal>(
    store,
    async (tx) => {
      const rows = await lockRollouts(
        tx,
        asked.map(({ id }) => id),
      );
      const open = rows.flatMap((row) => {
        const mine = asked.find(({ id }) => id === row.id);
        const one = loaded(row);
        if (mine === undefined || "damaged" in one || row.lease !== mine.lease) return [];
        const { effect } = mine;
        return one.state.outbox.some(({ id }) => id === effect.id) ? [{ one, effect }] : [];
      });
      const refused = await refusal(
        tx,
        open.map(({ one }) => one),
      );
      const at = now();
      const all = open.map(({ one, effect }) => ({ one, effect, ...recordedBy(one, effect, at) }));
      const entries = refused === null ? all.flatMap((each) => each.entries) : [];
      const appended = entries.length === 0 ? NOTHING : await ledger.append(tx, entries);
      if (!appended.ok) return { ok: false, failure: appended.failure };
      const indexes = [...appended.value];
      const saved = new Map<string, Loaded>();
      for (const { one, effect, entries: own, told } of all) {
        const index = own.length === 0 || refused !== null ? 0 : indexes.shift();
        if (index === undefined) throw new Error("invariant broken: one entry has one index");
        const [entry] = own;
        if (refused === null && entry !== undefined)
          await beside(tx, one, effect, { entry, index });
        const next = step(one.state, refused ?? told(index), at);
        if (!next.ok) throw new Error(`invariant broken: ${next.failure.message}`);
        saved.set(one.row.id, { row: { ...one.row, ...rowOf(next.state) }, state: next.state });
      }
      await saveAll(tx, [...saved.values()]);
      return { ok: true, value: saved };
    },
    { isolation: "read committed" },
  );
  return asked.map(({ id }): Stepped => {
    if (outcome.kind !== "committed") return { kind: "failed", says: outcome.failure.message };
    const one = outcome.value.get(id);
    if (one === undefined) return GONE;
    const { row, state } = one;
    return { kind: "stepped", loaded: { row: { ...row, revision: row.revision + 1 }, state } };
  });
}

async function saveAll(tx: Transaction, all: readonly Loaded[]): Promise<void> {
  if (all.length === 0) return;
  const saved = await saveSteps(
    tx,
    all.map(({ row }) => row),
  );
  if (saved.size !== all.length) throw new Error("invariant broken: a locked row was changed");
}

/** What tables keep of an entry, for those who count by it. */
async function beside(
  tx: Transaction,
  one: Loaded,
  effect: Append | Notify,
  { entry, index }: { readonly entry: Prepared; readonly index: number },
): Promise<void> {
  if (effect.kind !== "append") return;
  if (effect.solo !== undefined)
    await saveExposure(tx, { rollout: one.row.id, index }, effect.solo);
  if (effect.entry === "rollout-proven") await prove(tx, one, entry.id);
}

/** Within a transaction that holds the rollout's lock. */
export async function savedIn(
  tx: Transaction,
  { row }: Pick<Loaded, "row">,
  state: RolloutState,
  nextAt: number | null = dueAt(state),
): Promise<Loaded> {
  const next = { ...rowOf(state), nextAt };
  const { id, revision } = row;
  if (!(await saveStep(tx, { id, revision }, next)))
    throw new Error("invariant broken: a locked row was changed");
  return { row: { ...row, ...next, revision: revision + 1 }, state };
}

function actEntry({ row, state }: Loaded, effect: Append, at: number): Prepared {
  const { wave, by, because, version, solo } = effect;
  const rollout = digestIn(row.id);
  const body = {
    ...{ rollout, id: effect.id, change: row.change, wave, by, because, version },
    ...{ cells: [...cellsOf(state, effect)].sort(), plan: planDigest(state.plan) },
    ...(solo === undefined ? {} : { solo }),
  };
  const kind: RolloutEntry = effect.entry;
  return prepare({ kind, at, subject: rollout, body });
}

const cellsOf = (state: RolloutState, { entry, wave }: Append): readonly string[] =>
  entry === "rollout-wave"
    ? (state.plan.waves[wave]?.steps ?? []).map(({ cell }) => cell)
    : state.cells.flatMap(({ id, content, touched }) =>
        touched && content.version === state.plan.version ? [id] : [],
      );

/** What passed every bake without a halt is a state to go back to. by (way-back) */
async function prove(tx: Transaction, { row, state }: Loaded, entry: string): Promise<void> {
  if (state.wasHalted) return;
  const runs = new Map(state.cells.map((cell) => [cell.id, cell.runs]));
  const values = (await deliveriesOf(tx, row.id)).map(({ cell, key, next }) => ({
    ...{ cell, key, sha256: next ?? "", runs: runs.get(cell) ?? "" },
  }));
  await saveProven(tx, { target: row.target, rollout: row.id, entry }, values);
}
