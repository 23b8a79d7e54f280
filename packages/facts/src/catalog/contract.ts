// SPDX-License-Identifier: Apache-2.0
import type { Format } from "../config/types.ts";

/** A place in another file, or in the same one where `path` is `null`. */
export type Place = {
  /** Glob over repository paths. */
  readonly path: string | null;
  /** How that file is read where its name does not say. */
  readonly format: Format | null;
  readonly pointer: string;
  /** Keys of the mappings there count, and not their values. */
  readonly keys: boolean;
};

/** A bound as a quantity, or the place where the bound stands. */
export type Bound =
  | {
      readonly kind: "quantity";
      readonly text: string;
      readonly unit: string;
      readonly micro: number;
    }
  | { readonly kind: "place"; readonly place: Place };

/** A consumer of a file, with the oldest version of it that understands what the contract names. */
export type Reader = { readonly system: string; readonly minVersion: string | null };

/** Part of a version that must agree: all of it, or only its first one or two numbers. */
export type Agreement = "all" | "major" | "minor";

/** What a consumer of a file or key declares that it can take. A `null` or empty field asks nothing. */
export type Contract = {
  readonly id: string;
  readonly title: string;
  /** Who answers for it. */
  readonly system: string;
  /** Glob over repository paths. */
  readonly path: string;
  /** How the file is read where its name does not say. */
  readonly format: Format | null;
  /** JSON pointer inside the file; `*` is any one step, `**` any number; empty for the whole file. */
  readonly pointer: string;
  /** It binds only documents in which the place holds one of these values. */
  readonly when: { readonly pointer: string; readonly is: readonly string[] } | null;
  /** Pointers below each selected value that must lead to something that is not blank. */
  readonly required: readonly string[];
  readonly noBlank: boolean;
  readonly types: readonly string[];
  readonly min: Bound | null;
  readonly max: Bound | null;
  readonly minLength: number | null;
  readonly maxLength: number | null;
  readonly minItems: number | null;
  readonly maxItems: number | null;
  /** Of the file. */
  readonly minBytes: number | null;
  readonly maxBytes: number | null;
  readonly values: readonly string[] | null;
  readonly pattern: string | null;
  readonly keys: readonly string[] | null;
  readonly keyPattern: string | null;
  /** Fields that together tell the members of a list apart; empty: the member itself; `null`: not asked. */
  readonly unique: readonly string[] | null;
  readonly sorted: "ascending" | "descending" | null;
  /** Pointer below each member by whose value they are sorted; empty: the member itself. */
  readonly sortedBy: string;
  readonly contains: readonly string[];
  readonly excludes: readonly string[];
  readonly equal: Agreement | null;
  readonly minVersion: string | null;
  readonly maxVersion: string | null;
  readonly fixed: boolean;
  /** Against the last version, in parts per million of it. */
  readonly maxGrowthPpm: number | null;
  readonly maxShrinkPpm: number | null;
  readonly existsIn: Place | null;
  /** Patterns of which each must match a line of the text, or none. */
  readonly mustMatch: readonly string[];
  readonly mustNotMatch: readonly string[];
  readonly readBy: readonly Reader[];
};
