// SPDX-License-Identifier: Apache-2.0
/** What two people sign with keys of their own machines while no server can be asked. */
import { canonicalJson, type Json, sha256Hex, utf8 } from "@interlock/digest";
import { about, type Infer, int, object, text } from "./schema.ts";
import { type Invalid, problemsOf } from "./validate.ts";

/** Another form of what is signed needs another tag. */
export const EMERGENCY_TAG = "interlock/emergency/v1";
/** The longest life of a signature: an hour to find a second person and to push. */
export const EMERGENCY_MS_MAX = 60 * 60_000;
/** Two machines' clocks may differ by so much. */
export const EMERGENCY_SKEW_MS = 5 * 60_000;
/** Different persons that it takes. by (two-people) */
export const EMERGENCY_SIGNERS = 2;

const commit = text({ max: 64 });

export const EMERGENCY = object({
  version: int(1, 1),
  repository: about("immutable id", text({ max: 400 })),
  target: about("full name of the ref", text({ max: 1_000 })),
  base: about("what the ref is now; zeros where it is new", commit),
  head: about("the commit that is to land", commit),
  digest: text({ max: 64, form: "digest" }),
  person: text({ max: 200 }),
  key: about("id of the emergency key", text({ max: 43, form: "32-bytes" })),
  reason: text({ max: 500 }),
  incident: text({ max: 64 }),
  issuedAt: int(0),
  expiresAt: int(0),
});
/** One person's word that a change may land though nobody can be asked; times in milliseconds since 1970. */
export type EmergencyStatement = Infer<typeof EMERGENCY>;

const GIT_ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** What is wrong with a statement from outside; none: it is one. */
export function problemsOfEmergency(value: unknown): readonly Invalid[] {
  const problems = problemsOf(EMERGENCY, value, "no such field of an emergency statement");
  if (problems.length > 0) return problems;
  const { base, head, issuedAt, expiresAt, reason, incident } = value as EmergencyStatement; // just checked
  const life = expiresAt - issuedAt;
  return [
    ...[base, head].flatMap((id, i) =>
      GIT_ID.test(id) ? [] : [{ path: i === 0 ? "base" : "head", message: "no id of a commit" }],
    ),
    ...(life > 0 && life <= EMERGENCY_MS_MAX
      ? []
      : [{ path: "expiresAt", message: `not within ${EMERGENCY_MS_MAX / 60_000} minutes` }]),
    ...(reason.trim() === "" ? [{ path: "reason", message: "no reason is given" }] : []),
    ...(incident.trim() === "" ? [{ path: "incident", message: "no incident is named" }] : []),
  ];
}

/** The bytes that the key signs: UTF-8(tag) ‖ 0x00 ‖ canonical JSON of the statement. */
export function emergencyMessage(statement: EmergencyStatement): Uint8Array {
  const tag = utf8(EMERGENCY_TAG);
  const content = utf8(canonicalJson(statement as unknown as Json)); // plain data by its schema
  const bytes = new Uint8Array(tag.length + 1 + content.length);
  bytes.set(tag);
  bytes.set(content, tag.length + 1);
  return bytes;
}

/** What an Ed25519 public key of 32 bytes is known by: its SHA-256, in hexadecimal. */
export const emergencyKeyDigest = (key: Uint8Array): string => sha256Hex(key);
