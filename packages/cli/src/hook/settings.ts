// SPDX-License-Identifier: Apache-2.0
/** What a gated repository knows of its gate: `interlock.json` inside the repository. */
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import {
  GateError,
  type Infer,
  int,
  list,
  NEVER_WITHOUT,
  object,
  optional,
  problemsOf,
  text,
} from "@interlock/core";
import { readText } from "../judge/text.ts";

export const SETTINGS_FILE = "interlock.json";

const SETTINGS = object({
  version: int(1, 1),
  server: text({ max: 2_000 }),
  token: text({ max: 200 }),
  protect: list(object({ ref: text({ max: 1_000 }), tier: optional(int(1, 4)) }), 100),
  allowIfDown: optional(list(int(1, 4), 4)),
  timeoutMs: int(1, 600_000),
});

/**
 * `allowIfDown`: of what the policy lets go on while the server is away, only these tiers do here;
 * without it, all of them.
 */
export type Settings = Infer<typeof SETTINGS>;
export type Protected = Settings["protect"][number];

export const TIMEOUT_MS = 30_000;
const TOKEN = /^[A-Za-z0-9_-]{1,200}$/;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Reads and checks the settings of a repository. Throws `GateError` with what to do. */
export function readSettings(gitDir: string): Settings {
  const path = join(gitDir, SETTINGS_FILE);
  const raw = parsed(path, readText(path));
  const problem = problemsOf(SETTINGS, raw, "no such setting")[0];
  if (problem !== undefined) throw unfit(path, `\`${problem.path}\`: ${problem.message}`);
  const settings = raw as Settings; // the walk above has checked every field
  const why = problemOf(settings);
  if (why !== null) throw unfit(path, why);
  return settings;
}

function parsed(path: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    // The content has a token in it, and what JSON.parse says may quote it.
    if (error instanceof SyntaxError) throw unfit(path, "it is no JSON");
    throw error;
  }
}

/** What no schema says; `null` when nothing is wrong. */
export function problemOf(settings: Settings): string | null {
  if (!TOKEN.test(settings.token)) return "the token is not letters, digits, `-` and `_`";
  if (settings.protect.length === 0) return "no ref is protected";
  const bad = settings.protect.find(({ ref }) => !isPattern(ref));
  if (bad !== undefined)
    return `\`${bad.ref}\` is no full name of a ref, such as \`refs/heads/main\` or \`refs/heads/release/*\``;
  if (settings.allowIfDown?.includes(NEVER_WITHOUT) === true)
    return "a push to a Tier 1 ref never goes on without the server";
  return serverProblem(settings.server);
}

/** The token goes there with every push, so it goes nowhere in clear text and stands in no address. */
export function serverProblem(server: string): string | null {
  if (!URL.canParse(server)) return "the server is no URL, such as `https://interlock.example.com`";
  const url = new URL(server);
  // by (GT15): an address with a password would be repeated in every message.
  if (url.username !== "" || url.password !== "")
    return "the server's URL holds a name or a password; the token belongs in a file";
  if (url.search !== "" || url.hash !== "") return "the server's URL has a query or a fragment";
  if (url.protocol === "https:") return null;
  return url.protocol === "http:" && LOOPBACK.has(url.hostname)
    ? null
    : "the server's URL is not `https://…`; only this machine itself is reached by `http://`";
}

const isPattern = (ref: string): boolean =>
  /^refs\/[^\s\p{Cc}*?[\\^~:]+$/u.test(ref.replace(/\/\*$/, "/x")) && !ref.includes("..");

/** The protection of a ref. Case is ignored: where files are the refs, two cases may be one ref. */
export function protectionOf(ref: string, settings: Settings): Protected | null {
  const name = ref.toLowerCase();
  const found = settings.protect.filter(({ ref: pattern }) => {
    const wanted = pattern.toLowerCase();
    return wanted.endsWith("/*") ? name.startsWith(wanted.slice(0, -1)) : name === wanted;
  });
  // Of several the strictest: the lowest tier, and one without a tier before all.
  return found.sort((a, b) => (a.tier ?? 0) - (b.tier ?? 0))[0] ?? null;
}

/** To what the settings narrow the policy's `ifDown`; `null`: they do not. by (only-tightens) */
export const narrowedBy = ({ allowIfDown }: Settings) =>
  allowIfDown === undefined
    ? null
    : { tiers: allowIfDown, saidBy: "`allowIfDown` of this repository" };

/** Only the owner may read it: it holds the token. Replaced as a whole, never half written. */
export function writeSettings(gitDir: string, settings: Settings): void {
  writeWhole(join(gitDir, SETTINGS_FILE), `${JSON.stringify(settings, null, 2)}\n`, 0o600);
}

/** Writes a file that readers see either as it was or as it is to be. */
export function writeWhole(path: string, content: string, mode: number): void {
  const draft = `${path}.${randomBytes(6).toString("hex")}.new`;
  const file = openSync(draft, "wx", mode);
  try {
    writeSync(file, content);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  // The umask may have taken away what a hook needs to be run.
  chmodSync(draft, mode);
  renameSync(draft, path);
}

const unfit = (path: string, why: string): GateError =>
  new GateError(
    "INPUT_INVALID",
    `the settings \`${path}\` do not fit: ${why}`,
    "run `interlock hook install` for this repository again",
  );
