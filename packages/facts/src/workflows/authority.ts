// SPDX-License-Identifier: Apache-2.0
/** Which lines of a workflow hold secrets, rights to write, or bring something to where others use it. */
import type { ChangedFile } from "../source.ts";

const PRIVILEGED =
  /\bsecrets\.(?!GITHUB_TOKEN\b)\w|:\s{0,9}write(?:-all)?\b|\b(?:deploy|kubectl|terraform apply|helm (?:upgrade|install)|docker push|npm publish|twine upload|cargo publish|aws s3)\b/i;

/** A version, commit or digest behind a name, with the comment that bots keep beside it. */
const VERSIONS =
  /(\buses:\s{0,20}["']?[\w./-]{1,200})@[\w./-]{1,200}["']?(?:[ \t]{1,20}#[ \t]?[\w. ./-]{1,80})?$|(\bimage:\s{0,20}["']?[\w./-]{1,200}):[\w.@:-]{1,200}/gm;

/** Names for people, and what only waits: nothing runs otherwise because of them. */
const SAYS_NOTHING = /^(?:(?:name|run-name|description|timeout-minutes|id)\s*:|#)/;

/** A text without the versions that it names; raising those is the daily work of bots. */
export const withoutVersions = (text: string | null): string | null =>
  text?.replace(VERSIONS, (_, uses?: string, image?: string) => uses ?? image ?? "") ?? null;

/** Whether a workflow holds a secret or a right to write, or deploys. */
export const isPrivileged = (text: string | null): boolean =>
  text !== null && PRIVILEGED.test(text);

export type Granted = { readonly line: number; readonly text: string };

function grantsOf(text: string | null): readonly Granted[] {
  return (withoutVersions(text) ?? "").split("\n").flatMap((raw, i) => {
    const line = raw
      .trim()
      .replace(/^-\s+/, "")
      .replace(/\s+#.*$/, "");
    return PRIVILEGED.test(line) && !SAYS_NOTHING.test(line) ? [{ line: i + 1, text: line }] : [];
  });
}

/**
 * Lines with authority that no workflow of the change had before, by the file that has them now. A
 * line that only moves between jobs or files grants nothing; a second copy of it does.
 */
export function newAuthority(
  files: readonly ChangedFile[],
): ReadonlyMap<ChangedFile, readonly Granted[]> {
  const pool = new Map<string, number>();
  for (const file of files)
    for (const { text } of grantsOf(file.before)) pool.set(text, (pool.get(text) ?? 0) + 1);
  const fresh = new Map<ChangedFile, readonly Granted[]>();
  for (const file of files) {
    const kept = grantsOf(file.after).filter(({ text }) => {
      const left = pool.get(text) ?? 0;
      if (left > 0) pool.set(text, left - 1);
      return left === 0;
    });
    if (kept.length > 0) fresh.set(file, kept);
  }
  return fresh;
}

/** Whether somebody's action or pipeline is fixed to a commit there: then a tag beside it stands out. */
export const pinsOthers = (text: string | null): boolean =>
  text !== null &&
  /\buses:\s{0,20}["']?(?!actions\/|github\/)[\w./-]{1,200}@[0-9a-f]{40}\b/.test(text);
