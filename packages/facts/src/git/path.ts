// SPDX-License-Identifier: Apache-2.0
const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LITERAL_ESCAPE = /\\(?=x)/g;
const WRITTEN_ESCAPE = /\\x([0-9a-f]{2})/g;

/**
 * A path as text. Bytes that are not UTF-8 are written `\xff`, and with them the control bytes of
 * such a path; a backslash that really stands before an `x` is written `\x5c`, so that two paths never
 * share one text.
 */
export function pathText(bytes: Uint8Array): string {
  const text = strictText(bytes);
  if (text !== null) return text.includes("\\x") ? text.replace(LITERAL_ESCAPE, "\\x5c") : text;
  return escapedText(bytes).replace(/\p{Cc}/gu, (c) =>
    [...Buffer.from(c, "utf8")].map(escapedByte).join(""),
  );
}

const escapedByte = (byte: number): string => `\\x${byte.toString(16).padStart(2, "0")}`;

/** The bytes that `pathText` wrote; any other text is taken as UTF-8. */
export function pathBytes(text: string): Buffer {
  if (!text.includes("\\x")) return Buffer.from(text, "utf8");
  const parts: Buffer[] = [];
  let from = 0;
  for (const match of text.matchAll(WRITTEN_ESCAPE)) {
    parts.push(Buffer.from(text.slice(from, match.index), "utf8"));
    parts.push(Buffer.from([Number.parseInt(match[1] ?? "0", 16)]));
    from = match.index + match[0].length;
  }
  parts.push(Buffer.from(text.slice(from), "utf8"));
  return Buffer.concat(parts);
}

/** True for a path that has bytes which are not UTF-8. */
export function isEscapedPath(text: string): boolean {
  return text.includes("\\x") && strictText(pathBytes(text)) === null;
}

/** UTF-8 text, or `null` when the bytes are something else. */
export function strictText(bytes: Uint8Array): string | null {
  try {
    return STRICT.decode(bytes);
  } catch {
    // Not UTF-8 is an answer, not a failure.
    return null;
  }
}

/** UTF-8 where it is UTF-8; every other byte is written `\xff`. Total and free of lone surrogates. */
export function escapedText(bytes: Uint8Array): string {
  const whole = strictText(bytes);
  if (whole !== null) return whole;
  const out: string[] = [];
  let from = 0;
  while (from < bytes.length) {
    const length = sequenceLength(bytes, from);
    if (length === 0) {
      out.push(escapedByte(bytes[from] ?? 0));
      from += 1;
      continue;
    }
    let to = from;
    for (let next = length; next > 0; next = to < bytes.length ? sequenceLength(bytes, to) : 0)
      to += next;
    // Every sequence of the run was checked, so that decoding cannot fail.
    const run = STRICT.decode(bytes.subarray(from, to));
    out.push(run.includes("\\x") ? run.replace(LITERAL_ESCAPE, "\\x5c") : run);
    from = to;
  }
  return out.join("");
}

/** Bytes of the well-formed UTF-8 sequence at a place (RFC 3629 section 4), 0 when there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1] ?? 0;
  const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if (((bytes[at + i] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/** How far into a blob git looks for a NUL before it calls it text (`buffer_is_binary`). */
export const BINARY_SCAN_BYTES = 8_000;

export const isBinary = (bytes: Uint8Array): boolean =>
  bytes.subarray(0, BINARY_SCAN_BYTES).includes(0);

/** Text of a blob, or `null` when it is binary. */
export function blobText(bytes: Uint8Array): string | null {
  if (isBinary(bytes)) return null;
  const text = strictText(bytes);
  if (text !== null) return text;
  // Latin-1 configuration is still configuration; every byte is a character there.
  return bytes.includes(0) ? null : Buffer.from(bytes).toString("latin1");
}
