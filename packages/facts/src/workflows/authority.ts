// SPDX-License-Identifier: Apache-2.0
/** Which lines of a workflow hold secrets, rights to write, or bring something to where others use it. */
import type { ChangedFile } from "../source.ts";

const PRIVILEGED =
  /\bsecrets\.(?!GITHUB_TOKEN\b)\w|:\s{0,9}write(?:-all)?\b|\b(?:deploy|kubectl|terraform apply|helm (?:upgrade|install)|docker push|npm publish|twine upload|cargo publish|aws s3)\b/i;

/** A version, commit or digest behind a name, with the comment that bots keep beside it. */
const VERSIONS =
  /(\buses:\s{0,20}["']?[\w./-]{1,200})@[\w./-]{1,200}["']?(?:[ \t]{1,20}#[ \t]?[\w. ./-]{1,80})?$|(\bimage:\s{0,20}["']?[\w./-]{1,200}):[\w.@:-]{1,200}/gm;

/** Names, texts and conditions: what they mention is not run because of them. */
const SAYS_NOTHING =
  /^(?:(?:name|run-name|description|default|title|group|if|timeout-minutes|id)\s*:|#)/;

const SECRET = /\bsecrets\.(?!GITHUB_TOKEN\b)([A-Za-z_]\w{0,100})/g;
const WRITE = /\b([a-z][a-z-]{1,40})["']?:\s{0,9}["']?write(?:-all)?\b/g;
/** Commands and actions that bring something to where others use it; those that only look do not. */
const DEPLOYS =
  /(?<![\w-])(?:deploy(?![\w-])|kubectl\s(?:[^|;&]{0,80}\s)?(?:apply|create|delete|replace|patch|rollout|scale|set)\b|terraform apply|helm (?:upgrade|install)|docker push|npm publish|twine upload|cargo publish|aws s3 (?:cp|mv|rm|sync))/i;
/** How patiently and how loudly a command works; not on what. */
const MANNERS =
  /\s--?(?:atomic|wait|debug|verbose|quiet|no-progress|color|timeout[= ]\S{1,40}|history-max[= ]\S{1,10})(?=\s|$)/g;
const VERSION_NUMBER = /\bv?\d+(?:\.\d+)+[\w.+-]*/g;

/** A text without the versions that it names; raising those is the daily work of bots. */
export const withoutVersions = (text: string | null): string | null =>
  text?.replace(VERSIONS, (_, uses?: string, image?: string) => uses ?? image ?? "") ?? null;

/** Whether a workflow holds a secret or a right to write, or deploys. */
export const isPrivileged = (text: string | null): boolean =>
  text !== null && PRIVILEGED.test(text);

export type Granted = { readonly line: number; readonly text: string };

/** Secrets, scopes and deployments by what they are, with the first line that has each. */
function grantsOf(text: string | null): ReadonlyMap<string, Granted> {
  const found = new Map<string, Granted>();
  for (const [i, raw] of (withoutVersions(text) ?? "").split("\n").entries()) {
    const line = raw
      .trim()
      .replace(/^-\s+/, "")
      .replace(/\s+#.*$/, "");
    if (SAYS_NOTHING.test(line)) continue;
    for (const grant of grantsIn(line))
      if (!found.has(grant)) found.set(grant, { line: i + 1, text: line });
  }
  return found;
}

const grantsIn = (line: string): readonly string[] => [
  ...[...line.matchAll(SECRET)].map((m) => `secret ${m[1] ?? ""}`),
  ...[...line.matchAll(WRITE)].map((m) => `write ${m[1] ?? ""}`),
  ...(DEPLOYS.test(line)
    ? [`deploy ${line.replace(VERSION_NUMBER, "").replace(MANNERS, "")}`]
    : []),
];

/**
 * What a workflow may do after the change and did not before, by file. What another workflow of the
 * change gives up moves and is not new; what it keeps is.
 */
export function newAuthority(
  files: readonly ChangedFile[],
): ReadonlyMap<ChangedFile, readonly Granted[]> {
  const sides = files.map((file) => ({
    file,
    before: grantsOf(file.before),
    after: grantsOf(file.after),
  }));
  const given = new Set(
    sides.flatMap(({ before, after }) => [...before.keys()].filter((grant) => !after.has(grant))),
  );
  return new Map(
    sides.flatMap(({ file, before, after }) => {
      const fresh = [...after].filter(
        ([grant]) => !before.has(grant) && !given.has(grant) && !isConfined(grant, file.before),
      );
      return fresh.length === 0 ? [] : [[file, fresh.map(([, granted]) => granted)] as const];
    }),
  );
}

/**
 * `permission-contents: write` confines the token of an app that had all that the app may do, see
 * https://github.com/actions/create-github-app-token#permission-permission-name.
 */
const isConfined = (grant: string, before: string | null): boolean =>
  grant.startsWith("write permission-") &&
  before?.includes("create-github-app-token") === true &&
  !/\bpermission-[a-z]/.test(before);

/** Whether somebody's action or pipeline is fixed to a commit there: then a tag beside it stands out. */
export const pinsOthers = (text: string | null): boolean =>
  text !== null &&
  /\buses:\s{0,20}["']?(?!actions\/|github\/)[\w./-]{1,200}@[0-9a-f]{40}\b/.test(text);
