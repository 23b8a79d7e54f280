/** Repositories on disk to run the built command in. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, onTestFinished, TestRunner } from "vitest";

export const MAIN = fileURLToPath(new URL("../dist/bundle/interlock.js", import.meta.url));

type Undo = () => unknown;
const ofFile: Undo[] = [];
afterAll(async () => {
  for (const undo of ofFile.splice(0).reverse()) await undo();
});

/** Undoes what was set up when the test ends or, outside of one, when its file does. */
export function whenDone(undo: Undo): void {
  if (TestRunner.getCurrentTest() === undefined) ofFile.push(undo);
  else
    onTestFinished(async () => {
      await undo();
    });
}

export function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), "interlock-cli-"));
  whenDone(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** Runs the command as a pipeline would; a stack trace on stderr fails the test. */
export function interlock(dir: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
    cwd: dir,
    encoding: "utf8",
    maxBuffer: 1 << 27,
    env: { PATH: process.env["PATH"] ?? "", HOME: dir },
  });
  expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
  return { status, stdout, stderr };
}

export function git(dir: string, ...args: readonly string[]): string {
  const who = ["-c", "user.name=ana", "-c", "user.email=ana@example.com"];
  const { status, stdout, stderr } = spawnSync("git", ["-C", dir, ...who, ...args], {
    encoding: "utf8",
  });
  expect([args[0], status, stderr]).toEqual([args[0], 0, stderr]);
  return stdout.trim();
}

export type Files = Readonly<Record<string, string | Buffer>>;

export function put(dir: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), content);
  }
}

export function commit(dir: string, files: Files, message: string): string {
  put(dir, files);
  git(dir, "add", "-A");
  git(dir, "commit", "-q", "--allow-empty", "-m", message);
  return git(dir, "rev-parse", "HEAD");
}

/** A repository with one commit for each set of files. */
export function repository(...states: readonly Files[]): string {
  const dir = folder();
  git(dir, "init", "-q", "-b", "main");
  for (const [i, files] of states.entries()) commit(dir, files, `state ${i}`);
  return dir;
}

export const web = (replicas: number): string => `apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: shop }
spec:
  replicas: ${replicas}
`;

export const ENFORCED = "policy: shop\nversion: 1\nmode: enforce\npacks: [reliability-core]\n";
