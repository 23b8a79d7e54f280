// SPDX-License-Identifier: Apache-2.0
/** What a change is made of, believed only as far as its hashes go: they are made again in this browser. */
import {
  type ChangeEntry,
  changeDigest,
  DigestError,
  isDigest,
  sha256Hex,
} from "@interlock/digest";
import { type ContentsShown, showBlob } from "@interlock/protocol";
import { fromBase64url } from "@interlock/receipt";
import { call, type Failure, type Outcome } from "../api/call.ts";

/** Whether what the server shows is what an approval would bind. */
export type Verified =
  | { readonly kind: "same"; readonly entries: readonly ChangeEntry[] }
  | { readonly kind: "differs"; readonly because: string };

/** Makes the digest of a change again from what the server says it is made of. */
export function verifiedContents(shown: ContentsShown, digest: string | null): Verified {
  const { repository, target, entries, attributes, plan, document } = shown;
  if (digest === null) return { kind: "differs", because: "the change has no digest" };
  if ((plan !== null && !isDigest(plan)) || (document !== null && !isDigest(document)))
    return { kind: "differs", because: "its plan or its document is no digest" };
  try {
    const made = changeDigest({ repository, target, entries, attributes, plan, document });
    return made === digest
      ? { kind: "same", entries: entries.toSorted((a, b) => (a.path < b.path ? -1 : 1)) }
      : { kind: "differs", because: `they give the digest ${made}` };
  } catch (error) {
    if (error instanceof DigestError) return { kind: "differs", because: error.message };
    throw error;
  }
}

/** Fetches the bytes of a content, and refuses those that do not have its SHA-256. */
export async function fetchBlob(
  change: string,
  content: string,
  signal: AbortSignal,
): Promise<Outcome<Uint8Array>> {
  const answer = await call(showBlob, { params: { id: change, content }, signal });
  if (!answer.ok) return answer;
  const bytes = fromBase64url(answer.value.bytes);
  if (bytes === null || sha256Hex(bytes) !== content) return { ok: false, failure: TAMPERED };
  return { ok: true, value: bytes };
}

/** Told by its code from what may be tried again. */
export const TAMPERED: Failure = {
  code: "CONTENTS_DIFFER",
  message: "what the server sent does not have the SHA-256 that an approval would bind",
  help: "do not approve it; tell whoever keeps this server that its database was changed",
};

/** As git: a NUL among the first bytes makes a file binary. */
const BINARY_SCAN_BYTES = 8_000;
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LATIN = new TextDecoder("latin1");

export type Readable =
  | { readonly kind: "text"; readonly text: string; readonly latin: boolean }
  | { readonly kind: "binary" };

/** The text of a content; what is not UTF-8 is read as Latin-1, in which every byte is a character. */
export function readable(bytes: Uint8Array): Readable {
  if (bytes.subarray(0, BINARY_SCAN_BYTES).includes(0)) return { kind: "binary" };
  try {
    return { kind: "text", text: STRICT.decode(bytes), latin: false };
  } catch {
    // Not UTF-8 is an answer, not a failure.
    return { kind: "text", text: LATIN.decode(bytes), latin: true };
  }
}
