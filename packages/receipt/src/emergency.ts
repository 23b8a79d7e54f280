// SPDX-License-Identifier: Apache-2.0
/** Emergency signatures as text that a person can hand on, and what verifies them. */
import {
  EMERGENCY_SKEW_MS,
  type EmergencyStatement,
  emergencyKeyDigest,
  emergencyMessage,
  problemsOfEmergency,
} from "@interlock/core";
import { canonicalJson, type Json, utf8 } from "@interlock/digest";
import { fromBase64url, toBase64url } from "./bytes.ts";
import { attempt, type Refusal } from "./refusal.ts";
import { verifySignature } from "./webauthn/signature.ts";

/** A statement and the Ed25519 signature over its message. */
export type EmergencySignature = {
  readonly statement: EmergencyStatement;
  readonly signature: Uint8Array;
};

/** Longer texts are none: reason and incident are short. */
export const EMERGENCY_TEXT_MAX = 8_000;
const PREFIX = "interlock-emergency-1";
const SIGNATURE_BYTES = 64;

/** The id of an emergency key: the SHA-256 of its 32 bytes, as base64url. */
export function emergencyKeyId(key: Uint8Array): string {
  const hex = emergencyKeyDigest(key);
  return toBase64url(Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16)));
}

/** One line of ASCII without spaces: `interlock-emergency-1.STATEMENT.SIGNATURE`. */
export const formatEmergency = ({ statement, signature }: EmergencySignature): string =>
  [
    PREFIX,
    toBase64url(utf8(canonicalJson(statement as unknown as Json))), // plain data by its schema
    toBase64url(signature),
  ].join(".");

/** Reads such a line; a text says why it is none. One signature has one text. */
export function readEmergency(text: string): EmergencySignature | string {
  const written = text.trim();
  if (written.length > EMERGENCY_TEXT_MAX) return `it is longer than ${EMERGENCY_TEXT_MAX} bytes`;
  const [prefix, content = "", signed = "", ...more] = written.split(".");
  if (prefix !== PREFIX || more.length > 0) return `it does not begin with \`${PREFIX}.\``;
  const bytes = fromBase64url(content);
  const signature = fromBase64url(signed);
  if (bytes === null || signature?.length !== SIGNATURE_BYTES) return "a part of it is missing";
  const value = parsed(bytes);
  const [problem] = problemsOfEmergency(value);
  if (problem !== undefined) return `\`${problem.path}\`: ${problem.message}`;
  const found = { statement: value as EmergencyStatement, signature }; // checked just now
  return formatEmergency(found) === written ? found : "it is not in canonical form";
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Why a key of 32 bytes did not sign, or `null` where it did. */
async function emergencyRefused(
  { statement, signature }: EmergencySignature,
  key: Uint8Array,
): Promise<Refusal | null> {
  const tried = await attempt(async () => {
    const point = Uint8Array.from(key);
    await verifySignature({ algorithm: "EdDSA", point }, emergencyMessage(statement), signature);
  });
  return tried.ok ? null : tried.refusal;
}

/** An emergency key, as whoever verifies knows it. */
export type KnownEmergencyKey = {
  readonly person: string;
  /** 32 bytes as base64url. */
  readonly key: string;
  readonly usableFrom: number;
  readonly revokedAt: number | null;
};

export type ExpectedEmergency = {
  /** What is to land where; `at` is when, in milliseconds since 1970. */
  readonly landing: Pick<
    EmergencyStatement,
    "repository" | "target" | "base" | "head" | "digest"
  > & { readonly at: number };
  /** By their ids. */
  readonly keys: ReadonlyMap<string, KnownEmergencyKey>;
  /** Why a person does not count, or `null`. */
  readonly barred: (person: string) => string | null;
};

/** Who signed and counts, sorted, and of every line that does not count why. */
export type EmergencySigners = {
  readonly signers: readonly string[];
  readonly statements: readonly EmergencyStatement[];
  readonly refused: readonly string[];
};

/** Verifies lines that were handed on; one person counts once, with however many keys. by (two-people, bound) */
export async function emergencySigners(
  lines: readonly string[],
  expected: ExpectedEmergency,
): Promise<EmergencySigners> {
  const statements = new Map<string, EmergencyStatement>();
  const refused: string[] = [];
  for (const line of new Set(lines)) {
    const read = readEmergency(line);
    const why = typeof read === "string" ? read : await whyNot(read, expected);
    if (why === null && typeof read !== "string") {
      const { person } = read.statement;
      if (statements.has(person)) refused.push(`\`${person}\` signed twice and counts once`);
      else statements.set(person, read.statement);
    } else
      refused.push(
        typeof read === "string"
          ? `no emergency signature: ${why}`
          : `the signature of \`${read.statement.person}\`: ${why}`,
      );
  }
  const signers = [...statements.keys()].sort();
  return { signers, statements: [...statements.values()], refused };
}

async function whyNot(
  signed: EmergencySignature,
  { landing, keys, barred }: ExpectedEmergency,
): Promise<string | null> {
  const { statement } = signed;
  const { person, issuedAt, expiresAt } = statement;
  const key = keys.get(statement.key);
  if (key === undefined || key.person !== person)
    return "the roster knows no such emergency key of this person";
  const refusal = await emergencyRefused(signed, fromBase64url(key.key) ?? new Uint8Array());
  if (refusal !== null) return refusal.says;
  for (const field of ["repository", "target", "base", "head", "digest"] as const)
    if (statement[field] !== landing[field])
      return `it is for ${NAMES[field]} \`${statement[field].slice(0, 80)}\``;
  if (key.revokedAt !== null && key.revokedAt <= landing.at) return "its key was revoked";
  if (key.usableFrom > issuedAt)
    return `its key is in its cool-down until ${new Date(key.usableFrom).toISOString()}`;
  if (issuedAt > landing.at + EMERGENCY_SKEW_MS) return "it was given in the future";
  if (expiresAt <= landing.at) return `it was good until ${new Date(expiresAt).toISOString()}`;
  return barred(person);
}

const NAMES = {
  repository: "another repository,",
  target: "another ref,",
  base: "another state of the ref,",
  head: "another commit,",
  digest: "another content, with the digest",
} as const;
