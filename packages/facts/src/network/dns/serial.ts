// SPDX-License-Identifier: Apache-2.0

type Serial = { readonly value: number; readonly line: number };

/** Characters between SOA and its serial: two names, brackets, comments. */
const SOA = /\sSOA\s+\S{1,255}\s+\S{1,255}\s*\(?\s*(?:;[^\n]{0,200}\n\s*)?(\d{1,10})\b/;

function serialOf(text: string): Serial | null {
  const match = SOA.exec(text.slice(0, 100_000));
  if (match === null) return null;
  const upTo = text.slice(0, match.index + match[0].length);
  return { value: Number(match[1]), line: upTo.split("\n").length };
}

export type SerialKept = {
  readonly line: number;
  readonly before: number;
  readonly after: number;
};

/**
 * A zone whose records change while its serial does not grow: secondaries keep what they have.
 * Serials are compared as RFC 1982 says, in a circle of 2^32.
 */
export function serialKept(before: string, after: string): SerialKept | null {
  const was = serialOf(before);
  const is = serialOf(after);
  if (was === null || is === null || records(before) === records(after)) return null;
  const ahead = (is.value - was.value + 2 ** 32) % 2 ** 32;
  const grows = ahead > 0 && ahead < 2 ** 31;
  return grows ? null : { line: is.line, before: was.value, after: is.value };
}

/** The zone without comments, blank lines, spacing and its serial. */
const records = (text: string): string =>
  text
    .replace(SOA, (soa) => soa.replace(/\d{1,10}$/, ""))
    .split("\n")
    .map((row) => row.replace(/;.*$/, "").trim().replace(/\s+/g, " "))
    .filter((row) => row !== "")
    .join("\n");
