// SPDX-License-Identifier: Apache-2.0
import { utf8 } from "@interlock/digest";
import { base64 } from "./base64.ts";
import { type Checkpoint, parseCheckpoint } from "./checkpoint.ts";
import { accepted, invariant, type Outcome, refused, type TlogFailure } from "./failure.ts";
import { emptyRoot, type Hash, sameBytes } from "./merkle/hash.ts";
import { MAX_PROOF_HASHES, verifyConsistency } from "./merkle/verify.ts";
import type { VerifierKey } from "./note/key.ts";
import {
  MAX_NOTE_LENGTH,
  type Note,
  type NoteSignature,
  parseNote,
  parseSignatures,
} from "./note/note.ts";
import { openNote } from "./note/open.ts";
import { textOf } from "./note/text.ts";
import { isSize, parseSize } from "./size.ts";
import { readHashes } from "./tlog-proof.ts";

/** In bytes: the longest note and 63 hashes. A server stops reading a body there. */
export const MAX_ADD_CHECKPOINT_LENGTH = MAX_NOTE_LENGTH + 4_096;

/** What a witness has last cosigned of a log; of one it never cosigned, `NOTHING_SEEN`. */
export type WitnessedHead = { readonly size: number; readonly root: Hash };

export const NOTHING_SEEN: WitnessedHead = { size: 0, root: emptyRoot() };

/** An answer to be sent as it is. */
export type WitnessAnswer = {
  readonly status: 200 | 400 | 403 | 404 | 409 | 422 | 503;
  readonly contentType: string;
  readonly body: string;
};

/** A request whose checkpoint is signed by a log that the witness knows. */
export type Submission = {
  readonly oldSize: number;
  readonly proof: readonly Hash[];
  readonly note: Note;
  readonly checkpoint: Checkpoint;
};

export type OpenedRequest =
  | { readonly ok: true; readonly submission: Submission }
  | { readonly ok: false; readonly answer: WitnessAnswer; readonly failure: TlogFailure };

/** What to do about a submission; see `judgeSubmission`. */
export type WitnessVerdict =
  | { readonly kind: "store"; readonly head: WitnessedHead }
  | {
      readonly kind: "answer";
      readonly answer: WitnessAnswer;
      /**
       * The log signed a checkpoint that does not continue the stored one, or sent a proof that
       * fails: to be kept, with the note, since it may show that the log misbehaves.
       */
      readonly evidence: boolean;
    };

/** Writes the body of a request to `add-checkpoint`, for a log that asks a witness. */
export function formatAddCheckpoint(
  oldSize: number,
  proof: readonly Hash[],
  checkpoint: Uint8Array,
): Uint8Array {
  invariant(isSize(oldSize), "the old size is a size");
  invariant(proof.length <= MAX_PROOF_HASHES, "a proof has at most 63 hashes");
  const head = utf8([`old ${oldSize}`, ...proof.map(base64), "", ""].join("\n"));
  const body = new Uint8Array(head.length + checkpoint.length);
  body.set(head);
  body.set(checkpoint, head.length);
  return body;
}

/**
 * First half of `add-checkpoint` (c2sp.org/tlog-witness): reads the body and verifies the log's
 * signature. `keysOf` gives the keys trusted for an origin, none for an unknown one. It depends on
 * no stored state, so it runs before and outside of the atomic step.
 */
export async function openAddCheckpoint(
  body: Uint8Array,
  keysOf: (origin: string) => readonly VerifierKey[],
): Promise<OpenedRequest> {
  const parsed = parseAddCheckpoint(body);
  if (!parsed.ok) return failed(400, parsed.failure);
  const { note, checkpoint, oldSize } = parsed.value;
  const keys = keysOf(checkpoint.origin);
  if (keys.length === 0) {
    return failed(404, { code: "ORIGIN_UNKNOWN", message: "the origin is no log known here" });
  }
  const opened = await openNote(note, keys);
  if (!opened.ok) {
    // Without Ed25519 nothing was judged, and the log is not to blame.
    return failed(opened.failure.code === "CRYPTO_UNAVAILABLE" ? 503 : 403, opened.failure);
  }
  if (oldSize > checkpoint.size) {
    return failed(400, { code: "SIZE_INVALID", message: "the old size is above the checkpoint's" });
  }
  return { ok: true, submission: parsed.value };
}

