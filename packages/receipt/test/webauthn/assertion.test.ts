// SPDX-License-Identifier: Apache-2.0
import { type SoftAuthenticator, softAuthenticator, type Wrong } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RefusalCode } from "../../src/refusal.ts";
import {
  type Assertion,
  type EnrolledKey,
  type ExpectedAssertion,
  verifyAssertion,
} from "../../src/webauthn/assertion.ts";

const RP = "approve.example.com";
const ORIGIN = "https://approve.example.com";
const CHALLENGE = new Uint8Array(32).fill(7);
const CEREMONY = { rpId: RP, origin: ORIGIN, challenge: CHALLENGE };
const EXPECTED: ExpectedAssertion = {
  rpId: RP,
  origins: [ORIGIN],
  challenge: CHALLENGE,
  person: "ana",
  deviceBound: false,
};
const FLAG = { UP: 0x01, UV: 0x04, BE: 0x08, BS: 0x10, AT: 0x40, ED: 0x80 };

const enrolled = (soft: SoftAuthenticator, over: Partial<EnrolledKey> = {}): EnrolledKey => ({
  person: "ana",
  credentialId: soft.credentialId,
  publicKey: soft.publicKey,
  userHandle: soft.userHandle,
  backupEligible: soft.backupEligible,
  signCount: 0,
  ...over,
});

const ES256 = softAuthenticator({});
const SYNCED = softAuthenticator({ synchronised: true });

async function codeOf(
  assertion: Assertion,
  key: EnrolledKey | null,
  expected: ExpectedAssertion = EXPECTED,
): Promise<string> {
  const verdict = await verifyAssertion(assertion, key, expected);
  if (verdict.kind === "verified") return "verified";
  return verdict.kind === "held" ? `held: ${verdict.alert.code}` : verdict.refusal.code;
}

type Case = readonly [name: string, wrong: Wrong, code: RefusalCode | "verified"];

const json = (change: (text: string) => string | Uint8Array): Wrong => ({ clientText: change });
const utf8 = (text: string) => new TextEncoder().encode(text);

