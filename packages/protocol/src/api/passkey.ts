// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";

const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** Bytes in base64url without padding; `bytes` is the most that is read. */
const bytes = (most: number) =>
  z
    .string()
    .max(Math.ceil((most * 4) / 3))
    .regex(BASE64URL, "not base64url without padding");

/** A credential id: WebAuthn Level 3 section 5.8.3 allows up to 1023 bytes. */
export const CREDENTIAL_ID = bytes(1_023).min(1);

/** 32 random bytes. */
const NONCE = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "not 32 bytes in base64url");

/** What `navigator.credentials.create` gave, in base64url. */
export const REGISTRATION = z.strictObject({
  nonce: NONCE.describe("of the options"),
  credential: CREDENTIAL_ID,
  clientData: bytes(8_192),
  attestationObject: bytes(32_768),
});
export type RegistrationGiven = z.output<typeof REGISTRATION>;

/** What `navigator.credentials.get` gave, in base64url. */
export const ASSERTION = z.strictObject({
  nonce: NONCE.describe("of the options"),
  credential: CREDENTIAL_ID,
  clientData: bytes(8_192),
  authenticatorData: bytes(2_900),
  signature: bytes(1_024),
  userHandle: bytes(64).nullable(),
});
export type AssertionGiven = z.output<typeof ASSERTION>;

const DESCRIPTOR = z.strictObject({ type: z.literal("public-key"), id: z.string() });

/** Members of `PublicKeyCredentialCreationOptions`, bytes in base64url (WebAuthn Level 3 section 5.4). */
export const CREATION = z.strictObject({
  nonce: z.string(),
  publicKey: z.strictObject({
    challenge: z.string(),
    rp: z.strictObject({ id: z.string(), name: z.string() }),
    user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
    pubKeyCredParams: z.array(
      z.strictObject({ type: z.literal("public-key"), alg: z.literal([-8, -7, -257]) }),
    ),
    timeout: z.int(),
    excludeCredentials: z.array(DESCRIPTOR),
    authenticatorSelection: z.strictObject({
      residentKey: z.literal("required"),
      requireResidentKey: z.literal(true),
      userVerification: z.literal("required"),
    }),
    attestation: z.literal("none"),
  }),
});
export type Creation = z.input<typeof CREATION>;

/** Members of `PublicKeyCredentialRequestOptions`, bytes in base64url (WebAuthn Level 3 section 5.5). */
export const REQUEST = z.strictObject({
  nonce: z.string(),
  publicKey: z.strictObject({
    challenge: z.string(),
    rpId: z.string(),
    timeout: z.int(),
    allowCredentials: z.array(DESCRIPTOR),
    userVerification: z.literal("required"),
  }),
});
export type RequestOptions = z.input<typeof REQUEST>;
