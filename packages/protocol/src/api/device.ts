// SPDX-License-Identifier: Apache-2.0
/**
 * Signing in a terminal as OAuth 2.0 Device Authorization Grant does (RFC 8628), in the form of this
 * API. There is no link with the code in it: whoever confirms types what the terminal shows, so that
 * a link in a message signs nobody in (RFC 8628 section 5.4).
 */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { oneLine } from "./people.ts";

const TIME = z.int().describe("milliseconds since 1970 UTC");
const DEVICE_CODE = z.string().regex(/^[A-Za-z0-9_-]{43}$/, "not a device code");
const USER_CODE = z
  .string()
  .max(40)
  .describe("as the terminal shows it; case and `-` do not matter");

export const startDeviceLogin = endpoint({
  id: "startDeviceLogin",
  method: "POST",
  path: "/api/v1/device",
  summary: "a terminal asks to be signed in: two codes, one to show and one to poll with",
  access: "public",
  body: z.strictObject({ name: oneLine(100).describe("what the terminal says of itself") }),
  answer: z.strictObject({
    deviceCode: z.string().describe("secret of the terminal"),
    userCode: z.string().describe("for the person, who types it on the page"),
    page: z.string().describe("where the person types it"),
    expiresAt: TIME,
    intervalMs: z.int().describe("the shortest time between two polls"),
  }),
});

const LATER = { intervalMs: z.int() } as const;

const POLLED = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("pending"), ...LATER }),
  z.strictObject({ state: z.literal("slow-down"), ...LATER }),
  z.strictObject({ state: z.literal("denied") }),
  z.strictObject({ state: z.literal("expired") }),
  z.strictObject({
    state: z.literal("allowed"),
    secret: z.string().describe("for `Authorization: Bearer`; never shown again"),
    session: z.string(),
    person: z.string(),
    name: z.string(),
    expiresAt: TIME,
  }),
]);
export type DevicePolled = z.input<typeof POLLED>;

export const pollDeviceLogin = endpoint({
  id: "pollDeviceLogin",
  method: "POST",
  path: "/api/v1/device/poll",
  summary: "whether the person has answered; an allowed login is handed out once",
  access: "public",
  body: z.strictObject({ deviceCode: DEVICE_CODE }),
  answer: POLLED,
});

const ASKING = z.strictObject({
  userCode: z.string(),
  name: z.string().describe("what the terminal says of itself, which nobody has checked"),
  address: z.string().describe("where the request came from, as this server saw it"),
  askedAt: TIME,
  expiresAt: TIME,
});
export type DeviceAsking = z.input<typeof ASKING>;

export const shownDeviceLogin = endpoint({
  id: "shownDeviceLogin",
  method: "POST",
  path: "/api/v1/device/show",
  summary: "which terminal shows this code, and from where it asked",
  access: "session",
  body: z.strictObject({ userCode: USER_CODE }),
  answer: ASKING,
});

export const answerDeviceLogin = endpoint({
  id: "answerDeviceLogin",
  method: "POST",
  path: "/api/v1/device/answer",
  summary: "let the terminal with this code act as you, or refuse it; needs a fresh sign-in",
  access: "session",
  body: z.strictObject({ userCode: USER_CODE, allow: z.boolean() }),
  answer: z.strictObject({}),
});

const TERMINAL = z.strictObject({
  session: z.string(),
  name: z.string(),
  address: z.string(),
  signedInAt: TIME,
  expiresAt: TIME,
});
export type TerminalShown = z.input<typeof TERMINAL>;

export const terminal = endpoint({
  id: "terminal",
  method: "GET",
  path: "/api/v1/terminal",
  summary: "as whom this terminal is signed in",
  access: "terminal",
  answer: z.strictObject({ ...TERMINAL.shape, person: z.string(), personName: z.string() }),
});

export const leaveTerminal = endpoint({
  id: "leaveTerminal",
  method: "POST",
  path: "/api/v1/terminal/sign-out",
  summary: "end the session of this terminal",
  access: "terminal",
  answer: z.strictObject({}),
});

export const terminals = endpoint({
  id: "terminals",
  method: "GET",
  path: "/api/v1/terminals",
  summary: "your terminals that are signed in",
  access: "session",
  answer: z.strictObject({ terminals: z.array(TERMINAL) }),
});

export const endTerminal = endpoint({
  id: "endTerminal",
  method: "DELETE",
  path: "/api/v1/terminals/:session",
  summary: "sign one of your terminals out",
  access: "session",
  params: z.strictObject({ session: z.string().max(64) }),
  answer: z.strictObject({}),
});
