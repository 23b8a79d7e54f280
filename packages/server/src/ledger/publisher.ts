// SPDX-License-Identifier: Apache-2.0
import {
  latestCheckpoint,
  ledgerSize,
  MOST_HASHES,
  publish,
  readLeafHashes,
  type Store,
  type StoredCheckpoint,
  transaction,
} from "@interlock/store";
import {
  EMPTY_EDGE,
  formatNote,
  growEdge,
  type Hash,
  openCheckpoint,
  readRoot,
  rootOfEdge,
  sameBytes,
  signCheckpoint,
  type TreeEdge,
  type WrittenTile,
} from "@interlock/tlog";
import type { LedgerFailure, LedgerResult } from "./failure.ts";
import type { HeadMemory, SignedHead } from "./head.ts";
import type { LogKey } from "./log-key.ts";
import { storedTreeOf } from "./tree.ts";

export type PublisherTerms = {
  readonly store: Store;
  readonly key: LogKey;
  readonly memory: HeadMemory;
  readonly now: () => number;
};

/** Turns durable entries into published checkpoints, one step at a time and never two at once. */
export type Publisher = {
  /** Publishes all that is durable by now; the newest checkpoint, or why nothing is signed. */
  readonly step: () => Promise<LedgerResult<StoredCheckpoint>>;
};

type State = { own: SignedHead | null; edge: TreeEdge; known: boolean };
type Grown = { readonly edge: TreeEdge; readonly tiles: readonly WrittenTile[] };

/**
 * What is true if we die: before the memory is written, nothing happened; after it and before the
 * checkpoint is stored, the next step of this server signs the same size and root again; a server
 * that shares the database may have gone on meanwhile, and then the memory is compared with its tree.
 *
 * INVARIANT (rollback-refused): nothing is signed while the store has fewer entries than the memory,
 * or other ones: a restored backup or a second database under one key would be a fork (P9).
 */
export function publisher(terms: PublisherTerms): Publisher {
  const state: State = { own: terms.memory.read(), edge: EMPTY_EDGE, known: false };
  let running: Promise<LedgerResult<StoredCheckpoint>> | null = null;
  return {
    step: () => {
      running ??= step(terms, state).finally(() => {
        running = null;
      });
      return running;
    },
  };
}

async function step(terms: PublisherTerms, state: State): Promise<LedgerResult<StoredCheckpoint>> {
  const { db, version } = terms.store;
  const superseded = version.superseded();
  if (superseded !== null) return { ok: false, failure: superseded };
  const published = await latestCheckpoint(db);
  const entries = await ledgerSize(db);
  const { own } = state;
  if (own !== null && own.size > entries)
    return refused(
      "LEDGER_BEHIND",
      `this server has signed a tree of ${own.size} entries and the store holds ${entries}`,
      "restore a newer backup: signing an older tree would show a second history",
    );
  const from = await edgeAt(terms, state, published);
  if (!from.ok) return from;
  await follow(terms, state, published);
  const grown = await growTo(terms, state, from.value, entries);
  if (!grown.ok) return grown;
  const { edge, tiles } = grown.value;
  if (published !== null && published.size === edge.size) return { ok: true, value: published };
  return await sign(terms, state, { published, edge, tiles });
}

/** The edge of the published tree, which the memory must be a part of. */
async function edgeAt(
  terms: PublisherTerms,
  state: State,
  published: StoredCheckpoint | null,
): Promise<LedgerResult<TreeEdge>> {
  const size = published?.size ?? 0;
  if (state.known && state.edge.size === size) return { ok: true, value: state.edge };
  if (published === null) return { ok: true, value: EMPTY_EDGE };
  const signed = await openCheckpoint(new TextEncoder().encode(published.note), [
    terms.key.verifier,
  ]);
  // Whoever follows a log knows it by its key: going on under another one would be another log.
  if (!signed.ok || signed.value.checkpoint.size !== size)
    return refused(
      "LEDGER_KEY",
      `the checkpoint over ${size} entries was not signed with the key of this server`,
      "start every server on this database with the same key; if the key is right, somebody changed the checkpoint: restore it from a backup",
    );
  const tree = storedTreeOf(terms.store.db, published);
  const edge = await tree.edge();
  if (!edge.ok)
    return refused(
      "LEDGER_DAMAGED",
      edge.failure.message,
      "restore the tiles from a backup or from the entries",
    );
  const { own } = state;
  if (own !== null && own.size <= size) {
    const root = await readRoot(own.size, tree.hashes);
    if (!root.ok)
      return refused("LEDGER_DAMAGED", root.failure.message, "restore the tiles from a backup");
    if (!sameBytes(root.value, own.root)) return forked(own);
  }
  return { ok: true, value: edge.value };
}

