// SPDX-License-Identifier: Apache-2.0
/** A bare repository behind the real hook, and somebody who pushes to it. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { SoftAuthenticator } from "@interlock/testkit";
import { calling } from "./calling.ts";

const MAIN = fileURLToPath(new URL("../../cli/dist/bundle/interlock.js", import.meta.url));

export type Files = Readonly<Record<string, string | Uint8Array>>;
export type Ran = { readonly status: number | null; readonly says: string };

export type Pushing = {
  readonly work: string;
  /** As the hook names it. */
  readonly repository: string;
  readonly commit: (files: Files, message: string) => string;
  readonly push: () => Promise<Ran>;
  readonly git: (...args: readonly string[]) => string;
  readonly close: () => void;
};

/** Two people besides the authors sign everything with a passkey. */
export const POLICY = `policy: shop
version: 1
mode: enforce
rules:
  - id: two-people
    title: Two people besides the authors sign with a passkey
    when: "true"
    covers: true
    require: { approvals: { count: 2, from: owners, via: passkey } }
    motive: a test
`;
const PEOPLE = `persons:
${["ana", "bo", "cy"].map((p) => `  - { id: ${p}, accounts: [${p}@example.com], teams: [payments] }`).join("\n")}
`;

/** Puts the hook in front of a bare repository, with a token that bo makes. */
export async function gated(
  origin: string,
  key: SoftAuthenticator,
  policy = POLICY,
  more: Files = {},
): Promise<Pushing> {
  const top = mkdtempSync(join(tmpdir(), "interlock-push-"));
  const [work, bare] = [join(top, "work"), join(top, "shop.git")];
  mkdirSync(work);
  const env = {
    ...{ PATH: process.env["PATH"] ?? "", HOME: top, LC_ALL: "C", GIT_CONFIG_NOSYSTEM: "1" },
    ...{ GIT_AUTHOR_NAME: "Ana", GIT_AUTHOR_EMAIL: "ana@example.com" },
    ...{ GIT_COMMITTER_NAME: "Ana", GIT_COMMITTER_EMAIL: "ana@example.com" },
  };
  const run = (dir: string, ...command: readonly string[]): string => {
    const [file = "", ...args] = command;
    const done = spawnSync(file, args, { cwd: dir, env, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`${command.join(" ")}: ${done.stdout}${done.stderr}`);
    return done.stdout.trim();
  };
  const git = (...args: readonly string[]) => run(work, "git", ...args);
  const commit = (files: Files, message: string): string => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), content);
    }
    git("add", "-A");
    git("commit", "-q", "-m", message);
    return git("rev-parse", "HEAD");
  };
  git("init", "-q", "-b", "main");
  commit(
    {
      CODEOWNERS: "* @payments\n",
      ...{ "interlock/policy.yaml": policy, "interlock/people.yaml": PEOPLE },
      "billing/rates.txt": Array.from({ length: 40 }, (_, i) => `rate ${i}\n`).join(""),
      "billing/old.txt": "gone soon\n",
      ...more,
    },
    "start",
  );
  run(top, "git", "clone", "-q", "--bare", work, bare);
  git("remote", "add", "origin", bare);
  const facts = JSON.parse(run(work, process.execPath, MAIN, "facts", "HEAD")) as {
    readonly change: { readonly repository: string };
  };
  const file = join(top, "token");
  writeFileSync(file, await tokenFor(origin, key, facts.change.repository));
  run(bare, process.execPath, MAIN, "hook", "install", "--server", origin, "--token-file", file);
  return {
    ...{ work, git, commit, repository: facts.change.repository },
    push: () => running(work, { ...env, REMOTE_USER: "ana@example.com" }),
    close: () => rmSync(top, { recursive: true, force: true }),
  };
}

/** Beside the test, whose own process is the server. */
function running(dir: string, env: Readonly<Record<string, string>>): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn("git", ["push", "origin", "main"], { cwd: dir, env });
    let says = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => {
        says += chunk.toString("utf8");
      });
    child.on("error", fail);
    child.on("close", (status) => done({ status, says }));
  });
}

async function tokenFor(
  origin: string,
  key: SoftAuthenticator,
  repository: string,
): Promise<string> {
  const { post } = await calling(origin, key);
  const token = await post("/api/v1/tokens", { name: "the hook", repository, verbs: ["gate"] });
  return String(token["secret"]);
}

/** The change that a refused push links to. */
export function changeIdOf({ says }: Ran): string {
  const id = /\/changes\/([0-9a-f]{20})/.exec(says)?.[1];
  if (id === undefined) throw new Error(says);
  return id;
}
