// SPDX-License-Identifier: Apache-2.0
import { utf8 } from "@interlock/digest";
import { base64, fromBase64 } from "../base64.ts";
import { accepted, invariant, type Outcome, refused, shown } from "../failure.ts";
import { hasControls, hasLoneSurrogate, isKeyName, textOf } from "./text.ts";

/** In bytes. A checkpoint with 64 post-quantum signatures of 5 kB would still fit. */
export const MAX_NOTE_LENGTH = 1 << 19;

/** Signed-note asks for at least 16; logs with a large witness network collect more. */
export const MAX_SIGNATURES = 64;

const ID_LENGTH = 4;

/** One signature line of a note, verified or not. */
export type NoteSignature = {
  readonly name: string;
  /** Which key of that name, and so which algorithm: an unsigned 32-bit number. */
  readonly keyId: number;
  readonly signature: Uint8Array;
};

/** A signed note (c2sp.org/signed-note) whose signatures nobody has looked at yet. */
export type Note = {
  /** Ends in a newline. To be ignored until a signature of a trusted key is verified. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
};

/** Reads a note, strictly: UTF-8, no control characters, a final newline, at most 64 signatures. */
export function parseNote(bytes: Uint8Array): Outcome<Note> {
  if (bytes.length > MAX_NOTE_LENGTH) {
    return refused("NOTE_TOO_LARGE", `a note of more than ${MAX_NOTE_LENGTH} bytes is not read`);
  }
  const whole = textOf(bytes);
  if (whole === null) return malformed("the note is not UTF-8");
  if (hasControls(whole)) return malformed("the note has a control character");
  if (!whole.endsWith("\n")) return malformed("the note does not end in a newline");
  // The text may have empty lines, signatures never: the last empty line separates them.
  const separator = whole.lastIndexOf("\n\n");
  if (separator === -1) return malformed("the note has no empty line before its signatures");
  const signatures = parseSignatures(whole.slice(separator + 2));
  if (!signatures.ok) return signatures;
  return accepted({ text: whole.slice(0, separator + 1), signatures: signatures.value });
}

/** Reads one or more signature lines, as in a note or in the answer of a witness. */
export function parseSignatures(text: string): Outcome<readonly NoteSignature[]> {
  if (!text.endsWith("\n")) return malformed("there is no line of a signature");
  const lines = text.slice(0, -1).split("\n", MAX_SIGNATURES + 1);
  if (lines.length > MAX_SIGNATURES) {
    return refused("NOTE_TOO_LARGE", `more than ${MAX_SIGNATURES} signatures are not read`);
  }
  const signatures: NoteSignature[] = [];
  for (const line of lines) {
    const signature = parseSignature(line);
    if (signature === null) return malformed(`${shown(line)} is no line of a signature`);
    signatures.push(signature);
  }
  return accepted(signatures);
}

function parseSignature(line: string): NoteSignature | null {
  const [dash, name, encoded, ...rest] = line.split(" ", 4);
  if (dash !== "—" || name === undefined || encoded === undefined || rest.length > 0) return null;
  const bytes = fromBase64(encoded);
  if (!isKeyName(name) || bytes === null || bytes.length <= ID_LENGTH) return null;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  const keyId = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  return { name, keyId, signature: bytes.slice(ID_LENGTH) };
}

/** Writes a note; what it gives is read back the same. The text must be one that a note can have. */
export function formatNote({ text, signatures }: Note): Uint8Array {
  invariant(isNoteText(text), "the text of a note is UTF-8 lines without control characters");
  invariant(signatures.length > 0, "a note has a signature");
  return utf8(`${text}\n${signatures.map(formatSignature).join("")}`);
}

/** One signature line with its newline. */
export function formatSignature({ name, keyId, signature }: NoteSignature): string {
  invariant(isKeyName(name), "a key's name is not empty and has no space and no plus");
  invariant(signature.length > 0, "a signature is not empty");
  return `— ${name} ${base64(Uint8Array.of(...bytesOfId(keyId), ...signature))}\n`;
}

/** Whether a text can be signed: lines, the last one ended, without control characters. */
export function isNoteText(text: string): boolean {
  return text.endsWith("\n") && !hasControls(text) && !hasLoneSurrogate(text);
}

/** The four bytes of a key's id, most significant first. */
export function bytesOfId(keyId: number): readonly number[] {
  return [keyId >>> 24, (keyId >>> 16) & 255, (keyId >>> 8) & 255, keyId & 255];
}

function malformed(says: string): Outcome<never> {
  return refused("NOTE_MALFORMED", says);
}
