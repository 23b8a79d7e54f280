// SPDX-License-Identifier: Apache-2.0
import type { Delta, DeltaGroup, Effect, FileFact, Gap } from "@interlock/core";
import type { ConfigDiff, Parsed } from "./config/types.ts";
import type { Attributes } from "./git/attributes.ts";

/** A file that the change touches, with both sides as text. */
export type ChangedFile = {
  readonly path: string;
  readonly oldPath: string | null;
  readonly status: FileFact["status"];
  readonly kind: FileFact["kind"];
  /** Git's modes: `120000` is a link, `160000` a submodule. */
  readonly mode: string;
  readonly oldMode: string;
  /** Git's ids of the content of each side; zeros for a side that is not there. */
  readonly oid: string;
  readonly oldOid: string;
  readonly binary: boolean;
  /** Effective gitattributes after the change. */
  readonly attributes: Attributes;
  readonly language: string;
  readonly environment: FileFact["environment"];
  /** `null`: absent on that side, binary, or not read (then the gatherer has reported a gap). */
  readonly before: string | null;
  readonly after: string | null;
  /** The configuration trees of both sides, parsed at most once. */
  readonly trees: () => { readonly before: Parsed | null; readonly after: Parsed | null };
  /** The structural difference of both trees, computed at most once. */
  readonly diff: () => ConfigDiff;
  /** Lines of `after` that are not in `before`, with 1-based numbers, computed at most once. */
  readonly addedLines: () => readonly { readonly line: number; readonly text: string }[];
};

/** The rest of the repository after the change, for questions that one file cannot answer. */
export type World = {
  /** Text of a file after the change; `null` when absent, unreadable or over the limit. */
  readonly readAfter: (path: string) => Promise<string | null>;
  /** Paths after the change under a folder (`""` for all), sorted, at most 10,000. */
  readonly listAfter: (folder: string) => Promise<readonly string[]>;
};

export type SourceResult = {
  readonly deltas: readonly Delta[];
  readonly effects: readonly Effect[];
  readonly gaps: readonly Gap[];
};

/**
 * Turns changed files into deltas of one group. A source never throws for bad input: what it
 * cannot read is a gap, so that the rules which need it hold (fail-closed).
 */
export type Source = {
  readonly group: DeltaGroup;
  readonly wants: (file: Pick<ChangedFile, "path" | "kind" | "language">) => boolean;
  readonly read: (
    files: readonly ChangedFile[],
    world: World,
  ) => SourceResult | Promise<SourceResult>;
};
