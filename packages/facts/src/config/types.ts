// SPDX-License-Identifier: Apache-2.0
/** One tree for every configuration format, with 1-based lines. Duplicate keys are kept. */
export type Entry = { readonly key: string; readonly keyLine: number; readonly value: Node };

export type ScalarType = "string" | "int" | "decimal" | "bool" | "null";

export type Scalar = {
  readonly kind: "scalar";
  readonly type: ScalarType;
  /** As written, without quotes. */
  readonly text: string;
  readonly line: number;
  readonly endLine: number;
};

export type Node =
  | {
      readonly kind: "map";
      readonly entries: readonly Entry[];
      readonly line: number;
      readonly endLine: number;
    }
  | {
      readonly kind: "list";
      readonly items: readonly Node[];
      readonly line: number;
      readonly endLine: number;
    }
  | Scalar;

export type Problem = {
  readonly code: "syntax" | "template" | "too-large" | "too-deep" | "duplicate-key" | "alias";
  readonly line: number;
  readonly column: number;
  readonly message: string;
};

export type Parsed =
  | {
      readonly ok: true;
      readonly documents: readonly Node[];
      readonly problems: readonly Problem[];
      /** Read line by line because the text is a template or a programme: positions hold, nesting may not. */
      readonly approximate: boolean;
    }
  | { readonly ok: false; readonly problem: Problem };

export const FORMATS = [
  "json",
  "json5",
  "yaml",
  "toml",
  "ini",
  "properties",
  "env",
  "csv",
  "tsv",
  "lines",
  "settings",
  "hcl",
  "xml",
  "assignments",
] as const;
export type Format = (typeof FORMATS)[number];

export type LeafKind = "absent" | "null" | "bool" | "int" | "decimal" | "string" | "list" | "map";

export type Side = {
  readonly kind: LeafKind;
  /** The scalar as written, or a short preview of a container. */
  readonly text: string;
  /** Code points of a string, members of a container. */
  readonly size: number;
};

/** Where a value stands; one object for each container, which its members share. */
export type Place = {
  readonly above: Place | null;
  /** As in the pointer: escaped, list items by name. */
  readonly step: string;
  readonly pointer: string;
  readonly key: string;
  readonly depth: number;
};

export type ConfigDelta = {
  readonly op: "added" | "removed" | "changed" | "emptied" | "reordered" | "duplicated";
  /** JSON pointer in which list items are named where they have a name: `/spec/containers/[name=web]/image`. */
  readonly pointer: string;
  readonly key: string;
  readonly line: number;
  readonly before: Side;
  readonly after: Side;
  /** Members of a list or map that came and went; 0 for scalars. */
  readonly addedCount: number;
  readonly removedCount: number;
  readonly place: Place;
};

export type FileSummary = {
  /** Leaves of all documents. */
  readonly leavesBefore: number;
  readonly leavesAfter: number;
  readonly duplicatesBefore: number;
  readonly duplicatesAfter: number;
};

export type ConfigDiff = {
  readonly deltas: readonly ConfigDelta[];
  readonly summary: FileSummary;
  readonly truncated: boolean;
  readonly approximate: boolean;
};

/** Above this a configuration file is not parsed; the gap says so. */
export const CONFIG_MAX_BYTES = 4_000_000;
export const DEPTH_MAX = 100;
export const DELTAS_PER_FILE_MAX = 10_000;
