// SPDX-License-Identifier: Apache-2.0
/** Reads one cell of a target and finds what nothing explains. */
import { setTimeout as pause } from "node:timers/promises";
import { sha256Hex } from "@interlock/digest";
import {
  type Database,
  type KnownCell,
  knownCell,
  type RecentWrite,
  recentWrites,
  type UnrecordedKey,
  type WatchedCell,
} from "@interlock/store";
import { type Answered, PAGE_MAX, type Target, type TargetFailure } from "@interlock/targets";
import { withinMs } from "../rollouts/queueing.ts";
import { explanationOf } from "./explained.ts";
import type { ReconcileLimits } from "./terms.ts";

export type Found = {
  readonly key: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly because: "not-written" | "stranger";
  readonly version: string | null;
};

export type Ended = {
  readonly one: UnrecordedKey;
  readonly how: "came-back" | "explained" | "changed-again" | "described";
};

type Joined = {
  readonly key: string;
  readonly sha256: string | null;
  readonly stranger: boolean;
};

export type Looked = {
  readonly at: WatchedCell;
  /** Why not all of it was seen, or `null`. */
  readonly says: string | null;
  readonly whole: boolean;
  readonly keys: number;
  readonly strangers: number;
  readonly found: readonly Found[];
  readonly ended: readonly Ended[];
  /** From now on they have to be explained. */
  readonly joined: readonly Joined[];
  /** Strangers no longer. */
  readonly gone: readonly string[];
};

export type LookTerms = {
  readonly db: Database;
  readonly target: Target;
  readonly cell: string;
  /** Whether a config set knows a key of the cell. */
  readonly covers: (key: string) => boolean;
  readonly now: () => number;
  readonly limits: ReconcileLimits;
  /** Whether to go on. */
  readonly still: () => Promise<boolean>;
};

/** What was found so far. */
type Finding = {
  readonly known: KnownCell;
  readonly found: Found[];
  readonly ended: Ended[];
  readonly joined: Joined[];
};

type HeldKey = { readonly sha256: string; readonly version: string } | null;

export async function lookAtCell(terms: LookTerms): Promise<Looked> {
  const { db, target, cell, limits } = terms;
  const at = { target: target.name, cell };
  const finding: Finding = { known: await knownCell(db, at), found: [], ended: [], joined: [] };
  const { known } = finding;
  const listed = await listAll(terms);
  if (!listed.ok) return partly(at, finding, listed.failure.message);
  const { keys, more } = listed.value;
  const watched = (key: string): boolean =>
    terms.covers(key) || known.written.has(key) || known.keys.get(key)?.stranger === false;
  const own = keys.filter(watched);
  const before = [...known.keys].flatMap(([key, { stranger }]) => (stranger ? [] : [key]));
  const differed = [...known.open.values()].flatMap(({ key, because }) =>
    because === "stranger" ? [] : [key],
  );
  const all = [...new Set([...own, ...before, ...known.written, ...differed])].sort();
  const failure = await readAll(terms, finding, all);
  if (failure !== null) return partly(at, finding, failure);
  const others = keys.filter((key) => !watched(key));
  const strange = await strangersOf(terms, finding, others);
  if (strange !== null) return partly(at, finding, strange);
  const there = new Set(others);
  const gone = [...known.keys].flatMap(([key, row]) =>
    row.stranger && !there.has(key) && (!more || known.written.has(key)) ? [key] : [],
  );
  for (const key of gone) {
    const one = known.open.get(key);
    if (one?.because === "stranger" && !all.includes(key))
      finding.ended.push({ one, how: "came-back" });
  }
  const { found, ended, joined } = finding;
  return {
    ...{ at, found, ended, joined, gone, keys: all.length, strangers: others.length },
    whole: !more,
    says: more ? `it holds more than ${limits.keys} keys, and only these are looked at` : null,
  };
}

/** What was found holds; what was to be the beginning of watching is not taken from half a cell. */
const partly = (
  at: WatchedCell,
  { found, ended, known, joined }: Finding,
  says: string,
): Looked => ({
  ...{ at, says, whole: false, keys: 0, strangers: 0, found, ended, gone: [] },
  joined: known.began ? joined : [],
});

async function listAll({
  target,
  cell,
  limits,
}: LookTerms): Promise<Answered<{ readonly keys: readonly string[]; readonly more: boolean }>> {
  const keys: string[] = [];
  let after: string | undefined;
  for (;;) {
    const limit = Math.min(PAGE_MAX, limits.keys - keys.length);
    if (limit <= 0) return { ok: true, value: { keys, more: true } };
    const page = { limit, ...(after === undefined ? {} : { after }) };
    const listed = await withinMs(limits.targetMs, () => target.list(cell, page), LATE);
    if (!listed.ok) return listed;
    keys.push(...listed.value.keys);
    after = listed.value.next;
    if (after === undefined) return { ok: true, value: { keys, more: false } };
    await pause(limits.paceMs);
  }
}

