// SPDX-License-Identifier: Apache-2.0
/** What the ledger has of a data run: entries that follow one another. */
import { type Bodies, readLeaf } from "@interlock/core";
import { type Digest, isDigest, sha256Hex, utf8 } from "@interlock/digest";
import type { DataRunShown } from "@interlock/protocol";
import { type Database, entriesOfKindsAbout, type StoredEntry } from "@interlock/store";
import { bodyIn } from "../ledger/stored.ts";
import { refused } from "../people/terms.ts";
import { unread } from "../runs/terms.ts";

export type Started = Bodies["data-started"];
export type Ended = Bodies["data-finished"] | Bodies["data-unwound"];

type Halted = Bodies["data-halted"] & { readonly index: number; readonly at: number };

export type Story = {
  readonly run: Digest;
  readonly started: Started;
  readonly first: StoredEntry;
  readonly ends: readonly Ended[];
  readonly halts: readonly Halted[];
  /** When it was put on record that a wave comes next, by its number. */
  readonly waits: ReadonlyMap<number, number>;
  /** Id of the last entry. */
  readonly last: string;
};

const KINDS = ["data-started", "data-finished", "data-unwound", "data-halted"];
/** Each is a person who started the command once more. */
const ENTRIES_MAX = 1_000;

/** The id of a run: one for a file of a change, so that a file runs once. */
export function dataRunId(change: string, fix: string): Digest {
  const hex = sha256Hex(utf8(`interlock/data-run/v1\0${change}\0${fix}`));
  if (!isDigest(hex)) throw new Error("invariant broken: a SHA-256 is 64 hexadecimal digits");
  return hex;
}

const idOf = ({ leafHash }: StoredEntry): string => Buffer.from(leafHash).toString("hex");

/** INVARIANT (halt-wins): of more entries than are read here the last might be a halt, so all is held. */
export async function storyOf(
  db: Database,
  run: string,
  most: number = ENTRIES_MAX,
): Promise<Story | "damaged" | null> {
  if (!isDigest(run)) return null;
  const stored = await entriesOfKindsAbout(db, { subject: run, kinds: KINDS, limit: most + 1 });
  const [first, ...rest] = stored;
  if (first === undefined) return null;
  if (stored.length > most) return "damaged";
  const started = bodyIn("data-started", first);
  if (started === null || started.entry.subject !== run) return "damaged";
  let last = idOf(first);
  const ends: Ended[] = [];
  const halts: Halted[] = [];
  const waits = new Map<number, number>();
  for (const one of rest) {
    const leaf = readLeaf(new TextDecoder().decode(one.leaf));
    const kind = leaf.ok ? leaf.entry.kind : "";
    const halt = kind === "data-halted" ? bodyIn("data-halted", one) : null;
    const end =
      kind === "data-halted"
        ? null
        : bodyIn(kind === "data-finished" ? "data-finished" : "data-unwound", one);
    const read = halt ?? end;
    if (read === null || read.entry.subject !== run || read.body.previous !== last)
      return "damaged";
    if (halt !== null) halts.push({ ...halt.body, index: one.index, at: one.at });
    if (end !== null) ends.push(end.body);
    if (end?.body.wave !== undefined) waits.set(end.body.wave, one.at);
    last = idOf(one);
  }
  return { run, started: started.body, first, ends, halts, waits, last };
}

export const DAMAGED = unread(
  `the entries of this run do not follow one another, or are more than ${ENTRIES_MAX}`,
);

export function shown({ run, started, first, ends, halts }: Story): DataRunShown {
  const { change, fix, path, way, by, of } = started;
  return {
    ...{ run, change, fix, path, way, by, of: of ?? null },
    ...{ entry: idOf(first), index: first.index, at: first.at },
    ends: ends.map((one) => ({ ...one })),
    halts: halts.map((one) => ({ ...one })),
  };
}

export const NO_RUN = refused("NOT_FOUND", "there is no such data run", "check its id");
