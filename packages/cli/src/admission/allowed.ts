// SPDX-License-Identifier: Apache-2.0
/** What allowed changes made of the manifests, as far as it is still to be let in. */
import type { Manifest } from "./manifests.ts";

/** A change as the server tells it: what it makes of paths that hold manifests. Contents by SHA-256. */
export type ToldChange = {
  readonly change: string;
  /** Of its newest decision in the ledger. */
  readonly index: number;
  readonly allowed: boolean;
  readonly entries: readonly {
    readonly path: string;
    readonly before: string | null;
    readonly after: string | null;
  }[];
};

/** What a content holds; a text says why that is not known. */
export type Content = readonly Manifest[] | string;

/** What one object may be, and by which change. */
export type Candidate = {
  readonly manifest: Manifest;
  readonly path: string;
  readonly change: string;
};

/** Which object is asked about. */
export type ObjectKey = {
  readonly group: string;
  readonly kind: string;
  /** Empty for what belongs to no namespace. */
  readonly namespace: string;
  readonly name: string;
};

export type Allowed = {
  readonly candidates: (key: ObjectKey) => readonly Candidate[];
  /** The change that removed it from the manifests; `null`: none did, or it stands in one. */
  readonly removedBy: (key: ObjectKey) => string | null;
  /** Paths whose contents are not known, with why. */
  readonly unknown: readonly { readonly path: string; readonly says: string }[];
};

type Version = {
  readonly change: string;
  readonly index: number;
  readonly before: string | null;
  readonly after: string | null;
};

/**
 * What is to be let in now.
 *
 * INVARIANT (newest): of a path count what the newest allowed change of it found there, and what allowed
 * changes make of exactly that. What it found was on the protected ref when it was judged; everything that
 * was replaced before is history. What was found counts only if an allowed change had brought it.
 */
export function allowedFrom(
  told: Iterable<ToldChange>,
  {
    contentOf,
    namespaceOf,
  }: {
    readonly contentOf: (content: string) => Content;
    /** Into which namespace a path's objects go that name none; `null`: nobody says. */
    readonly namespaceOf: (path: string) => string | null;
  },
): Allowed {
  const candidates = new Map<string, Candidate[]>();
  /** By key and path: the change that removed it, or `null` while it stands in one. */
  const removed = new Map<string, Map<string, string | null>>();
  const unknown: { path: string; says: string }[] = [];
  for (const [path, versions] of versionsOf(told)) {
    const keysOf = (content: string | null): ReadonlyMap<string, Manifest> | null => {
      const read = content === null ? [] : contentOf(content);
      if (typeof read === "string") {
        unknown.push({ path, says: read });
        return null;
      }
      const names = (one: Manifest) => placesOf(one, namespaceOf(path)).map(keyText);
      return new Map(read.flatMap((one) => names(one).map((key) => [key, one] as const)));
    };
    const { standing, leaving } = standingOf(versions);
    for (const { content, change } of standing)
      for (const [key, manifest] of keysOf(content) ?? [])
        listAt(candidates, key).push({ manifest, path, change });
    const gone = new Map<string, string | null>();
    for (const { before, after } of versions)
      for (const content of [before, after])
        for (const key of keysOf(content)?.keys() ?? []) gone.set(key, null);
    for (const { after, change } of leaving) {
      const left = keysOf(after);
      // Of a content that nobody can read it is not known what it no longer holds. by (fail-closed)
      if (left === null) continue;
      for (const key of gone.keys()) if (!left.has(key)) gone.set(key, change);
    }
    for (const [key, change] of gone) {
      const at = removed.get(key) ?? new Map<string, string | null>();
      removed.set(key, at.set(path, change));
    }
  }
  return {
    candidates: (key) => candidates.get(keyText(key)) ?? [],
    removedBy: (key) => {
      const at = [...(removed.get(keyText(key)) ?? new Map<string, string | null>()).values()];
      return at.includes(null) ? null : (at[0] ?? null);
    },
    unknown,
  };
}

/** Allowed changes of each path in the order of the ledger, newest last. */
function versionsOf(told: Iterable<ToldChange>): ReadonlyMap<string, readonly Version[]> {
  const paths = new Map<string, Version[]>();
  for (const { change, index, allowed, entries } of told)
    if (allowed)
      for (const { path, before, after } of entries)
        listAt(paths, path).push({ change, index, before, after });
  for (const versions of paths.values()) versions.sort((a, b) => a.index - b.index);
  return paths;
}

type Standing = { readonly content: string; readonly change: string };

/** by (newest) */
function standingOf(versions: readonly Version[]): {
  readonly standing: readonly Standing[];
  readonly leaving: readonly Version[];
} {
  const newest = versions.at(-1);
  if (newest === undefined) return { standing: [], leaving: [] };
  const leaving = versions.filter(({ before }) => before === newest.before);
  const brought = versions.filter(
    ({ after, before }) => after === newest.before && before !== newest.before,
  );
  const contents = new Map<string, string>();
  for (const { after, change } of [...brought, ...leaving])
    if (after !== null) contents.set(after, change);
  return { standing: [...contents].map(([content, change]) => ({ content, change })), leaving };
}

/** A manifest that names no namespace is of the path's, or of a kind that has none: no kind is both. */
const placesOf = (
  { group, kind, namespace, name }: Manifest,
  otherwise: string | null,
): readonly ObjectKey[] =>
  (namespace === null ? [otherwise, ""] : [namespace]).flatMap((one) =>
    one === null ? [] : [{ group, kind, name, namespace: one }],
  );

const keyText = ({ group, kind, namespace, name }: ObjectKey): string =>
  JSON.stringify([group, kind, namespace, name]);

function listAt<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
