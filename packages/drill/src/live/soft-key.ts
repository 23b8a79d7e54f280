// SPDX-License-Identifier: Apache-2.0
/**
 * Passkeys in software, for the people of a drill. Nobody touches anything and nobody is verified: such a key
 * is worth nothing, and is enrolled only at a server that the drill has started itself and throws away.
 */
import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as signBytes,
} from "node:crypto";

/** One ceremony as a page would ask for it. */
type Ceremony = { readonly origin: string; readonly challenge: Uint8Array };

export type Signed = {
  readonly credential: string;
  readonly clientData: string;
  readonly authenticatorData: string;
  readonly signature: string;
  readonly userHandle: string;
};

export type SoftKey = {
  /** The answer to `navigator.credentials.create`, in base64url. */
  readonly register: (ceremony: Ceremony) => {
    readonly credential: string;
    readonly clientData: string;
    readonly attestationObject: string;
  };
  /** The answer to `navigator.credentials.get`, in base64url. */
  readonly sign: (ceremony: Ceremony) => Signed;
};

/** User present and verified, as a device with a screen lock says it. */
const PRESENT_VERIFIED = 0x05;
const ATTESTED = 0x40;

/** An ES256 key for one person, by https://www.w3.org/TR/webauthn-3/#sctn-authenticator-data. */
export function softKey(userHandle: Uint8Array): SoftKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(32);
  let count = 0;
  const data = (origin: string, flags: number, tail: Uint8Array): Buffer => {
    count += 1;
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(count);
    const rp = sha256(Buffer.from(new URL(origin).hostname));
    return Buffer.concat([rp, Buffer.of(flags), counter, tail]);
  };
  return {
    register: (ceremony) => {
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.of(0, 32), id, cose(publicKey)]);
      const authData = data(ceremony.origin, PRESENT_VERIFIED | ATTESTED, attested);
      return {
        credential: id.toString("base64url"),
        clientData: clientData("webauthn.create", ceremony).toString("base64url"),
        attestationObject: unattested(authData).toString("base64url"),
      };
    },
    sign: (ceremony) => {
      const client = clientData("webauthn.get", ceremony);
      const authData = data(ceremony.origin, PRESENT_VERIFIED, Buffer.alloc(0));
      const signature = signBytes("sha256", Buffer.concat([authData, sha256(client)]), privateKey);
      return {
        credential: id.toString("base64url"),
        clientData: client.toString("base64url"),
        authenticatorData: authData.toString("base64url"),
        signature: signature.toString("base64url"),
        userHandle: Buffer.from(userHandle).toString("base64url"),
      };
    },
  };
}

function clientData(type: string, { origin, challenge }: Ceremony): Buffer {
  const told = Buffer.from(challenge).toString("base64url");
  return Buffer.from(JSON.stringify({ type, challenge: told, origin, crossOrigin: false }));
}

/** The COSE form of an ES256 key (RFC 9053 section 7.1.1): kty EC2, alg ES256, crv P-256, x, y. */
function cose(key: KeyObject): Buffer {
  const { x = "", y = "" } = key.export({ format: "jwk" });
  const bytes32 = (text: string) =>
    Buffer.concat([Buffer.of(0x58, 32), Buffer.from(text, "base64url")]);
  return Buffer.concat([
    Buffer.of(0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21),
    bytes32(x),
    Buffer.of(0x22),
    bytes32(y),
  ]);
}

/** An attestation object of the format `none` in CBOR (RFC 8949). */
function unattested(authData: Buffer): Buffer {
  const text = (value: string) =>
    Buffer.concat([Buffer.of(0x60 | value.length), Buffer.from(value)]);
  if (authData.length < 24 || authData.length > 255)
    throw new Error("invariant broken: a length of one byte");
  return Buffer.concat([
    ...[Buffer.of(0xa3), text("fmt"), text("none"), text("attStmt"), Buffer.of(0xa0)],
    ...[text("authData"), Buffer.of(0x58, authData.length), authData],
  ]);
}

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
