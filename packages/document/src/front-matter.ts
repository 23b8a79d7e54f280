// SPDX-License-Identifier: Apache-2.0
import { type Digest, digestOf } from "@interlock/digest";

/** Another way to digest a document needs another tag. */
const DOCUMENT_TAG = "interlock/document/v1";
const SET_TAG = "interlock/change-documents/v1";

/** Line ends and a byte order mark are no content: the same document from two work trees is one. */
export const canonicalText = (text: string): string =>
  text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");

/**
 * The digest that approvals and runs name: of the whole text as people read it, comments and prose
 * included. Throws `DigestError` for lone surrogates.
 */
export const documentDigest = (text: string): Digest =>
  digestOf(DOCUMENT_TAG, { text: canonicalText(text) });

/** What a change digest binds: one document by its own digest, several by that of their sorted list. */
export function documentsDigest(digests: readonly Digest[]): Digest | null {
  const [first, ...more] = [...new Set(digests)].sort();
  if (first === undefined) return null;
  return more.length === 0 ? first : digestOf(SET_TAG, [first, ...more]);
}

export type Split = {
  /** The YAML with a blank line in place of the fence, so that lines keep their numbers. */
  readonly yaml: string;
  readonly body: string;
  /** 1-based line on which the body begins. */
  readonly bodyLine: number;
};

/** Front matter and what follows; `null` where the text does not begin with a closed one. */
export function splitFrontMatter(text: string): Split | null {
  const lines = canonicalText(text).split("\n");
  if (lines[0]?.trimEnd() !== "---") return null;
  const end = lines.findIndex((line, i) => i > 0 && line.trimEnd() === "---");
  if (end < 0) return null;
  return {
    yaml: ["", ...lines.slice(1, end), ""].join("\n"),
    body: lines.slice(end + 1).join("\n"),
    bodyLine: end + 2,
  };
}
