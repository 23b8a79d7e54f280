// SPDX-License-Identifier: Apache-2.0
import { utf8 } from "@interlock/digest";
import { accepted, invariant, type Outcome, refused, shown } from "../failure.ts";
import { cosignedMessage, type SignBytes, timedSignature } from "./cosignature.ts";
import { type Verdict, verifyEd25519 } from "./ed25519.ts";
import { keyOf, type VerifierKey } from "./key.ts";
import { isNoteText, type Note, type NoteSignature } from "./note.ts";

/** A signature of a known key that verified. */
export type VerifiedSignature = {
  readonly key: VerifierKey;
  /** Of a cosignature: when it was made, in seconds since the Epoch. */
  readonly timestamp: number | null;
  /** Its line, to be copied into another note of the same text: so a log takes over cosignatures. */
  readonly line: NoteSignature;
};

/**
 * A note with what is known about it. `verified` may be empty, and then the text is nobody's word:
 * use `openNote`, or a policy, unless you look at `verified` yourself.
 */
export type CheckedNote = {
  readonly text: string;
  readonly verified: readonly VerifiedSignature[];
};

/** Signs the text of a note with an `ed25519` key. */
export async function signText(
  text: string,
  key: VerifierKey,
  sign: SignBytes,
): Promise<NoteSignature> {
  invariant(key.kind === "ed25519", "a note's own signature is of type 0x01");
  invariant(isNoteText(text), "the text of a note is UTF-8 lines without control characters");
  return { name: key.name, keyId: key.keyId, signature: await sign(utf8(text)) };
}

/**
 * Verifies the signatures of known keys and ignores all others. One failing signature of a known key
 * refuses the whole note. A key that signed twice counts once, with its latest time.
 *
 * INVARIANT (known key): a note that carries a broken signature of a known key is never accepted.
 */
export async function checkNote(
  note: Note,
  keys: readonly VerifierKey[],
): Promise<Outcome<CheckedNote>> {
  const known = new Map<string, VerifierKey>();
  for (const key of keys) {
    if (known.has(keyOf(key))) {
      return refused("KEY_AMBIGUOUS", `two known keys of ${shown(key.name)} have one id`);
    }
    known.set(keyOf(key), key);
  }
  const verified = new Map<string, VerifiedSignature>();
  for (const signature of note.signatures) {
    const key = known.get(keyOf(signature));
    if (key === undefined || key.kind === "unsupported") continue;
    const { verdict, timestamp } = await verify(note.text, key, signature.signature);
    if (verdict === "unavailable") {
      return refused("CRYPTO_UNAVAILABLE", "this platform has no Ed25519, or the page no HTTPS");
    }
    if (verdict === "invalid") {
      return refused("SIGNATURE_INVALID", `the signature of ${shown(key.name)} is not valid`);
    }
    const before = verified.get(keyOf(key))?.timestamp ?? null;
    if (before !== null && timestamp !== null && before >= timestamp) continue;
    verified.set(keyOf(key), { key, timestamp, line: signature });
  }
  return accepted({ text: note.text, verified: [...verified.values()] });
}

/** As `checkNote`, and refuses a note that no known key has signed. */
export async function openNote(
  note: Note,
  keys: readonly VerifierKey[],
): Promise<Outcome<CheckedNote>> {
  const checked = await checkNote(note, keys);
  if (!checked.ok || checked.value.verified.length > 0) return checked;
  return refused("SIGNATURE_MISSING", "none of the signatures is by a known key");
}

type Verified = { readonly verdict: Verdict; readonly timestamp: number | null };

async function verify(text: string, key: VerifierKey, signature: Uint8Array): Promise<Verified> {
  if (key.kind === "ed25519") {
    const verdict = await verifyEd25519(key.publicKey, utf8(text), signature);
    return { verdict, timestamp: null };
  }
  const timed = timedSignature(signature);
  if (timed === null) return { verdict: "invalid", timestamp: null };
  const { timestamp } = timed;
  const message = cosignedMessage(text, timestamp);
  return { verdict: await verifyEd25519(key.publicKey, message, timed.signature), timestamp };
}