const CASES: readonly Case[] = [
  ["WA1 UV is not set", { clear: FLAG.UV }, "user-not-verified"],
  ["WA2 UP is not set", { clear: FLAG.UP }, "user-not-present"],
  ["WA3 rpIdHash of another domain", { rpId: "example.com" }, "rp-id-differs"],
  ["WA3 rpIdHash of a subdomain", { rpId: `a.${RP}` }, "rp-id-differs"],
  ...[
    "https://evil.approve.example.com",
    "https://example.com",
    "http://approve.example.com",
    "https://approve.example.com:8443",
    "https://approve.example.com:443",
    "https://approve.example.com.",
    "https://approve.example.com/",
    "https://APPROVE.example.com",
    "https://approve.xn--exmple-cua.com",
    "https://approve.еxample.com",
    "https://approve.example.com@evil.example",
    "null",
    "",
  ].map(
    (origin): Case => [`WA4 origin \`${origin}\``, { clientData: { origin } }, "origin-differs"],
  ),
  ["WA6 type webauthn.create", { type: "webauthn.create" }, "type-differs"],
  ["WA6 type payment.get", { type: "payment.get" }, "type-differs"],
  ["WA6 type in another case", { type: "WebAuthn.get" }, "type-differs"],
  [
    "WA7 challenge of another change",
    { clientData: { challenge: "A".repeat(43) } },
    "challenge-differs",
  ],
  ["WA7 shorter challenge", { clientData: { challenge: "BwcH" } }, "challenge-differs"],
  ["WA7 padded challenge", { clientData: { challenge: "BwcHBw==" } }, "client-data-malformed"],
  [
    "WA7 unused bits in the challenge",
    { clientData: { challenge: "BwcHBx" } },
    "client-data-malformed",
  ],
  ["UI5 crossOrigin", { clientData: { crossOrigin: true } }, "cross-origin"],
  [
    "UI5 crossOrigin with topOrigin",
    { clientData: { crossOrigin: true, topOrigin: ORIGIN } },
    "cross-origin",
  ],
  ["UI5 topOrigin alone", { clientData: { topOrigin: ORIGIN } }, "cross-origin"],
  ["crossOrigin absent", { clientData: { crossOrigin: undefined } }, "verified"],
  ["a member that is not known", { clientData: { later: { a: [1, null] } } }, "verified"],
  ["a byte order mark", json((t) => `\ufeff${t}`), "text-not-utf8"],
  ["bytes that are not UTF-8", json((t) => new Uint8Array([...utf8(t), 0xff])), "text-not-utf8"],
  ["text after the end", json((t) => `${t}}`), "json-malformed"],
  ["no object", json(() => "[]"), "json-malformed"],
  ["empty", json(() => ""), "json-malformed"],
  ["cut off", json((t) => t.slice(0, -4)), "json-malformed"],
  ["half a character", json((t) => t.replace("}", ',"x":"\\ud800"}')), "json-malformed"],
  ["very deep", json((t) => t.replace("}", `,"x":${"[".repeat(999)}`)), "json-malformed"],
  ["too large", json((t) => t.padEnd(9_000)), "too-large"],
  [
    "a key twice",
    json((t) => t.replace("{", '{"origin":"https://evil.example",')),
    "json-duplicate-key",
  ],
  [
    "a key twice, once escaped",
    json((t) => t.replace("{", '{"or\\u0069gin" :"https://evil.example",')),
    "json-duplicate-key",
  ],
  [
    "a key twice inside a member that is not known",
    { clientText: (t) => t.replace("}", ',"x":{"a":1,"a":2}}') },
    "json-duplicate-key",
  ],
  ["type is a number", { clientData: { type: 1 } }, "client-data-malformed"],
  ["origin is a list", { clientData: { origin: [ORIGIN] } }, "client-data-malformed"],
  ["challenge is absent", { clientData: { challenge: undefined } }, "client-data-malformed"],
  ["crossOrigin is a text", { clientData: { crossOrigin: "false" } }, "client-data-malformed"],
  ["crossOrigin is null", { clientData: { crossOrigin: null } }, "client-data-malformed"],
  ["topOrigin is null", { clientData: { topOrigin: null } }, "client-data-malformed"],
  ["members of a prototype", json((t) => t.replace("{", '{"__proto__":{"type":"x"},')), "verified"],
  ["BS without BE", { set: FLAG.BS }, "backup-state-impossible"],
  ["BE that was not enrolled", { set: FLAG.BE }, "backup-eligibility-changed"],
  ["AT in an assertion", { set: FLAG.AT }, "authenticator-data-malformed"],
  ["cut off", { authenticatorData: (b) => b.slice(0, 36) }, "authenticator-data-malformed"],
  ["bytes after the end", { tail: Uint8Array.of(0) }, "authenticator-data-malformed"],
  ["too large", { tail: new Uint8Array(9_000) }, "too-large"],
  [
    "WA21 extension outputs nobody asked for",
    { set: FLAG.ED, tail: Uint8Array.of(0xa1, 0x63, 0x66, 0x6f, 0x6f, 0xf5) },
    "verified",
  ],
  [
    "WA21 extension outputs that are no map",
    { set: FLAG.ED, tail: Uint8Array.of(0x80) },
    "authenticator-data-malformed",
  ],
  ["WA21 extension outputs that are not there", { set: FLAG.ED }, "cbor-malformed"],
  [
    "WA21 extension outputs of indefinite length",
    { set: FLAG.ED, tail: Uint8Array.of(0xbf, 0xff) },
    "cbor-malformed",
  ],
  [
    "WA21 extension outputs with a key twice",
    { set: FLAG.ED, tail: Uint8Array.of(0xa2, 0x61, 0x61, 1, 0x61, 0x61, 2) },
    "cbor-malformed",
  ],
  [
    "WA11 bytes after the signature",
    { signature: (s) => new Uint8Array([...s, 0]) },
    "signature-malformed",
  ],
  ["WA11 empty signature", { signature: () => new Uint8Array() }, "signature-malformed"],
  [
    "a signature over something else",
    { signature: (s) => flipped(s, s.length - 1) },
    "signature-wrong",
  ],
  ["a huge signature", { signature: () => new Uint8Array(2_000) }, "too-large"],
  ["WA8 another credential", { credentialId: new Uint8Array(32) }, "credential-unknown"],
  ["WA8 another user handle", { userHandle: new Uint8Array(32) }, "user-handle-differs"],
  ["WA8 an empty user handle", { userHandle: new Uint8Array() }, "user-handle-differs"],
  ["WA8 no user handle where the person is known", { userHandle: null }, "verified"],
];

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

describe("one thing wrong", () => {
  test.each(CASES)("%s", async (_name, wrong, code) => {
    expect(await codeOf(ES256.assert(CEREMONY, wrong), enrolled(ES256))).toBe(code);
  });
});

test.each(["ES256", "EdDSA", "RS256"] as const)(
  "%s: an assertion is verified",
  async (algorithm) => {
    const soft = softAuthenticator({ algorithm });
    const first = await verifyAssertion(soft.assert(CEREMONY), enrolled(soft), EXPECTED);
    expect(first).toEqual({
      kind: "verified",
      facts: { person: "ana", signCount: 1, backedUp: false, counter: "advanced" },
    });
    const wrong = soft.assert(CEREMONY, { signature: (s) => flipped(s, s.length - 1) });
    expect(await codeOf(wrong, enrolled(soft))).toBe("signature-wrong");
  },
);

