// SPDX-License-Identifier: Apache-2.0
import { readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { notReadable } from "./failure.ts";

/** Where a repository keeps its parts. */
export type Location = {
  readonly gitDir: string;
  /** Differs from `gitDir` in a linked worktree. */
  readonly commonDir: string;
  readonly objects: string;
};

const POINTER_MAX_BYTES = 4_096;

/**
 * Finds the repository of a path by looking upwards, without asking git and so without its config.
 * A bare repository counts only when it is named itself: one that lies buried in a work tree would
 * otherwise be judged in place of the repository around it.
 */
export function locate(path: string): Location | null {
  const from = resolve(path);
  try {
    const here = gitDirAt(from) ?? locationOf(from);
    if (here !== null) return here;
    for (let at = dirname(from), last = from; at !== last; last = at, at = dirname(at)) {
      const found = gitDirAt(at);
      if (found !== null) return found;
    }
    return null;
  } catch (error) {
    throw notReadable(path, error instanceof Error ? error.message : String(error));
  }
}

function gitDirAt(folder: string): Location | null {
  const dotGit = join(folder, ".git");
  if (stat(dotGit)?.isDirectory() === true) return locationOf(dotGit);
  const pointed = pointer(dotGit, /^gitdir: (.+)$/m);
  return pointed === null ? null : locationOf(absolute(folder, pointed));
}

function locationOf(gitDir: string): Location | null {
  const common = pointer(join(gitDir, "commondir"), /^(.+)$/m);
  const commonDir = common === null ? gitDir : absolute(gitDir, common);
  const objects = join(commonDir, "objects");
  if (stat(join(gitDir, "HEAD")) === null || stat(objects)?.isDirectory() !== true) return null;
  return {
    gitDir: realpathSync(gitDir),
    commonDir: realpathSync(commonDir),
    objects: realpathSync(objects),
  };
}

const absolute = (folder: string, path: string): string =>
  isAbsolute(path) ? path : join(folder, path);

/** `null` when there is nothing; a folder that may not be looked into is a failure, not an absence. */
function stat(path: string): Stats | null {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code === "ENOTDIR" || code === "ELOOP" || code === "ENAMETOOLONG") return null;
    throw error;
  }
}

function pointer(path: string, pattern: RegExp): string | null {
  const found = stat(path);
  if (found?.isFile() !== true || found.size > POINTER_MAX_BYTES) return null;
  return pattern.exec(readFileSync(path, "utf8"))?.[1]?.trim() ?? null;
}
