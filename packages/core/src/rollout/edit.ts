// SPDX-License-Identifier: Apache-2.0
/** Small changes of a state, each a new state. */
import { digestOf } from "@interlock/digest";
import type { Content, Effect, EffectKind, EffectOf, Notice, RolloutEntry } from "./effect.ts";
import { type Cell, MILLION } from "./plan.ts";
import { type CellState, type Operation, type RolloutState, TURNS } from "./state.ts";

type Unnumbered<E> = E extends unknown ? Omit<E, "id"> : never;

/** Adds an effect; its id follows from the state, so that a step done again gives the same. */
export function emit(state: RolloutState, effect: Unnumbered<Effect>): RolloutState {
  const serial = state.serial + 1;
  const numbered = { ...effect, id: `e${serial}` } as Effect; // one of the kinds, with its id back
  return { ...state, serial, outbox: [...state.outbox, numbered] };
}

/** Which effect of its rollout it is, in the order in which they were made. */
export const numberOf = (id: string): number => Number(id.slice(1));

export const lastId = (state: RolloutState): string => `e${state.serial}`;

/** Whether the analysis owes an answer. */
export const isAsked = ({ outbox }: RolloutState): boolean =>
  outbox.some(({ kind }) => kind === "analyse");

/** An entry about the wave and version at hand. */
export function append(
  state: RolloutState,
  entry: RolloutEntry,
  said: { readonly by: string; readonly because?: string } & Pick<EffectOf<"append">, "solo">,
): RolloutState {
  return emit(state, {
    kind: "append",
    entry,
    wave: state.wave,
    version: state.plan.version,
    because: "",
    ...said,
  });
}

export const notify = (state: RolloutState, what: Notice, about: string): RolloutState =>
  emit(state, { kind: "notify", what, about: about.slice(0, 500) });

/** Of this id and kind, if it is still unanswered. */
export function waitingEffect<K extends EffectKind>(
  state: RolloutState,
  kind: K,
  id: string,
): EffectOf<K> | null {
  const found = state.outbox.find((effect) => effect.id === id && effect.kind === kind);
  return (found ?? null) as EffectOf<K> | null; // its kind was compared
}

export const drop = (state: RolloutState, gone: (effect: Effect) => boolean): RolloutState => ({
  ...state,
  outbox: state.outbox.filter((effect) => !gone(effect)),
});

export const dropId = (state: RolloutState, id: string): RolloutState =>
  drop(state, (effect) => effect.id === id);

/** Replaces every cell by what `to` makes of it. */
export const mapCells = (
  state: RolloutState,
  to: (cell: CellState) => CellState,
): RolloutState => ({ ...state, cells: state.cells.map(to) });

export const mapCell = (
  state: RolloutState,
  id: string,
  to: (cell: CellState) => CellState,
): RolloutState => mapCells(state, (cell) => (cell.id === id ? to(cell) : cell));

export const withOperation = (cell: CellState, change: Partial<Operation>): CellState =>
  cell.operation === undefined ? cell : { ...cell, operation: { ...cell.operation, ...change } };

export function withoutOperation(cell: CellState): CellState {
  const { operation: _, ...rest } = cell;
  return rest;
}

/** A write whose answer nobody waits for any more: what became of it, reading will tell. */
export const toChecking = (cell: CellState): CellState =>
  cell.operation?.status === "sent"
    ? withOperation(cell, { status: "checking", answer: "unknown", notBefore: 0 })
    : cell;

export const same = (a: Content, b: Content): boolean =>
  a.version === b.version && a.sharePpm === b.sharePpm;

export const baseOf = (cell: Pick<Cell, "base">): Content => ({
  version: cell.base,
  sharePpm: MILLION,
});

export function cellOf(state: RolloutState, id: string): CellState | null {
  return state.cells.find((cell) => cell.id === id) ?? null;
}

/** The same for the same purpose, so that a target that saw it once does it once. */
export function writeKey(rollout: string, cell: string, { content, entry, attempt }: Operation) {
  return digestOf("interlock/rollout-write/v1", { rollout, cell, content, entry, attempt });
}

/**
 * What a target compares with what it has seen. A driver may sit on a write for as long as it likes,
 * read the target, and only then send it: what was handed out before a halt must not land after the
 * way back, under the same lease either.
 */
export const fenceOf = ({ fence, turn }: RolloutState): number => fence * TURNS + turn;
