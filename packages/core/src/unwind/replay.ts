// SPDX-License-Identifier: Apache-2.0
/** What the keys would hold had some changes never been made, and how sure that is. */
import { canonicalJson } from "@interlock/digest";
import { applied, isBlind, type Rerun, type Value, type Values, type Write } from "./history.ts";

/** A key while the history is gone through without the bad changes. */
export type Replayed = {
  /** Without them; `undefined`: cannot be told, since something cannot be run again. */
  readonly value: Value | undefined;
  /** What the journal says that it holds. */
  readonly journal: Value;
  /** Whether it is by a guess that a good write used, or did not use, what a bad one left. */
  readonly guessed: boolean;
  /** A good write was done again, since it used what a bad one left. */
  readonly redone: "no" | "commutes" | "rerun";
  /** A bad change wrote it. */
  readonly bad: boolean;
  /** Of bad writes and of good ones that used them. */
  readonly orders: number;
  readonly money: number;
};

export type Replay = {
  readonly keys: ReadonlyMap<string, Replayed>;
  /** What left the system and came of bad changes or values. */
  readonly effects: readonly Left[];
};

export type Left = { readonly write: Write; readonly guessed: boolean };

type Given = {
  readonly keys: Map<string, Replayed>;
  readonly effects: Left[];
  readonly rerun: Rerun;
  readonly current: Values;
  readonly first: ReadonlyMap<string, Value>;
  /** Whether a bad change has written by now: what came before it used nothing bad. */
  bad: boolean;
};

export type Without = {
  readonly history: readonly Write[];
  /** Change ids. */
  readonly bad: ReadonlySet<string>;
  /** What the keys hold now. */
  readonly current: Values;
  readonly rerun: Rerun;
};

/**
 * Goes through the history without the bad changes. Taint is a difference: what a key would hold is
 * not what the journal says. It goes forward through what was read, and a blind overwrite ends it.
 */
export function replayWithout({ history, bad, current, rerun }: Without): Replay {
  const first = new Map<string, Value>();
  for (const { key, before } of history) if (!first.has(key)) first.set(key, before);
  const given: Given = { keys: new Map(), effects: [], rerun, current, first, bad: false };
  for (const write of history) {
    if (write.operation.kind !== "effect") outside(given, write);
    if (write.operation.kind === "effect") left(given, write, bad.has(write.change));
    else if (write.operation.kind === "unwind") unwound(given, write);
    else if (bad.has(write.change)) badWrite(given, write);
    else goodWrite(given, write);
  }
  return given;
}

export const sameValue = (a: Value | undefined, b: Value): boolean =>
  a !== undefined && canonicalJson(a) === canonicalJson(b);

const tainted = ({ value, journal }: Replayed): boolean => !sameValue(value, journal);

function heldOf({ keys, first, current }: Given, key: string): Replayed {
  const known = keys.get(key);
  if (known !== undefined) return known;
  const value = first.has(key) ? (first.get(key) ?? null) : (current.get(key) ?? null);
  return {
    value,
    journal: value,
    guessed: false,
    redone: "no",
    bad: false,
    orders: 0,
    money: 0,
  };
}

const hurt = (held: Replayed, { orders, money }: Write) => ({
  orders: held.orders + orders,
  money: held.money + money,
});

/**
 * Where a write found something else than the one before it left, somebody wrote past the journal:
 * what that used nobody knows, so it stays as a guess.
 */
function outside(given: Given, { key, before }: Write): void {
  const held = heldOf(given, key);
  if (sameValue(held.journal, before)) return;
  const now = { value: before, journal: before, guessed: given.bad, redone: "no" } as const;
  given.keys.set(key, { ...held, ...now });
}

function badWrite(given: Given, write: Write): void {
  const held = heldOf(given, write.key);
  given.bad = true;
  given.keys.set(write.key, { ...held, ...hurt(held, write), journal: write.after, bad: true });
}

/** An unwind that was, of these or of other changes, is no source of values: only what it left counts. */
function unwound(given: Given, write: Write): void {
  given.keys.set(write.key, { ...heldOf(given, write.key), journal: write.after });
}

function left(given: Given, write: Write, bad: boolean): void {
  const taint = taintOf(given, write);
  if (bad || taint !== "none") given.effects.push({ write, guessed: !bad && taint === "guessed" });
}

function goodWrite(given: Given, write: Write): void {
  const held = heldOf(given, write.key);
  const taint = taintOf(given, write);
  if (taint === "none") {
    // A write of which nobody knows what it read is only believed to have read nothing bad, and so
    // is one that used what is a guess itself.
    const unknown = given.bad && write.readsFrom !== "known";
    const guessed = unknown || usedBy(write).some((key) => isGuess(given, key));
    const value = write.after;
    given.keys.set(write.key, { ...held, value, journal: value, guessed, redone: "no" });
    return;
  }
  const commutes = write.operation.kind === "add" || write.operation.kind === "join";
  given.keys.set(write.key, {
    ...held,
    ...hurt(held, write),
    value: again(given, write),
    journal: write.after,
    guessed: taint === "guessed",
    redone: commutes && held.redone !== "rerun" ? "commutes" : "rerun",
  });
}

const usedBy = (write: Write): readonly string[] =>
  isBlind(write) ? write.reads : [write.key, ...write.reads];

const isGuess = (given: Given, key: string): boolean => heldOf(given, key).guessed;

/** Whether a write used a value that is not what it would have been. */
function taintOf(given: Given, write: Write): "none" | "known" | "guessed" {
  const dirty = usedBy(write)
    .map((key) => heldOf(given, key))
    .filter(tainted);
  if (dirty.length === 0) return "none";
  const own = !isBlind(write) && tainted(heldOf(given, write.key));
  const sure = own || write.readsFrom === "known";
  return sure && dirty.some(({ guessed }) => !guessed) ? "known" : "guessed";
}

/** A put that read something bad has no program that would say what it had put otherwise. */
function again(given: Given, write: Write): Value | undefined {
  if (write.operation.kind === "put") return undefined;
  const values = new Map<string, Value>();
  for (const key of new Set([write.key, ...write.reads])) {
    const { value } = heldOf(given, key);
    if (value !== undefined) values.set(key, value);
    else if (key !== write.key || !isBlind(write)) return undefined;
  }
  return applied(write, values, given.rerun);
}
