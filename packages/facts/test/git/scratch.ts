// SPDX-License-Identifier: Apache-2.0
/** Builds small repositories in temporary folders, with git itself and with objects made by hand. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "interlock-test-"));
  folders.push(folder);
  return folder;
}

const ENVIRONMENT = {
  PATH: process.env["PATH"] ?? "",
  HOME: "/nonexistent",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "ana",
  GIT_AUTHOR_EMAIL: "ana@example.com",
  GIT_AUTHOR_DATE: "1700000000 +0100",
  GIT_COMMITTER_NAME: "bo",
  GIT_COMMITTER_EMAIL: "bo@example.com",
  GIT_COMMITTER_DATE: "1700000060 +0000",
};

export type Content = string | Uint8Array;

export type Scratch = {
  readonly dir: string;
  readonly git: (...args: string[]) => string;
  /** Runs git with text or bytes on its input. */
  readonly gitWith: (input: Content, ...args: string[]) => string;
  readonly write: (files: Readonly<Record<string, Content>>) => void;
  /** Writes and removes (`null`) files, commits everything, and returns the id of the commit. */
  readonly commit: (files: Readonly<Record<string, Content | null>>, message?: string) => string;
  /** Stores an object as it is, well-formed or not, and returns its id. */
  readonly object: (type: "blob" | "tree" | "commit" | "tag", content: Content) => string;
};

export function gitAt(dir: string, input: Content, args: readonly string[]): string {
  return execFileSync("git", ["-c", "safe.directory=*", ...args], {
    cwd: dir,
    env: ENVIRONMENT,
    input,
    stdio: ["pipe", "pipe", "pipe"],
    maxBuffer: 256 * 1024 * 1024,
    timeout: 30_000,
  })
    .toString("latin1")
    .replace(/\n$/, "");
}

export function scratch(...init: string[]): Scratch {
  const repo = scratchAt(scratchFolder());
  repo.git("init", "-q", "-b", "main", ...init);
  return repo;
}

/** A copy of a repository, for tests that spoil it. */
export function copyOf(original: Scratch): Scratch {
  const dir = scratchFolder();
  cpSync(original.dir, dir, { recursive: true });
  return scratchAt(dir);
}

export function scratchAt(dir: string): Scratch {
  const gitWith = (input: Content, ...args: string[]) => gitAt(dir, input, args);
  const git = (...args: string[]) => gitWith("", ...args);
  const write = (files: Readonly<Record<string, Content>>) => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), content);
    }
  };
  return {
    dir,
    git,
    gitWith,
    write,
    commit: (files, message = "change") => {
      for (const [path, content] of Object.entries(files))
        if (content === null) rmSync(join(dir, path), { force: true });
        else write({ [path]: content });
      git("add", "-A");
      git("commit", "-q", "--allow-empty", "--no-verify", "-m", message);
      return git("rev-parse", "HEAD");
    },
    object: (type, content) =>
      gitWith(content, "hash-object", "-w", "--literally", "-t", type, "--stdin"),
  };
}

/** Raw bytes of a tree entry. */
export function treeEntry(mode: string, name: Content, oid: string): Buffer {
  return Buffer.concat([
    Buffer.from(`${mode} `),
    Buffer.from(name),
    Buffer.from([0]),
    Buffer.from(oid, "hex"),
  ]);
}
