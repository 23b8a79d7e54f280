// SPDX-License-Identifier: Apache-2.0
/** What git tells a `pre-receive` hook: lines on standard input, and its environment. */
import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { GateError } from "@interlock/core";
import { canonicalAccount } from "@interlock/facts";

/** One ref that a push would move. Ids are those of git: all zeros for nothing. */
export type RefUpdate = {
  readonly old: string;
  readonly new: string;
  /** The ref that would move: where the pushed one is symbolic, the one it stands for. */
  readonly ref: string;
};

/** In bytes: about 500,000 refs. A larger push is held whole. */
export const PUSH_MAX = 64 * 1024 * 1024;
const LINE =
  /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]{40}|[0-9a-f]{64}) (refs\/[^\s\p{Cc}]{1,1000})$/u;

export const isNothing = (id: string): boolean => /^0+$/.test(id);

/** Reads the lines of a push. Throws `GateError` for what git would not have written. */
export function readPush(input: Buffer, gitDir: string): readonly RefUpdate[] {
  const content = input.toString("utf8");
  if (content !== "" && !content.endsWith("\n")) throw notFromGit("the last line has no end");
  return content
    .split("\n")
    .slice(0, -1)
    .map((line) => {
      const [, old = "", fresh = "", ref = ""] = LINE.exec(line) ?? [];
      if (ref === "" || ref.includes("..")) throw notFromGit("a line is not `old new ref`");
      return { old, new: fresh, ref: standsFor(ref, gitDir) };
    });
}

const SYMBOLIC_DEPTH = 5;
const SYMBOLIC_MAX_BYTES = 4_096;

/**
 * git moves the ref behind a symbolic one and tells the hook the name that was pushed: without this,
 * whoever pushes to an old name of a protected branch would pass it by.
 */
function standsFor(ref: string, gitDir: string): string {
  let at = ref;
  for (let depth = 0; depth < SYMBOLIC_DEPTH; depth++) {
    const path = join(gitDir, at);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || stat.isDirectory()) return at;
    if (!stat.isFile()) throw notFromGit(`\`${at}\` is kept as a link`);
    if (stat.size > SYMBOLIC_MAX_BYTES) throw notFromGit(`\`${at}\` is no ref`);
    const next = /^ref:\s*(refs\/[^\s\p{Cc}]+)\s*$/u.exec(readFileSync(path, "utf8"))?.[1];
    if (next === undefined) return at;
    if (next.includes("..")) throw notFromGit(`\`${at}\` points out of the repository`);
    at = next;
  }
  throw notFromGit(`\`${ref}\` is symbolic over more than ${SYMBOLIC_DEPTH} steps`);
}

const notFromGit = (why: string): GateError =>
  new GateError(
    "INPUT_INVALID",
    `this is not what git gives a pre-receive hook: ${why}`,
    "let git run it: `git push` to a repository with `interlock hook install`",
  );

type Environment = Readonly<Record<string, string | undefined>>;

/** The repository that git runs the hook in. */
export function pushedRepository(env: Environment, cwd: string): string {
  return resolve(cwd, env["GIT_DIR"] ?? ".");
}

/**
 * The folder where git keeps the objects of a push until its hook has agreed (git-receive-pack,
 * "Quarantine environment"). Nothing else of the environment is followed, and it must lie inside the
 * repository's own objects: a folder from elsewhere could show other objects than those that land.
 */
export function quarantineOf(env: Environment, objects: string): readonly string[] {
  const named = env["GIT_QUARANTINE_PATH"] ?? env["GIT_OBJECT_DIRECTORY"];
  if (named === undefined || named === "") return [];
  if (!existsSync(named)) throw outside(named);
  const inside = relative(realpathSync(objects), realpathSync(named));
  if (inside === "") return [];
  if (inside.split(sep)[0] === ".." || inside.includes(sep)) throw outside(named);
  return [realpathSync(named)];
}

const outside = (path: string): GateError =>
  new GateError(
    "INPUT_INVALID",
    `the objects of this push are said to lie in \`${path}\`, which is not in the repository`,
    "unset GIT_OBJECT_DIRECTORY and GIT_QUARANTINE_PATH where the hook is started",
  );

/** Variables that name who pushed, by whom they are set; each with how its value is written as an account. */
const PUSHER_VARIABLES: readonly (readonly [string, (name: string) => string])[] = [
  ["REMOTE_USER", canonicalAccount],
  ["GL_USERNAME", (name) => canonicalAccount(`gitlab:${name}`)],
  ["GITEA_PUSHER_NAME", canonicalAccount],
  ["GL_USER", canonicalAccount],
];
const NAME_MAX = 300;

/**
 * Accounts that pushed: what `--pusher` says, else every variable that a Git server sets; `null` when
 * there is none. More names can only tighten: each is one more who cannot approve.
 */
export function pusherOf(given: string | undefined, env: Environment): readonly string[] | null {
  if (given !== undefined) return [canonicalAccount(given)];
  const found = PUSHER_VARIABLES.flatMap(([variable, account]) => {
    const name = (env[variable] ?? "").toWellFormed().trim().slice(0, NAME_MAX);
    return name === "" ? [] : [account(name)];
  });
  return found.length === 0 ? null : [...new Set(found)].sort();
}
