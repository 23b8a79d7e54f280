// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTarget, type Target } from "@interlock/targets";
import type { Place } from "./place.ts";

const WHO = { name: "ana", email: "ana@example.com" };

export type GitPlace = Place & { readonly repository: string };

export function gitIn(
  dir: string,
  args: readonly string[],
  input: string | Uint8Array = "",
): string {
  const env = {
    PATH: process.env["PATH"] ?? "",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_AUTHOR_NAME: WHO.name,
    GIT_AUTHOR_EMAIL: WHO.email,
    GIT_COMMITTER_NAME: WHO.name,
    GIT_COMMITTER_EMAIL: WHO.email,
  };
  const { status, stdout, stderr } = spawnSync("git", args, { cwd: dir, env, input });
  if (status !== 0) throw new Error(`git ${args[0]}: ${stderr.toString()}`);
  return stdout.toString().trim();
}

/** `through`: what to name as the repository instead of its path. */
export async function gitPlace(through?: (home: string) => string): Promise<GitPlace> {
  const home = mkdtempSync(join(tmpdir(), "interlock-bare-"));
  const repository = join(home, "config.git");
  gitIn(home, ["init", "--quiet", "--bare", repository]);
  const open: Target[] = [];
  const again = async () => {
    const settings = {
      repository: through?.(home) ?? repository,
      cells: {
        one: { branch: "main", folder: "clusters/one" },
        two: { branch: "main", folder: "clusters/two" },
      },
      pollMs: 10,
    };
    const opened = await openTarget({ name: "gitops", kind: "git", settings }, async () => null);
    if (!opened.ok) throw new Error(opened.failure.message);
    open.push(opened.value);
    return opened.value;
  };
  return {
    repository,
    target: await again(),
    cells: ["one", "two"],
    again,
    around: async (cell, key, value) => commitAround(repository, `clusters/${cell}/${key}`, value),
    remove: async () => {
      await Promise.all(open.map((target) => target.close()));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Commits as a person would who works on another machine and pushes. */
export function commitAround(repository: string, path: string, value: Uint8Array | null): void {
  const data = value === null ? "" : `data ${value.length}\n${Buffer.from(value)}\n`;
  const change = value === null ? `D ${path}\n` : `M 100644 inline ${path}\n${data}`;
  const heads = gitIn(repository, ["for-each-ref", "--format=%(objectname)", "refs/heads/main"]);
  const from = heads === "" ? "" : `from ${heads}\n`;
  const who = `${WHO.name} <${WHO.email}> now`;
  const stream = `commit refs/heads/main\ncommitter ${who}\ndata 6\naround\n${from}${change}`;
  gitIn(repository, ["fast-import", "--quiet", "--date-format=now"], stream);
}
