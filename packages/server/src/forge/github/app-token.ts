// SPDX-License-Identifier: Apache-2.0
import { type KeyObject, sign } from "node:crypto";

/** GitHub refuses more than ten minutes, and clocks differ (docs.github.com, “Generating a JWT for a GitHub App”). */
const BACK_SECONDS = 60;
const LIFE_SECONDS = 540;

/** A JSON Web Token by which a GitHub App names itself (RFC 7515, RS256). */
export function appToken(appId: number, key: KeyObject, now: number): string {
  const seconds = Math.floor(now / 1_000);
  const header = encoded({ alg: "RS256", typ: "JWT" });
  const claims = encoded({
    iat: seconds - BACK_SECONDS,
    exp: seconds + LIFE_SECONDS,
    iss: String(appId),
  });
  const signature = sign("sha256", Buffer.from(`${header}.${claims}`), key);
  return `${header}.${claims}.${signature.toString("base64url")}`;
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString("base64url");