const LATE_FAILURE: TargetFailure = {
  code: "TARGET_AWAY",
  message: "it does not answer in time",
  help: "look whether it is well",
};
const LATE = { ok: false, failure: LATE_FAILURE } as const;

/** Why it ended before all was read, or `null`. */
async function readAll(
  terms: LookTerms,
  finding: Finding,
  keys: readonly string[],
): Promise<string | null> {
  const { db, target, cell, limits } = terms;
  const at = { target: target.name, cell };
  for (let from = 0; from < keys.length; from += limits.readKeys) {
    if (!(await terms.still())) return "another server looks now";
    const some = keys.slice(from, from + limits.readKeys);
    const before = await recentWrites(db, at, some);
    const held = await heldNow(terms, some);
    if (!held.ok) return held.failure.message;
    // A write is in the journal before it is sent: with none more, none of ours came in between.
    const after = await recentWrites(db, at, some);
    for (const key of some) {
      const writes = after.get(key) ?? [];
      if (sameWrites(before.get(key) ?? [], writes))
        compare(terms, finding, { key, held: held.value.get(key) ?? null, writes });
    }
    await pause(limits.paceMs);
  }
  return null;
}

const sameWrites = (one: readonly RecentWrite[], other: readonly RecentWrite[]): boolean =>
  one.length === other.length &&
  one.every((write, i) => {
    const same = other[i];
    return write.sequence === same?.sequence && write.confirmed === same.confirmed;
  });

async function heldNow(
  { target, cell, limits }: LookTerms,
  keys: readonly string[],
): Promise<Answered<ReadonlyMap<string, HeldKey>>> {
  const read = await withinMs(limits.targetMs, () => target.read(cell, keys), LATE);
  if (!read.ok) return read;
  const held = keys.map((key): readonly [string, HeldKey] => {
    const item = read.value.items.get(key) ?? null;
    return [key, item && { sha256: sha256Hex(item.value), version: item.version }];
  });
  return { ok: true, value: new Map(held) };
}

type Compared = {
  readonly key: string;
  readonly held: HeldKey;
  readonly writes: readonly RecentWrite[];
};

function compare(
  { now, limits }: LookTerms,
  { known, found, ended, joined }: Finding,
  { key, held, writes }: Compared,
): void {
  const row = known.keys.get(key);
  const open = known.open.get(key);
  const after = held?.sha256 ?? null;
  if (writes.length === 0 && (!known.began || row?.stranger === true)) {
    joined.push({ key, sha256: after, stranger: false });
    if (open !== undefined) ended.push({ one: open, how: "described" });
    return;
  }
  const said = explanationOf(after, {
    ...{ writes, now: now(), settleMs: limits.settleMs },
    baseline: row?.stranger === false ? row.sha256 : undefined,
  });
  if (
    said.kind === "wait" ||
    (open !== undefined && said.kind !== "explained" && open.after === after)
  )
    return;
  if (said.kind === "explained") {
    if (open !== undefined)
      ended.push({ one: open, how: open.before === after ? "came-back" : "explained" });
    return;
  }
  if (found.length >= limits.found) return;
  if (open !== undefined) ended.push({ one: open, how: "changed-again" });
  const { before } = said;
  found.push({ key, before, after, because: "not-written", version: versionOf(held) });
}

/** Keys that no config set knows: those of the beginning are listed, those that come are unrecorded. */
async function strangersOf(
  terms: LookTerms,
  { known, found, joined }: Finding,
  keys: readonly string[],
): Promise<string | null> {
  const { limits } = terms;
  const listed = [...known.keys.values()].filter(({ stranger }) => stranger).length;
  const room = Math.max(0, limits.strangers - listed);
  const fresh = keys.filter((key) => !known.keys.has(key)).slice(0, room);
  if (!known.began) {
    for (const key of fresh) joined.push({ key, sha256: null, stranger: true });
    return null;
  }
  const some = fresh.slice(0, Math.min(limits.readKeys, Math.max(0, limits.found - found.length)));
  if (some.length === 0) return null;
  const held = await heldNow(terms, some);
  if (!held.ok) return held.failure.message;
  for (const key of some) {
    const now = held.value.get(key) ?? null;
    if (now === null) continue;
    joined.push({ key, sha256: null, stranger: true });
    found.push({
      ...{ key, before: null, after: now.sha256, because: "stranger", version: versionOf(now) },
    });
  }
  return null;
}

const VERSION_MAX = 200;

/** What is longer would tell nobody anything. */
const versionOf = (held: HeldKey): string | null =>
  held === null || held.version.length > VERSION_MAX ? null : held.version;
