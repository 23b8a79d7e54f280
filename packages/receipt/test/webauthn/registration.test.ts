// SPDX-License-Identifier: Apache-2.0
import {
  type Attestation,
  type CborValue,
  encodeCbor,
  softAuthenticator,
  type Wrong,
} from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { attemptNow } from "../../src/refusal.ts";
import { readPublicKey } from "../../src/webauthn/cose.ts";
import { type Registration, verifyRegistration } from "../../src/webauthn/registration.ts";

const RP = "approve.example.com";
const ORIGIN = "https://approve.example.com";
const CHALLENGE = new Uint8Array(32).fill(9);
const CEREMONY = { rpId: RP, origin: ORIGIN, challenge: CHALLENGE };
const EXPECTED = { rpId: RP, origins: [ORIGIN], challenge: CHALLENGE };
const FLAG = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 };
const SOFT = softAuthenticator({});

async function outcome(registration: Registration): Promise<string> {
  const verdict = await verifyRegistration(registration, EXPECTED);
  if (verdict.kind === "refused") return verdict.refusal.code;
  const { format, trust } = verdict.credential.attestation;
  return `${format}: ${trust}`;
}

const statement = (...pairs: readonly (readonly [string, CborValue])[]) =>
  new Map<string, CborValue>(pairs);

describe("attestation", () => {
  const cases: readonly (readonly [string, Attestation, Wrong, string])[] = [
    ["none", { format: "none" }, {}, "none: none"],
    ["packed by the key itself", { format: "packed" }, {}, "packed: self"],
    [
      "packed by the key itself, over something else",
      { format: "packed" },
      { signature: (s) => s.map((b, i) => (i === s.length - 1 ? b ^ 1 : b)) },
      "signature-wrong",
    ],
    [
      "none with content",
      { format: "none", statement: statement(["alg", -7]) },
      {},
      "attestation-malformed",
    ],
    [
      "packed by another algorithm",
      { format: "packed", statement: statement(["alg", -257], ["sig", new Uint8Array(8)]) },
      {},
      "attestation-malformed",
    ],
    [
      "packed without a signature",
      { format: "packed", statement: statement(["alg", -7]) },
      {},
      "attestation-malformed",
    ],
    [
      "packed with certificates is not verified",
      {
        format: "packed",
        statement: statement(["alg", -7], ["sig", new Uint8Array(8)], ["x5c", [new Uint8Array(3)]]),
      },
      {},
      "packed: unverified",
    ],
    [
      "another format is not verified",
      { format: "fido-u2f", statement: statement(["sig", new Uint8Array(8)]) },
      {},
      "fido-u2f: unverified",
    ],
    [
      "a format with control characters",
      { format: "no\nne", statement: statement() },
      {},
      "attestation-malformed",
    ],
  ];
  test.each(cases)("%s", async (_name, attestation, wrong, expected) => {
    expect(await outcome(SOFT.register(CEREMONY, wrong, attestation))).toBe(expected);
  });
});

describe("one thing wrong", () => {
  const cases: readonly (readonly [string, Wrong, string])[] = [
    ["WA1 UV is not set", { clear: FLAG.UV }, "user-not-verified"],
    ["WA2 UP is not set", { clear: FLAG.UP }, "user-not-present"],
    ["WA3 rpIdHash of another domain", { rpId: "example.com" }, "rp-id-differs"],
    ["WA4 origin", { clientData: { origin: "http://approve.example.com" } }, "origin-differs"],
    ["WA6 an assertion given as a registration", { type: "webauthn.get" }, "type-differs"],
    ["WA7 challenge", { clientData: { challenge: "AAAA" } }, "challenge-differs"],
    ["crossOrigin", { clientData: { crossOrigin: true } }, "cross-origin"],
    ["BS without BE", { set: FLAG.BS }, "backup-state-impossible"],
    ["no credential data", { clear: FLAG.AT }, "authenticator-data-malformed"],
    ["another credential id", { credentialId: new Uint8Array(32) }, "credential-id-malformed"],
    [
      "a credential id that is too short",
      { credentialId: new Uint8Array(8) },
      "credential-id-malformed",
    ],
    [
      "a credential id that is too long",
      { credentialId: new Uint8Array(1_024) },
      "credential-id-malformed",
    ],
    ["a key that is no COSE key", { publicKey: Uint8Array.of(0x80) }, "key-malformed"],
    ["a key that is cut off", { publicKey: SOFT.publicKey.slice(0, -1) }, "cbor-malformed"],
  ];
  test.each(cases)("%s", async (_name, wrong, expected) => {
    expect(await outcome(SOFT.register(CEREMONY, wrong))).toBe(expected);
  });

  test("no attested data at all", async () => {
    const made = SOFT.register(CEREMONY, {
      clear: FLAG.AT,
      authenticatorData: (bytes) => bytes.slice(0, 37),
    });
    expect(await outcome(made)).toBe("credential-data-missing");
  });
});

test("a registration says everything that the enrolment needs", async () => {
  const synced = softAuthenticator({ algorithm: "EdDSA", synchronised: true });
  const verdict = await verifyRegistration(synced.register(CEREMONY), EXPECTED);
  expect(verdict).toEqual({
    kind: "verified",
    credential: {
      credentialId: synced.credentialId,
      publicKey: synced.publicKey,
      algorithm: "EdDSA",
      aaguid: new Uint8Array(16),
      backupEligible: true,
      backedUp: true,
      signCount: 0,
      attestation: { format: "none", trust: "none" },
    },
  });
});

