// SPDX-License-Identifier: Apache-2.0
import { base64, fromBase64 } from "./base64.ts";
import { accepted, invariant, type Outcome, refused, shown } from "./failure.ts";
import { HASH_LENGTH, type Hash } from "./merkle/hash.ts";
import type { SignBytes } from "./note/cosignature.ts";
import type { VerifierKey } from "./note/key.ts";
import { isNoteText, type Note, parseNote } from "./note/note.ts";
import { openNote, signText } from "./note/open.ts";
import { isSize, parseSize } from "./size.ts";

/** The head of a log's tree (c2sp.org/tlog-checkpoint). */
export type Checkpoint = {
  /** The log's identity: one line, the name of the key that signs it. */
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  /** Opaque further lines. No monitor can audit them: best left empty. */
  readonly extensions: readonly string[];
};

/** The text to be signed. `parseCheckpoint` reads it back the same. */
export function formatCheckpoint({ origin, size, root, extensions }: Checkpoint): string {
  invariant(isSize(size), "the size of a checkpoint is a size");
  invariant(root.length === HASH_LENGTH, "hashes are 32 bytes");
  const lines = [origin, String(size), base64(root), ...extensions];
  invariant(
    lines.every((line) => line !== "" && !line.includes("\n") && isNoteText(`${line}\n`)),
    "the lines of a checkpoint are not empty and have no control characters",
  );
  return `${lines.join("\n")}\n`;
}

/** Reads the text of a note as a checkpoint. The text proves nothing until a signature is verified. */
export function parseCheckpoint(text: string): Outcome<Checkpoint> {
  if (!isNoteText(text)) return malformed("the checkpoint is no text of a note");
  const [origin = "", sizeLine = "", rootLine = "", ...extensions] = text.slice(0, -1).split("\n");
  if (origin === "") return malformed("the checkpoint has no origin");
  const size = parseSize(sizeLine);
  if (size === null) return malformed(`${shown(sizeLine)} is not the size of a tree`);
  const root = fromBase64(rootLine);
  if (root?.length !== HASH_LENGTH)
    return malformed(`${shown(rootLine)} is not the root of a tree`);
  if (extensions.includes("")) return malformed("the checkpoint has an empty line");
  return accepted({ origin, size, root, extensions });
}

/**
 * Signs a checkpoint with the log's own key, whose name must be the origin. A log must never sign
 * two checkpoints of which one does not continue the other: the caller stores the new head by
 * compare-and-swap before it calls this.
 */
export async function signCheckpoint(
  checkpoint: Checkpoint,
  key: VerifierKey,
  sign: SignBytes,
): Promise<Note> {
  invariant(key.name === checkpoint.origin, "a log signs under its origin");
  const text = formatCheckpoint(checkpoint);
  return { text, signatures: [await signText(text, key, sign)] };
}

/** A checkpoint that its log has signed, and the note it came in. */
export type SignedCheckpoint = { readonly checkpoint: Checkpoint; readonly note: Note };

/**
 * Reads a checkpoint and verifies that the log has signed it: one of these keys, under its own name
 * as origin. Says nothing of witnesses; for them use a policy.
 */
export async function openCheckpoint(
  bytes: Uint8Array,
  logKeys: readonly VerifierKey[],
): Promise<Outcome<SignedCheckpoint>> {
  const note = parseNote(bytes);
  if (!note.ok) return note;
  const checkpoint = parseCheckpoint(note.value.text);
  if (!checkpoint.ok) return checkpoint;
  const { origin } = checkpoint.value;
  const own = logKeys.filter((key) => key.name === origin);
  if (own.length === 0) return refused("ORIGIN_UNKNOWN", `${shown(origin)} is no log known here`);
  const opened = await openNote(note.value, own);
  return opened.ok ? accepted({ checkpoint: checkpoint.value, note: note.value }) : opened;
}

function malformed(says: string): Outcome<never> {
  return refused("CHECKPOINT_MALFORMED", says);
}
