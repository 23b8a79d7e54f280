// SPDX-License-Identifier: Apache-2.0
import type { Failure } from "../api/call.ts";
import { refusalIn } from "./words.ts";

const COOKIE = "__Host-interlock-refused";

/**
 * Why a sign-in at an identity provider came to nothing: the server's words, read once. A cookie of this
 * host alone brings them, so that no link can put words into our mouth.
 */
export function takeRefusal(): Failure | null {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${COOKIE}=`));
  if (found === undefined) return null;
  // biome-ignore lint/suspicious/noDocumentCookie: the newer way to end one is not in every browser
  document.cookie = `${COOKIE}=; Path=/; Secure; SameSite=Strict; Max-Age=0`;
  const words = refusalIn(found.slice(COOKIE.length + 1));
  return words === null ? null : { code: "ISSUER_REFUSED", ...words };
}