/** Reads the body of `add-checkpoint`; nothing in it is verified yet. */
export function parseAddCheckpoint(body: Uint8Array): Outcome<Submission> {
  if (body.length > MAX_ADD_CHECKPOINT_LENGTH) {
    return refused("NOTE_TOO_LARGE", "the body is too long to be a checkpoint with its proof");
  }
  const text = textOf(body);
  if (text === null) return malformed("the body is not UTF-8");
  const end = text.indexOf("\n\n");
  if (end === -1) return malformed("there is no empty line before the checkpoint");
  const [oldLine = "", ...proofLines] = text.slice(0, end).split("\n", MAX_PROOF_HASHES + 2);
  const oldSize = oldLine.startsWith("old ") ? parseSize(oldLine.slice(4)) : null;
  if (oldSize === null) return malformed("the first line is not `old` and a size");
  const proof = readHashes(proofLines);
  if (proof === null) return malformed("the proof has more than 63 hashes, or one that is none");
  // What is before the note is ASCII by now, so characters are bytes.
  const note = parseNote(body.subarray(end + 2));
  if (!note.ok) return note;
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpoint;
  return accepted({ oldSize, proof, note: note.value, checkpoint: checkpoint.value });
}

/**
 * Second half of `add-checkpoint`: judges a submission against the head stored for its origin.
 *
 * INVARIANT (no rollback): the caller reads `stored`, calls this, and stores `head` in one atomic
 * step: under a lock of that origin's row, or by compare-and-swap on `stored`, starting over when it
 * fails. Only after the head is durable does it cosign and answer `cosignedAnswer`. If it dies in
 * between, the log asks again with the old size, gets a 409, and then a cosignature of the same head.
 */
export function judgeSubmission(submission: Submission, stored: WitnessedHead): WitnessVerdict {
  const { oldSize, proof, checkpoint } = submission;
  const { size, root } = checkpoint;
  if (oldSize !== stored.size) {
    const contentType = "text/x.tlog.size";
    const answer: WitnessAnswer = { status: 409, contentType, body: `${stored.size}\n` };
    return { kind: "answer", answer, evidence: false };
  }
  if (size === 0 && !sameBytes(root, emptyRoot())) {
    return inconsistent("an empty tree has another root");
  }
  if (oldSize === 0) {
    if (proof.length > 0) return inconsistent("from the empty tree there is no proof");
    return { kind: "store", head: { size, root } };
  }
  const claim = { from: oldSize, fromRoot: stored.root, to: size, toRoot: root, proof };
  const consistent = verifyConsistency(claim);
  return consistent.ok
    ? { kind: "store", head: { size, root } }
    : inconsistent(consistent.failure.message);
}

/** The answer with the witness's own cosignatures, after the head has been stored. */
export function cosignedAnswer(signatureLines: readonly string[]): WitnessAnswer {
  invariant(signatureLines.length > 0, "a witness answers with a cosignature");
  return plain(200, signatureLines.join(""));
}

/** What a log learns from the answer of a witness. */
export type WitnessReply =
  | { readonly kind: "cosigned"; readonly signatures: readonly NoteSignature[] }
  /** To be asked again with a proof from this size, if the log ever had it. */
  | { readonly kind: "conflict"; readonly size: number }
  | { readonly kind: "refused"; readonly status: number };

/**
 * Reads the answer of a witness. The signatures are as yet nobody's: the log adds those that
 * `checkNote` verifies for its own checkpoint with the witness's key.
 */
export function readWitnessAnswer(status: number, body: Uint8Array): Outcome<WitnessReply> {
  if (status !== 200 && status !== 409) return accepted({ kind: "refused", status });
  const text = body.length > MAX_NOTE_LENGTH ? null : textOf(body);
  if (text === null) return refused("ANSWER_MALFORMED", "the answer is not UTF-8 or too long");
  if (status === 409) {
    const size = text.endsWith("\n") ? parseSize(text.slice(0, -1)) : null;
    if (size !== null) return accepted({ kind: "conflict", size });
    return refused("ANSWER_MALFORMED", "a witness answered 409 without the size it knows");
  }
  const signatures = parseSignatures(text);
  return signatures.ok ? accepted({ kind: "cosigned", signatures: signatures.value }) : signatures;
}

function failed(status: 400 | 403 | 404 | 503, failure: TlogFailure): OpenedRequest {
  return { ok: false, answer: plain(status, `${failure.message}\n`), failure };
}

function inconsistent(says: string): WitnessVerdict {
  return { kind: "answer", answer: plain(422, `${says}\n`), evidence: true };
}

function plain(status: WitnessAnswer["status"], body: string): WitnessAnswer {
  return { status, contentType: "text/plain; charset=utf-8", body };
}

function malformed(says: string): Outcome<never> {
  return refused("NOTE_MALFORMED", says);
}
