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
  lockRollout,
  type RolloutNow,
  type StoredRollout,
  saveExposure,
  saveProven,
  saveStep,
  type Transaction,
  transaction,
} from "@interlock/store";
import type { Refusal } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
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

type Terms = Pick<DriverTerms, "store" | "ledger" | "now">;
type Mine = { readonly id: string; readonly lease: number };

/**
 * The entry that an effect asks for, and the step that follows from it, in one transaction: whatever
 * dies in between, either both are there or neither, so that no act has two entries.
 */
export async function appendStep(terms: Terms, mine: Mine, effect: Append): Promise<Stepped> {
  return await inStep(terms, mine, effect.id, async (tx, one) => {
    const now = terms.now();
    if (effect.solo !== undefined) {
      // From here on nobody appends, so that two rollouts of one person are counted one by one.
      await lockHead(tx);
      const { person, at } = effect.solo;
      const earlier = await exposuresOf(tx, { person, after: at - SOLO_WINDOW_MS });
      if (!withinCeiling(one.state.plan.ceiling, earlier, effect.solo))
        return done({ kind: "append-refused", id: effect.id, because: "solo-ceiling" });
    }
    const entry = actEntry(one, effect, now);
    const appended = await terms.ledger.append(tx, [entry]);
    if (!appended.ok) return { ok: false, failure: appended.failure };
    const [index] = appended.value;
    if (index === undefined) throw new Error("invariant broken: one entry has one index");
    if (effect.solo !== undefined)
      await saveExposure(tx, { rollout: one.row.id, index }, effect.solo);
    if (effect.entry === "rollout-proven") await prove(tx, one, entry.id);
    return done({ kind: "appended", id: effect.id, entry: entry.id, index });
  });
}

/** Notices of which no other entry tells. */
const SILENT: ReadonlySet<string> = new Set(["halted", "going-back", "completed", "gone-back"]);

/** Whoever watches the ledger, receivers of notices among them, hears of it. */
export async function notifyStep(terms: Terms, mine: Mine, effect: Notify): Promise<Stepped> {
  return await inStep(terms, mine, effect.id, async (tx, { row }) => {
    if (!SILENT.has(effect.what)) {
      const noted = notedEntry("rollout-noted", row.id, terms.now(), {
        ...{ what: effect.what, by: "", because: effect.about },
      });
      const appended = await terms.ledger.append(tx, [noted]);
      if (!appended.ok) return { ok: false, failure: appended.failure };
    }
    return done({ kind: "notified", id: effect.id });
  });
}

const done = (value: RolloutEvent) => ({ ok: true as const, value });

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

type Made =
  | { readonly ok: true; readonly value: RolloutEvent }
  | { readonly ok: false; readonly failure: Refusal };

async function inStep(
  { store, now }: Terms,
  { id, lease }: Mine,
  effect: string,
  make: (tx: Transaction, one: Loaded) => Promise<Made>,
): Promise<Stepped> {
  const outcome = await transaction<Loaded | null, Refusal>(
    store,
    async (tx) => {
      const row = await lockRollout(tx, id);
      const one = row === null ? null : loaded(row);
      if (one === null || "damaged" in one || one.row.lease !== lease)
        return { ok: true, value: null };
      if (!one.state.outbox.some((open) => open.id === effect)) return { ok: true, value: null };
      const made = await make(tx, one);
      if (!made.ok) return made;
      const told = step(one.state, made.value, now());
      if (!told.ok) throw new Error(`invariant broken: ${told.failure.message}`);
      return { ok: true, value: await savedIn(tx, one, told.state) };
    },
    { isolation: "read committed" },
  );
  if (outcome.kind !== "committed") return { kind: "failed", says: outcome.failure.message };
  return outcome.value === null ? { kind: "gone" } : { kind: "stepped", loaded: outcome.value };
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
