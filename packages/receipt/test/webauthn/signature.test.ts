// SPDX-License-Identifier: Apache-2.0
import { sha256 } from "@interlock/digest";
import { encodeCbor, softAuthenticator } from "@interlock/testkit";
import { describe, expect, test } from "vitest";
import { concat, toHex } from "../../src/bytes.ts";
import { attempt } from "../../src/refusal.ts";
import { readPublicKey } from "../../src/webauthn/cose.ts";
import { verifySignature } from "../../src/webauthn/signature.ts";

const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

async function outcome(key: Uint8Array, message: Uint8Array, signature: Uint8Array) {
  const got = await attempt(() => verifySignature(readPublicKey(key), message, signature));
  return got.ok ? "accepted" : got.refusal.code;
}

// WebAuthn Level 3, "ES256 Credential with No Attestation":
// https://w3c.github.io/webauthn/#sctn-test-vectors-none-es256
test("the published assertion of an ES256 credential is by its key", async () => {
  const key = encodeCbor(
    new Map<number, number | Uint8Array>([
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, fromHex("afefa16f97ca9b2d23eb86ccb64098d20db90856062eb249c33a9b672f26df61")],
      [-3, fromHex("930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b9220")],
    ]),
  );
  const authenticatorData = fromHex(
    "bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452b2e4b51900000000",
  );
  const clientData = new TextEncoder().encode(
    '{"type":"webauthn.get","challenge":"OcDnUhQXulTUPo3JUXT0I97pvzzYBP9tZchXyav01Ag","origin":"https://example.org","crossOrigin":false}',
  );
  const signature = fromHex(
    "3046022100f50a4e2e4409249c4a853ba361282f09841df4dd4547a13a87780218deffcd380221008480ac0f0b93538174f575bf11a1dd5d78c6e486013f937295ea13653e331e87",
  );
  const message = concat(authenticatorData, sha256(clientData));
  expect(await outcome(key, message, signature)).toBe("accepted");
  expect(await outcome(key, message.slice(1), signature)).toBe("signature-wrong");
});

const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const SOFT = softAuthenticator({});
const MADE = SOFT.assert({
  rpId: "example.org",
  origin: "https://example.org",
  challenge: new Uint8Array(32),
});
const MESSAGE = concat(MADE.authenticatorData, sha256(MADE.clientDataJson));

function integersOf(der: Uint8Array): readonly [bigint, bigint] {
  const length = der[3] ?? 0;
  const r = der.slice(4, 4 + length);
  return [BigInt(`0x${toHex(r)}`), BigInt(`0x${toHex(der.slice(6 + length))}`)];
}

/** An INTEGER as DER writes it. */
function integer(value: bigint): Uint8Array {
  const hex = value.toString(16);
  const even = fromHex(hex.length % 2 === 0 ? hex : `0${hex}`);
  return tagged(2, (even[0] ?? 0) >= 0x80 ? concat(Uint8Array.of(0), even) : even);
}

const tagged = (tag: number, content: Uint8Array) =>
  concat(Uint8Array.of(tag, content.length), content);
const sequence = (...parts: readonly Uint8Array[]) => tagged(0x30, concat(...parts));

const [R, S] = integersOf(MADE.signature);
const bare = (value: bigint) => fromHex(value.toString(16).padStart(64, "0"));

describe("WA11 DER and nothing but DER", () => {
  test.each<readonly [string, Uint8Array, string]>([
    ["as made", sequence(integer(R), integer(S)), "accepted"],
    [
      "the other s: standard ECDSA accepts a high one",
      sequence(integer(R), integer(N - S)),
      "accepted",
    ],
    ["bytes after the end", concat(MADE.signature, Uint8Array.of(0)), "signature-malformed"],
    ["a third number", sequence(integer(R), integer(S), integer(1n)), "signature-malformed"],
    ["r only", sequence(integer(R)), "signature-malformed"],
    ["r is zero", sequence(tagged(2, Uint8Array.of(0)), integer(S)), "signature-malformed"],
    ["s is zero", sequence(integer(R), tagged(2, Uint8Array.of(0))), "signature-malformed"],
    ["r is empty", sequence(tagged(2, new Uint8Array()), integer(S)), "signature-malformed"],
    ["r is negative", sequence(tagged(2, Uint8Array.of(0xff)), integer(S)), "signature-malformed"],
    [
      "r with a needless zero",
      sequence(tagged(2, concat(Uint8Array.of(0, 0), bare(R))), integer(S)),
      "signature-malformed",
    ],
    ["r + n", sequence(integer(R + N), integer(S)), "signature-malformed"],
    ["s is n", sequence(integer(R), integer(N)), "signature-wrong"],
    [
      "a length in two bytes",
      concat(Uint8Array.of(0x30, 0x81), MADE.signature.slice(1)),
      "signature-malformed",
    ],
    [
      "an indefinite length",
      concat(Uint8Array.of(0x30, 0x80), MADE.signature.slice(2), Uint8Array.of(0, 0)),
      "signature-malformed",
    ],
    ["a set", concat(Uint8Array.of(0x31), MADE.signature.slice(1)), "signature-malformed"],
    ["r ‖ s without DER", concat(bare(R), bare(S)), "signature-malformed"],
    ["cut off", MADE.signature.slice(0, -1), "signature-malformed"],
  ])("%s", async (_name, signature, expected) => {
    expect(await outcome(SOFT.publicKey, MESSAGE, signature)).toBe(expected);
  });
});

test("WA11 a signature of another algorithm's length is refused and throws nothing", async () => {
  for (const algorithm of ["EdDSA", "RS256"] as const) {
    const soft = softAuthenticator({ algorithm });
    for (const length of [0, 1, 63, 64, 65, 255, 256, 257, 1_024])
      expect(await outcome(soft.publicKey, MESSAGE, new Uint8Array(length))).toBe(
        "signature-wrong",
      );
  }
});
