// SPDX-License-Identifier: Apache-2.0
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { SECRET_MIN_BYTES } from "../settings.ts";

type Header = string | readonly string[] | undefined;

const ID = /^[0-9A-Za-z_-]{8,100}$/;
const SECONDS = /^[0-9]{9,12}$/;
/** Several are divided by one space (standardwebhooks.com); more than a rotation needs are refused. */
const SIGNATURES = /^v1,[A-Za-z0-9+/]{43}=(?: v1,[A-Za-z0-9+/]{43}=){0,3}$/;
/** What Standard Webhooks recommends; a delivery that is older is sent again by hand. */
const SKEW_SECONDS = 300;
const TOKEN = /^whsec_([A-Za-z0-9+/]{22,344}={0,2})$/;

/** The bytes that a signing token stands for (`whsec_` and base64); `null`: it is none. */
export function signingKey(token: string): Buffer | null {
  const encoded = TOKEN.exec(token)?.[1];
  if (encoded === undefined) return null;
  const key = Buffer.from(encoded, "base64");
  return key.length >= SECRET_MIN_BYTES ? key : null;
}

/**
 * Whether a delivery was signed with one of our keys: HMAC-SHA-256 over id, time and the bytes as they
 * came (docs.gitlab.com, “Webhooks”: `webhook-signature`; standardwebhooks.com). Seconds since 1970.
 */
export function isSigned(
  body: Buffer,
  given: { readonly id: Header; readonly timestamp: Header; readonly signature: Header },
  { keys, now }: { readonly keys: readonly Buffer[]; readonly now: number },
): boolean {
  const { id, timestamp, signature } = given;
  // Several headers of one name are a list or joined by a comma; neither is a signature (WH11).
  if (typeof id !== "string" || typeof timestamp !== "string" || typeof signature !== "string")
    return false;
  if (!ID.test(id) || !SECONDS.test(timestamp) || !SIGNATURES.test(signature)) return false;
  if (Math.abs(now - Number(timestamp)) > SKEW_SECONDS) return false;
  const shown = signature.split(" ").map((one) => Buffer.from(one.slice("v1,".length), "base64"));
  return keys
    .map((key) => createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest())
    .flatMap((wanted) =>
      shown.map((one) => one.length === wanted.length && timingSafeEqual(one, wanted)),
    )
    .includes(true);
}

/** Whether a secret token is one of ours; digests are compared, which tells nothing of its length. */
export function isToken(header: Header, tokens: readonly Buffer[]): boolean {
  if (typeof header !== "string" || header.length < SECRET_MIN_BYTES) return false;
  const given = sha256(Buffer.from(header, "utf8"));
  return tokens
    .filter((token) => token.length >= SECRET_MIN_BYTES)
    .map((token) => timingSafeEqual(sha256(token), given))
    .includes(true);
}

const sha256 = (bytes: Buffer): Buffer => createHash("sha256").update(bytes).digest();
