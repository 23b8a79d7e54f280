// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta } from "@interlock/core";
import { type Dependency, type DependencyFile, isUnpinned, stepBetween } from "./dependency.ts";

export type Versions = {
  readonly path: string;
  readonly before: DependencyFile | null;
  readonly after: DependencyFile | null;
};

/** Deltas of one lock that are listed one by one; the rest is in its summary's counts. */
const LISTED_MAX = 300;

const byName = (file: DependencyFile | null): ReadonlyMap<string, Dependency> =>
  new Map(
    (file?.dependencies ?? []).map((one) => [
      `${file?.role === "manifest" ? one.scope : ""} ${one.name}`,
      one,
    ]),
  );

const textOf = (one: Dependency): string =>
  [one.version, one.source].filter((part) => part !== "").join(" ");

const isLocal = (source: string): boolean =>
  /^(file|link|path|workspace|portal):|^\.{0,2}\//.test(source);

/** Another revision of the same repository is a new version, not a new source. */
function sameOrigin(a: string, b: string): boolean {
  const origin = (source: string): string => source.replace(/[#@][^/]*$/, "").replace(/\.git$/, "");
  return b !== "" && origin(a) === origin(b);
}

const movesElsewhere = (one: Dependency, was: Dependency | undefined): boolean =>
  one.source !== "" &&
  one.source !== was?.source &&
  !isLocal(one.source) &&
  !sameOrigin(one.source, was?.source ?? "");

type Change = Pick<Delta, "aspect"> & {
  readonly from?: string;
  readonly to?: string;
  readonly tags?: readonly string[];
};

/** One delta about one dependency; which sides it has says whether it was added, removed or changed. */
function about(
  { path, before, after }: Versions,
  one: Dependency,
  { aspect, from, to, tags }: Change,
): Delta {
  const file = after ?? before;
  const ecosystem = file?.ecosystem ?? "";
  return delta({
    path,
    line: one.line,
    subject: one.name.replace(/^.*node_modules\//, ""),
    aspect,
    op: from === undefined ? "added" : to === undefined ? "removed" : "changed",
    key: one.name,
    format: ecosystem,
    before: from ?? "",
    after: to ?? "",
    beforeKind: from === undefined ? "absent" : "string",
    afterKind: to === undefined ? "absent" : "string",
    tags: [ecosystem, file?.role ?? "", one.scope, ...(tags ?? [])],
  });
}

const from = (was: Dependency | undefined, text: (one: Dependency) => string) =>
  was === undefined ? {} : { from: text(was) };

/** What changes between two sides of one manifest. */
export function manifestDeltas(versions: Versions): readonly Delta[] {
  const { before, after } = versions;
  if (after === null) return [];
  const [old, now] = [byName(before), byName(after)];
  const gone = [...old].filter(([id]) => !now.has(id)).map(([, one]) => one);
  return [
    ...[...now].flatMap(([id, one]) => requested(versions, one, old.get(id))),
    ...gone.map((one) => about(versions, one, { aspect: "dependency", from: textOf(one) })),
    ...registryDeltas(versions.path, before, after),
    ...hookDeltas(versions.path, before, after),
  ];
}

function requested(
  versions: Versions,
  one: Dependency,
  was: Dependency | undefined,
): readonly Delta[] {
  const ecosystem = versions.after?.ecosystem;
  const found: Delta[] = [];
  const to = textOf(one);
  if (was === undefined) {
    const tags = versions.before === null ? ["new-file"] : [];
    found.push(about(versions, one, { aspect: "dependency", to, tags }));
  } else if (textOf(was) !== to) {
    const step = stepBetween(
      was.version,
      one.version,
      ecosystem === "npm" || ecosystem === "cargo",
    );
    found.push(about(versions, one, { aspect: "version", from: textOf(was), to, tags: [step] }));
  }
  if (isUnpinned(one) && (was === undefined || !isUnpinned(was)))
    found.push(about(versions, one, { aspect: "unpinned", ...from(was, textOf), to }));
  if (movesElsewhere(one, was))
    found.push(
      about(versions, one, { aspect: "source", ...from(was, (d) => d.source), to: one.source }),
    );
  return found;
}

const USUAL_REGISTRY =
  /^https:\/\/(pypi\.org|registry\.npmjs\.org|repo\.maven\.apache\.org|repo1\.maven\.org)\b/;

function registryDeltas(
  path: string,
  before: DependencyFile | null,
  after: DependencyFile,
): readonly Delta[] {
  const old = new Set(before?.registries.map(({ address }) => address) ?? []);
  return after.registries
    .filter(({ address }) => !old.has(address) && !USUAL_REGISTRY.test(address))
    .map(({ address, line }) =>
      delta({
        path,
        line,
        subject: address,
        aspect: "registry",
        op: "added",
        after: address,
        afterKind: "string",
        format: after.ecosystem,
        tags: [after.ecosystem, "manifest"],
      }),
    );
}

function hookDeltas(
  path: string,
  before: DependencyFile | null,
  after: DependencyFile,
): readonly Delta[] {
  const old = new Set(before?.hooks.map(({ name, command }) => `${name} ${command}`) ?? []);
  return after.hooks
    .filter(({ name, command }) => !old.has(`${name} ${command}`))
    .map(({ name, command, line }) =>
      delta({
        path,
        line,
        subject: name,
        aspect: "install-script",
        op: before?.hooks.some((one) => one.name === name) === true ? "changed" : "added",
        after: command,
        afterKind: "string",
        format: after.ecosystem,
        tags: [after.ecosystem, "own", ...(/prepare$/.test(name) ? ["prepare"] : [])],
      }),
    );
}

/** What changes between two sides of one lock: a summary, and one by one only what is suspicious. */
export function lockDeltas(versions: Versions): readonly Delta[] {
  const { path, before, after } = versions;
  if (before === null || after === null) return [];
  const [old, now] = [byName(before), byName(after)];
  const listed = [...now].flatMap(([id, one]) => suspicious(versions, one, old.get(id)));
  const raised = [...now].filter(
    ([id, one]) => (old.get(id)?.version ?? one.version) !== one.version,
  );
  const added = [...now.keys()].filter((id) => !old.has(id)).length;
  const removed = [...old.keys()].filter((id) => !now.has(id)).length;
  if (added + removed + raised.length + listed.length === 0) return [];
  const summary = delta({
    path,
    line: 1,
    subject: path,
    aspect: "lock",
    op: "changed",
    format: after.ecosystem,
    beforeCount: old.size,
    afterCount: now.size,
    addedCount: added,
    removedCount: removed,
    tags: [after.ecosystem, "lock", ...(listed.length === 0 ? ["refresh"] : [])],
  });
  return [summary, ...listed.slice(0, LISTED_MAX)];
}

function suspicious(
  versions: Versions,
  one: Dependency,
  was: Dependency | undefined,
): readonly Delta[] {
  const found: Delta[] = [];
  if (one.installScript && was?.installScript !== true)
    found.push(
      about(versions, one, {
        aspect: "install-script",
        ...from(was, (d) => d.version),
        to: one.version,
      }),
    );
  if (movesElsewhere(one, was) && !isUsual(versions.before, one.source))
    found.push(
      about(versions, one, { aspect: "source", ...from(was, (d) => d.source), to: one.source }),
    );
  if (was?.version === one.version && isOtherHash(was.integrity, one.integrity))
    found.push(
      about(versions, one, { aspect: "integrity", from: was.integrity, to: one.integrity }),
    );
  return found;
}

/** The same algorithm with another value; a change from SHA-1 to SHA-512 is no replaced content. */
function isOtherHash(before: string, after: string): boolean {
  const algorithm = (hash: string): string =>
    /^([a-z]+\d*)[-:]|^(h\d):/.exec(hash)?.[0] ?? String(hash.length);
  return (
    before !== "" && after !== "" && before !== after && algorithm(before) === algorithm(after)
  );
}

/** A lock that already takes packages from this mirror has no new source in it. */
function isUsual(before: DependencyFile | null, source: string): boolean {
  const host = source.split("/")[0] ?? source;
  return before?.dependencies.some((one) => one.source === host || one.source === source) === true;
}
