import { type Delta, type Facts, isUnknown, unknown } from "@interlock/core";
import { stringify } from "yaml";
import { readCatalog } from "../../src/catalog/read.ts";
import { NO_EVIDENCE } from "../../src/gather/from-git.ts";
import { gatherFacts } from "../../src/gather/gather.ts";
import type { RawFile } from "../../src/gather/input.ts";

export type Sides = Readonly<Record<string, string>>;

export type Given = {
  readonly contracts: readonly Readonly<Record<string, unknown>>[];
  readonly systems?: readonly Readonly<Record<string, unknown>>[];
  readonly before: Sides;
  readonly after: Sides;
  /** New path to old path. */
  readonly renamed?: Sides;
  readonly unread?: readonly string[];
  /** Content that is no text, by path after the change: its size. */
  readonly binary?: Readonly<Record<string, number>>;
};

/** The group `contracts` of a change given as whole files, through the real gatherer. */
export async function contractsOf(
  given: Given,
): Promise<{ deltas: readonly Delta[]; facts: Facts }> {
  const { before, after, renamed = {}, binary = {} } = given;
  const gone = new Set(Object.values(renamed));
  const paths = [
    ...new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(binary)]),
  ];
  const files = paths
    .filter(
      (p) => !gone.has(p) && (before[renamed[p] ?? p] !== after[p] || p in binary || p in renamed),
    )
    .map((p) => rawFile(p, given));
  const facts = await gatherFacts(
    {
      files,
      gaps: [],
      world: {
        readAfter: async (path) => after[path] ?? null,
        listAfter: async (folder) =>
          Object.keys(after)
            .filter((p) => folder === "" || p.startsWith(`${folder}/`))
            .sort(),
      },
      change: {
        digest: "0".repeat(64),
        kind: "commit",
        repository: "repository:example",
        target: "refs/heads/main",
        subject: "a change",
        contributors: [],
        pushedBy: unknown("nobody watched", "watch"),
        provenance: { ai: "unknown", agents: [], signals: [] },
      },
      now: 1_900_000_000_000,
      catalog: readCatalog(
        "catalog.yaml",
        stringify({ systems: given.systems ?? [], contracts: given.contracts }),
      ),
      people: unknown("none", "add some"),
      evidence: NO_EVIDENCE,
      context: [],
      ownersOf: () => [],
    },
    [],
  );
  return { deltas: isUnknown(facts.contracts) ? [] : facts.contracts, facts };
}

function rawFile(
  path: string,
  { before, after, renamed = {}, unread = [], binary = {} }: Given,
): RawFile {
  const oldPath = renamed[path] ?? null;
  const was = before[oldPath ?? path] ?? null;
  const size = binary[path];
  const is = size === undefined ? (after[path] ?? null) : null;
  const isUnread = unread.includes(path);
  const there = is !== null || size !== undefined;
  return {
    path,
    oldPath,
    status: oldPath !== null ? "renamed" : was === null ? "added" : there ? "modified" : "deleted",
    mode: there ? "100644" : "000000",
    oldMode: was === null ? "000000" : "100644",
    oid: "",
    oldOid: "",
    attributes: {},
    added: 1,
    deleted: 1,
    binary: size !== undefined,
    bytesBefore: Buffer.byteLength(was ?? ""),
    bytesAfter: size ?? Buffer.byteLength(is ?? ""),
    before: isUnread ? null : was,
    after: isUnread ? null : is,
    unread: isUnread ? { code: "too-large", detail: "too large", help: "split it" } : null,
  };
}

export const said = (deltas: readonly Delta[]): readonly string[] =>
  deltas.map((d) => `${d.path}:${d.line} ${d.aspect} ${d.subject}`);
