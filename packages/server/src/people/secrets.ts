// SPDX-License-Identifier: Apache-2.0
import { createHash, randomBytes } from "node:crypto";
import { fromBase64url, toBase64url } from "@interlock/receipt";

const SECRET_BYTES = 32;
const ID_BYTES = 16;

/** By it a scanner of leaked secrets knows a token of this product. */
export const TOKEN_PREFIX = "ilk_";

/** 32 random bytes, as text for whoever keeps them and as a hash for the database. */
export type Secret = {
  readonly text: string;
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
};

export function newSecret(): Secret {
  const bytes = new Uint8Array(randomBytes(SECRET_BYTES));
  return { text: toBase64url(bytes), bytes, hash: sha256Of(bytes) };
}

/** An id that nobody can guess and that may be shown. */
export const newId = (): string => toBase64url(new Uint8Array(randomBytes(ID_BYTES)));

/**
 * The hash of a secret that came along, or `null` for what is none. Secrets have 256 random bits, so
 * a fast hash hides them, and looking one up by its hash tells nothing by how long it takes.
 */
export function hashOfSecret(text: string | null): Uint8Array | null {
  const bytes = text === null ? null : fromBase64url(text);
  return bytes?.length === SECRET_BYTES ? sha256Of(bytes) : null;
}

function sha256Of(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}
