// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

/** Where a repository keeps its parts. */
export type Location = {
  readonly gitDir: string;
  /** Differs from `gitDir` in a linked worktree. */
  readonly commonDir: string;
  readonly objects: string;
};

const POINTER_MAX_BYTES = 4_096;

/** Finds the repository of a path by looking upwards, without asking git and so without its config. */
export function locate(path: string): Location | null {
  let at = resolve(path);
  for (;;) {
    const found = gitDirAt(at);
    if (found !== null) return found;
    const up = dirname(at);
    if (up === at) return null;
    at = up;
  }
}

function gitDirAt(folder: string): Location | null {
  const dotGit = join(folder, ".git");
  if (isDirectory(dotGit)) return locationOf(dotGit);
  const pointed = pointer(dotGit, /^gitdir: (.+)$/m);
  if (pointed !== null) return locationOf(isAbsolute(pointed) ? pointed : join(folder, pointed));
  return locationOf(folder);
}

function locationOf(gitDir: string): Location | null {
  const common = pointer(join(gitDir, "commondir"), /^(.+)$/m);
  const commonDir = common === null ? gitDir : isAbsolute(common) ? common : join(gitDir, common);
  const objects = join(commonDir, "objects");
  if (!existsSync(join(gitDir, "HEAD")) || !isDirectory(objects)) return null;
  return {
    gitDir: realpathSync(gitDir),
    commonDir: realpathSync(commonDir),
    objects: realpathSync(objects),
  };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function pointer(path: string, pattern: RegExp): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.isFile() !== true || stat.size > POINTER_MAX_BYTES) return null;
  return pattern.exec(readFileSync(path, "utf8"))?.[1]?.trim() ?? null;
}
