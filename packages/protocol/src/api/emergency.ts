// SPDX-License-Identifier: Apache-2.0
/** Emergency keys, the roster that an enforcement point keeps of them, and what is brought in afterwards. */
import { z } from "zod";
import { endpoint } from "../endpoint.ts";
import { PLACE } from "./gate.ts";
import { oneLine } from "./people.ts";

const TIME = z.int().describe("milliseconds since 1970 UTC");
const DIGEST = z.string().regex(/^[0-9a-f]{64}$/);
const INDEX = z.int().min(0).describe("in the ledger");
const SIGNED = z
  .string()
  .max(8_000)
  .regex(/^[A-Za-z0-9._-]+$/)
  .describe("`interlock-emergency-1.…`, as a signer handed it on");

export const proposeEmergencyKey = endpoint({
  id: "proposeEmergencyKey",
  method: "POST",
  path: "/api/v1/emergency/keys",
  summary: "propose an emergency key of yours; you and somebody else endorse it with passkeys",
  access: "person",
  body: z.strictObject({
    key: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .describe("Ed25519 public key, base64url"),
    reason: oneLine(2_000),
  }),
  answer: z.strictObject({ proposal: z.string(), url: z.string() }),
});

export const emergencyRoster = endpoint({
  id: "emergencyRoster",
  method: "GET",
  path: "/api/v1/emergency/roster",
  summary: "the entries about people, from which an enforcement point makes its own roster",
  access: "token:gate",
  query: z.strictObject({
    known: z.coerce
      .number()
      .int()
      .min(0)
      .optional()
      .describe(
        "index of the last of these entries that is known; nothing is sent while it is the last",
      ),
  }),
  answer: z.strictObject({
    policy: z
      .string()
      .describe("a trust policy (c2sp.org/tlog-policy) with the keys as set up here"),
    last: z.int().describe("index of the last entry about people, or -1"),
    entries: z
      .array(
        z.strictObject({
          index: INDEX,
          leaf: z.string().describe("its bytes in the log, base64url"),
          salt: z.string().nullable().describe("base64url; null when the body was erased"),
          body: z.unknown(),
        }),
      )
      .nullable()
      .describe("null: nothing is new"),
  }),
});

/** What an enforcement point wrote down before it let a push through without a decision. */
export const AWAY_RECORD = z.strictObject({
  place: PLACE,
  digest: DIGEST.nullable(),
  landedAt: TIME,
  pushedBy: z.array(z.string().max(400)).max(20).nullable(),
  because: z.string().max(2_000),
  teams: z.array(z.string().max(200)).max(100),
  signed: z.array(SIGNED).max(10).describe("empty: `ifDown` of the policy let it go on"),
});
export type AwayRecord = z.output<typeof AWAY_RECORD>;

const IMPORTED = z.strictObject({
  index: INDEX,
  verified: z.boolean(),
  says: z.string().nullable().describe("why it does not verify"),
});

export const importAway = endpoint({
  id: "importAway",
  method: "POST",
  path: "/api/v1/emergency/away",
  summary: "bring in a push that landed while this server was away; brought twice, it is one entry",
  access: "token:gate",
  body: AWAY_RECORD,
  answer: IMPORTED,
});

export const importEmergency = endpoint({
  id: "importEmergency",
  method: "POST",
  path: "/api/v1/emergency/signed",
  summary: "bring in an emergency signature of a person's journal; brought twice, it is one entry",
  access: "person",
  body: z.strictObject({ signed: SIGNED }),
  answer: IMPORTED,
});
