// SPDX-License-Identifier: Apache-2.0
/** What a change means, beyond its lines: the rules R25, R27 and R32 of the reliability pack, as data. */
import type { Json } from "@interlock/digest";
import { isNode, step } from "../value/schema.ts";
import type { Values } from "./invariants.ts";

export type DeltaKind =
  | "key-added"
  | "key-removed"
  | "value-changed"
  /** A list or a mapping that has nothing in it any more, which often means "all". */
  | "emptied"
  /** A text, or a value that is `null` or not there any more. */
  | "blanked"
  | "type-changed"
  | "number-changed"
  | "sign-changed";

export type Delta = {
  readonly kind: DeltaKind;
  readonly key: string;
  /** JSON pointer into the value. */
  readonly at: string;
  /** Texts and numbers as they are, collections by their size; `null`: not there. */
  readonly before: string | null;
  readonly after: string | null;
  /** Of a number: the larger of old by new and new by old. */
  readonly factor?: number;
};

export type DeltaSummary = {
  readonly keysAdded: number;
  readonly keysRemoved: number;
  readonly keysChanged: number;
  readonly emptied: number;
  readonly blanked: number;
  readonly typesChanged: number;
  readonly signsChanged: number;
  /** Numbers that moved tenfold or more, or from or to nothing. */
  readonly numbersTenfold: number;
  readonly largestFactor: number | null;
  /** One line for a person. */
  readonly says: string;
};

const TENFOLD = 10;
const SHOWN_MAX = 80;

/** By key and place. */
export function deltasOf(before: Values, after: Values): readonly Delta[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys.flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    if (old === undefined || now === undefined) {
      const kind = old === undefined ? "key-added" : "key-removed";
      return [{ kind, key, at: "", before: shown(old), after: shown(now) } as const];
    }
    return within(old, now, { key, at: "" });
  });
}

type Where = { readonly key: string; readonly at: string };

function within(old: Json, now: Json, where: Where): readonly Delta[] {
  if (isEmptied(old, now)) return [delta("emptied", old, now, where)];
  if (isNode(old) && isNode(now)) {
    const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    return names.flatMap((name) =>
      memberDeltas(memberOf(old, name), memberOf(now, name), below(where, name)),
    );
  }
  if (Array.isArray(old) && Array.isArray(now)) return listDeltas(old, now, where);
  return scalarDeltas(old, now, where);
}

const below = ({ key, at }: Where, name: string | number): Where => ({ key, at: at + step(name) });
const memberOf = (node: { readonly [name: string]: Json }, name: string): Json | undefined =>
  Object.hasOwn(node, name) ? node[name] : undefined;

function memberDeltas(
  old: Json | undefined,
  now: Json | undefined,
  where: Where,
): readonly Delta[] {
  if (old !== undefined && now !== undefined) return within(old, now, where);
  if (now === undefined)
    return [delta(isBlank(old) ? "value-changed" : "blanked", old, now, where)];
  return [delta("value-changed", old, now, where)];
}

/** Lists of one length are compared item by item; of others only their size says something for sure. */
function listDeltas(old: readonly Json[], now: readonly Json[], where: Where): readonly Delta[] {
  if (old.length !== now.length) return [delta("value-changed", old, now, where)];
  return old.flatMap((one, i) => memberDeltas(one, now[i], below(where, i)));
}

function scalarDeltas(old: Json, now: Json, where: Where): readonly Delta[] {
  if (old === now) return [];
  if (typeof old === "number" && typeof now === "number") return [numberDelta(old, now, where)];
  if (isBlank(now)) return [delta("blanked", old, now, where)];
  return [
    delta(
      kindOf(old) === kindOf(now) || isBlank(old) ? "value-changed" : "type-changed",
      old,
      now,
      where,
    ),
  ];
}

function numberDelta(old: number, now: number, where: Where): Delta {
  if (old * now < 0) return delta("sign-changed", old, now, where);
  const [small, large] = [
    Math.min(Math.abs(old), Math.abs(now)),
    Math.max(Math.abs(old), Math.abs(now)),
  ];
  return {
    ...delta("number-changed", old, now, where),
    ...(small === 0 ? {} : { factor: large / small }),
  };
}

const delta = (
  kind: DeltaKind,
  old: Json | undefined,
  now: Json | undefined,
  where: Where,
): Delta => ({
  kind,
  ...where,
  before: shown(old),
  after: shown(now),
});

const sizeOf = (value: Json): number | null =>
  typeof value === "object" && value !== null ? Object.keys(value).length : null;
const isEmptied = (old: Json, now: Json): boolean => (sizeOf(old) ?? 0) > 0 && sizeOf(now) === 0;
const isBlank = (value: Json | undefined): boolean =>
  value === undefined || value === null || (typeof value === "string" && value.trim() === "");
const kindOf = (value: Json): string => (Array.isArray(value) ? "list" : typeof value);

function shown(value: Json | undefined): string | null {
  if (value === undefined) return null;
  if (Array.isArray(value)) return `${value.length} items`;
  if (isNode(value)) return `${Object.keys(value).length} members`;
  return JSON.stringify(value).slice(0, SHOWN_MAX);
}

/** Counts, and the sentence that a person reads first. */
export function summaryOf(deltas: readonly Delta[]): DeltaSummary {
  const count = (kind: DeltaKind): number => deltas.filter((one) => one.kind === kind).length;
  const changed = deltas.filter((one) => one.kind !== "key-added" && one.kind !== "key-removed");
  const factors = deltas.flatMap((one) => (one.factor === undefined ? [] : [one.factor]));
  const tenfold = deltas.filter(
    (one) => one.kind === "number-changed" && (one.factor ?? TENFOLD) >= TENFOLD,
  );
  const counted = {
    keysAdded: count("key-added"),
    keysRemoved: count("key-removed"),
    keysChanged: new Set(changed.map((one) => one.key)).size,
    emptied: count("emptied"),
    blanked: count("blanked"),
    typesChanged: count("type-changed"),
    signsChanged: count("sign-changed"),
    numbersTenfold: tenfold.length,
    largestFactor: factors.length === 0 ? null : factors.reduce((a, b) => Math.max(a, b)),
  };
  return { ...counted, says: sentence(counted) };
}

function sentence(counted: Omit<DeltaSummary, "says">): string {
  const { largestFactor } = counted;
  const parts = [
    many(counted.keysAdded, "new key", "new keys"),
    many(counted.keysRemoved, "removed key", "removed keys"),
    many(counted.keysChanged, "changed key", "changed keys"),
    many(counted.emptied, "emptied list", "emptied lists"),
    many(counted.blanked, "blanked value", "blanked values"),
    many(counted.typesChanged, "value of another type", "values of another type"),
    many(counted.signsChanged, "number of another sign", "numbers of another sign"),
    many(counted.numbersTenfold, "number moved tenfold or more", "numbers moved tenfold or more"),
    ...(largestFactor === null ? [] : [`largest factor ${largestFactor.toFixed(2)}`]),
  ].filter((part) => part !== "");
  return parts.length === 0 ? "nothing changes" : parts.join(", ");
}

const many = (n: number, one: string, more: string): string =>
  n === 0 ? "" : `${n} ${n === 1 ? one : more}`;
