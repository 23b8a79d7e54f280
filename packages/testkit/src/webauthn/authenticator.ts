// SPDX-License-Identifier: Apache-2.0
import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign as signBytes,
} from "node:crypto";
import { type CborValue, encodeCbor, joined } from "./cbor.ts";

export const FLAG = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 } as const;

export type SoftAlgorithm = "ES256" | "EdDSA" | "RS256";

/** One ceremony as the page would ask for it. */
export type Ceremony = {
  readonly rpId: string;
  readonly origin: string;
  readonly challenge: Uint8Array;
};

/** Everything an authenticator or a browser can get wrong; what is absent is right. */
export type Wrong = {
  readonly type?: string;
  /** Members of the client data, over the right ones. */
  readonly clientData?: Readonly<Record<string, unknown>>;
  /** The whole text of the client data, made from the right one. */
  readonly clientText?: (text: string) => string | Uint8Array;
  readonly rpId?: string;
  /** Flags to set and to clear, over the right ones. */
  readonly set?: number;
  readonly clear?: number;
  readonly signCount?: number;
  /** Bytes after everything else; set `ED` too when they are to be extensions. */
  readonly tail?: Uint8Array;
  readonly authenticatorData?: (bytes: Uint8Array) => Uint8Array;
  readonly credentialId?: Uint8Array;
  readonly userHandle?: Uint8Array | null;
  readonly signature?: (bytes: Uint8Array) => Uint8Array;
  readonly publicKey?: Uint8Array;
};

export type Attestation =
  | { readonly format: "none" }
  | { readonly format: "packed"; readonly statement?: ReadonlyMap<string, CborValue> }
  | { readonly format: string; readonly statement: ReadonlyMap<string, CborValue> };

export type SoftAssertion = {
  readonly credentialId: Uint8Array;
  readonly clientDataJson: Uint8Array;
  readonly authenticatorData: Uint8Array;
  readonly signature: Uint8Array;
  readonly userHandle: Uint8Array | null;
};

export type SoftRegistration = {
  readonly credentialId: Uint8Array;
  readonly clientDataJson: Uint8Array;
  readonly attestationObject: Uint8Array;
};

export type SoftAuthenticator = {
  readonly algorithm: SoftAlgorithm;
  readonly credentialId: Uint8Array;
  readonly userHandle: Uint8Array;
  /** COSE key. */
  readonly publicKey: Uint8Array;
  /** PKCS #8, for handing the key to a browser's virtual authenticator. */
  readonly privateKey: () => Uint8Array;
  readonly backupEligible: boolean;
  /** The counter of the last ceremony; each ceremony advances it unless the key has none. */
  readonly signCount: () => number;
  readonly register: (
    ceremony: Ceremony,
    wrong?: Wrong,
    attestation?: Attestation,
  ) => SoftRegistration;
  readonly assert: (ceremony: Ceremony, wrong?: Wrong) => SoftAssertion;
};

/** An authenticator in software with one key that verifies its user, for tests. */
export function softAuthenticator(options: {
  readonly algorithm?: SoftAlgorithm;
  /** A synchronised passkey: BE and BS are set and there is no counter. */
  readonly synchronised?: boolean;
  readonly userHandle?: Uint8Array;
}): SoftAuthenticator {
  const algorithm = options.algorithm ?? "ES256";
  const synchronised = options.synchronised ?? false;
  const key = newKey(algorithm);
  const credentialId = new Uint8Array(randomBytes(32));
  const userHandle = options.userHandle ?? new Uint8Array(randomBytes(32));
  const publicKey = encodeCbor(coseKey(algorithm, key.publicKey));
  const usual = FLAG.UP | FLAG.UV | (synchronised ? FLAG.BE | FLAG.BS : 0);
  let count = 0;
  const advance = () => (synchronised ? 0 : ++count);
  const data = (ceremony: Ceremony, wrong: Wrong, more: number, tail: Uint8Array) => {
    const bytes = authenticatorData({
      ceremony,
      wrong,
      usual: usual | more,
      count: advance(),
      tail,
    });
    return wrong.authenticatorData?.(bytes) ?? bytes;
  };
  const sign = (authData: Uint8Array, clientDataJson: Uint8Array) =>
    signature(algorithm, key.privateKey, joined(authData, sha256(clientDataJson)));
  return {
    algorithm,
    credentialId,
    userHandle,
    publicKey,
    privateKey: () => key.privateKey.export({ format: "der", type: "pkcs8" }),
    backupEligible: synchronised,
    signCount: () => count,
    register: (ceremony, wrong = {}, attestation = { format: "none" }) => {
      const id = wrong.credentialId ?? credentialId;
      const attested = joined(
        new Uint8Array(16),
        Uint8Array.of(id.length >>> 8, id.length & 255),
        id,
        wrong.publicKey ?? publicKey,
      );
      const clientDataJson = clientData("webauthn.create", ceremony, wrong);
      const authData = data(ceremony, wrong, FLAG.AT, attested);
      const signed = sign(authData, clientDataJson);
      const statement = statementOf(attestation, algorithm, wrong.signature?.(signed) ?? signed);
      const object = new Map<string, CborValue>([
        ["fmt", attestation.format],
        ["attStmt", statement],
        ["authData", authData],
      ]);
      return { credentialId, clientDataJson, attestationObject: encodeCbor(object) };
    },
    assert: (ceremony, wrong = {}) => {
      const clientDataJson = clientData("webauthn.get", ceremony, wrong);
      const authData = data(ceremony, wrong, 0, new Uint8Array());
      const signed = sign(authData, clientDataJson);
      return {
        credentialId: wrong.credentialId ?? credentialId,
        clientDataJson,
        authenticatorData: authData,
        signature: wrong.signature?.(signed) ?? signed,
        userHandle: wrong.userHandle === undefined ? userHandle : wrong.userHandle,
      };
    },
  };
}

