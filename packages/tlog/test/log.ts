// SPDX-License-Identifier: Apache-2.0
import {
  bundlePath,
  bundlesBetween,
  EMPTY_EDGE,
  encodeBundle,
  type FetchStored,
  growEdge,
  type Hash,
  leafHash,
  rootOfEdge,
  TILE_WIDTH,
  type TreeEdge,
} from "@interlock/tlog";
import { taken } from "./outcome.ts";

/** A log as files, written as a server would: tiles and bundles first, then the next size. */
export type FileLog = {
  readonly files: Map<string, Uint8Array>;
  readonly entries: Uint8Array[];
  edge: TreeEdge;
  readonly roots: Map<number, Hash>;
};

export function newLog(): FileLog {
  return { files: new Map(), entries: [], edge: EMPTY_EDGE, roots: new Map() };
}

export function append(log: FileLog, entries: readonly Uint8Array[]): void {
  const from = log.edge.size;
  const { edge, tiles } = growEdge(log.edge, entries.map(leafHash));
  log.entries.push(...entries);
  for (const { path, bytes } of tiles) store(log, path, bytes);
  for (const bundle of bundlesBetween(from, edge.size)) {
    const start = bundle.index * TILE_WIDTH;
    const bytes = taken(encodeBundle(log.entries.slice(start, start + bundle.width)));
    store(log, bundlePath(bundle), bytes);
  }
  log.edge = edge;
  log.roots.set(edge.size, rootOfEdge(edge));
}

function store(log: FileLog, path: string, bytes: Uint8Array): void {
  if (log.files.has(path)) throw new Error(`\`${path}\` is written twice`);
  log.files.set(path, bytes);
}

/** Fetches from the log's files and notes what was asked for. */
export function fetching(log: FileLog, asked: string[] = []): FetchStored {
  return (path) => {
    asked.push(path);
    return Promise.resolve(log.files.get(path) ?? null);
  };
}

/** The log's tree at its present size. */
export function treeOf(log: FileLog, asked: string[] = []) {
  return { size: log.edge.size, root: rootOfEdge(log.edge), fetch: fetching(log, asked) };
}
