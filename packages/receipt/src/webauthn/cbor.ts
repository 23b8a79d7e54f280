// SPDX-License-Identifier: Apache-2.0
import { refuse } from "../refusal.ts";

/** What authenticators send: no tags, no floats, no undefined, map keys are integers or texts. */
export type Cbor = number | string | boolean | null | Uint8Array | readonly Cbor[] | CborMap;
export type CborMap = ReadonlyMap<string | number, Cbor>;

/** CTAP2 allows four levels (section 8 of the FIDO Client to Authenticator Protocol 2.1). */
const DEPTH_MAX = 4;
/** A TPM attestation, the largest of all formats, has fewer than 30. */
const ITEMS_MAX = 512;

type Cursor = { readonly bytes: Uint8Array; at: number; items: number };

/** Reads one item at `start` and says where it ends. */
export function readCbor(
  bytes: Uint8Array,
  start = 0,
): { readonly value: Cbor; readonly end: number } {
  const cursor = { bytes, at: start, items: 0 };
  const value = item(cursor, 0);
  return { value, end: cursor.at };
}

/** Reads bytes that are one item and nothing after it. */
export function readWholeCbor(bytes: Uint8Array): Cbor {
  const { value, end } = readCbor(bytes);
  return end === bytes.length ? value : refuse("cbor-malformed", "bytes after the end");
}

export const isMap = (value: Cbor | undefined): value is CborMap => value instanceof Map;

function item(cursor: Cursor, depth: number): Cbor {
  if (++cursor.items > ITEMS_MAX) refuse("cbor-too-deep");
  const first = next(cursor);
  const major = first >>> 5;
  const info = first & 31;
  if (major === 7) return simple(info);
  const size = argument(cursor, info);
  switch (major) {
    case 0:
      return size;
    case 1:
      return -1 - size;
    case 2:
      return take(cursor, size).slice();
    case 3:
      return text(take(cursor, size));
    case 4:
      return list(cursor, size, depth);
    case 5:
      return map(cursor, size, depth);
    default:
      return refuse("cbor-malformed", "a tag");
  }
}

function simple(info: number): Cbor {
  if (info === 20) return false;
  if (info === 21) return true;
  if (info === 22) return null;
  return refuse("cbor-malformed", "a float, undefined or a simple value");
}

/** The number in or after the first byte, in its shortest form only; indefinite lengths are refused. */
function argument(cursor: Cursor, info: number): number {
  if (info < 24) return info;
  if (info > 27) return refuse("cbor-malformed", "an indefinite length");
  const width = 1 << (info - 24);
  let value = 0;
  for (const byte of take(cursor, width)) value = value * 256 + byte;
  const least = width === 1 ? 24 : 2 ** (width * 4);
  if (value < least) return refuse("cbor-malformed", "a number in more bytes than it needs");
  // One less than 2^53, because a negative integer is -1 minus this.
  if (value >= Number.MAX_SAFE_INTEGER) return refuse("cbor-malformed", "a number beyond 2^53");
  return value;
}

function next(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.at++];
  return byte === undefined ? refuse("cbor-malformed", "cut off") : byte;
}

function take(cursor: Cursor, size: number): Uint8Array {
  if (size > cursor.bytes.length - cursor.at) refuse("cbor-malformed", "cut off");
  const start = cursor.at;
  cursor.at += size;
  return cursor.bytes.subarray(start, cursor.at);
}

function text(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return refuse("cbor-malformed", "a text that is not UTF-8");
    throw error;
  }
}

function list(cursor: Cursor, size: number, depth: number): Cbor {
  if (depth >= DEPTH_MAX) refuse("cbor-too-deep");
  const out: Cbor[] = [];
  for (let i = 0; i < size; i++) out.push(item(cursor, depth + 1));
  return out;
}

/** Keys in the order of CTAP2: shorter encodings first, then byte by byte; so none can come twice. */
function map(cursor: Cursor, size: number, depth: number): CborMap {
  if (depth >= DEPTH_MAX) refuse("cbor-too-deep");
  const out = new Map<string | number, Cbor>();
  let before: Uint8Array | null = null;
  for (let i = 0; i < size; i++) {
    const start = cursor.at;
    const key = item(cursor, depth + 1);
    if (typeof key !== "string" && typeof key !== "number")
      return refuse("cbor-malformed", "a map key that is no integer and no text");
    const encoded = cursor.bytes.subarray(start, cursor.at);
    if (before !== null && !comesBefore(before, encoded))
      refuse("cbor-malformed", "map keys out of order or twice");
    before = encoded;
    out.set(key, item(cursor, depth + 1));
  }
  return out;
}

function comesBefore(a: Uint8Array, b: Uint8Array): boolean {
  const majors = ((a[0] ?? 0) >>> 5) - ((b[0] ?? 0) >>> 5);
  if (majors !== 0) return majors < 0;
  if (a.length !== b.length) return a.length < b.length;
  const differs = a.findIndex((byte, i) => byte !== b[i]);
  return differs >= 0 && (a[differs] ?? 0) < (b[differs] ?? 0);
}
