// SPDX-License-Identifier: Apache-2.0
import { escapedText } from "./path.ts";

/** `Key: value` of the last paragraph, e.g. `Co-authored-by`. */
export type Trailer = { readonly key: string; readonly value: string };

export type Message = {
  readonly subject: string;
  readonly message: string;
  /** The message is longer than what is given of it. */
  readonly messageCut: boolean;
  readonly trailers: readonly Trailer[];
  /** The first commit that it says it reverts. */
  readonly reverts: string | null;
};

/** A longer message is cut: nothing that is judged needs more. */
const MESSAGE_MAX_BYTES = 100_000;
/** Trailers stand at the end, so that of a long message the end is read too. */
const TAIL_BYTES = 20_000;
const SUBJECT_MAX = 1_000;
const TRAILER_LINE_MAX = 1_100;
const TRAILERS_MAX = 200;
const TRAILER = /^([A-Za-z0-9][A-Za-z0-9-]{0,59})[ \t]*:[ \t]*(\S.*)$/;
/** Lines that git itself adds count as trailers when it decides whether a paragraph is a block. */
const WRITTEN_BY_GIT = /^(?:Signed-off-by: |\(cherry picked from commit )/;

export function readMessage(bytes: Buffer, encoding: string): Message {
  const messageCut = bytes.length > MESSAGE_MAX_BYTES;
  const text = decoded(bytes.subarray(0, MESSAGE_MAX_BYTES), encoding);
  const tail = messageCut
    ? decoded(bytes.subarray(-TAIL_BYTES), encoding).replace(/^[^\n]*\n/, "")
    : text;
  return {
    subject: subjectOf(text),
    message: text,
    messageCut,
    trailers: trailersOf(tail, messageCut),
    reverts: /^This reverts commit ([0-9a-f]{7,64})\b/m.exec(text)?.[1] ?? null,
  };
}

/** Bytes that the encoding does not know are written `\xff`, never dropped or replaced. */
function decoded(bytes: Buffer, encoding: string): string {
  const label = encoding.trim().slice(0, 40).toLowerCase();
  if (label !== "utf-8" && label !== "utf8") {
    try {
      return new TextDecoder(label, { fatal: true }).decode(bytes);
    } catch {
      // An unknown name, or bytes that do not fit it: read as UTF-8 with escapes below.
    }
  }
  return escapedText(bytes);
}

const subjectOf = (text: string): string =>
  (text.trimStart().split("\n", 1)[0] ?? "").trimEnd().slice(0, SUBJECT_MAX).toWellFormed();

/**
 * Trailers as `git interpret-trailers --parse` finds them: the last paragraph when all its lines are
 * trailers, or a quarter of them and at least one that git writes. A line that begins with a blank
 * goes on with the one before.
 */
function trailersOf(text: string, cut: boolean): readonly Trailer[] {
  const paragraphs = text.trimEnd().split(/\n[ \t]*\n/);
  if (paragraphs.length < 2 && !cut) return [];
  const lines = unfolded(paragraphs[paragraphs.length - 1] ?? "");
  const shaped = lines.filter((line) => TRAILER.test(line) || WRITTEN_BY_GIT.test(line)).length;
  const byGit = lines.some((line) => WRITTEN_BY_GIT.test(line));
  const others = lines.length - shaped;
  if (shaped === 0 || (others > 0 && !(byGit && shaped * 3 >= others))) return [];
  return lines
    .flatMap((line) => {
      const match = TRAILER.exec(line);
      return match === null ? [] : [{ key: match[1] ?? "", value: (match[2] ?? "").trimEnd() }];
    })
    .slice(0, TRAILERS_MAX);
}

function unfolded(paragraph: string): readonly string[] {
  const lines: string[] = [];
  for (const raw of paragraph.split("\n")) {
    // git passes over comments.
    if (raw.startsWith("#")) continue;
    const line = raw.slice(0, TRAILER_LINE_MAX).toWellFormed();
    const last = lines.length - 1;
    if (/^[ \t]/.test(line) && last >= 0)
      lines[last] = `${lines[last]} ${line.trim()}`.slice(0, TRAILER_LINE_MAX).toWellFormed();
    else lines.push(line);
  }
  return lines;
}
