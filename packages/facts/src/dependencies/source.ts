// SPDX-License-Identifier: Apache-2.0
import { DELTAS_MAX, type Delta, delta, type Gap } from "@interlock/core";
import type { ChangedFile, Source, SourceResult, World } from "../source.ts";
import { lockDeltas, manifestDeltas, type Versions } from "./compare.ts";
import type { DependencyFile, Ecosystem } from "./dependency.ts";
import { LOCKS, readerOf } from "./formats.ts";

/** Largest manifest or lock that is read, in characters; the largest real locks are about 5 MB. */
const TEXT_MAX = 20_000_000;

/** R62: dependencies, their locks and where they come from. */
export const DEPENDENCIES_SOURCE: Source = {
  group: "dependencies",
  wants: (file) => file.kind !== "vendored" && file.kind !== "test" && readerOf(file.path) !== null,
  read: readDependencies,
};

async function readDependencies(
  files: readonly ChangedFile[],
  world: World,
): Promise<SourceResult> {
  const gaps: Gap[] = [];
  const versions = files.map((file) => versionsOf(file, gaps));
  const manifests = versions.filter((one) => roleOf(one) === "manifest");
  const locks = versions.filter((one) => roleOf(one) === "lock");
  const fromManifests = manifests.map((one) => ({ one, deltas: manifestDeltas(one) }));
  const touched = new Set(
    fromManifests.filter(({ deltas }) => deltas.length > 0).map(({ one }) => ecosystemOf(one)),
  );
  const deltas = [
    ...fromManifests.flatMap((one) => one.deltas),
    ...locks.flatMap((one) => lockDeltas(one).map((found) => orphaned(found, touched))),
    ...(await withoutLock(fromManifests, locks, world)),
  ];
  if (deltas.length > DELTAS_MAX)
    gaps.push(gap("", "truncated", `${deltas.length} changes, ${DELTAS_MAX} kept`));
  return { deltas: deltas.slice(0, DELTAS_MAX), effects: [], gaps };
}

function gap(path: string, code: string, detail: string): Gap {
  return {
    group: "dependencies",
    path,
    code,
    detail,
    help: "mend the file, or have somebody compare its dependencies by hand",
  };
}

function versionsOf(file: ChangedFile, gaps: Gap[]): Versions {
  return {
    path: file.path,
    before: parse(file.oldPath ?? file.path, file.before, () => undefined),
    after: parse(file.path, file.after, (code, detail) => gaps.push(gap(file.path, code, detail))),
  };
}

function parse(
  path: string,
  text: string | null,
  report: (code: string, detail: string) => void,
): DependencyFile | null {
  if (text === null) return null;
  if (text.length > TEXT_MAX) {
    report("too-large", `${text.length} characters, at most ${TEXT_MAX} are read`);
    return null;
  }
  const file = readerOf(path)?.(text, path) ?? null;
  if (file === null) report("unparsable", "this is no manifest or lock that can be read");
  return file;
}

const roleOf = ({ before, after }: Versions): DependencyFile["role"] | null =>
  (after ?? before)?.role ?? null;
const ecosystemOf = ({ before, after }: Versions): Ecosystem | null =>
  (after ?? before)?.ecosystem ?? null;

/** A lock that changes while no manifest of its kind does. */
function orphaned(found: Delta, touched: ReadonlySet<Ecosystem | null>): Delta {
  if (found.aspect !== "lock" || [...touched].some((one) => one === found.format)) return found;
  return delta({ ...found, tags: [...found.tags, "no-manifest"] });
}

/** Manifests whose dependencies change while the lock beside them or at the root stays. */
async function withoutLock(
  manifests: readonly { readonly one: Versions; readonly deltas: readonly Delta[] }[],
  locks: readonly Versions[],
  world: World,
): Promise<readonly Delta[]> {
  const changedLocks = new Set(locks.map(ecosystemOf));
  const found: Delta[] = [];
  for (const { one, deltas } of manifests) {
    const ecosystem = ecosystemOf(one);
    // In Go a requirement may come or go without a new hash: it was needed indirectly already.
    const changes = deltas.filter(
      ({ aspect }) => aspect === "version" || (aspect === "dependency" && ecosystem !== "go"),
    );
    const [first] = changes;
    if (
      ecosystem === null ||
      first === undefined ||
      one.before === null ||
      changedLocks.has(ecosystem)
    )
      continue;
    // `requirements.txt` is its own lock.
    if (ecosystem === "python" && /\.txt$/.test(one.path)) continue;
    const lock = await lockNear(one.path, ecosystem, world);
    if (lock !== null)
      found.push(
        delta({
          path: one.path,
          line: first.line,
          subject: lock,
          aspect: "manifest-without-lock",
          op: "changed",
          format: ecosystem,
          afterCount: changes.length,
          tags: [ecosystem, "manifest"],
        }),
      );
  }
  return found;
}

async function lockNear(path: string, ecosystem: Ecosystem, world: World): Promise<string | null> {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : "";
  for (const place of new Set([folder, ""]))
    for (const name of LOCKS[ecosystem])
      if ((await world.readAfter(`${place}${name}`)) !== null) return `${place}${name}`;
  return null;
}
