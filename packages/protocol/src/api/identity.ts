// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";

const TIME = z.int().describe("milliseconds since 1970 UTC");
const TEAM = z.strictObject({
  group: z.string().describe("what the provider calls it"),
  team: z.string().describe("what it is here"),
});

const SIGN_IN = z.strictObject({
  name: z.string(),
  title: z.string(),
  issuer: z.string(),
  emailDomains: z.array(z.string()),
  teams: z.array(TEAM).describe("for which its word at a sign-in counts"),
  goodForHours: z.int().nullable().describe("how long that word counts; null without teams"),
});

const SCIM = z.strictObject({
  address: z.string().describe("what the provider is told to send to"),
  emailDomains: z.array(z.string()),
  users: z.int(),
  lastEntryAt: TIME.nullable().describe("when it last changed anything here, by the ledger"),
  since: TIME.describe("since when this server has listened: it began then"),
  lastAskedAt: TIME.nullable().describe("when it last asked for anything since then"),
  teams: z
    .array(TEAM.extend({ persons: z.array(z.string()).nullable() }))
    .describe("for which its word counts; `persons` is null while no such group has come"),
  strangers: z
    .array(z.strictObject({ group: z.string(), persons: z.int() }))
    .describe("groups that came and that the settings give no team"),
  refused: z
    .array(z.strictObject({ at: TIME, about: z.string(), message: z.string(), help: z.string() }))
    .describe("what it wanted since then and did not get, the newest first"),
});

const CI = z.strictObject({
  issuer: z.string(),
  audience: z.string(),
  allow: z.array(
    z.strictObject({
      repository: z.string(),
      verbs: z.array(z.string()),
      lifeMinutes: z.int(),
      where: z
        .array(z.strictObject({ claim: z.string(), is: z.array(z.string()) }))
        .describe("claims of the run's token, each one of some texts"),
    }),
  ),
});

const IDENTITY = z.strictObject({
  signIn: z.array(SIGN_IN),
  scim: SCIM.nullable().describe("null where the settings name no provider"),
  ci: z.array(CI),
});
export type IdentityShown = z.input<typeof IDENTITY>;

export const shownIdentity = endpoint({
  id: "shownIdentity",
  method: "GET",
  path: "/api/v1/identity",
  summary:
    "which identity from outside counts here and for what, and how the provider of SCIM fares",
  access: "person",
  answer: IDENTITY,
});
