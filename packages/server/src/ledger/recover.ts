// SPDX-License-Identifier: Apache-2.0
/** Gives a restored database the entries back that the log has signed and a copy of the log still holds. */
import { resolve } from "node:path";
import { readLeaf } from "@interlock/core";
import {
  append,
  lockHead,
  MOST_HASHES,
  type NewEntry,
  openStore,
  readLeafHashes,
  type Store,
  type Transaction,
  transaction,
} from "@interlock/store";
import {
  type Checkpoint,
  EMPTY_EDGE,
  type FetchStored,
  growEdge,
  leafHash,
  openCheckpoint,
  parseCheckpoint,
  readEntries,
  rootOfEdge,
  sameBytes,
  type TreeEdge,
} from "@interlock/tlog";
import type { Answer, Refusal } from "../http/bind.ts";
import { type HeadMemory, headFile, type SignedHead } from "./head.ts";
import { readLogKey } from "./log-key.ts";

export type RecoverTerms = {
  /** Folder with the log's key, what was signed last, and the embedded database. */
  readonly data: string;
  readonly logKey?: string;
  readonly databaseUrl: string | null;
  /** Reads the copy of the log, below its prefix. */
  readonly fetch: FetchStored;
  readonly now: () => number;
  /** Only say what would be done. */
  readonly dryRun: boolean;
};

/** Entries `from` to `to` (not included), by their kinds. Their bodies are in no copy of a log. */
export type Recovered = {
  readonly from: number;
  readonly to: number;
  readonly kinds: ReadonlyMap<string, number>;
};

/**
 * Puts back what a database lacks of its log, all of it or nothing.
 *
 * INVARIANT (own-history): entries are put back only if with them the tree has the very root that this
 * server remembers to have signed, and the one of a checkpoint that the log's key signed. So nobody
 * who offers a copy can put in an entry of theirs, and the log goes on without a fork (P9).
 */
export async function recoverLedger(terms: RecoverTerms): Promise<Answer<Recovered>> {
  const place =
    terms.databaseUrl === null
      ? { directory: resolve(terms.data, "database") }
      : { url: terms.databaseUrl };
  const memory = headFile(resolve(terms.data, "log-head"));
  const offered = await checkpointOf(terms);
  if (!offered.ok) return offered;
  const opened = await openStore(place, { now: terms.now });
  if (!opened.ok) return opened;
  try {
    return await putBack(opened.value, { ...terms, memory, checkpoint: offered.value });
  } finally {
    await opened.value.close();
  }
}

/** The checkpoint of the copy, signed with our own key. */
async function checkpointOf({ fetch, data, logKey }: RecoverTerms): Promise<Answer<Checkpoint>> {
  const bytes = await fetch("checkpoint");
  if (bytes === null)
    return refused("INPUT_UNREADABLE", "there is no `checkpoint` in this copy", FROM_HELP);
  const text = new TextDecoder().decode(bytes).split("\n\n")[0] ?? "";
  const claimed = parseCheckpoint(`${text}\n`);
  const origin = claimed.ok ? claimed.value.origin : "unknown";
  const key = readLogKey(logKey ?? resolve(data, "log-key.pem"), origin);
  const signed = await openCheckpoint(bytes, [key.verifier]);
  return signed.ok
    ? { ok: true, value: signed.value.checkpoint }
    : refused(
        "LEDGER_KEY",
        "the copy is of another log: its checkpoint is not signed with this key",
        FROM_HELP,
      );
}

const FROM_HELP =
  "name a copy of this very log: another server's `/log`, or a folder with its files";

type Given = RecoverTerms & { readonly memory: HeadMemory; readonly checkpoint: Checkpoint };

async function putBack(store: Store, given: Given): Promise<Answer<Recovered>> {
  const { checkpoint, memory, dryRun } = given;
  const head = memory.read();
  if (head !== null && head.size > checkpoint.size)
    return refused(
      "LEDGER_BEHIND",
      `the copy holds ${checkpoint.size} entries and this server has signed ${head.size}: entries ${checkpoint.size} to ${head.size - 1} are not in it`,
      "name a newer copy, or restore a newer backup; nothing was changed",
    );
  let recovered: Recovered | null = null;
  const outcome = await transaction<Recovered, Refusal>(
    store,
    async (tx) => {
      const from = await lockHead(tx);
      const done = await appendMissing(tx, given, { from, head });
      if (!done.ok) return done;
      recovered = done.value;
      return dryRun ? refused("USAGE", "dry run", "") : done;
    },
    { isolation: "read committed" },
  );
  if (dryRun && recovered !== null) return { ok: true, value: recovered };
  if (outcome.kind !== "committed") return { ok: false, failure: outcome.failure };
  if (checkpoint.size > (head?.size ?? 0))
    await memory.write({ size: checkpoint.size, root: checkpoint.root });
  return { ok: true, value: outcome.value };
}

