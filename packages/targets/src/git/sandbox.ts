// SPDX-License-Identifier: Apache-2.0
/**
 * A private Git directory from which a repository is read and written. On this machine it borrows the
 * objects and refs of the repository, so that locks of refs are the repository's own, and nothing else:
 * its configuration, hooks, attributes and grafts are never read or run. Of one elsewhere it keeps what
 * was fetched.
 */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, isAbsolute, join } from "node:path";
import type { GitSettings } from "./settings.ts";

export type Sandbox = {
  readonly dir: string;
  /** A directory with refs of its own, for programmes that leave some behind. */
  readonly side: string;
  readonly env: Readonly<Record<string, string>>;
  readonly sideEnv: Readonly<Record<string, string>>;
  readonly close: () => void;
};

const CONFIG_MAX_BYTES = 1_000_000;
/** A single allocation beyond it makes git give up instead of the machine. */
const GIT_ALLOCATION_MAX = "1g";
/** What git asks of a repository's format; another extension may mean that we misread it. */
const EXTENSION = /^\s*\[\s*extensions\s*\]|^\s*\[extensions\]/im;

/** Throws an error of the system when the repository is not there, or one that says what is wrong with it. */
export function openSandbox(settings: GitSettings): Sandbox {
  const { repository, isRemote } = settings;
  if (!isRemote) assureReadable(repository);
  const dir = mkdtempSync(join(tmpdir(), "interlock-target-"));
  const side = join(dir, "side");
  for (const place of [dir, side]) {
    mkdirSync(join(place, "objects/info"), { recursive: true });
    mkdirSync(join(place, "objects/pack"), { recursive: true });
    writeFileSync(join(place, "HEAD"), "ref: refs/heads/none\n");
    writeFileSync(join(place, "config"), CONFIG);
  }
  mkdirSync(join(side, "refs"));
  if (isRemote) mkdirSync(join(dir, "refs"));
  else
    for (const name of ["refs", "packed-refs"])
      symlinkSync(join(repository, name), join(dir, name));
  const objects = isRemote ? join(dir, "objects") : join(repository, "objects");
  const env = { ...environment(dir, settings), GIT_OBJECT_DIRECTORY: objects };
  return {
    dir,
    side,
    env: { ...env, GIT_DIR: dir },
    sideEnv: { ...env, GIT_DIR: side },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function assureReadable(repository: string): void {
  for (const name of ["objects", "refs", "HEAD"]) statSync(join(repository, name));
  const path = join(repository, "config");
  if (statSync(path).size > CONFIG_MAX_BYTES) throw new UnknownFormat(`\`${path}\` is too large`);
  if (EXTENSION.test(readFileSync(path, "utf8")))
    throw new UnknownFormat(`\`${repository}\` uses extensions of the repository format`);
}

/** A repository that we might misread. */
export class UnknownFormat extends Error {
  override readonly name = "UnknownFormat";
}

/** Everything that is committed lasts before a ref names it, and the ref before we say so. */
const CONFIG = `[core]
\tbare = true
\trepositoryformatversion = 0
\thooksPath = /dev/null
\tattributesFile = /dev/null
\tfsmonitor = false
\tcommitGraph = false
\tuseReplaceRefs = false
\tlogAllRefUpdates = false
\tfsync = all
[gc]
\tauto = 0
[maintenance]
\tauto = false
[fetch]
\tfsckObjects = true
[http]
\tfollowRedirects = false
\tlowSpeedLimit = 1000
\tlowSpeedTime = 30
[credential]
\thelper =
[push]
\tgpgSign = false
[protocol]
\tallow = never
`;

/** Built from nothing: of what surrounds us only the places of programmes are passed on. */
function environment(
  dir: string,
  { repository, user, token }: GitSettings,
): Readonly<Record<string, string>> {
  const path = (process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .join(delimiter);
  const basic = Buffer.from(`${user}:${token ?? ""}`).toString("base64");
  return {
    PATH: path,
    HOME: dir,
    XDG_CONFIG_HOME: dir,
    LC_ALL: "C",
    TZ: "UTC",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_GRAFT_FILE: "/dev/null",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "http:https",
    GIT_TERMINAL_PROMPT: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_ALLOC_LIMIT: GIT_ALLOCATION_MAX,
    // Not on the command line, where every account of the machine could read it.
    ...(token === null
      ? {}
      : {
          GIT_CONFIG_COUNT: "1",
          GIT_CONFIG_KEY_0: `http.${repository}.extraHeader`,
          GIT_CONFIG_VALUE_0: `Authorization: Basic ${basic}`,
        }),
  };
}
