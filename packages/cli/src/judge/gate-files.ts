// SPDX-License-Identifier: Apache-2.0
/** The gate's own files as they stand in a tree. */
import type { Repository } from "@interlock/facts";

export const FOLDER = "interlock";
const FILE_MAX_BYTES = 5_000_000;
const LISTED_MAX = 10_000;

/** `absent` only where the folder was read and does not name the file: anything else may hide one. */
export type GateFile =
  | { readonly kind: "absent" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "unreadable"; readonly because: string };

const ABSENT: GateFile = { kind: "absent" };

/** The files at the given paths of a tree or commit; all are absent before the first commit. */
export async function gateFiles<Name extends string>(
  repository: Repository,
  tree: string | null,
  paths: Readonly<Record<Name, string>>,
): Promise<Readonly<Record<Name, GateFile>>> {
  const names = Object.keys(paths) as Name[]; // the keys of exactly that record
  const files = tree === null ? null : await repository.listing(tree, FOLDER, LISTED_MAX);
  const entries = names.map(async (name) => {
    const path = paths[name];
    if (tree === null || files === null) return [name, ABSENT] as const;
    const file = files.files.find((f) => f.path === path);
    if (file !== undefined) return [name, await textOf(repository, path, file.oid)] as const;
    const because = `\`${path}\` cannot be looked up: the folder is not all there`;
    return [name, files.truncated ? { kind: "unreadable", because } : ABSENT] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<Name, GateFile>; // one entry a name
}

async function textOf(repository: Repository, path: string, oid: string): Promise<GateFile> {
  const object = await repository.object(oid, FILE_MAX_BYTES);
  if (object.kind === "content") return { kind: "text", text: object.bytes.toString("utf8") };
  const why =
    object.kind === "too-large"
      ? `is larger than ${FILE_MAX_BYTES} bytes`
      : object.kind === "missing"
        ? "is not in this clone"
        : "is damaged";
  return { kind: "unreadable", because: `the content of \`${path}\` ${why}` };
}
