// SPDX-License-Identifier: Apache-2.0
import { parse } from "yaml";

/** OWNERS as Kubernetes and Chromium write it: approvers of a folder and of everything below. */
export type OwnersFile = {
  /** Folder of the file, `""` at the root. */
  readonly folder: string;
  readonly owners: readonly string[];
  /** `no_parent_owners`: the folders above do not own it. */
  readonly stop: boolean;
};

const MAX_BYTES = 100_000;

/** Reads an OWNERS file in YAML or one-name-a-line form; an unreadable one has no owners. */
export function parseOwnersFile(
  folder: string,
  text: string,
  aliases: ReadonlyMap<string, readonly string[]>,
): OwnersFile {
  if (text.length > MAX_BYTES) return { folder, owners: [], stop: false };
  const yaml = asYaml(text);
  const named = yaml ?? { approvers: lines(text), stop: /^\s*set noparent/m.test(text) };
  const owners = named.approvers.flatMap(
    (name) => aliases.get(name.toLowerCase()) ?? [name.toLowerCase()],
  );
  return { folder, owners: [...new Set(owners)].sort(), stop: named.stop };
}

function asYaml(text: string): { approvers: readonly string[]; stop: boolean } | null {
  try {
    const value: unknown = parse(text, { maxAliasCount: 10 });
    if (typeof value !== "object" || value === null || !("approvers" in value)) return null;
    const { approvers } = value as { approvers: unknown };
    const options = "options" in value ? value.options : null;
    const stop =
      typeof options === "object" &&
      options !== null &&
      "no_parent_owners" in options &&
      options.no_parent_owners === true;
    return {
      approvers: Array.isArray(approvers) ? approvers.filter((a) => typeof a === "string") : [],
      stop,
    };
  } catch {
    // Not YAML: the line form is tried next.
    return null;
  }
}

const lines = (text: string): readonly string[] =>
  text
    .split(/\r?\n/)
    .map((l) => l.replace(/#.*$/, "").trim())
    .filter((l) => /^[^\s@:]+@[^\s@:]+$/.test(l))
    .map((l) => `email:${l.toLowerCase()}`);

/** OWNERS_ALIASES: a name for several people. */
export function parseOwnersAliases(text: string): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, readonly string[]>();
  try {
    const value: unknown = parse(text, { maxAliasCount: 10 });
    const groups =
      typeof value === "object" && value !== null && "aliases" in value ? value.aliases : null;
    if (typeof groups !== "object" || groups === null) return aliases;
    for (const [name, members] of Object.entries(groups))
      if (Array.isArray(members))
        aliases.set(
          name.toLowerCase(),
          members.filter((m) => typeof m === "string").map((m) => m.toLowerCase()),
        );
  } catch {
    // An unreadable alias file names nobody; its names then stand for themselves.
  }
  return aliases;
}

/** Owners of a path from the nearest folder that has any, going up until one stops. */
export function ownersByFiles(
  files: ReadonlyMap<string, OwnersFile>,
  path: string,
): readonly string[] {
  const owners = new Set<string>();
  let folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
  for (;;) {
    const file = files.get(folder);
    for (const owner of file?.owners ?? []) owners.add(owner);
    if (file?.stop === true || folder === "") break;
    folder = folder.includes("/") ? folder.slice(0, folder.lastIndexOf("/")) : "";
  }
  return [...owners].sort();
}
