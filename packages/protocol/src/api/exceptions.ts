// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { WAIVES } from "./changes.ts";

const TIME = z.int().describe("milliseconds since 1970 UTC");
const REASON = z.string().min(1).max(2_000);
const STATE = z.enum(["open", "all"]).default("open");
const PAGE = z.strictObject({
  state: STATE,
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

const INCIDENT = z.strictObject({
  incident: z.string().describe("by which break-glass names it"),
  title: z.string(),
  systems: z.array(z.string()),
  by: z.string(),
  at: TIME,
  closed: z.strictObject({ by: z.string(), at: TIME, reason: z.string() }).nullable(),
});
export type IncidentShown = z.input<typeof INCIDENT>;

const DEBT = z.strictObject({
  debt: z.string().describe("id of its entry, which a review names"),
  at: TIME,
  change: z.string().nullable().describe("null where the content of its entry is gone"),
  subject: z.string().describe("the change's message; empty where it is not known"),
  repository: z.string().nullable(),
  target: z.string().nullable(),
  teams: z.array(z.string()).describe("whose changes it holds; empty: everybody's"),
  incidents: z.array(z.string()),
  signedBy: z.array(z.string()).describe("who broke the glass, and cannot review it"),
  reviews: z.array(z.strictObject({ person: z.string(), at: TIME, reason: z.string() })),
  open: z.boolean(),
});
export type DebtShown = z.input<typeof DEBT>;

const OVERRIDE = z.strictObject({
  entry: z.string(),
  index: z.int().describe("of its entry in the ledger"),
  change: z.string(),
  subject: z.string().describe("the change's message; empty where it is not known"),
  repository: z.string(),
  target: z.string(),
  waives: WAIVES,
  person: z.string(),
  reason: z.string().nullable().describe("null where it was erased"),
  at: TIME,
  expiresAt: TIME,
  state: z
    .enum(["counts", "alone", "withdrawn", "over", "incident-closed", "key-ended"])
    .describe("`alone`: it passes nothing before somebody else signs the same"),
  with: z.array(z.string()).describe("who else signed the same, and counts"),
});
export type OverrideShown = z.input<typeof OVERRIDE>;

export const openIncident = endpoint({
  id: "openIncident",
  method: "POST",
  path: "/api/v1/incidents",
  summary: "say that something is wrong in production; break-glass needs an open incident",
  access: "person",
  body: z.strictObject({
    title: z.string().min(1).max(300),
    systems: z.array(z.string().min(1).max(200)).max(100).default([]),
  }),
  answer: INCIDENT,
});

export const closeIncident = endpoint({
  id: "closeIncident",
  method: "POST",
  path: "/api/v1/incidents/:incident/close",
  summary: "say that it is over; what was signed for it counts no more",
  access: "person",
  params: z.strictObject({ incident: z.string().max(64) }),
  body: z.strictObject({ reason: REASON }),
  answer: INCIDENT,
});

export const listIncidents = endpoint({
  id: "listIncidents",
  method: "GET",
  path: "/api/v1/incidents",
  summary: "incidents, those opened last first",
  access: "person",
  query: PAGE,
  answer: z.strictObject({ incidents: z.array(INCIDENT), more: z.boolean() }),
});

export const listDebts = endpoint({
  id: "listDebts",
  method: "GET",
  path: "/api/v1/debts",
  summary: "what break-glass left to be reviewed, the oldest first",
  access: "person",
  query: PAGE,
  answer: z.strictObject({ debts: z.array(DEBT), more: z.boolean() }),
});

export const listOverrides = endpoint({
  id: "listOverrides",
  method: "GET",
  path: "/api/v1/overrides",
  summary: "waivers and break-glass that count or wait for a second person, the newest first",
  access: "person",
  query: PAGE,
  answer: z.strictObject({ overrides: z.array(OVERRIDE), more: z.boolean() }),
});