async function appendMissing(
  tx: Transaction,
  { fetch, checkpoint }: Given,
  { from, head }: { readonly from: number; readonly head: SignedHead | null },
): Promise<Answer<Recovered>> {
  const { size: to, root } = checkpoint;
  const marks = [...(head === null ? [] : [head]), { size: to, root }];
  if (from >= to) return { ok: true, value: { from, to: from, kinds: new Map() } };
  const own = await edgeOfStore(tx, from, marks);
  if (own === null) return refused(...OTHER_ENTRIES);
  let edge = own;
  const kinds = new Map<string, number>();
  for await (const bundle of readEntries({ size: to, root, fetch }, from)) {
    if (!bundle.ok) return refused("LEDGER_DAMAGED", bundle.failure.message, FROM_HELP);
    const entries = bundle.value.entries.map(entryOfLeaf);
    const unread = entries.indexOf(null);
    if (unread >= 0)
      return refused(
        "LEDGER_DAMAGED",
        `entry ${bundle.value.start + unread} is none that this version knows how to store`,
        "use the newest version of interlock",
      );
    const known = entries.filter((entry) => entry !== null);
    for (const { kind } of known) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    const grown = grow(
      edge,
      known.map((entry) => entry.leafHash),
      marks,
    );
    if (grown === null) return refused(...OTHER_ENTRIES);
    edge = grown;
    const appended = await append(tx, known);
    if (!appended.ok) return appended;
  }
  if (edge.size !== to) return refused(...OTHER_ENTRIES);
  return { ok: true, value: { from, to, kinds } };
}

const OTHER_ENTRIES = [
  "LEDGER_FORKED",
  "the entries of the database and those of the copy together are not what this log has signed",
  "restore the backup again and recover before any server starts: what was recorded on it meanwhile stands in the way",
] as const;

/** The edge over what the database has; `null` where a root that was signed is not its own. */
async function edgeOfStore(
  tx: Transaction,
  size: number,
  marks: readonly SignedHead[],
): Promise<TreeEdge | null> {
  let edge: TreeEdge | null = EMPTY_EDGE;
  while (edge !== null && edge.size < size) {
    const joined = await readLeafHashes(tx, edge.size, Math.min(size - edge.size, MOST_HASHES));
    if (joined.length === 0) return null;
    const hashes = Array.from({ length: joined.length / 32 }, (_, i) =>
      joined.slice(i * 32, (i + 1) * 32),
    );
    edge = grow(edge, hashes, marks);
  }
  return edge;
}

/** Grows over leaves and stops at each size that was signed; `null` where the root there differs. */
function grow(
  edge: TreeEdge,
  hashes: readonly Uint8Array[],
  marks: readonly SignedHead[],
): TreeEdge | null {
  const end = edge.size + hashes.length;
  const stops = marks.map(({ size }) => size).filter((size) => size > edge.size && size <= end);
  let at = edge;
  for (const stop of [...new Set([...stops, end])].sort((a, b) => a - b)) {
    at = growEdge(at, hashes.slice(at.size - edge.size, stop - edge.size)).edge;
    const root = rootOfEdge(at);
    if (marks.some((mark) => mark.size === stop && !sameBytes(mark.root, root))) return null;
  }
  return at;
}

/** As it stood in the database; its body, which only the database had, is gone. */
function entryOfLeaf(leaf: Uint8Array): NewEntry | null {
  const read = readLeaf(new TextDecoder().decode(leaf));
  if (!read.ok) return null;
  const { kind, subject, at } = read.entry;
  return { leaf, leafHash: leafHash(leaf), kind, subject, at, body: null };
}

function refused(code: Refusal["code"], message: string, help: string) {
  return { ok: false as const, failure: { code, message, help } };
}
