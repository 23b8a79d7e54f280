// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { ASSERTION, REQUEST } from "./passkey.ts";

const TIME = z.int().describe("milliseconds since 1970 UTC");

export const ME = z.strictObject({
  person: z.string(),
  name: z.string(),
  session: z.string().describe("public id of this session"),
  expiresAt: TIME,
  issuer: z
    .string()
    .nullable()
    .describe("the identity provider that said so; such a session reads, and changes nothing"),
  freshUntil: TIME.describe("until then keys, people and tokens can be changed"),
  usableFrom: TIME.nullable().describe(
    "when the key that signed in may vouch and approve; null without a key",
  ),
});
export type Me = z.input<typeof ME>;

export const signInOptions = endpoint({
  id: "signInOptions",
  method: "POST",
  path: "/api/v1/sign-in/options",
  summary: "a challenge for signing in with a discoverable passkey; the same for everybody",
  access: "public",
  answer: REQUEST,
});

export const signIn = endpoint({
  id: "signIn",
  method: "POST",
  path: "/api/v1/sign-in",
  summary: "sign in with a passkey; whatever is wrong, the answer is the same",
  access: "public",
  body: ASSERTION,
  answer: ME,
});

export const signOut = endpoint({
  id: "signOut",
  method: "POST",
  path: "/api/v1/sign-out",
  summary: "end this session",
  access: "session",
  anyMeans: true,
  answer: z.strictObject({}),
});

export const me = endpoint({
  id: "me",
  method: "GET",
  path: "/api/v1/me",
  summary: "who is signed in",
  access: "session",
  answer: ME,
});

const SESSION = z.strictObject({
  session: z.string(),
  credential: z.string().nullable(),
  issuer: z.string().nullable(),
  signedInAt: TIME,
  expiresAt: TIME,
  current: z.boolean(),
});

export const sessions = endpoint({
  id: "sessions",
  method: "GET",
  path: "/api/v1/sessions",
  summary: "your open sessions",
  access: "session",
  answer: z.strictObject({ sessions: z.array(SESSION) }),
});

export const endSession = endpoint({
  id: "endSession",
  method: "DELETE",
  path: "/api/v1/sessions/:session",
  summary: "end one of your sessions",
  access: "session",
  anyMeans: true,
  params: z.strictObject({ session: z.string().max(64) }),
  answer: z.strictObject({}),
});

const ISSUER_NAME = z.strictObject({ name: z.string().max(40) });

export const issuers = endpoint({
  id: "issuers",
  method: "GET",
  path: "/api/v1/sign-in/issuers",
  summary: "the identity providers with which people can sign in, to read",
  access: "public",
  answer: z.strictObject({
    issuers: z.array(z.strictObject({ name: z.string(), title: z.string() })),
  }),
});

export const issuerSignIn = endpoint({
  id: "issuerSignIn",
  method: "POST",
  path: "/api/v1/sign-in/issuers/:name",
  summary: "begin to sign in with an identity provider; the browser goes to the address answered",
  access: "public",
  params: ISSUER_NAME,
  answer: z.strictObject({ url: z.string() }),
});
