// SPDX-License-Identifier: Apache-2.0
/** Puts the gate into a bare repository, takes it out again, and says how it stands. */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { GateError } from "@interlock/core";
import { openRepository } from "@interlock/facts";
import { writeWhole } from "../files/write.ts";
import { pinnedAt, shownTrust, TRUST_FILE } from "../provable/pinned.ts";
import { recordsKept } from "./away.ts";
import {
  protectionOf,
  readSettings,
  SETTINGS_FILE,
  type Settings,
  writeSettings,
} from "./settings.ts";

export type Place = {
  readonly gitDir: string;
  readonly hook: string;
  /** Where the hook that was there before is kept. */
  readonly kept: string;
  /** The folder of hooks is not the repository's own: others may use it. */
  readonly shared: boolean;
  /** The ref that HEAD stands for. */
  readonly main: string;
};

/** The first line by which a hook of ours is known. */
const MARK = "# interlock: judges what is pushed";
const HOOK = "pre-receive";
const KEPT = "pre-receive.before-interlock";
const HOOK_MAX_BYTES = 1_000_000;
const GIT_MS = 10_000;

/** Finds the bare repository and its folder of hooks. Throws `GateError`. */
export async function placeOf(repo: string): Promise<Place> {
  const repository = await openRepository(repo);
  const { gitDir } = repository.location;
  const main = await repository.branch();
  repository.close();
  if (gitDir !== resolve(repo) && realpathSync(gitDir) !== realpathSync(repo))
    throw new GateError(
      "USAGE",
      `\`${repo}\` is not a bare repository: where people commit, a branch moves without any hook`,
      "name the bare repository that people push to with `--repo BARE`",
    );
  const hooks = hooksFolder(gitDir);
  const inside = relative(realpathSync(gitDir), resolved(hooks));
  return {
    gitDir,
    hook: join(hooks, HOOK),
    kept: join(hooks, KEPT),
    shared: inside.startsWith("..") || inside.startsWith(sep),
    main,
  };
}

const resolved = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

/**
 * The folder that git takes hooks from, `core.hooksPath` of every configuration included. Only whoever
 * keeps the repository runs this, and reading a configuration runs nothing of it.
 */