/** What others published on top of what this server signed is remembered like its own. */
async function follow(
  { memory }: PublisherTerms,
  state: State,
  published: StoredCheckpoint | null,
): Promise<void> {
  if (published === null || (state.own !== null && state.own.size >= published.size)) return;
  const head = { size: published.size, root: published.root };
  await memory.write(head);
  state.own = head;
}

/** Grows the tree to all that is durable, through the size that was signed last. */
async function growTo(
  { store }: PublisherTerms,
  { own }: State,
  start: TreeEdge,
  entries: number,
): Promise<LedgerResult<Grown>> {
  let edge = start;
  const tiles = new Map<string, WrittenTile>();
  // Never less than what was signed last: up to there nothing tells this tree from another.
  const most = Math.max(Math.min(entries, start.size + BATCH), own?.size ?? 0);
  while (edge.size < most) {
    const stop = own !== null && own.size > edge.size ? Math.min(own.size, most) : most;
    const hashes = await readLeafHashes(
      store.db,
      edge.size,
      Math.min(stop - edge.size, MOST_HASHES),
    );
    const grown = growEdge(edge, split(hashes));
    if (grown.edge.size === edge.size)
      return refused(
        "LEDGER_DAMAGED",
        `the entry ${edge.size} is not there`,
        "restore the entries from a backup",
      );
    edge = grown.edge;
    // The wider tile of one place comes later and takes the place of the narrower one.
    for (const tile of grown.tiles) tiles.set(`${tile.tile.level}/${tile.tile.index}`, tile);
    if (own !== null && own.size === edge.size && !sameBytes(rootOfEdge(edge), own.root))
      return forked(own);
  }
  return { ok: true, value: { edge, tiles: [...tiles.values()] } };
}

/** Of one checkpoint: its tiles fit one statement, and a proof never waits for millions of entries. */
const BATCH = MOST_HASHES;

function split(joined: Uint8Array): readonly Hash[] {
  return Array.from({ length: joined.length / 32 }, (_, i) => joined.slice(i * 32, (i + 1) * 32));
}

async function sign(
  { store, key, memory, now }: PublisherTerms,
  state: State,
  next: Grown & { readonly published: StoredCheckpoint | null },
): Promise<LedgerResult<StoredCheckpoint>> {
  const { edge, tiles, published } = next;
  const head = { size: edge.size, root: rootOfEdge(edge) };
  await memory.write(head);
  state.own = head;
  const { verifier } = key;
  const checkpoint = { origin: verifier.name, ...head, extensions: [] };
  const note = formatNote(await signCheckpoint(checkpoint, verifier, key.sign));
  const stored = { ...head, note: new TextDecoder().decode(note), publishedAt: now() };
  const outcome = await transaction(
    store,
    (tx) =>
      publish(tx, {
        previousSize: published?.size ?? null,
        checkpoint: stored,
        tiles: tiles.map(({ tile, bytes }) => ({
          level: tile.level,
          n: tile.index,
          hashes: bytes,
        })),
      }),
    { isolation: "read committed" },
  );
  state.known = outcome.kind === "committed";
  state.edge = edge;
  // A COMMIT without answer, or another server that was faster: the next step looks at what is there.
  return outcome.kind === "committed"
    ? { ok: true, value: stored }
    : { ok: false, failure: outcome.failure };
}

const forked = ({ size }: SignedHead): LedgerResult<never> =>
  refused(
    "LEDGER_FORKED",
    `the first ${size} entries of the store are not those that this server has signed`,
    "keep both, stop this server, and compare the store with a witness: somebody changed or mixed up databases",
  );

function refused(
  code: LedgerFailure["code"],
  message: string,
  help: string,
): { readonly ok: false; readonly failure: LedgerFailure } {
  return { ok: false, failure: { code, message, help } };
}
