// SPDX-License-Identifier: Apache-2.0
const STRICT = new TextDecoder("utf-8", { fatal: true });

/** A path as text; bytes that are not UTF-8 are written `\xff`, and a backslash before them doubled. */
export function pathText(bytes: Buffer): string {
  try {
    return STRICT.decode(bytes);
  } catch {
    // Not UTF-8: shown byte by byte below.
    return [...bytes]
      .map((b) =>
        b === 92
          ? "\\\\"
          : b >= 32 && b < 127
            ? String.fromCharCode(b)
            : `\\x${b.toString(16).padStart(2, "0")}`,
      )
      .join("");
  }
}

/** Text of a blob, or `null` when it is binary or not UTF-8. */
export function blobText(bytes: Buffer): string | null {
  if (bytes.subarray(0, 8_000).includes(0)) return null;
  try {
    return STRICT.decode(bytes);
  } catch {
    // Latin-1 configuration is still configuration; every byte is a character there.
    return bytes.includes(0) ? null : bytes.toString("latin1");
  }
}
