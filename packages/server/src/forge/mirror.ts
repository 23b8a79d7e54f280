// SPDX-License-Identifier: Apache-2.0
/** A bare mirror of a repository on a forge. Nothing of it is ever checked out or run. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { delimiter, isAbsolute } from "node:path";
import { digestOf } from "@interlock/digest";
import { type FromForge, without } from "./failure.ts";

export type Wanting = {
  /** The commit, by its full id: what a name stands for may change in between. */
  readonly commit: string;
  /** Where it is kept in the mirror, such as `refs/heads/main`. */
  readonly ref: string;
};

export type Remote = {
  /** `https://…`, or `http://` to this machine itself; without a name or a password. */
  readonly url: string;
  /** Sent to that server only. */
  readonly authorization: () => Promise<FromForge<string>>;
};

export type Mirror = {
  readonly gitDir: string;
  /** Fetches commits with all that they stand on, unless they are there. */
  readonly fetch: (wanting: readonly Wanting[]) => Promise<FromForge<null>>;
  /** Whether one commit is among the ancestors of another, or is it; both are in the mirror. */
  readonly isAncestor: (commit: string, of: string) => Promise<boolean>;
  /** The first parent of a commit; `null` where it has none. */
  readonly parentOf: (commit: string) => Promise<string | null>;
};

/** The first fetch of a large repository takes minutes; one that says nothing for so long hangs. */
const FETCH_SILENCE_MS = 600_000;
const STDERR_MAX = 2_000;
const ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
const REF = /^refs\/[A-Za-z0-9._/-]{1,500}$/;

/** Where the mirror keeps a tip: `release` and `release/1` are no folder and file of each other there. */
export const branchRef = (branch: string): string =>
  `refs/interlock/branch/${digestOf("interlock/mirror-branch/v1", branch).slice(0, 32)}`;

/** Opens the mirror in a folder, which is made when it is not there. */
export function openMirror(gitDir: string, remote: Remote, stop: AbortSignal): Mirror {
  let last: Promise<unknown> = Promise.resolve();
  const git = (args: readonly string[], env: Env = {}) => runGit(gitDir, args, { env, stop });
  const fetching = async (wanting: readonly Wanting[]): Promise<FromForge<null>> => {
    await prepare(gitDir, stop);
    const missing: Wanting[] = [];
    for (const each of wanting) if (!(await isThere(git, each))) missing.push(each);
    if (missing.length === 0) return { ok: true, value: null };
    const given = await remote.authorization();
    if (!given.ok) return given;
    const specs = missing.map(({ commit, ref }) => `+${commit}:${ref}`);
    const ran = await git(
      [
        ...["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"],
        ...["--refmap=", "--end-of-options", remote.url, ...specs],
      ],
      credentials(remote.url, given.value),
    );
    return ran.code === 0
      ? { ok: true, value: null }
      : without("away", `git fetch: ${ran.stderr.trim() || `it ended with ${ran.code}`}`);
  };
  return {
    gitDir,
    fetch: (wanting) => {
      const unfit = wanting.find(({ commit, ref }) => !ID.test(commit) || !isRef(ref));
      if (unfit !== undefined)
        return Promise.resolve(without("unfit", `\`${unfit.ref}\` is no name of a ref`));
      // One at a time: two fetches into one repository wait for each other's locks and then fail.
      const next = last.then(() => fetching(wanting));
      last = next.catch(() => undefined);
      return next;
    },
    isAncestor: async (commit, of) =>
      ID.test(commit) &&
      ID.test(of) &&
      (await git(["merge-base", "--is-ancestor", "--end-of-options", commit, of])).code === 0,
    parentOf: async (commit) => {
      if (!ID.test(commit)) return null;
      const ran = await git([
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        `${commit}^1`,
      ]);
      const parent = ran.stdout.trim();
      return ran.code === 0 && ID.test(parent) ? parent : null;
    },
  };
}

/** A name that no path, option or refspec hides in (GT1). */
const isRef = (ref: string): boolean =>
  REF.test(ref) &&
  !ref.includes("..") &&
  !ref.includes("//") &&
  !/(?:^|\/)\.|\.lock(?:\/|$)|\/$/.test(ref);

async function prepare(gitDir: string, stop: AbortSignal): Promise<void> {
  if (existsSync(`${gitDir}/HEAD`)) return;
  mkdirSync(gitDir, { recursive: true, mode: 0o700 });
  const ran = await runGit(gitDir, ["init", "--quiet", "--bare", "--template="], {
    ...{ env: {}, stop },
  });
  if (ran.code !== 0) throw new Error(`the mirror \`${gitDir}\` cannot be made: ${ran.stderr}`);
}

type Git = (args: readonly string[], env?: Env) => Promise<Ran>;

/** A ref is written after all that it stands on, so what a ref names is complete. */
async function isThere(git: Git, { commit, ref }: Wanting): Promise<boolean> {
  const ran = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", ref]);
  return ran.code === 0 && ran.stdout.trim() === commit;
}

/**
 * The credential stands in the environment, which only this account reads: never on a command line, in
 * an address or in a file (GT15).
 */
function credentials(url: string, authorization: string): Env {
  const { origin, protocol } = new URL(url);
  const settings = [
    [`http.${origin}/.extraHeader`, `Authorization: ${authorization}`],
    ["http.followRedirects", "false"],
    ["credential.helper", ""],
    ["fetch.fsckObjects", "true"],
    // Written by old programs; they mislead nobody, and whole histories have them.
    ["fetch.fsck.zeroPaddedFilemode", "ignore"],
    ["fetch.fsck.badTimezone", "ignore"],
    ["fetch.fsck.missingSpaceBeforeDate", "ignore"],
    ["gc.autoDetach", "false"],
  ];
  return {
    GIT_ALLOW_PROTOCOL: protocol === "https:" ? "https" : "http",
    GIT_CONFIG_COUNT: String(settings.length),
    ...Object.fromEntries(
      settings.flatMap(([key = "", value = ""], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
  };
}

type Env = Readonly<Record<string, string>>;
type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Absolute folders only: a relative one would run what lies where we happen to be. */
const searchPath = (): string =>
  (process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin")
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .join(delimiter);

/** Of what surrounds us git learns nothing but where programs are. No configuration is read but its own. */
function runGit(
  gitDir: string,
  args: readonly string[],
  { env, stop }: { readonly env: Env; readonly stop: AbortSignal },
): Promise<Ran> {
  return new Promise((done) => {
    const child = spawn("git", ["--no-pager", ...args], {
      cwd: gitDir,
      env: {
        PATH: searchPath(),
        HOME: gitDir,
        XDG_CONFIG_HOME: gitDir,
        LC_ALL: "C",
        GIT_DIR: gitDir,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_CONFIG_SYSTEM: "/dev/null",
        GIT_CONFIG_GLOBAL: "/dev/null",
        GIT_ATTR_NOSYSTEM: "1",
        GIT_NO_REPLACE_OBJECTS: "1",
        GIT_NO_LAZY_FETCH: "1",
        GIT_ALLOW_PROTOCOL: "",
        GIT_PROTOCOL_FROM_USER: "0",
        GIT_TERMINAL_PROMPT: "0",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
      signal: stop,
    });
    let stdout = "";
    let stderr = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), FETCH_SILENCE_MS);
    child.stdout.on("data", (chunk: Buffer) => {
      if (stdout.length < STDERR_MAX) stdout += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      timer.refresh();
      if (stderr.length < STDERR_MAX) stderr += chunk.toString("utf8");
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      done({ code: -1, stdout: "", stderr: error.message });
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      done({ code: code ?? -1, stdout, stderr });
    });
  });
}
