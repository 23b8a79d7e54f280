// SPDX-License-Identifier: Apache-2.0
/**
 * A change of keys as a change in Git: a repository for this one question, whose tree before and after
 * holds the keys that are touched, beside the gate's own files, which are the same on both sides.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { openRepository, type Repository } from "@interlock/facts";
import type { GateFile } from "./gate-files.ts";
import type { Effect } from "./plan.ts";

export type Scratch = {
  readonly repository: Repository;
  /** Commits; equal for equal content. */
  readonly before: string;
  readonly after: string;
  readonly close: () => void;
};

const FOLDER = "scratch";
const GIT_MS = 60_000;

/** Nothing is left of a guard that was killed. */
export function clearScratch(state: string): void {
  rmSync(join(state, FOLDER), { recursive: true, force: true });
  mkdirSync(join(state, FOLDER), { recursive: true, mode: 0o700 });
}

export async function openScratch(
  state: string,
  effects: readonly Effect[],
  gate: readonly GateFile[],
): Promise<Scratch> {
  const home = mkdtempSync(join(state, FOLDER, "change-"));
  const remove = () => rmSync(home, { recursive: true, force: true });
  try {
    await git(home, ["init", "-q", "--bare", "-b", "after", "."]);
    await git(home, ["fast-import", "--quiet", "--done"], streamOf(effects, gate));
    const repository = await openRepository(home);
    const close = () => {
      repository.close();
      remove();
    };
    const before = await repository.resolve("refs/heads/before");
    return { repository, before, after: await repository.resolve("refs/heads/after"), close };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Who asked stands in the question; a commit of the guard's own speaks of nobody, and of no time. */
const COMMITTER = "committer interlock guard <guard@invalid> 0 +0000\n";

function streamOf(effects: readonly Effect[], gate: readonly GateFile[]): Uint8Array {
  const before = effects.flatMap(({ path, before: bytes }) =>
    bytes === null ? [] : [put(path, bytes)],
  );
  const after = effects.map(({ path, after: bytes }) =>
    bytes === null ? text(`D ${path}\n`) : put(path, bytes),
  );
  return Buffer.concat([
    ...[text(`commit refs/heads/before\nmark :1\n${COMMITTER}data 0\n`), ...before],
    ...gate.map(({ path, bytes }) => put(quoted(path), bytes)),
    ...[text(`commit refs/heads/after\n${COMMITTER}data 0\nfrom :1\n`), ...after],
    text("done\n"),
  ]);
}

const text = (line: string): Buffer => Buffer.from(line);
const put = (path: string, bytes: Uint8Array): Buffer =>
  Buffer.concat([text(`M 100644 inline ${path}\ndata ${bytes.length}\n`), bytes, text("\n")]);

/** Paths of keys need no quotes (see `path.ts`); those of the gate's files come from elsewhere. */
const quoted = (path: string): string =>
  `"${path.replace(/["\\]/g, "\\$&").replaceAll("\n", "\\n")}"`;

function git(home: string, args: readonly string[], input?: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("git", [...args], {
      cwd: home,
      stdio: ["pipe", "ignore", "pipe"],
      timeout: GIT_MS,
      // by (GT3, GT5): no template, hook or setting of the machine has a say.
      env: {
        PATH: process.env["PATH"] ?? "",
        ...{ GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null", GIT_TEMPLATE_DIR: "" },
        ...(args[0] === "init" ? {} : { GIT_DIR: home }),
      },
    });
    const errors: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
    child.stdin.on("error", () => undefined);
    child.on("error", (error) => reject(unusable(args, error.message)));
    child.on("close", (code) =>
      code === 0
        ? resolve()
        : reject(unusable(args, Buffer.concat(errors).toString("utf8").slice(0, 500))),
    );
    child.stdin.end(input);
  });
}

const unusable = ([command = ""]: readonly string[], why: string): GateError =>
  new GateError(
    "GIT_UNUSABLE",
    `\`git ${command}\` fails in the state folder of the guard: ${why.trim()}`,
    "check that git is installed and the folder is writable",
  );
