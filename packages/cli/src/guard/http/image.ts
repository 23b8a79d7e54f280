// SPDX-License-Identifier: Apache-2.0
/** A resource of an HTTP API as the file that stands for it. */
import { byValue, isObject, type Lossless, readLossless, writeLossless } from "../json.ts";
import { refused, type Worked, worked } from "../refusal.ts";

export type ImageTerms = {
  readonly format: "json" | "bytes";
  /** JSON pointers (RFC 6901) of members that the engine sets itself. */
  readonly ignore: readonly string[];
};

const mend = (what: string, because: string) =>
  refused("GUARD_MALFORMED", `${what} is no JSON that has one reading: ${because}`, "mend it");

/** Of what the engine shows: without the members that it sets itself. */
export function imageThere(bytes: Uint8Array, { format, ignore }: ImageTerms): Worked<Uint8Array> {
  if (format === "bytes") return worked(bytes);
  const read = readLossless(bytes);
  if (!read.ok) return mend("what is there", read.because);
  const value = ignore.reduce((from, pointer) => without(from, partsOf(pointer)), read.value);
  return worked(Buffer.from(writeLossless(value)));
}

/** Of what a request brings: a member that the engine sets itself is shown where somebody else sets it. */
export function imageBrought(bytes: Uint8Array, { format }: ImageTerms): Worked<Uint8Array> {
  if (format === "bytes") return worked(bytes);
  const read = readLossless(bytes);
  return read.ok ? worked(Buffer.from(writeLossless(read.value))) : mend("the body", read.because);
}

/** What is there with a merge patch applied (RFC 7396 section 2). */
export function imageMerged(there: Uint8Array | null, patch: Uint8Array): Worked<Uint8Array> {
  const from = there === null ? null : readLossless(there);
  if (from?.ok === false) return mend("what is there", from.because);
  const read = readLossless(patch);
  if (!read.ok) return mend("the body", read.because);
  return worked(Buffer.from(writeLossless(merged(from?.value, read.value))));
}

function merged(from: Lossless | undefined, patch: Lossless): Lossless {
  if (!isObject(patch)) return patch;
  const result = new Map(isObject(from) ? from : []);
  for (const [name, value] of patch)
    if (value === null) result.delete(name);
    else result.set(name, merged(result.get(name), value));
  return result;
}

const partsOf = (pointer: string): readonly string[] =>
  pointer
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));

function without(value: Lossless, [name, ...rest]: readonly string[]): Lossless {
  if (!isObject(value) || name === undefined || !value.has(name)) return value;
  const copy = new Map(value);
  if (rest.length === 0) copy.delete(name);
  else copy.set(name, without(value.get(name) ?? null, rest));
  return copy;
}

/** An image as the engine would show it: without the members that it sets itself. */
export function shownBy(image: Uint8Array | null, terms: ImageTerms): Uint8Array | null {
  const shown = image === null ? null : imageThere(image, terms);
  return shown?.ok === true ? shown.value : image;
}

/** Whether two images show the same: of JSON the same value, however its numbers are written. */
export function alike(a: Uint8Array | null, b: Uint8Array | null, { format }: ImageTerms): boolean {
  if (a === null || b === null) return a === b;
  const form = (bytes: Uint8Array): string | Uint8Array => {
    const read = format === "json" ? readLossless(bytes) : null;
    return read?.ok === true ? writeLossless(byValue(read.value)) : bytes;
  };
  return Buffer.from(form(a)).equals(Buffer.from(form(b)));
}