type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject };

function newKey(algorithm: SoftAlgorithm): KeyPair {
  if (algorithm === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256" });
  if (algorithm === "EdDSA") return generateKeyPairSync("ed25519");
  return generateKeyPairSync("rsa", { modulusLength: 2_048 });
}

/** The COSE form of a key (RFC 9053 section 7), in the order of CTAP2. */
export function coseKey(algorithm: SoftAlgorithm, key: KeyObject): ReadonlyMap<number, CborValue> {
  const jwk = key.export({ format: "jwk" });
  const part = (name: "x" | "y" | "n" | "e") =>
    new Uint8Array(Buffer.from(jwk[name] ?? "", "base64url"));
  if (algorithm === "ES256")
    return new Map<number, CborValue>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, part("x")],
      [-3, part("y")],
    ]);
  if (algorithm === "EdDSA")
    return new Map<number, CborValue>([
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, part("x")],
    ]);
  return new Map<number, CborValue>([
    [1, 3],
    [3, -257],
    [-1, part("n")],
    [-2, part("e")],
  ]);
}

function clientData(right: string, ceremony: Ceremony, wrong: Wrong): Uint8Array {
  const text = JSON.stringify({
    type: wrong.type ?? right,
    challenge: Buffer.from(ceremony.challenge).toString("base64url"),
    origin: ceremony.origin,
    crossOrigin: false,
    ...wrong.clientData,
  });
  const made = wrong.clientText?.(text) ?? text;
  return typeof made === "string" ? new TextEncoder().encode(made) : made;
}

function authenticatorData(given: {
  readonly ceremony: Ceremony;
  readonly wrong: Wrong;
  readonly usual: number;
  readonly count: number;
  readonly tail: Uint8Array;
}): Uint8Array {
  const { ceremony, wrong, usual, count, tail } = given;
  const counter = new Uint8Array(4);
  new DataView(counter.buffer).setUint32(0, wrong.signCount ?? count);
  const flags = (usual | (wrong.set ?? 0)) & ~(wrong.clear ?? 0);
  return joined(
    sha256(new TextEncoder().encode(wrong.rpId ?? ceremony.rpId)),
    Uint8Array.of(flags),
    counter,
    tail,
    wrong.tail ?? new Uint8Array(),
  );
}

function statementOf(
  attestation: Attestation,
  algorithm: SoftAlgorithm,
  signed: Uint8Array,
): ReadonlyMap<string, CborValue> {
  if ("statement" in attestation && attestation.statement !== undefined)
    return attestation.statement;
  if (attestation.format === "none") return new Map();
  const alg = { ES256: -7, EdDSA: -8, RS256: -257 }[algorithm];
  return new Map<string, CborValue>([
    ["alg", alg],
    ["sig", signed],
  ]);
}

function signature(algorithm: SoftAlgorithm, key: KeyObject, message: Uint8Array): Uint8Array {
  return new Uint8Array(signBytes(algorithm === "EdDSA" ? null : "sha256", message, key));
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}
