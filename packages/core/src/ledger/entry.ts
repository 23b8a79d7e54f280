// SPDX-License-Identifier: Apache-2.0
import {
  canonicalJson,
  type Digest,
  isDigest,
  type Json,
  sha256Hex,
  utf8,
} from "@interlock/digest";
import { type Infer, int, object, text } from "../schema.ts";
import { type Invalid, problemsOf } from "../validate.ts";
import { BODIES, type Bodies, type EntryKind, isEntryKind, RULES_OF_BODIES } from "./bodies.ts";

/** Under these tags the salted digests of a body and of a decision's facts are made. */
export const BODY_TAG = "interlock/ledger-body/v1";
export const FACTS_TAG = "interlock/ledger-facts/v1";
export const SALT_LENGTH = 32;

/**
 * The leaf of an entry: all that the log itself holds. Everything that may have to be erased stands
 * in the body, of which the leaf knows a salted digest only. by (erasable)
 */
export type Entry = {
  readonly entry: 1;
  readonly kind: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
  /** The change digest it is about. */
  readonly subject: Digest | null;
  readonly body: Digest;
};

/** An entry with its body, from which anybody can make the leaf again. */
export type EntryContent<K extends EntryKind = EntryKind> = {
  readonly [P in K]: {
    readonly kind: P;
    readonly at: number;
    readonly subject: Digest | null;
    readonly salt: Uint8Array;
    readonly body: Bodies[P];
  };
}[K];

export type BodyRead<K extends EntryKind> =
  | { readonly ok: true; readonly body: Bodies[K] }
  | { readonly ok: false; readonly problems: readonly Invalid[] };

export type LeafRead =
  | { readonly ok: true; readonly entry: Entry }
  | { readonly ok: false; readonly problems: readonly Invalid[] };

/** Checks a body from outside against its kind; what no schema knows is refused. */
export function readBody<K extends EntryKind>(kind: K, value: unknown): BodyRead<K> {
  const problems = problemsOf(BODIES[kind], value, `no such field of \`${kind}\``);
  if (problems.length > 0) return { ok: false, problems };
  const body = value as Bodies[K]; // the schema has just checked every field
  const more = RULES_OF_BODIES[kind](body);
  return more.length > 0 ? { ok: false, problems: more } : { ok: true, body };
}

/** SHA-256(UTF-8(tag) ‖ 0x00 ‖ salt ‖ canonical JSON): without the salt nobody can try out values. */
export function saltedDigest(tag: string, salt: Uint8Array, value: Json): Digest {
  return saltedDigestOf(tag, salt, canonicalJson(value));
}

/** The same of a value that was written as canonical JSON already. */
export function saltedDigestOf(tag: string, salt: Uint8Array, canonical: string): Digest {
  if (salt.length !== SALT_LENGTH)
    throw new Error(`invariant broken: a salt has ${SALT_LENGTH} bytes, not ${salt.length}`);
  const name = utf8(tag);
  const content = utf8(canonical);
  const bytes = new Uint8Array(name.length + 1 + SALT_LENGTH + content.length);
  bytes.set(name);
  bytes.set(salt, name.length + 1);
  bytes.set(content, name.length + 1 + SALT_LENGTH);
  const hex = sha256Hex(bytes);
  if (!isDigest(hex)) throw new Error("invariant broken: a SHA-256 is 64 hexadecimal digits");
  return hex;
}

/**
 * INVARIANT (leaf-binding): the leaf is made from kind, time, subject, salt and body, so that a
 * proof for one entry can never be shown for another content (P7).
 */
export function entryOf({ kind, at, subject, salt, body }: EntryContent): Entry {
  const content = body as unknown as Json; // bodies are plain data by their schema
  return { entry: 1, kind, at, subject, body: saltedDigest(BODY_TAG, salt, content) };
}

/** The bytes that go into the log. */
export function leafOf(entry: Entry): Uint8Array {
  const { kind, at, subject, body } = entry;
  return utf8(canonicalJson({ entry: 1, kind, at, subject, body }));
}

/** An entry's id: the hash of its leaf as the log has it (RFC 9162 section 2.1.1), in hexadecimal. */
export function entryId(entry: Entry): Digest {
  const leaf = leafOf(entry);
  const bytes = new Uint8Array(leaf.length + 1);
  bytes.set(leaf, 1);
  const hex = sha256Hex(bytes);
  if (!isDigest(hex)) throw new Error("invariant broken: a SHA-256 is 64 hexadecimal digits");
  return hex;
}

const LEAF = object({
  entry: int(1, 1),
  kind: text({ max: 40 }),
  at: int(0),
  body: text({ max: 64, form: "digest" }),
});
const KIND = /^[a-z]+(?:-[a-z]+)*$/;

/**
 * Reads a leaf from the log. A kind that this build does not know is no error: newer servers write
 * it, and it can be proved though not understood.
 */
export function readLeaf(text: string): LeafRead {
  const value = parsed(text);
  if (value === null) return problem("", "not a JSON object");
  const { subject, ...rest } = value;
  const problems = problemsOf(LEAF, rest, "no such field of a leaf");
  if (problems.length > 0) return { ok: false, problems };
  if (subject !== null && !isDigest(subject))
    return problem("subject", "not a digest and not null");
  const { kind, at, body } = rest as Infer<typeof LEAF>; // the schema has just checked every field
  if (!KIND.test(kind)) return problem("kind", "not a kind of entry");
  if (!isDigest(body)) return problem("body", "not a digest");
  const entry: Entry = { entry: 1, kind, at, subject, body };
  // Equal bytes or nothing: white space, order and keys named twice would make two leaves of one.
  return canonicalJson(entry) === text ? { ok: true, entry } : problem("", "not in canonical form");
}

/** Whether this build can check the body of an entry. */
export const isKnownKind = (entry: Entry): entry is Entry & { readonly kind: EntryKind } =>
  isEntryKind(entry.kind);

function parsed(text: string): Readonly<Record<string, unknown>> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

const problem = (path: string, message: string) =>
  ({ ok: false, problems: [{ path, message }] }) as const;
