// SPDX-License-Identifier: Apache-2.0
/** What a repository shows of the services that run from it: charts, images, manifests. */
import { isUnknown } from "@interlock/core";
import { ownersAt, type Repository } from "@interlock/facts";
import { parseAllDocuments } from "yaml";

/** A service that somebody runs, and by what it was found. */
export type Found = {
  readonly id: string;
  readonly owner: string | null;
  readonly paths: readonly string[];
  readonly because: string;
};

const FILE_MAX_BYTES = 200_000;
/** Enough for a suggestion; a larger repository has a catalog of its own. */
const FILES_MAX = 3_000;
const SYSTEMS_MAX = 300;
const RUNS = new Set(["Deployment", "StatefulSet", "DaemonSet", "CronJob", "Rollout"]);
const NOT_RUN =
  /(^|\/)(tests?|testdata|fixtures?|examples?|samples?|docs?|vendor|node_modules|templates)\//i;

type Sign = { readonly id: string; readonly path: string; readonly what: string };

/** Each service once, with the paths that it is described by, in the order of their names. */
export async function systemsIn(
  repository: Repository,
  head: string,
  paths: readonly string[],
): Promise<readonly Found[]> {
  const wanted = paths.filter((p) => !NOT_RUN.test(p) && mayTell(p)).slice(0, FILES_MAX);
  const signs = (await Promise.all(wanted.map((path) => signsOf(repository, head, path)))).flat();
  const byId = new Map<string, Sign[]>();
  for (const sign of signs) byId.set(sign.id, [...(byId.get(sign.id) ?? []), sign]);
  const all = [...byId].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, SYSTEMS_MAX);
  const ownersOf = await ownersAt(
    repository,
    head,
    signs.map(({ path }) => path),
  );
  return all.map(([id, own]) => {
    const globs = [...new Set(own.map(globOf))].sort();
    const owners = own.flatMap(({ path }) => {
      const found = ownersOf(path);
      return isUnknown(found) ? [] : found;
    });
    return {
      id,
      owner: teamOf(owners),
      paths: globs.filter((g) => !globs.some((other) => other !== g && within(g, other))),
      because: [...new Set(own.map(({ what, path }) => `${what} ${path}`))].slice(0, 3).join(", "),
    };
  });
}

const mayTell = (path: string): boolean =>
  /(^|\/)(Dockerfile|Containerfile)$|(^|\/)Chart\.yaml$/.test(path) ||
  (/\.ya?ml$/.test(path) && !path.startsWith(".") && !path.startsWith("interlock/"));

async function signsOf(
  repository: Repository,
  head: string,
  path: string,
): Promise<readonly Sign[]> {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  if (/(^|\/)(Dockerfile|Containerfile)$/.test(path))
    return folder === "" ? [] : [{ id: idOf(lastOf(folder)), path, what: "image" }];
  const object = await repository.at(head, path, FILE_MAX_BYTES);
  if (object.kind !== "content" || object.type !== "blob") return [];
  const text = object.bytes.toString("utf8");
  if (/(^|\/)Chart\.yaml$/.test(path)) {
    const name = /^name:\s*["']?([\w.-]{1,100})/m.exec(text)?.[1];
    return name === undefined ? [] : [{ id: idOf(name), path, what: "chart" }];
  }
  if (!/^kind:\s*["']?\w/m.test(text) || !/^apiVersion:/m.test(text)) return [];
  return workloadsIn(text).map((name) => ({ id: idOf(name), path, what: "manifest" }));
}

/** Names of what runs; a template or a broken file tells nothing. */
function workloadsIn(text: string): readonly string[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (!("toJS" in document) || document.errors.length > 0) return [];
    const { kind, metadata } = record(jsOf(document));
    const { name } = record(metadata);
    return typeof kind === "string" && RUNS.has(kind) && typeof name === "string" ? [name] : [];
  });
}

function jsOf(document: { readonly toJS: (options: { maxAliasCount: number }) => unknown }) {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch {
    // More aliases than that are no manifest that somebody wrote: it suggests nothing.
    return null;
  }
}

type Raw = Readonly<Record<string, unknown>>;
const record = (value: unknown): Raw =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : {}; // an object that is no list, by the lines above

const lastOf = (folder: string): string => folder.slice(folder.lastIndexOf("/") + 1);

const idOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[-._]+|[-._]+$/g, "") || "service";

/** A chart and an image are the folder they stand in; a manifest is its file. */
const globOf = ({ path, what }: Sign): string => {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  return what === "manifest" || folder === "" ? path : `${folder}/**`;
};

const within = (glob: string, other: string): boolean =>
  other.endsWith("/**") && glob.startsWith(other.slice(0, -2));

/** The team that most of the files name first; people are no teams. */
function teamOf(owners: readonly string[]): string | null {
  const counts = new Map<string, number>();
  for (const owner of owners) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  const [first] = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return first?.[0] ?? null;
}
