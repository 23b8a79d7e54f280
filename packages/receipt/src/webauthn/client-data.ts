// SPDX-License-Identifier: Apache-2.0
import { fromBase64url, sameBytes, textOf } from "../bytes.ts";
import { refuse, shown } from "../refusal.ts";
import { type JsonObject, readJsonObject } from "../strict-json.ts";

/** Browsers write about 250 bytes; the rest leaves room for members that are yet to come. */
export const CLIENT_DATA_MAX = 8_192;

/** What the page and the ceremony must have been. Origins are compared character by character. */
export type ExpectedClient = {
  readonly type: "webauthn.get" | "webauthn.create";
  readonly challenge: Uint8Array;
  /** Scheme, host and port as the browser writes them, e.g. `https://approve.example.com`. */
  readonly origins: readonly string[];
};

/**
 * Judges the bytes that the browser wrote (WebAuthn Level 3, section 5.8.1). Members that are not
 * known are allowed, as the specification demands; a frame never is.
 */
export function checkClientData(bytes: Uint8Array, expected: ExpectedClient): void {
  if (bytes.length > CLIENT_DATA_MAX) refuse("too-large", `over ${CLIENT_DATA_MAX} bytes`);
  const data = readJsonObject(textOf(bytes));
  const type = textOfMember(data, "type");
  const challenge = textOfMember(data, "challenge");
  const origin = textOfMember(data, "origin");
  const { crossOrigin, topOrigin } = data;
  if (crossOrigin !== undefined && typeof crossOrigin !== "boolean")
    refuse("client-data-malformed", "`crossOrigin`");
  if (topOrigin !== undefined && typeof topOrigin !== "string")
    refuse("client-data-malformed", "`topOrigin`");
  if (type !== expected.type) refuse("type-differs", shown(type));
  const signed = fromBase64url(challenge) ?? refuse("client-data-malformed", "`challenge`");
  if (!sameBytes(signed, expected.challenge)) refuse("challenge-differs");
  if (!expected.origins.includes(origin)) refuse("origin-differs", shown(origin));
  if (crossOrigin === true || topOrigin !== undefined) refuse("cross-origin");
}

function textOfMember(data: JsonObject, name: string): string {
  const value = data[name];
  return typeof value === "string" ? value : refuse("client-data-malformed", `\`${name}\``);
}