function hooksFolder(gitDir: string): string {
  try {
    const out = execFileSync("git", ["--git-dir", gitDir, "rev-parse", "--git-path", "hooks"], {
      cwd: gitDir,
      encoding: "utf8",
      timeout: GIT_MS,
      stdio: ["ignore", "pipe", "pipe"],
    });
    return resolve(gitDir, out.replace(/\n$/, ""));
  } catch (error) {
    throw new GateError(
      "GIT_UNUSABLE",
      `git does not say where the hooks of \`${gitDir}\` are: ${firstLine(error)}`,
      "run this as the account that owns the repository",
    );
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split("\n").pop() ?? "";

/** What stands where the hook goes. */
type Standing = "nothing" | "ours" | "theirs";

export function standing(hook: string): Standing {
  const stat = lstatSync(hook, { throwIfNoEntry: false });
  if (stat === undefined) return "nothing";
  const readable = stat.isFile() && stat.size <= HOOK_MAX_BYTES;
  return readable && readFileSync(hook, "utf8").includes(MARK) ? "ours" : "theirs";
}

export type Steps = { readonly says: readonly string[]; readonly run: () => void };

/** What installing does, step by step; nothing is done before `run`. */
export function installing(place: Place, settings: Settings, program: readonly string[]): Steps {
  const { gitDir, hook, kept, shared } = place;
  const before = standing(hook);
  if (before === "theirs" && existsSync(kept)) throw twoKept(kept);
  const chained = before === "theirs" || existsSync(kept);
  const refs = settings.protect.map(({ ref, tier }) =>
    tier === undefined ? `\`${ref}\`` : `\`${ref}\` (Tier ${tier})`,
  );
  const says = [
    ...(before === "theirs"
      ? [`move the hook that is there to \`${kept}\`; it runs after ours`]
      : []),
    ...(before !== "theirs" && chained ? [`go on running \`${kept}\` after ours`] : []),
    `write \`${join(gitDir, SETTINGS_FILE)}\`, readable by its owner alone: server \`${settings.server}\`, protects ${refs.join(", ")}`,
    `${before === "ours" ? "replace" : "write"} the hook \`${hook}\``,
    ...(shared
      ? [
          "the folder of hooks lies outside of this repository: others that use it stay as they are until you install there",
        ]
      : []),
  ];
  const run = () => {
    // The settings first: a hook without them refuses every push.
    writeSettings(gitDir, settings);
    mkdirSync(join(hook, ".."), { recursive: true });
    if (before === "theirs") renameSync(hook, kept);
    writeWhole(hook, script({ program, kept: chained ? kept : null, shared }), 0o755);
  };
  return { says, run };
}

const twoKept = (kept: string): GateError =>
  new GateError(
    "INPUT_INVALID",
    `there is a hook that is not ours, and \`${kept}\` from before as well`,
    "remove the one that is no longer wanted",
  );

type Script = {
  readonly program: readonly string[];
  readonly kept: string | null;
  readonly shared: boolean;
};

/** No secret stands in it, and none on the command line that it starts (GT15). */
function script({ program, kept, shared }: Script): string {
  const words = [
    ...program,
    "hook",
    "pre-receive",
    ...(shared ? ["--only-if-installed"] : []),
    ...(kept === null ? [] : ["--then", kept]),
  ];
  return [...SCRIPT_HEAD, execLine(words), ""].join("\n");
}

const SCRIPT_HEAD = [
  "#!/bin/sh",
  MARK,
  "# Settings are in interlock.json of the repository. Change them with `interlock hook install`.",
  "# Over a local path the pusher's own environment arrives here: none of it may load code.",
  "unset NODE_OPTIONS NODE_TLS_REJECT_UNAUTHORIZED",
];
const execLine = (words: readonly string[]): string => `exec ${words.map(shellWord).join(" ")}`;

/** The words that a hook starts; `null` for one that is not as `installing` writes it. */
export function wordsOfHook(content: string): readonly string[] | null {
  const lines = content.split("\n");
  const exec = lines[SCRIPT_HEAD.length] ?? "";
  const words = [...exec.matchAll(/'([^']*)'/g)].map((match) => match[1] ?? "");
  const asWritten = [...SCRIPT_HEAD, execLine(words), ""].join("\n") === content;
  return asWritten && words[2] === "hook" && words[3] === "pre-receive" ? words : null;
}

/** The command as it runs now, by absolute paths: a hook has another PATH than a shell. */
export function ownProgram(): readonly string[] {
  const [node = "", main = ""] = process.argv;
  return [realpathSync(node), realpathSync(main)];
}

const shellWord = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** What taking the gate out does. */
export function uninstalling({ gitDir, hook, kept, shared }: Place): Steps {
  const settings = join(gitDir, SETTINGS_FILE);
  const before = standing(hook);
  const ours = before === "ours" && !shared;
  const says = [
    ...(ours ? [`remove the hook \`${hook}\``] : []),
    ...(ours && existsSync(kept) ? [`put \`${kept}\` back in its place`] : []),
    ...(before === "ours" && shared
      ? [`leave \`${hook}\`, since other repositories may use it`]
      : []),
    ...(existsSync(settings)
      ? [`remove \`${settings}\` with the token; revoke it on the server`]
      : []),
  ];
  const run = () => {
    if (ours && existsSync(kept)) renameSync(kept, hook);
    else if (ours) rmSync(hook);
    rmSync(settings, { force: true });
  };
  return { says, run };
}

/** How a repository stands: what is said, and whether every push to a protected ref is judged. */
export function status(place: Place): {
  readonly gated: boolean;
  readonly says: readonly string[];
} {
  const { gitDir, hook, kept, main } = place;
  const path = join(gitDir, SETTINGS_FILE);
  if (standing(hook) !== "ours")
    return { gated: false, says: [`not installed: \`${hook}\` is not the hook of interlock`] };
  if (!existsSync(path)) return { gated: false, says: [`no settings: \`${path}\` is missing`] };
  const settings = readSettings(gitDir);
  const doors = [...openDoors(place, settings)];
  const count = recordsKept(gitDir);
  const tiers = settings.allowIfDown?.map((tier) => `Tier ${tier}`).join(", ");
  return {
    gated: doors.length === 0,
    says: [
      `hook      ${hook}`,
      `server    ${settings.server}`,
      ...settings.protect.map(
        ({ ref, tier }) => `protects  ${ref}${tier === undefined ? "" : ` (Tier ${tier})`}`,
      ),
      `if down   as \`ifDown\` of the policy says${tiers === undefined ? "" : tiers === "" ? ", and nothing goes on here" : `, and only ${tiers}`}; see \`interlock doctor --if-down\``,
      `trust     ${trustOf(gitDir)}`,
      ...(existsSync(kept) ? [`then      ${kept}`] : []),
      ...(count === 0
        ? []
        : [`away      ${count} push(es) landed while the server or a witness was away`]),
      ...(protectionOf(main, settings) === null
        ? [`note      the default branch \`${main}\` is not protected`]
        : []),
      ...doors.map((door) => `OPEN      ${door}`),
    ],
  };
}

function trustOf(gitDir: string): string {
  const pinned = pinnedAt(gitDir);
  return pinned === null
    ? "nothing is pinned yet: the first push of Tier 1 takes what the server says, or `--trust FILE`"
    : `only ${shownTrust(pinned)} counts (${TRUST_FILE})`;
}

function* openDoors({ gitDir, hook }: Place, settings: Settings): Generator<string> {
  if ((lstatSync(hook).mode & 0o111) === 0)
    yield `git ignores a hook that may not be run: \`chmod +x ${hook}\``;
  if ((lstatSync(join(gitDir, SETTINGS_FILE)).mode & 0o077) !== 0)
    yield `others may read the token: \`chmod 600 ${join(gitDir, SETTINGS_FILE)}\``;
  const program = /^exec (.*)$/m.exec(readFileSync(hook, "utf8"))?.[1] ?? "";
  for (const word of program.matchAll(/'(\/[^']*)'/g))
    if (!existsSync(word[1] ?? "")) yield `the hook starts \`${word[1]}\`, which is not there`;
  if (settings.protect.length === 0) yield "no ref is protected";
}