test("WA8 a user without a credential, and the credential of somebody else", async () => {
  const made = ES256.assert(CEREMONY);
  expect(await codeOf(made, null)).toBe("credential-unknown");
  expect(await codeOf(made, enrolled(ES256, { person: "bo" }))).toBe("credential-of-another");
  const other = enrolled(SYNCED, { credentialId: ES256.credentialId });
  expect(
    await codeOf(made, { ...other, userHandle: ES256.userHandle, backupEligible: false }),
  ).toBe("signature-wrong");
});

test("WA8 while signing in the authenticator must name the account", async () => {
  const signingIn = { ...EXPECTED, person: null };
  expect(await codeOf(ES256.assert(CEREMONY), enrolled(ES256), signingIn)).toBe("verified");
  const silent = ES256.assert(CEREMONY, { userHandle: null });
  expect(await codeOf(silent, enrolled(ES256), signingIn)).toBe("user-handle-missing");
});

describe("WA10 the counter is a signal", () => {
  test.each([
    ["goes on", 5, 6, "verified"],
    ["stays", 5, 5, "held: counter-went-back"],
    ["goes back", 5, 4, "held: counter-went-back"],
    ["goes back to nothing", 5, 0, "held: counter-went-back"],
    ["was never there", 0, 0, "verified"],
  ])("device-bound: it %s", async (_name, before, now, expected) => {
    const made = ES256.assert(CEREMONY, { signCount: now });
    expect(await codeOf(made, enrolled(ES256, { signCount: before }))).toBe(expected);
  });

  test("synchronised: it is told and nothing is held", async () => {
    const made = SYNCED.assert(CEREMONY, { signCount: 1 });
    const verdict = await verifyAssertion(made, enrolled(SYNCED, { signCount: 9 }), EXPECTED);
    expect(verdict).toMatchObject({
      kind: "verified",
      facts: { counter: "went-back", backedUp: true },
    });
  });

  test("a wrong signature is refused whatever the counter says", async () => {
    const made = ES256.assert(CEREMONY, {
      signCount: 1,
      signature: (s) => flipped(s, s.length - 1),
    });
    expect(await codeOf(made, enrolled(ES256, { signCount: 9 }))).toBe("signature-wrong");
  });
});

test("credential data belong to a registration, however well formed they are", async () => {
  const id = new Uint8Array(32);
  const attested = [...new Uint8Array(16), 0, id.length, ...id, ...ES256.publicKey];
  const made = ES256.assert(CEREMONY, { set: FLAG.AT, tail: Uint8Array.from(attested) });
  expect(await codeOf(made, enrolled(ES256))).toBe("credential-data-unexpected");
});

test("a synchronised key without a counter is told as one", async () => {
  const verdict = await verifyAssertion(SYNCED.assert(CEREMONY), enrolled(SYNCED), EXPECTED);
  expect(verdict).toMatchObject({ kind: "verified", facts: { counter: "absent", signCount: 0 } });
});

test("WA19 a synchronised passkey does not count where the key must be device-bound", async () => {
  const strict = { ...EXPECTED, deviceBound: true };
  expect(await codeOf(SYNCED.assert(CEREMONY), enrolled(SYNCED), strict)).toBe(
    "key-not-device-bound",
  );
  expect(await codeOf(ES256.assert(CEREMONY), enrolled(ES256), strict)).toBe("verified");
  const denying = SYNCED.assert(CEREMONY, { clear: FLAG.BE | FLAG.BS });
  expect(await codeOf(denying, enrolled(SYNCED), strict)).toBe("backup-eligibility-changed");
});

test("every refusal says in a sentence what is wrong, with hostile text on one line", async () => {
  const made = ES256.assert(CEREMONY, { clientData: { origin: "https://x\n\u202e\u001b[31m" } });
  const verdict = await verifyAssertion(made, enrolled(ES256), EXPECTED);
  expect(verdict).toEqual({
    kind: "refused",
    refusal: {
      code: "origin-differs",
      says: "it was made on a page that is none of the allowed origins (`https://x\\n\\u202e\\u001b[31m`)",
    },
  });
});

test("a changed bit anywhere in what was signed is refused", async () => {
  const made = ES256.assert(CEREMONY);
  const key = enrolled(ES256);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(
        "clientDataJson",
        "authenticatorData",
        "signature",
        "credentialId",
        "userHandle",
      ),
      fc.nat(),
      fc.nat(7),
      async (part, at, bit) => {
        const bytes = made[part] ?? new Uint8Array();
        const changed = bytes.map((b, i) => (i === at % bytes.length ? b ^ (1 << bit) : b));
        expect(await codeOf({ ...made, [part]: changed }, key)).not.toBe("verified");
      },
    ),
    { numRuns: 400 },
  );
});
