// SPDX-License-Identifier: Apache-2.0
/** The policy, catalog, people and owners by which a guard's changes are judged, as files. */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { openRepository, type Repository } from "@interlock/facts";

/** From a folder that holds `interlock/`, or from a ref of a repository. */
export type PolicySource =
  | { readonly folder: string }
  | { readonly repository: string; readonly ref: string };

export type GateFile = { readonly path: string; readonly bytes: Uint8Array };

const FOLDER = "interlock";
const OWNERS = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"];
const FILE_MAX = 5_000_000;
const FILES_MAX = 1_000;

export type GateFiles = {
  /** As they are now, so that a policy that landed is the one in force. Throws `GateError`. */
  readonly read: () => Promise<readonly GateFile[]>;
  readonly close: () => void;
};

/** Opens nothing before the first look; a repository then stays open, which saves starting git. */
export function gateFilesOf(source: PolicySource): GateFiles {
  if ("folder" in source)
    return { read: async () => fromFolder(source.folder), close: () => undefined };
  let kept: Promise<Repository> | null = null;
  let known: { readonly commit: string; readonly files: readonly GateFile[] } | null = null;
  const forget = (opened: Promise<Repository>): void => {
    if (kept === opened) kept = null;
    opened.then(
      (repository) => repository.close(),
      () => undefined,
    );
  };
  const look = async (opened: Promise<Repository>): Promise<readonly GateFile[]> => {
    try {
      const repository = await opened;
      const commit = await repository.resolve(source.ref);
      if (known?.commit !== commit)
        known = { commit, files: await fromRepository(repository, commit) };
      return known.files;
    } catch (error) {
      forget(opened);
      throw error;
    }
  };
  const open = (): Promise<Repository> => {
    kept ??= openRepository(source.repository);
    return kept;
  };
  return {
    read: async () => {
      const before = kept;
      // What was packed, moved or cloned anew meanwhile shows to whoever opens it again. On Windows
      // an open one has a copy of the refs.
      if (before !== null && process.platform !== "win32")
        return await look(before).catch(() => look(open()));
      if (before !== null) forget(before);
      return await look(open());
    },
    close: () => {
      if (kept !== null) forget(kept);
    },
  };
}

function fromFolder(folder: string): readonly GateFile[] {
  const owners = OWNERS.filter((path) => existsSync(join(folder, path)));
  try {
    return [...below(folder, FOLDER, { left: FILES_MAX }), ...owners].map((path) => {
      const stat = lstatSync(join(folder, path));
      if (!stat.isFile()) throw unfit(path, "it is no regular file");
      if (stat.size > FILE_MAX) throw unfit(path, `it is larger than ${FILE_MAX} bytes`);
      return { path, bytes: readFileSync(join(folder, path)) };
    });
  } catch (error) {
    if (error instanceof Error && "syscall" in error) throw unfit(folder, error.message);
    throw error;
  }
}

function below(folder: string, path: string, room: { left: number }): readonly string[] {
  return readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
    if (room.left-- <= 0) throw unfit(path, `it holds more than ${FILES_MAX} files`);
    const inner = `${path}/${entry.name}`;
    return entry.isDirectory() ? below(folder, inner, room) : [inner];
  });
}

async function fromRepository(
  repository: Repository,
  commit: string,
): Promise<readonly GateFile[]> {
  const listed = await repository.listing(commit, FOLDER, FILES_MAX);
  if (listed.truncated) throw unfit(FOLDER, `it holds more than ${FILES_MAX} files`);
  const files: GateFile[] = [];
  for (const { path, oid } of listed.files) {
    const object = await repository.object(oid, FILE_MAX);
    if (object.kind !== "content") throw unfit(path, "its content cannot be read");
    files.push({ path, bytes: object.bytes });
  }
  for (const path of OWNERS) {
    const object = await repository.at(commit, path, FILE_MAX);
    if (object.kind === "content") files.push({ path, bytes: object.bytes });
    else if (object.kind !== "missing") throw unfit(path, "its content cannot be read");
  }
  return files;
}

const unfit = (path: string, why: string): GateError =>
  new GateError(
    "POLICY_MISSING",
    `the policy of the guard cannot be read: \`${path}\`: ${why}`,
    "mend `policy` in the settings of the guard",
  );
