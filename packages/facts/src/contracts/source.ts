// SPDX-License-Identifier: Apache-2.0
import { type Delta, type Effect, type Gap, globMatches } from "@interlock/core";
import { utf8 } from "@interlock/digest";
import { type Catalog, EMPTY_CATALOG } from "../catalog/catalog.ts";
import type { Contract } from "../catalog/contract.ts";
import { readCatalog } from "../catalog/read.ts";
import type { ChangedFile, Source, SourceResult, World } from "../source.ts";
import { amendments, CATALOG_FILE } from "./amendments.ts";
import { type Judged, judgeContract } from "./judge.ts";
import { placesOf } from "./lookup.ts";
import { filesOf, type Touched } from "./state.ts";

/**
 * What the declared consumers of a file can take, against what the change makes of it. Contracts in
 * force and proposed ones both judge. by (own-policy)
 */
export function contractsSource(catalog: Catalog, touched: readonly Touched[]): Source {
  const globs = [...new Set(catalog.contracts.flatMap(globsOf))];
  const isNamed = (path: string) =>
    path === CATALOG_FILE || globs.some((glob) => globMatches(glob, path));
  // A file that moves away from the path that readers know is of interest under its new name.
  const moved = new Set(
    touched.flatMap((t) => (t.oldPath !== null && isNamed(t.oldPath) ? [t.path] : [])),
  );
  return {
    group: "contracts",
    wants: ({ path }) => moved.has(path) || isNamed(path),
    read: (files, world) => readContracts({ catalog, touched, files, world }),
  };
}

const globsOf = (contract: Contract): readonly string[] => [
  contract.path,
  ...placesOf(contract).flatMap((p) => (p.path === null ? [] : [p.path])),
];

type Given = {
  readonly catalog: Catalog;
  readonly touched: readonly Touched[];
  readonly files: readonly ChangedFile[];
  readonly world: World;
};

async function readContracts(given: Given): Promise<SourceResult> {
  const { catalog, files, world } = given;
  const touched = [...given.touched, ...attachedAmong(given)];
  const gaps: Gap[] = [];
  const deltas: Delta[] = [];
  const effects: Effect[] = [];
  const proposed = proposedCatalog(files, gaps);
  if (proposed !== null) {
    const trees = files.find((f) => f.path === CATALOG_FILE)?.trees() ?? {
      before: null,
      after: null,
    };
    deltas.push(
      ...amendments({
        before: catalog,
        after: proposed,
        trees,
        touched: touched.map((t) => t.path),
      }),
    );
  }
  const known = filesOf(files, touched, world);
  const judged: Judged[] = [
    ...catalog.contracts.map((contract): Judged => ({ contract, catalog, isNew: false })),
    ...newOnes(catalog, proposed).map(
      (contract): Judged => ({ contract, catalog: proposed ?? catalog, isNew: true }),
    ),
  ];
  for (const one of judged) {
    const result = await judgeContract(one, { files, touched, known });
    deltas.push(...result.deltas);
    effects.push(...result.effects);
    gaps.push(...result.gaps);
  }
  return { deltas, effects, gaps };
}

/** Plans and renderings are read beside the files of the change. */
function attachedAmong({ files, touched }: Given): readonly Touched[] {
  const known = new Set(touched.map((t) => t.path));
  return files.flatMap((f) =>
    known.has(f.path)
      ? []
      : [
          {
            path: f.path,
            oldPath: f.oldPath,
            status: f.status,
            bytesBefore: utf8(f.before ?? "").length,
            bytesAfter: utf8(f.after ?? "").length,
          },
        ],
  );
}

/** The catalog that the change proposes; `null` when it leaves the catalog alone or breaks it. */
function proposedCatalog(files: readonly ChangedFile[], gaps: Gap[]): Catalog | null {
  const file = files.find((f) => f.path === CATALOG_FILE);
  if (file === undefined) return null;
  if (file.status === "deleted") return EMPTY_CATALOG;
  try {
    return file.after === null ? null : readCatalog(CATALOG_FILE, file.after);
  } catch (error) {
    gaps.push({
      group: "contracts",
      path: CATALOG_FILE,
      code: "unparsable",
      detail: (error instanceof Error ? error.message : String(error)).slice(0, 500),
      help: "mend the catalog; until then nobody knows what it declares",
    });
    return null;
  }
}

function newOnes(inForce: Catalog, proposed: Catalog | null): readonly Contract[] {
  if (proposed === null) return [];
  const known = new Map(inForce.contracts.map((c) => [c.id, JSON.stringify(c)]));
  return proposed.contracts.filter((c) => known.get(c.id) !== JSON.stringify(c));
}
