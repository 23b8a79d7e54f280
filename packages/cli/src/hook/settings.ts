// SPDX-License-Identifier: Apache-2.0
/** What a gated repository knows of its gate: `interlock.json` inside the repository. */
import { join } from "node:path";
import { type Infer, int, list, NEVER_WITHOUT, object, optional, text } from "@interlock/core";
import { writeWhole } from "../files/write.ts";
import { settingsFrom } from "../settings/file.ts";
import { serverProblem } from "../settings/server.ts";
import { isToken } from "../settings/token.ts";

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

/** Reads and checks the settings of a repository. Throws `GateError` with what to do. */
export const readSettings = (gitDir: string): Settings =>
  settingsFrom(join(gitDir, SETTINGS_FILE), {
    ...{ schema: SETTINGS, problemOf },
    remedy: "run `interlock hook install` for this repository again",
  });

/** What no schema says; `null` when nothing is wrong. */
export function problemOf(settings: Settings): string | null {
  if (!isToken(settings.token)) return "the token is not letters, digits, `-` and `_`";
  if (settings.protect.length === 0) return "no ref is protected";
  const bad = settings.protect.find(({ ref }) => !isPattern(ref));
  if (bad !== undefined)
    return `\`${bad.ref}\` is no full name of a ref, such as \`refs/heads/main\` or \`refs/heads/release/*\``;
  if (settings.allowIfDown?.includes(NEVER_WITHOUT) === true)
    return "a push to a Tier 1 ref never goes on without the server";
  return serverProblem(settings.server);
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
