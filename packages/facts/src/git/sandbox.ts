// SPDX-License-Identifier: Apache-2.0
/**
 * A private Git directory that borrows the objects and refs of a repository and nothing else.
 *
 * A repository is hostile input: its configuration, hooks, attributes, replacement refs, grafts and
 * promisor remotes can run programmes or change what is read. In a directory of our own none of
 * them exists, so nothing has to be switched off one by one. Because nothing of the repository is
 * ever run, one that another account owns is as safe to read as our own, and git, told the directory
 * outright, does not ask whose it is.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Layout } from "./layout.ts";
import { type GitPlace, searchPath } from "./process.ts";

export type Sandbox = GitPlace & {
  /** The id of the tree without entries, in the repository's own hash. */
  readonly emptyTree: string;
  readonly close: () => void;
};

export const EMPTY_TREES = {
  sha1: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  sha256: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
} as const;

/** A single allocation beyond it makes git give up instead of the machine (a delta or tree bomb). */
const GIT_ALLOCATION_MAX = "1g";
/** Blobs above it are streamed by git rather than held. */
const STREAMED_ABOVE = "8m";

const OPEN = new Set<string>();
let watching = false;

export function openSandbox(layout: Layout): Sandbox {
  const dir = mkdtempSync(join(tmpdir(), "interlock-git-"));
  removeAtExit(dir);
  for (const folder of ["objects/info", "objects/pack"])
    mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, "HEAD"), layout.head);
  writeFileSync(join(dir, "config"), privateConfig(layout));
  const stores = [layout.objects, ...layout.extraObjects].map((path) => `${cQuoted(path)}\n`);
  writeFileSync(join(dir, "objects/info/alternates"), stores.join(""));
  borrowRefs(layout, dir);
  const emptyTree = EMPTY_TREES[layout.format];
  return {
    dir,
    env: environment(dir, emptyTree),
    emptyTree,
    close: () => {
      rmSync(dir, { recursive: true, force: true });
      OPEN.delete(dir);
    },
  };
}

/** Copies the staging area, so that it can be read (and written as a tree) without the original. */
export function copyIndex(layout: Layout, sandbox: Sandbox): boolean {
  const index = join(layout.gitDir, "index");
  if (!existsSync(index)) return false;
  copyFileSync(index, join(sandbox.dir, "index"));
  for (const name of readdirSync(layout.gitDir))
    if (/^sharedindex\.[0-9a-f]{40,64}$/.test(name))
      copyFileSync(join(layout.gitDir, name), join(sandbox.dir, name));
  return true;
}

/** Built from nothing: of what surrounds us only the places of programmes are passed on. */
function environment(dir: string, emptyTree: string): Readonly<Record<string, string>> {
  return {
    PATH: searchPath().join(delimiter),
    HOME: dir,
    XDG_CONFIG_HOME: dir,
    LC_ALL: "C",
    TZ: "UTC",
    GIT_DIR: dir,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_SYSTEM: "/dev/null",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    // git 2.43 and later would read attributes from HEAD of a bare repository.
    GIT_ATTR_SOURCE: emptyTree,
    GIT_GRAFT_FILE: "/dev/null",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_NO_LAZY_FETCH: "1",
    // An empty list allows no protocol at all.
    GIT_ALLOW_PROTOCOL: "",
    GIT_PROTOCOL_FROM_USER: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_TERMINAL_PROMPT: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_ALLOC_LIMIT: GIT_ALLOCATION_MAX,
    ...(process.env["SystemRoot"] === undefined ? {} : { SystemRoot: process.env["SystemRoot"] }),
  };
}

/**
 * The commit graph is switched off because it is not content-addressed: a forged one would show other
 * parents than the commits have.
 */
function privateConfig({ format }: Layout): string {
  const lines = [
    "[core]",
    "\tbare = true",
    `\trepositoryformatversion = ${format === "sha1" ? 0 : 1}`,
    "\tcommitGraph = false",
    "\tfsmonitor = false",
    "\thooksPath = /dev/null",
    "\tattributesFile = /dev/null",
    "\tuseReplaceRefs = false",
    `\tbigFileThreshold = ${STREAMED_ABOVE}`,
    "[protocol]",
    "\tallow = never",
    "[gc]",
    "\tauto = 0",
    "[maintenance]",
    "\tauto = false",
    ...(format === "sha1" ? [] : ["[extensions]", "\tobjectFormat = sha256"]),
  ];
  return `${lines.join("\n")}\n`;
}

function borrowRefs(layout: Layout, dir: string): void {
  borrow(join(layout.commonDir, "refs"), join(dir, "refs"), "junction");
  if (!existsSync(join(dir, "refs"))) mkdirSync(join(dir, "refs"));
  borrow(join(layout.commonDir, "logs"), join(dir, "logs"), "junction");
  for (const name of ["packed-refs", "shallow"])
    borrow(join(layout.commonDir, name), join(dir, name), "file");
  for (const name of ["ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD"])
    borrow(join(layout.gitDir, name), join(dir, name), "file");
}

function borrow(from: string, to: string, kind: "file" | "junction"): void {
  if (!existsSync(from)) return;
  // Windows gives ordinary accounts no links to files; a copy shows the refs as they are now.
  if (kind === "file" && process.platform === "win32") copyFileSync(from, to);
  else symlinkSync(from, to, kind);
}

/** The alternates file takes C-style quotes, without which `#` or a line break would be misread. */
const cQuoted = (path: string): string =>
  `"${path.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r")}"`;

/** An interrupted run must not leave its directories behind. */
function removeAtExit(dir: string): void {
  OPEN.add(dir);
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const open of OPEN) rmSync(open, { recursive: true, force: true });
  });
}
