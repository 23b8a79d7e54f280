// SPDX-License-Identifier: Apache-2.0
/**
 * A private Git directory that borrows the objects of a repository and nothing else.
 *
 * A repository is hostile input: its configuration, hooks, attributes, replacement refs, grafts and
 * promisor remotes can run programmes or change what is read. In a directory of our own none of
 * them exists, so nothing has to be switched off one by one.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Location } from "./locate.ts";

export type Sandbox = {
  readonly dir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly close: () => void;
};

/** Nothing is inherited but where programmes are found. */
export function bareEnvironment(gitDir: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_DIR: gitDir,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
  };
}

export function openSandbox(location: Location): Sandbox {
  const dir = mkdtempSync(join(tmpdir(), "interlock-git-"));
  for (const folder of ["objects/info", "objects/pack", "refs/heads"])
    mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, "HEAD"), "ref: refs/heads/none\n");
  writeFileSync(join(dir, "config"), privateConfig(objectFormat(location)));
  writeFileSync(join(dir, "objects/info/alternates"), `${quoted(location.objects)}\n`);
  const shallow = join(location.commonDir, "shallow");
  if (existsSync(shallow)) copyFileSync(shallow, join(dir, "shallow"));
  return {
    dir,
    env: bareEnvironment(dir),
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Copies the staging area, so that it can be read (and written as a tree) without the original. */
export function copyIndex(location: Location, sandbox: Sandbox): boolean {
  const index = join(location.gitDir, "index");
  if (!existsSync(index)) return false;
  copyFileSync(index, join(sandbox.dir, "index"));
  for (const name of readdirSync(location.gitDir))
    if (/^sharedindex\.[0-9a-f]+$/.test(name))
      copyFileSync(join(location.gitDir, name), join(sandbox.dir, name));
  return true;
}

function privateConfig(format: "sha1" | "sha256"): string {
  const core =
    "[core]\n\tbare = true\n\trepositoryformatversion = 1\n\tquotePath = false\n[gc]\n\tauto = 0\n[diff]\n\trenames = false\n";
  return format === "sha1" ? core : `${core}[extensions]\n\tobjectFormat = sha256\n`;
}

/** Read as text: git itself would also follow the includes of the file. */
function objectFormat(location: Location): "sha1" | "sha256" {
  const path = join(location.commonDir, "config");
  const text = existsSync(path) ? readFileSync(path, "utf8").slice(0, 100_000) : "";
  return /^\s*objectformat\s*=\s*"?sha256/im.test(text) ? "sha256" : "sha1";
}

/** The alternates file takes C-style quotes around a path with a line break or a leading quote. */
function quoted(path: string): string {
  return /[\n"]/.test(path) ? `"${path.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n")}"` : path;
}
