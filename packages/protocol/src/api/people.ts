// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { ASSERTION, CREATION, CREDENTIAL_ID, REGISTRATION, REQUEST } from "./passkey.ts";

const TIME = z.int().describe("milliseconds since 1970 UTC");

export const PERSON_ID = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,62}$/, "lower-case letters, digits, `.`, `_` and `-`")
  .describe("id for ever; never given to somebody else");

/** No lone surrogates, controls or marks that turn the direction of the text around a name. */
export const oneLine = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .regex(
      /^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u,
      "not one line of text",
    );

const NAME = oneLine(200);
const REASON = oneLine(2_000);

/**
 * As `facts` writes accounts: `kind:name` in lower case, so that one account has one spelling. Of
 * `oidc:ISSUER#SUBJECT` capitals count (OpenID Connect Core 1.0 sections 2 and 5.7).
 */
const ACCOUNT = z
  .string()
  .max(400)
  .regex(
    /^(?:(?:email|github|github-id|gitlab|gitlab-id|key|account):[^\s\p{C}]+|oidc:https?:\/\/[!-"$-~]+#[!-~]{1,255})$/u,
    "not `kind:name`, such as `email:ana@example.com` or `github:ana`",
  )
  .refine(
    (account) => account.startsWith("oidc:") || account === account.toLowerCase(),
    "not in lower case",
  );

const ACCOUNTS = z
  .array(ACCOUNT)
  .max(50)
  .refine((accounts) => new Set(accounts).size === accounts.length, "an account is there twice");

const MEMBER = z.strictObject({ person: PERSON_ID, name: NAME, accounts: ACCOUNTS });
export type Member = z.output<typeof MEMBER>;

export const site = endpoint({
  id: "site",
  method: "GET",
  path: "/api/v1/site",
  summary: "whether the organisation is founded, and its name",
  access: "public",
  answer: z.strictObject({ founded: z.boolean(), tenant: z.string().nullable() }),
});

const LINK = z.string().describe("one-time link; its secret stands after `#` and is shown once");

const FOUNDERS = z.strictObject({
  tenant: z.string().nullable(),
  expiresAt: TIME,
  founders: z.array(z.strictObject({ person: z.string(), name: z.string(), keys: z.int() })),
});
export type Founders = z.input<typeof FOUNDERS>;

export const setUp = endpoint({
  id: "setUp",
  method: "GET",
  path: "/api/v1/set-up",
  summary: "how far the founding is (with the set-up secret)",
  access: "invitation",
  answer: FOUNDERS,
});

export const beginFounding = endpoint({
  id: "beginFounding",
  method: "POST",
  path: "/api/v1/set-up",
  summary: "name the organisation and its founders, who get a link each; starts again if begun",
  onceByKey: true,
  access: "invitation",
  body: z.strictObject({ tenant: NAME, founders: z.array(MEMBER).min(3).max(20) }),
  answer: z.strictObject({
    expiresAt: TIME,
    links: z.array(z.strictObject({ person: z.string(), link: LINK })),
  }),
});

export const completeFounding = endpoint({
  id: "completeFounding",
  method: "POST",
  path: "/api/v1/set-up/complete",
  summary: "found the organisation, once every founder has a passkey; the set-up secret ends",
  access: "invitation",
  answer: z.strictObject({ entries: z.array(z.int()).describe("indexes in the ledger") }),
});

export const INVITED = z.strictObject({
  kind: z.enum(["founder", "person", "key", "recovery"]),
  tenant: z.string(),
  person: z.string(),
  name: z.string(),
  keys: z.int().describe("passkeys registered with this link; two are advised"),
  expiresAt: TIME,
});
export type Invited = z.input<typeof INVITED>;

export const invitation = endpoint({
  id: "invitation",
  method: "GET",
  path: "/api/v1/invitation",
  summary: "what a one-time link is for",
  access: "invitation",
  answer: INVITED,
});

export const registrationOptions = endpoint({
  id: "registrationOptions",
  method: "POST",
  path: "/api/v1/invitation/options",
  summary: "a challenge for registering a passkey",
  access: "invitation",
  answer: CREATION,
});

export const register = endpoint({
  id: "register",
  method: "POST",
  path: "/api/v1/invitation/keys",
  summary: "register a passkey; it works once the founding or the proposal is complete",
  access: "invitation",
  body: REGISTRATION,
  answer: INVITED,
});

const KEY = z.strictObject({
  credential: z.string(),
  enrolledAt: TIME,
  index: z.int().describe("of the enrolment in the ledger"),
  usableFrom: TIME,
  revokedAt: TIME.nullable(),
  synchronised: z
    .boolean()
    .describe("a cloud account can restore it; rules with `keys: device-bound` do not count it"),
});

const PERSON = z.strictObject({
  person: z.string(),
  name: z.string(),
  active: z.boolean(),
  accounts: z.array(z.string()),
  keys: z.array(KEY),
  emergencyKeys: z
    .array(
      z.strictObject({
        credential: z.string(),
        enrolledAt: TIME,
        usableFrom: TIME,
        revokedAt: TIME.nullable(),
      }),
    )
    .default([])
    .describe("on the person's own machine; they count only while the server is away"),
});
export type PersonShown = z.input<typeof PERSON>;

export const people = endpoint({
  id: "people",
  method: "GET",
  path: "/api/v1/people",
  summary: "everybody, with accounts and keys",
  access: "person",
  answer: z.strictObject({ people: z.array(PERSON) }),
});

export const revokeKey = endpoint({
  id: "revokeKey",
  method: "POST",
  path: "/api/v1/me/revoke-key",
  summary: "revoke a key of yours; its sessions end",
  access: "session",
  body: z.strictObject({ credential: CREDENTIAL_ID, reason: REASON }),
  answer: z.strictObject({ index: z.int() }),
});

const PROPOSED = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("person"), ...MEMBER.shape, reason: REASON }),
  z.strictObject({ kind: z.literal("key"), reason: REASON }),
  z.strictObject({ kind: z.literal("recovery"), person: PERSON_ID, reason: REASON }),
  z.strictObject({ kind: z.literal("revocation"), credential: CREDENTIAL_ID, reason: REASON }),
  z.strictObject({
    kind: z.literal("change"),
    person: PERSON_ID,
    name: NAME,
    active: z.boolean(),
    accounts: ACCOUNTS,
    reason: REASON,
  }),
  z.strictObject({
    kind: z.literal("provisioner"),
    name: NAME.describe("what its token is for, such as the identity provider's name"),
    reason: REASON,
  }),
]);
export type Proposed = z.output<typeof PROPOSED>;

