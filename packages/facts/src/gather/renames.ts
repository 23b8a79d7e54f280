// SPDX-License-Identifier: Apache-2.0
import { type Catalog, systemsOf } from "../catalog/catalog.ts";
import { environmentOf } from "../files/environment.ts";
import { gatePartsOf, kindOf, languageOf } from "../files/kind.ts";
import type { Source } from "../source.ts";
import type { GatherInput, RawFile } from "./input.ts";

type Around = Pick<GatherInput, "ownersOf"> & {
  readonly catalog: Catalog;
  readonly sources: readonly Source[];
};

/**
 * A file that becomes something else by its new name is one that goes and one that comes.
 *
 * INVARIANT (fail-closed): nobody escapes the owners of a path, its systems, its environment, its
 * readers or the gate by moving the file away from them.
 */
export function withoutEscapes(files: readonly RawFile[], around: Around): readonly RawFile[] {
  return files.flatMap((file) => {
    const { oldPath } = file;
    if (file.status !== "renamed" || oldPath === null) return [file];
    return meaning(oldPath, around) === meaning(file.path, around) ? [file] : split(file, oldPath);
  });
}

/** Everything by which rules, requirements and sources tell one path from another. */
function meaning(path: string, { ownersOf, catalog, sources }: Around): string {
  const kind = kindOf(path);
  const language = languageOf(path);
  return JSON.stringify([
    kind,
    environmentOf(path),
    gatePartsOf(path),
    systemsOf(catalog, path),
    ownersOf(path),
    sources.map((source) => source.wants({ path, kind, language })),
  ]);
}

const ABSENT = { mode: "000000", oid: "0".repeat(40) } as const;

/** Lines stay counted as git counts them: what only moves adds and deletes nothing. */
function split(file: RawFile, oldPath: string): readonly RawFile[] {
  return [
    {
      ...file,
      path: oldPath,
      oldPath: null,
      status: "deleted",
      mode: ABSENT.mode,
      oid: ABSENT.oid,
      added: 0,
      bytesAfter: 0,
      after: null,
    },
    {
      ...file,
      oldPath: null,
      status: "added",
      oldMode: ABSENT.mode,
      oldOid: ABSENT.oid,
      deleted: 0,
      bytesBefore: 0,
      before: null,
    },
  ];
}
