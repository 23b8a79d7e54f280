// SPDX-License-Identifier: Apache-2.0
import { sha256, utf8 } from "@interlock/digest";
import { sameBytes } from "../bytes.ts";
import { refuse } from "../refusal.ts";
import { isMap, readCbor } from "./cbor.ts";

/** An RSA key of 8192 bits, the longest credential id and extensions fit well. */
export const AUTHENTICATOR_DATA_MAX = 8_192;

const HEADER = 37;
const CREDENTIAL_ID_MIN = 16;
const CREDENTIAL_ID_MAX = 1_023;
const FLAG = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 } as const;

export type AttestedCredential = {
  readonly aaguid: Uint8Array;
  readonly credentialId: Uint8Array;
  /** The COSE key as the authenticator wrote it. */
  readonly publicKey: Uint8Array;
};

export type AuthenticatorData = {
  readonly rpIdHash: Uint8Array;
  readonly userPresent: boolean;
  readonly userVerified: boolean;
  readonly backupEligible: boolean;
  readonly backedUp: boolean;
  readonly signCount: number;
  readonly attested: AttestedCredential | null;
};

/**
 * Reads authenticator data (WebAuthn Level 3, section 6.1) to the last byte. Extension outputs must
 * be a well-formed map and are then ignored: nothing here depends on an extension.
 */
export function readAuthenticatorData(bytes: Uint8Array): AuthenticatorData {
  if (bytes.length > AUTHENTICATOR_DATA_MAX)
    refuse("too-large", `over ${AUTHENTICATOR_DATA_MAX} bytes`);
  if (bytes.length < HEADER) refuse("authenticator-data-malformed", "cut off");
  const flags = bytes[32] ?? 0;
  let end = HEADER;
  let attested: AttestedCredential | null = null;
  if ((flags & FLAG.AT) !== 0) ({ attested, end } = readAttested(bytes));
  if ((flags & FLAG.ED) !== 0) end = skipExtensions(bytes, end);
  if (end !== bytes.length)
    refuse("authenticator-data-malformed", `${bytes.length - end} bytes more than they say`);
  return {
    rpIdHash: bytes.slice(0, 32),
    userPresent: (flags & FLAG.UP) !== 0,
    userVerified: (flags & FLAG.UV) !== 0,
    backupEligible: (flags & FLAG.BE) !== 0,
    backedUp: (flags & FLAG.BS) !== 0,
    signCount: new DataView(bytes.buffer, bytes.byteOffset).getUint32(33),
    attested,
  };
}

/** What holds for every ceremony: the site, a person who was there and verified, BS only with BE. */
export function checkAuthenticatorData(data: AuthenticatorData, rpId: string): void {
  if (!sameBytes(data.rpIdHash, sha256(utf8(rpId)))) refuse("rp-id-differs");
  if (!data.userPresent) refuse("user-not-present");
  if (!data.userVerified) refuse("user-not-verified");
  if (data.backedUp && !data.backupEligible) refuse("backup-state-impossible");
}

function readAttested(bytes: Uint8Array): {
  readonly attested: AttestedCredential;
  readonly end: number;
} {
  const idAt = HEADER + 18;
  if (bytes.length < idAt) refuse("authenticator-data-malformed", "cut off");
  const length = ((bytes[idAt - 2] ?? 0) << 8) | (bytes[idAt - 1] ?? 0);
  if (length < CREDENTIAL_ID_MIN || length > CREDENTIAL_ID_MAX)
    refuse("credential-id-malformed", `${length} bytes`);
  const keyAt = idAt + length;
  if (bytes.length < keyAt) refuse("authenticator-data-malformed", "cut off");
  const { end } = readCbor(bytes, keyAt);
  return {
    attested: {
      aaguid: bytes.slice(HEADER, HEADER + 16),
      credentialId: bytes.slice(idAt, keyAt),
      publicKey: bytes.slice(keyAt, end),
    },
    end,
  };
}

function skipExtensions(bytes: Uint8Array, start: number): number {
  const { value, end } = readCbor(bytes, start);
  if (!isMap(value)) refuse("authenticator-data-malformed", "extensions that are no map");
  return end;
}
