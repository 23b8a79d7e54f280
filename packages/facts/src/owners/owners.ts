// SPDX-License-Identifier: Apache-2.0
import { type Unknown, unknown } from "@interlock/core";
import type { Repository } from "../git/repository.ts";
import { CODEOWNERS_MAX_BYTES, ownersByCodeowners, parseCodeowners } from "./codeowners.ts";
import {
  type OwnersFile,
  ownersByFiles,
  parseOwnersAliases,
  parseOwnersFile,
} from "./owners-files.ts";

export type OwnersOf = (path: string) => readonly string[] | Unknown;

const PLACES = [
  ".github/CODEOWNERS",
  "CODEOWNERS",
  "docs/CODEOWNERS",
  ".gitlab/CODEOWNERS",
] as const;
const FOLDERS_MAX = 2_000;
const OWNERS_MAX_BYTES = 100_000;

/** Parsed CODEOWNERS by content: a backtest meets the same file in thousands of commits. */
const PARSED = new Map<string, OwnersOf>();

/**
 * Owners of the given paths at a commit, from the first CODEOWNERS that exists (in the order the
 * forges look), else from OWNERS files. The owners in force are those of the target, not of the change.
 */
export async function ownersAt(
  repository: Repository,
  commit: string | null,
  paths: readonly string[],
): Promise<OwnersOf> {
  if (commit === null) return () => [];
  const found = await Promise.all(
    PLACES.map((place) => repository.at(commit, place, CODEOWNERS_MAX_BYTES)),
  );
  for (const [i, object] of found.entries()) {
    if (object.kind === "content" && object.type === "blob")
      return fromCodeowners(object.bytes.toString("utf8"));
    if (object.kind === "too-large") {
      const why = unknown(
        `\`${PLACES[i]}\` is larger than ${CODEOWNERS_MAX_BYTES} bytes`,
        "make it smaller; the forges do not read it either",
      );
      return () => why;
    }
  }
  return fromOwnersFiles(repository, commit, paths);
}

function fromCodeowners(text: string): OwnersOf {
  const known = PARSED.get(text);
  if (known !== undefined) return known;
  const codeowners = parseCodeowners(text);
  const memory = new Map<string, readonly string[]>();
  const ownersOf: OwnersOf = (path) => {
    const owners = memory.get(path) ?? ownersByCodeowners(codeowners, path);
    memory.set(path, owners);
    return owners;
  };
  if (PARSED.size > 100) PARSED.clear();
  PARSED.set(text, ownersOf);
  return ownersOf;
}

async function fromOwnersFiles(
  repository: Repository,
  commit: string,
  paths: readonly string[],
): Promise<OwnersOf> {
  const root = await repository.at(commit, "OWNERS", OWNERS_MAX_BYTES);
  // Projects that use OWNERS have one at the root; asking every folder of every change costs too much otherwise.
  if (root.kind !== "content") return () => [];
  const folders = new Set<string>([""]);
  for (const path of paths)
    for (let at = folderOf(path); at !== "" && !folders.has(at); at = folderOf(at)) folders.add(at);
  if (folders.size > FOLDERS_MAX) {
    const why = unknown(
      "the change spreads over more folders than are looked at for OWNERS",
      "split the change",
    );
    return () => why;
  }
  const aliasFile = await repository.at(commit, "OWNERS_ALIASES", OWNERS_MAX_BYTES);
  const aliases =
    aliasFile.kind === "content" ? parseOwnersAliases(aliasFile.bytes.toString("utf8")) : new Map();
  const files = new Map<string, OwnersFile>();
  await Promise.all(
    [...folders].map(async (folder) => {
      const object = await repository.at(
        commit,
        folder === "" ? "OWNERS" : `${folder}/OWNERS`,
        OWNERS_MAX_BYTES,
      );
      if (object.kind === "content" && object.type === "blob")
        files.set(folder, parseOwnersFile(folder, object.bytes.toString("utf8"), aliases));
    }),
  );
  return (path) => ownersByFiles(files, path);
}

const folderOf = (path: string): string =>
  path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : "";
