// SPDX-License-Identifier: Apache-2.0
/** Facts of a change given as whole files before and after, through the real sources. */
import type { Context, Facts, People, Unknown } from "@interlock/core";
import {
  type Catalog,
  EMPTY_CATALOG,
  gatherFacts,
  NO_EVIDENCE,
  type RawFile,
  SOURCES,
} from "@interlock/facts";
import { DIGEST, NOW } from "./facts.ts";

export type FileMap = Readonly<Record<string, string>>;

export type FilesGiven = {
  readonly before: FileMap;
  readonly after: FileMap;
  readonly catalog?: Catalog;
  readonly context?: readonly Context[];
  readonly people?: People | Unknown;
  readonly now?: number;
  readonly subject?: string;
};

/** Gathers facts as the gate would from a commit that turns `before` into `after`. */
export function factsOfFiles(given: FilesGiven): Promise<Facts> {
  const paths = [...new Set([...Object.keys(given.before), ...Object.keys(given.after)])].sort();
  const files = paths
    .filter((p) => given.before[p] !== given.after[p])
    .map((p) => rawFile(p, given.before[p] ?? null, given.after[p] ?? null));
  return gatherFacts(
    {
      files,
      gaps: [],
      world: {
        readAfter: async (path) => given.after[path] ?? null,
        listAfter: async (folder) =>
          Object.keys(given.after)
            .filter((p) => folder === "" || p.startsWith(`${folder}/`))
            .sort(),
      },
      change: {
        digest: DIGEST,
        kind: "commit",
        repository: "repository:example",
        target: "refs/heads/main",
        subject: given.subject ?? "a change",
        contributors: [{ account: "email:ana@example.com", did: "author" }],
        pushedBy: ["email:ana@example.com"],
        provenance: { ai: "unknown", agents: [], signals: [] },
      },
      now: given.now ?? NOW,
      catalog: given.catalog ?? EMPTY_CATALOG,
      people: given.people ?? { persons: [], machines: [] },
      evidence: NO_EVIDENCE,
      context: given.context ?? [],
      ownersOf: () => ["payments"],
    },
    SOURCES,
  );
}

function rawFile(path: string, before: string | null, after: string | null): RawFile {
  const lines = (text: string | null) =>
    text === null || text === "" ? 0 : text.split("\n").length;
  return {
    path,
    oldPath: null,
    status: before === null ? "added" : after === null ? "deleted" : "modified",
    mode: after === null ? "000000" : "100644",
    oldMode: before === null ? "000000" : "100644",
    oid: after === null ? "0".repeat(40) : "a".repeat(40),
    oldOid: before === null ? "0".repeat(40) : "b".repeat(40),
    attributes: {},
    added:
      Math.max(0, lines(after) - (before === null ? 0 : lines(before))) + (before === null ? 0 : 1),
    deleted:
      Math.max(0, lines(before) - (after === null ? 0 : lines(after))) + (after === null ? 0 : 1),
    binary: false,
    bytesBefore: Buffer.byteLength(before ?? ""),
    bytesAfter: Buffer.byteLength(after ?? ""),
    before,
    after,
    unread: null,
  };
}
