// SPDX-License-Identifier: Apache-2.0
import type { Change, Context, Evidence, FileFact, Gap, People, Unknown } from "@interlock/core";
import type { Catalog } from "../catalog/catalog.ts";
import type { Attributes } from "../git/attributes.ts";
import type { World } from "../source.ts";
import type { Attached } from "./attached.ts";

/** A changed file as its origin hands it over: from Git, from a folder, from a case. */
export type RawFile = {
  readonly path: string;
  readonly oldPath: string | null;
  readonly status: FileFact["status"];
  readonly mode: string;
  readonly oldMode: string;
  /** Git's ids of the content of each side; zeros for a side that is not there. */
  readonly oid: string;
  readonly oldOid: string;
  /** Effective gitattributes after the change; empty where they are unknown, which the digest tells. */
  readonly attributes: Attributes;
  readonly added: number;
  readonly deleted: number;
  readonly binary: boolean;
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** Text of each side; `null` when absent, binary or not read. */
  readonly before: string | null;
  readonly after: string | null;
  /** Why its text could not be read although a source wants it. */
  readonly unread: { readonly code: string; readonly detail: string; readonly help: string } | null;
};

export type GatherInput = {
  readonly files: readonly RawFile[] | Unknown;
  /** Read by the sources beside the files. */
  readonly attached?: readonly Attached[];
  /** What the origin could not read: too large, missing, not UTF-8. */
  readonly gaps: readonly Gap[];
  readonly world: World;
  readonly change: Pick<
    Change,
    | "digest"
    | "kind"
    | "repository"
    | "target"
    | "subject"
    | "contributors"
    | "pushedBy"
    | "provenance"
  > & { readonly reverts?: string; readonly environment?: Change["environment"] };
  readonly now: number;
  readonly catalog: Catalog;
  readonly people: People | Unknown;
  readonly evidence: Evidence;
  readonly context: readonly Context[];
  /** Sorted owners of a path, or why they are unknown. */
  readonly ownersOf: (path: string) => readonly string[] | Unknown;
  readonly history?: Readonly<Record<string, number>>;
};
