// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";

/** Signatures with a public key only; `none` and those with a secret that two hold are not among them. */
export const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].concat([
  ...["ES256", "ES384", "ES512", "EdDSA", "Ed25519"],
]);

const SKEW_MS = 60_000;

/**
 * What the library leaves to us: the allow-list of algorithms, a time of issue that is not to come,
 * and `at_hash` where there is one (OpenID Connect Core 1.0 sections 3.1.3.7 and 3.1.3.8). The
 * signature is verified already.
 */
export function problemOfIdToken(
  { idToken, accessToken }: { readonly idToken: string; readonly accessToken: string },
  claims: Readonly<Record<string, unknown>>,
  now: number,
): string | null {
  const alg = algorithmOf(idToken);
  if (alg === null || !ALGORITHMS.includes(alg))
    return "the id_token is signed in no way we accept";
  const { iat } = claims;
  if (typeof iat !== "number" || iat * 1_000 > now + SKEW_MS)
    return "the id_token was issued in the future";
  const given = claims["at_hash"];
  if (given === undefined) return null;
  const hash = hashOf(alg);
  if (hash === null) return null;
  const digest = createHash(hash).update(accessToken, "ascii").digest();
  const expected = digest.subarray(0, digest.length / 2).toString("base64url");
  return given === expected ? null : "the id_token belongs to another access token";
}

function algorithmOf(token: string): string | null {
  const header: unknown = JSON.parse(
    Buffer.from(token.split(".")[0] ?? "", "base64url").toString("utf8"),
  );
  return typeof header === "object" &&
    header !== null &&
    "alg" in header &&
    typeof header.alg === "string"
    ? header.alg
    : null;
}

/** Which hash goes with EdDSA is agreed upon nowhere, so that `at_hash` says nothing there. */
const hashOf = (alg: string): string | null =>
  /^(?:RS|PS|ES)(?:256|384|512)$/.test(alg) ? `sha${alg.slice(2)}` : null;
