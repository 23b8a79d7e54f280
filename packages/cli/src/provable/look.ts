// SPDX-License-Identifier: Apache-2.0
/** One look at a log: whether an entry of it is in a checkpoint that the pinned policy accepts. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readLeaf } from "@interlock/core";
import {
  compareHeads,
  type FetchStored,
  type Lacking,
  lackingOf,
  leafHash,
  type Policy,
  type Refused,
  readEntries,
  type StoredTree,
  sameBytes,
  weighCheckpoint,
} from "@interlock/tlog";
import { remember, rememberedAt } from "../ledger/remembered.ts";
import { SEEN_FILE } from "./pinned.ts";

/** The decision as the server named it in its answer. */
export type Wanted = {
  readonly index: number;
  /** Id of the entry: its leaf hash, in hexadecimal. */
  readonly entry: string;
  /** The change digest that it must be about; `null`: nobody knows it. */
  readonly digest: string | null;
};

export type LogSeen = {
  readonly gitDir: string;
  readonly policy: Policy;
  readonly fetch: FetchStored;
};

/**
 * `late`: not yet, or it cannot be shown just now. `unwitnessed`: all is well but for cosignatures.
 * `alarm`: no waiting mends it, and the log has to answer for it.
 */
export type Look =
  | { readonly kind: "provable"; readonly size: number; readonly witnesses: readonly string[] }
  | { readonly kind: "unwitnessed"; readonly lacks: Lacking }
  | { readonly kind: "late"; readonly says: string }
  | { readonly kind: "alarm"; readonly says: string };

const late = (says: string): Look => ({ kind: "late", says });

/**
 * INVARIANT (provable): `provable` only when a log of the pinned policy signed the checkpoint, the
 * quorum cosigned it, it continues the last one seen here, and the entry at the index is a decision
 * about this change. Throws `GateError` where the log cannot be read.
 */
export async function lookFor(wanted: Wanted, { gitDir, policy, fetch }: LogSeen): Promise<Look> {
  const path = join(gitDir, SEEN_FILE);
  // Before the checkpoint is fetched: another push may remember a newer one meanwhile.
  const seen = existsSync(path) ? await rememberedAt(path, policy) : null;
  const note = await fetch("checkpoint");
  if (note === null) return late("the log publishes no checkpoint");
  const weighed = await weighCheckpoint(policy, note, { now: Math.floor(Date.now() / 1_000) });
  if (!weighed.ok)
    return {
      kind: "alarm",
      says: `it is not the log that is pinned here: ${weighed.failure.message}`,
    };
  const { checkpoint, cosigned, quorumMet } = weighed.value;
  const { origin, size, root } = checkpoint;
  const tree: StoredTree = { size, root, fetch };
  if (seen !== null) {
    const broken = seen.origin === origin ? await whyNotSame(tree, seen.head) : OTHER_LOG;
    if (broken?.kind === "alarm") remember(`${path}.alarm`, note);
    if (broken !== null) return broken;
  }
  const wrong = await whyNotIn(tree, wanted);
  if (wrong !== null) return wrong;
  // Of one size the cosigned one is the better evidence, and may come after the bare one.
  if (seen === null || size > seen.head.size || (quorumMet && size === seen.head.size))
    remember(path, note);
  const names = cosigned.map(({ witness }) => witness);
  return quorumMet
    ? { kind: "provable", size, witnesses: shownNames(policy, names) }
    : { kind: "unwitnessed", lacks: shownLacking(policy, new Set(names)) };
}

const OTHER_LOG: Look = { kind: "alarm", says: "it is another log than the one seen here before" };

/** Why a tree does not continue the head that was seen here last, or `null` (LG1). */
async function whyNotSame(
  tree: StoredTree,
  head: Pick<StoredTree, "size" | "root">,
): Promise<Look | null> {
  const forked: Look = {
    kind: "alarm",
    says: `the log has rewritten the ${head.size} entries seen here: it forked`,
  };
  // No tile is needed to see it, and none would show it.
  if (tree.size === head.size) return sameBytes(tree.root, head.root) ? null : forked;
  const is = await compareHeads(tree, head);
  if (!is.ok && tree.size > head.size) return unshown("that it continues what was seen here", is);
  if (is.ok && is.value === "forked") return forked;
  if (is.ok && is.value !== "older") return null;
  const says = `the log shows ${tree.size} entries, and has shown ${head.size} here: it went back`;
  return { kind: "alarm", says };
}

/** A tile that is missing may come; one that is another than the log signed is its fault. */
function unshown(what: string, { failure }: Refused): Look {
  const says = `${what} cannot be shown: ${failure.message}`;
  return failure.code === "TILE_MISSING" ? late(says) : { kind: "alarm", says };
}

/** Why the entry is not the decision in this tree, or `null`. Every hash is followed up to the root. */
async function whyNotIn(tree: StoredTree, { index, entry, digest }: Wanted): Promise<Look | null> {
  if (index >= tree.size)
    return late(
      `the newest checkpoint has ${tree.size} entries, and the decision is entry ${index}`,
    );
  const first = await readEntries(tree, index).next();
  if (first.done === true)
    throw new Error("invariant broken: an index inside of a tree has an entry");
  if (!first.value.ok) return unshown(`entry ${index}`, first.value);
  const leaf = first.value.value.entries[0];
  if (leaf === undefined)
    throw new Error("invariant broken: entries begin where they are asked for");
  const read = readLeaf(new TextDecoder().decode(leaf));
  const isIt =
    Buffer.from(leafHash(leaf)).toString("hex") === entry &&
    read.ok &&
    read.entry.kind === "decision" &&
    read.entry.subject === digest;
  return isIt
    ? null
    : {
        kind: "alarm",
        says: `entry ${index} of the log is not the decision that the server named`,
      };
}

const shownNames = ({ witnesses }: Policy, names: readonly string[]): readonly string[] =>
  witnesses.filter(({ name }) => names.includes(name)).map(({ key }) => key.name);

function shownLacking(policy: Policy, have: ReadonlySet<string>): Lacking {
  const { count, witnesses } = lackingOf(policy, have);
  return { count, witnesses: shownNames(policy, witnesses) };
}
