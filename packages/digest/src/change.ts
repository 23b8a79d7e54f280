// SPDX-License-Identifier: Apache-2.0

import { type Digest, digestOf, isDigest } from "./digest.ts";
import { DigestError, shown } from "./error.ts";

/** Changing what the digest covers needs a new tag, since approvals are bound to the old one. */
export const CHANGE_TAG = "interlock/change/v1";

/**
 * One side of a file: the SHA-256 of the blob's bytes in hexadecimal, `submodule:` and the commit
 * id it points to, or `null` when the path is absent on that side.
 */
export type Content = string | null;

/** A path of the diff from the target's tip to the merge result, without rename detection. */
export type ChangeEntry = {
  readonly path: string;
  /** Git's six octal digits, or `null` when the path is absent on that side. */
  readonly oldMode: string | null;
  readonly newMode: string | null;
  readonly oldContent: Content;
  readonly newContent: Content;
};

/** The attributes (gitattributes) in effect on a changed path. */
export type PathAttributes = {
  readonly path: string;
  readonly attributes: { readonly [name: string]: string };
};

/**
 * Everything an approval is bound to, and nothing else: commit ids, messages, authors and dates
 * have no place in it, so that a rebase that changes nothing else keeps the digest.
 */
export type ChangeInput = {
  readonly repository: string;
  readonly target: string;
  readonly entries: readonly ChangeEntry[];
  readonly attributes: readonly PathAttributes[];
  readonly plan: Digest | null;
  readonly document: Digest | null;
};

const MODE = /^(?:100[0-7]{3}|120000|160000)$/;
const SUBMODULE_MODE = "160000";
const SUBMODULE = /^submodule:(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * The digest that approvals are bound to.
 *
 * INVARIANT (whole change): every field of the input changes the digest, and their order never does.
 */
export function changeDigest(input: ChangeInput): Digest {
  if (input.plan !== null) requireDigest(input.plan, "plan");
  if (input.document !== null) requireDigest(input.document, "document");
  const entries = sortedByPath(input.entries.map(checkedEntry));
  const changed = new Set(entries.map((entry) => entry.path));
  for (const { path } of input.attributes) {
    if (!changed.has(path)) {
      throw new DigestError("BAD_ATTRIBUTES", `${shown(path)} has attributes but is not changed`);
    }
  }
  const attributes = sortedByPath(
    input.attributes.map(({ path, attributes }) => ({ path, attributes })),
  );
  const { repository, target, plan, document } = input;
  return digestOf(CHANGE_TAG, { repository, target, entries, attributes, plan, document });
}

// Rebuilt field by field: a property that is not part of the type must not reach the digest.
function checkedEntry(entry: ChangeEntry): ChangeEntry {
  const { path, oldMode, newMode, oldContent, newContent } = entry;
  if (path === "") throw new DigestError("BAD_ENTRY", "an entry has an empty path");
  checkSide(path, oldMode, oldContent);
  checkSide(path, newMode, newContent);
  if (oldMode === newMode && oldContent === newContent) {
    throw new DigestError("BAD_ENTRY", `${shown(path)} is the same on both sides`);
  }
  return { path, oldMode, newMode, oldContent, newContent };
}

function checkSide(path: string, mode: string | null, content: Content): void {
  if (mode === null && content === null) return;
  if (mode === null || content === null) {
    throw new DigestError("BAD_ENTRY", `${shown(path)} has a mode or a content but not both`);
  }
  if (!MODE.test(mode))
    throw new DigestError("BAD_ENTRY", `${shown(path)} has the mode ${shown(mode)}`);
  const fits = mode === SUBMODULE_MODE ? SUBMODULE.test(content) : isDigest(content);
  if (!fits) {
    throw new DigestError(
      "BAD_ENTRY",
      `${shown(path)} of mode ${mode} has the content ${shown(content)}`,
    );
  }
}

function sortedByPath<T extends { readonly path: string }>(items: readonly T[]): readonly T[] {
  const sorted = [...items].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  sorted.forEach((item, i) => {
    if (item.path === sorted[i - 1]?.path) {
      throw new DigestError("DUPLICATE_PATH", `${shown(item.path)} is listed twice`);
    }
  });
  return sorted;
}

function requireDigest(text: string, what: string): void {
  if (!isDigest(text)) throw new DigestError("BAD_DIGEST", `the ${what} digest is ${shown(text)}`);
}