const PROPOSAL = z.strictObject({
  proposal: z.string(),
  kind: z.enum([
    "person",
    "key",
    "recovery",
    "revocation",
    "change",
    "provisioner",
    "emergency",
    "controlplane",
    "unwind",
    "baseline",
  ]),
  person: z.string().describe("whom it is about"),
  name: z.string().nullable(),
  active: z.boolean().nullable(),
  accounts: z.array(z.string()).nullable(),
  credential: z.string().nullable().describe("the key that is to be revoked"),
  described: z
    .string()
    .nullable()
    .default(null)
    .describe(
      "SHA-256 of the text that it agrees upon: a description, a plan of an unwind, or what a rollout brought",
    ),
  reason: z.string(),
  by: z.string(),
  at: TIME,
  expiresAt: TIME,
  keys: z
    .array(z.strictObject({ credential: z.string(), keyDigest: z.string() }))
    .describe("registered with the link; endorsements are over exactly these"),
  endorsedBy: z.array(z.string()),
  needed: z.int().describe("how many endorsements of different persons it takes"),
  state: z.enum(["open", "done", "withdrawn"]),
});
export type ProposalShown = z.input<typeof PROPOSAL>;

const OF_PROPOSAL = z.strictObject({ proposal: z.string().max(64) });

export const propose = endpoint({
  id: "propose",
  method: "POST",
  path: "/api/v1/proposals",
  summary:
    "propose a person, a key of yours, a recovery, a revocation, a change of a person or a token for SCIM; others have to endorse it",
  onceByKey: true,
  access: "session",
  body: PROPOSED,
  answer: z.strictObject({
    proposal: PROPOSAL,
    link: LINK.nullable().describe("for whoever registers the passkey, where one is registered"),
    secret: z
      .string()
      .nullable()
      .describe("of the token for SCIM, which works once it is endorsed; never shown again"),
  }),
});

export const proposals = endpoint({
  id: "proposals",
  method: "GET",
  path: "/api/v1/proposals",
  summary: "the open proposals",
  access: "session",
  answer: z.strictObject({ proposals: z.array(PROPOSAL) }),
});

export const proposal = endpoint({
  id: "proposal",
  method: "GET",
  path: "/api/v1/proposals/:proposal",
  summary: "one proposal",
  access: "session",
  params: OF_PROPOSAL,
  answer: PROPOSAL,
});

export const endorsementOptions = endpoint({
  id: "endorsementOptions",
  method: "POST",
  path: "/api/v1/proposals/:proposal/options",
  summary: "a challenge made from the proposal as it stands, for your passkey",
  access: "session",
  anyMeans: true,
  params: OF_PROPOSAL,
  answer: REQUEST,
});

export const endorse = endpoint({
  id: "endorse",
  method: "POST",
  path: "/api/v1/proposals/:proposal/endorse",
  summary: "endorse a proposal with your passkey; the last one needed carries it out",
  access: "session",
  anyMeans: true,
  params: OF_PROPOSAL,
  body: ASSERTION,
  answer: PROPOSAL,
});

export const withdrawProposal = endpoint({
  id: "withdrawProposal",
  method: "DELETE",
  path: "/api/v1/proposals/:proposal",
  summary: "withdraw a proposal: whoever made it, or whom it is about",
  access: "session",
  params: OF_PROPOSAL,
  answer: z.strictObject({}),
});
