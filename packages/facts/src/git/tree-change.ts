// SPDX-License-Identifier: Apache-2.0
import { countLines } from "./line-count.ts";
import type { ObjectReader } from "./object-reader.ts";
import { findRenames, type Rename } from "./renames.ts";
import { type Difference, diffTrees, type Incomplete, type Side } from "./tree-diff.ts";

/** One path that differs between two trees. */
export type TreeEntry = {
  readonly path: string;
  readonly oldPath: string | null;
  readonly status: "added" | "modified" | "deleted" | "renamed" | "copied" | "retyped";
  /** Six octal digits; `000000` for a side that is not there, whose id is then all zeros. */
  readonly oldMode: string;
  readonly mode: string;
  readonly oldOid: string;
  readonly oid: string;
  /** Lines; `null` for content that is not counted. */
  readonly added: number | null;
  readonly deleted: number | null;
  /** Why lines are not counted. */
  readonly counted: "lines" | "binary" | "too-large" | "unreadable";
  /** Of a renamed file, in percent. */
  readonly similarity: number | null;
};

export type TreeChange = {
  /** The commit, or empty for a comparison of two trees. */
  readonly commit: string;
  /** Sorted by path. */
  readonly entries: readonly TreeEntry[];
  /** Not everything that differs is listed; `incomplete` says why. */
  readonly truncated: boolean;
  readonly incomplete: Incomplete | null;
};

/** Text above it is not compared line by line. */
export const COUNTED_MAX_BYTES = 4_000_000;
/** Files compared at a time, so that memory stays bounded. */
const AT_A_TIME = 32;

export type Trees = {
  /** The commit, or empty. */
  readonly commit: string;
  /** Tree ids; `null` stands for no files. */
  readonly before: string | null;
  readonly after: string | null;
};

/** What differs between two trees, with moves and line counts. */
export async function treeChange(
  reader: ObjectReader,
  trees: Trees,
  options: { readonly renames: boolean },
): Promise<TreeChange> {
  const { differences, incomplete } = await diffTrees(reader, trees.before, trees.after);
  const { renames } = options.renames ? await findRenames(reader, differences) : { renames: [] };
  const entries: TreeEntry[] = [];
  const places = placesOf(differences, renames);
  for (let from = 0; from < places.length; from += AT_A_TIME) {
    const batch = places.slice(from, from + AT_A_TIME);
    entries.push(...(await Promise.all(batch.map((place) => entryOf(reader, place)))));
  }
  return { commit: trees.commit, entries, truncated: incomplete !== null, incomplete };
}

/** A change that cannot be described at all. */
export const unreadableChange = (commit: string, incomplete: Incomplete): TreeChange => ({
  commit,
  entries: [],
  truncated: true,
  incomplete,
});

type Place = Difference & { readonly rename: Rename | null };

function placesOf(
  differences: readonly Difference[],
  renames: readonly Rename[],
): readonly Place[] {
  const moved = new Map(renames.map((rename) => [rename.to, rename]));
  const sources = new Set(renames.map((rename) => rename.from));
  return differences.flatMap((difference) => {
    if (sources.has(difference)) return [];
    const rename = moved.get(difference) ?? null;
    return [{ ...difference, before: rename?.from.before ?? difference.before, rename }];
  });
}

async function entryOf(reader: ObjectReader, place: Place): Promise<TreeEntry> {
  const { path, before, after, rename } = place;
  const width = (after ?? before)?.oid.length ?? 40;
  return {
    path,
    oldPath: rename?.from.path ?? null,
    status: statusOf(place),
    oldMode: before?.mode ?? "000000",
    mode: after?.mode ?? "000000",
    oldOid: before?.oid ?? "0".repeat(width),
    oid: after?.oid ?? "0".repeat(width),
    ...(await linesOf(reader, before, after)),
    similarity: rename?.similarity ?? null,
  };
}

function statusOf({ before, after, rename }: Place): TreeEntry["status"] {
  if (rename !== null) return "renamed";
  if (before === null) return "added";
  if (after === null) return "deleted";
  return before.mode.slice(0, 3) === after.mode.slice(0, 3) ? "modified" : "retyped";
}

type Lines = Pick<TreeEntry, "added" | "deleted" | "counted">;
const NOT_COUNTED = { added: null, deleted: null } as const;

async function linesOf(
  reader: ObjectReader,
  before: Side | null,
  after: Side | null,
): Promise<Lines> {
  const [a, b] = await Promise.all([content(reader, before), content(reader, after)]);
  for (const why of ["unreadable", "binary", "too-large"] as const)
    if (a === why || b === why) return { ...NOT_COUNTED, counted: why };
  if (typeof a === "string" || typeof b === "string")
    return { ...NOT_COUNTED, counted: "unreadable" };
  if (before?.oid === after?.oid) return { added: 0, deleted: 0, counted: "lines" };
  const { added, deleted } = countLines(a, b);
  return { added, deleted, counted: "lines" };
}

const NOTHING = Buffer.alloc(0);

async function content(
  reader: ObjectReader,
  side: Side | null,
): Promise<Buffer | Exclude<TreeEntry["counted"], "lines">> {
  if (side === null) return NOTHING;
  // A submodule counts as one line that names its commit, as for git.
  if (side.mode === "160000") return Buffer.from(`Subproject commit ${side.oid}\n`);
  const blob = await reader.blob(side.oid, COUNTED_MAX_BYTES);
  if (blob.kind !== "blob") return "unreadable";
  return blob.binary ? "binary" : (blob.bytes ?? "too-large");
}