const P256 = SOFT.publicKey;
const at32 = (hex: string) => new Uint8Array(Buffer.from(hex.padEnd(64, "0"), "hex"));
const key = (...pairs: readonly (readonly [number, CborValue])[]) =>
  encodeCbor(new Map<number, CborValue>(pairs));
const okp = (x: Uint8Array) => key([1, 1], [3, -8], [-1, 6], [-2, x]);
const rsa = (n: Uint8Array, e = Uint8Array.of(1, 0, 1), alg = -257) =>
  key([1, 3], [3, alg], [-1, n], [-2, e]);
const odd = (bytes: number, top = 0x80) =>
  Uint8Array.from({ length: bytes }, (_, i) => (i === 0 ? top : i === bytes - 1 ? 1 : 0x55));
const X = new Uint8Array(32).fill(3);

describe("WA12 keys by allow-list", () => {
  test.each([
    [
      "EC2 key said to be EdDSA",
      key([1, 2], [3, -8], [-1, 1], [-2, X], [-3, X]),
      "key-not-allowed",
    ],
    ["OKP key said to be ES256", key([1, 1], [3, -7], [-1, 6], [-2, X]), "key-not-allowed"],
    ["RSA key said to be ES256", key([1, 3], [3, -7], [-1, X], [-2, X]), "key-not-allowed"],
    ["RS1", rsa(odd(256), Uint8Array.of(1, 0, 1), -65535), "key-not-allowed"],
    ["PS256", rsa(odd(256), Uint8Array.of(1, 0, 1), -37), "key-not-allowed"],
    ["RSA of 2047 bits", rsa(odd(256, 0x40)), "key-not-allowed"],
    ["RSA of 1024 bits", rsa(odd(128)), "key-not-allowed"],
    ["RSA of 16384 bits", rsa(odd(2_048)), "key-not-allowed"],
    ["RSA with exponent 3", rsa(odd(256), Uint8Array.of(3)), "key-not-allowed"],
    ["RSA with an even modulus", rsa(odd(256).map((b, i) => (i === 255 ? 2 : b))), "key-weak"],
    ["RSA with a modulus that starts with zero", rsa(odd(257, 0)), "key-malformed"],
    ["ES256 on P-384", key([1, 2], [3, -7], [-1, 2], [-2, X], [-3, X]), "key-not-allowed"],
    ["ES256 on secp256k1", key([1, 2], [3, -7], [-1, 8], [-2, X], [-3, X]), "key-not-allowed"],
    [
      "ES256 with a compressed point",
      key([1, 2], [3, -7], [-1, 1], [-2, X], [-3, true]),
      "key-malformed",
    ],
    [
      "ES256 with a longer coordinate",
      key([1, 2], [3, -7], [-1, 1], [-2, new Uint8Array(33)], [-3, X]),
      "key-malformed",
    ],
    ["EdDSA on Ed448", key([1, 1], [3, -8], [-1, 7], [-2, X]), "key-not-allowed"],
    ["no algorithm", key([1, 2], [-1, 1], [-2, X], [-3, X]), "key-not-allowed"],
    ["a private half", key([1, 2], [3, -7], [-1, 1], [-2, X], [-3, X], [-4, X]), "key-malformed"],
    ["small order: zero", okp(at32("00")), "key-weak"],
    ["small order: zero with the sign bit", okp(at32(`${"00".repeat(31)}80`)), "key-weak"],
    ["small order: one", okp(at32("01")), "key-weak"],
    ["small order: minus one", okp(at32(`ec${"ff".repeat(30)}7f`)), "key-weak"],
    [
      "small order: eight",
      okp(at32("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")),
      "key-weak",
    ],
    [
      "small order: eight, the other",
      okp(at32("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa")),
      "key-weak",
    ],
    ["a coordinate that is the prime", okp(at32(`ed${"ff".repeat(30)}7f`)), "key-malformed"],
    ["a coordinate beyond the prime", okp(at32("ff".repeat(32))), "key-malformed"],
  ])("%s", (_name, bytes, code) => {
    const result = attemptNow(() => readPublicKey(bytes));
    expect(result.ok ? "read" : result.refusal.code).toBe(code);
  });

  test("a point that is not on its curve", async () => {
    const off = key([1, 2], [3, -7], [-1, 1], [-2, X], [-3, X]);
    const made = SOFT.register(CEREMONY, { publicKey: off }, { format: "packed" });
    expect(await outcome(made)).toBe("key-malformed");
  });
});

test("PX7 a registration with bytes changed, cut or added is refused or read, and nothing else", async () => {
  const made = SOFT.register(CEREMONY, {}, { format: "packed" });
  await fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      fc.nat(3),
      async (at, byte, how) => {
        const bytes = [...made.attestationObject];
        bytes.splice(at % bytes.length, how === 0 ? 0 : how === 1 ? 20 : 1, byte);
        const changed = Uint8Array.from(bytes);
        const result = await outcome({ ...made, attestationObject: changed });
        const same = Buffer.compare(changed, made.attestationObject) === 0;
        if (same) expect(result).toBe("packed: self");
        else expect(result).not.toBe("packed: self");
      },
    ),
    { numRuns: 1_000 },
  );
});

test("PX7 a COSE key of any bytes is refused or read", () => {
  fc.assert(
    fc.property(fc.nat(), fc.uint8Array({ maxLength: 8 }), (at, more) => {
      const bytes = Uint8Array.from([...P256.slice(0, at % 78), ...more]);
      expect(() => attemptNow(() => readPublicKey(bytes))).not.toThrow();
    }),
    { numRuns: 1_000 },
  );
});
