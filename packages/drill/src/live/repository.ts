// SPDX-License-Identifier: Apache-2.0
/** A repository behind the gate, and people who push to it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { GateError } from "@interlock/core";
import { type Ran, ran } from "./children.ts";

export type Repository = {
  /** As the gate names it. */
  readonly identity: string;
  readonly protect: (server: string, token: string) => Promise<void>;
  readonly commit: (files: Readonly<Record<string, string>>, subject: string) => Promise<void>;
  /** Pushes as a person: `null` where it was taken, else the id of the change that waits. */
  readonly push: (as: string) => Promise<string | null>;
};

type Terms = {
  /** How `interlock` is run. */
  readonly interlock: readonly string[];
  readonly folder: string;
  readonly files: Readonly<Record<string, string>>;
};

const AUTHOR = "ana";
/** As a server says who is at the other end. */
const account = (person: string): string => `${person}@example.com`;

/** A bare repository with a first commit, and a clone to work in. */
export async function openRepository({ interlock, folder, files }: Terms): Promise<Repository> {
  const work = join(folder, "work");
  const bare = join(folder, "shop.git");
  const token = join(folder, "token");
  const [file = "", ...first] = interlock;
  const env = {
    ...{ HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
    ...{ GIT_AUTHOR_NAME: AUTHOR, GIT_AUTHOR_EMAIL: account(AUTHOR) },
    ...{ GIT_COMMITTER_NAME: AUTHOR, GIT_COMMITTER_EMAIL: account(AUTHOR) },
  };
  const git = (dir: string, ...args: readonly string[]) =>
    ran({ file: "git", args, env }, dir).then((done) => wanted(`git ${args[0]}`, done));
  const ours = (dir: string, ...args: readonly string[]) =>
    ran({ file, args: [...first, ...args], env }, dir).then((done) =>
      wanted(`interlock ${args[0]}`, done),
    );
  const commit = async (added: Readonly<Record<string, string>>, subject: string) => {
    for (const [path, text] of Object.entries(added)) {
      mkdirSync(dirname(join(work, path)), { recursive: true });
      writeFileSync(join(work, path), text);
    }
    await git(work, "add", "-A");
    await git(work, "commit", "-q", "-m", subject);
  };
  mkdirSync(work, { recursive: true });
  await git(work, "init", "-q", "-b", "main");
  await commit(files, "the shop");
  await git(folder, "clone", "-q", "--bare", work, bare);
  const facts = JSON.parse((await ours(work, "facts", "HEAD")).out) as {
    readonly change: { readonly repository: string };
  }; // as `interlock schema facts` describes it
  return {
    identity: facts.change.repository,
    commit,
    protect: async (server, secret) => {
      writeFileSync(token, `${secret}\n`, { mode: 0o600 });
      await ours(bare, "hook", "install", "--server", server, "--token-file", token);
    },
    push: async (as) => {
      const args = ["push", bare, "main"];
      const pushed = await ran(
        { file: "git", args, env: { ...env, REMOTE_USER: account(as) } },
        work,
      );
      if (pushed.status === 0) return null;
      const change = /\/changes\/([0-9a-f]{20})/.exec(pushed.err)?.[1];
      return change ?? wanted("git push", pushed).err;
    },
  };
}

function wanted(what: string, done: Ran): Ran {
  if (done.status === 0) return done;
  throw new GateError(
    "JUDGING_STOPPED",
    `\`${what}\` ended with ${done.status}: ${`${done.err}${done.out}`.trim().slice(-1_000)}`,
    "run the drill again",
  );
}
