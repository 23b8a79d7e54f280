import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

export type Scratch = {
  readonly dir: string;
  readonly git: (...args: readonly string[]) => string;
  readonly write: (path: string, text: string | Buffer) => void;
  /** Commits everything and gives the commit's id. */
  readonly commit: (message: string) => string;
};

/** A repository that is removed when the test ends. */
export function scratch(): Scratch {
  const dir = mkdtempSync(join(tmpdir(), "interlock-test-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: dir,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "ana",
    GIT_AUTHOR_EMAIL: "ana@example.com",
    GIT_COMMITTER_NAME: "ana",
    GIT_COMMITTER_EMAIL: "ana@example.com",
    GIT_AUTHOR_DATE: "2030-05-02T09:00:00Z",
    GIT_COMMITTER_DATE: "2030-05-02T09:00:00Z",
  };
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-C", dir, ...args], {
      env,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  git("init", "-q", "-b", "main");
  return {
    dir,
    git,
    write: (path, text) => {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    },
    commit: (message) => {
      git("add", "-A");
      git("commit", "-q", "--allow-empty", "-m", message);
      return git("rev-parse", "HEAD");
    },
  };
}
