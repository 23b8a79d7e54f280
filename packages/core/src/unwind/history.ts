// SPDX-License-Identifier: Apache-2.0
/** The journal of what was written: in order, with what each write read, as far as anybody knows. */
import type { Json } from "@interlock/digest";

/** What a key holds; `null` where it does not exist. */
export type Value = Json;
export type Values = ReadonlyMap<string, Value>;

/**
 * What a write did. `put` and `delete` do not look at what was there; `add` and `join` commute with
 * others of their kind; `derive` wrote what follows from what it read, which its re-run tells.
 * `effect` left the system: an e-mail, a payment, a parcel.
 */
export type Operation =
  | { readonly kind: "put"; readonly value: Value }
  | { readonly kind: "delete" }
  /** Adds to a number; an absent key counts as 0. Integers, such as cents. */
  | { readonly kind: "add"; readonly amount: number }
  /** Adds to a set of texts, kept as a sorted list; an absent key counts as empty. */
  | { readonly kind: "join"; readonly items: readonly string[] }
  | { readonly kind: "derive"; readonly program: string; readonly arguments: Json }
  | { readonly kind: "effect"; readonly what: string }
  /** What the history without these changes says; what an unwind writes. */
  | { readonly kind: "unwind"; readonly without: readonly string[] };

/** `known`: recorded. `guessed`: by the same request or entity, or nothing was recorded at all. */
export type ReadsFrom = "known" | "guessed";

export type Write = {
  /** Sorted like the journal: a later write has a larger number. */
  readonly sequence: number;
  readonly change: string;
  readonly key: string;
  readonly before: Value;
  readonly after: Value;
  readonly operation: Operation;
  /** Keys whose values it used, besides what its operation says. */
  readonly reads: readonly string[];
  readonly readsFrom: ReadsFrom;
  readonly orders: number;
  /** In the smallest unit of the currency. */
  readonly money: number;
};

/** What a deterministic program writes for a key from the values that it reads; `undefined`: it cannot be run again. */
export type Rerun = (
  operation: Extract<Operation, { kind: "derive" }>,
  reads: ReadonlyMap<string, Value>,
) => Value | undefined;

/** Whether what a write leaves does not depend on what the key held before. */
export const isBlind = ({ operation }: Pick<Write, "operation">): boolean =>
  operation.kind === "put" || operation.kind === "delete" || operation.kind === "derive";

/** The value after an operation; `undefined` where it cannot be told. */
export function applied(
  { operation, reads, key }: Pick<Write, "operation" | "reads" | "key">,
  store: Values,
  rerun: Rerun,
): Value | undefined {
  const held = store.get(key) ?? null;
  switch (operation.kind) {
    case "put":
      return operation.value;
    case "delete":
      return null;
    case "add":
      return added(held, operation.amount);
    case "join":
      return joined(held, operation.items);
    case "derive":
      return rerun(operation, new Map(reads.map((one) => [one, store.get(one) ?? null])));
    case "effect":
    case "unwind":
      return held;
  }
}

function added(held: Value, amount: number): Value | undefined {
  const number = held === null ? 0 : held;
  if (typeof number !== "number") return undefined;
  const sum = number + amount;
  return Number.isSafeInteger(sum) ? sum : undefined;
}

function joined(held: Value, items: readonly string[]): Value | undefined {
  const list = held === null ? [] : held;
  if (!Array.isArray(list) || !list.every((one) => typeof one === "string")) return undefined;
  return [...new Set([...list, ...items])].sort();
}
