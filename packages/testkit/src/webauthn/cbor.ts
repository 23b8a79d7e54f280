// SPDX-License-Identifier: Apache-2.0
/** What authenticators write; a map is written in the order it has, so that a test can get it wrong. */
export type CborValue =
  | number
  | string
  | boolean
  | null
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number | string, CborValue>;

/** Encodes a value as CBOR (RFC 8949) with numbers in their shortest form. */
export function encodeCbor(value: CborValue): Uint8Array<ArrayBuffer> {
  if (value === false) return Uint8Array.of(0xf4);
  if (value === true) return Uint8Array.of(0xf5);
  if (value === null) return Uint8Array.of(0xf6);
  if (typeof value === "number") return value >= 0 ? head(0, value) : head(1, -1 - value);
  if (typeof value === "string") {
    const bytes = new TextEncoder().encode(value);
    return joined(head(3, bytes.length), bytes);
  }
  if (value instanceof Uint8Array) return joined(head(2, value.length), value);
  if (value instanceof Map) {
    const pairs = [...value].flatMap(([k, v]) => [encodeCbor(k), encodeCbor(v)]);
    return joined(head(5, value.size), ...pairs);
  }
  const items = [...(value as readonly CborValue[])]; // a map was told apart above
  return joined(head(4, items.length), ...items.map(encodeCbor));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

function head(major: number, size: number): Uint8Array<ArrayBuffer> {
  const top = major << 5;
  if (size < 24) return Uint8Array.of(top | size);
  if (size < 0x100) return Uint8Array.of(top | 24, size);
  if (size < 0x10000) return Uint8Array.of(top | 25, size >>> 8, size & 255);
  const bytes = new Uint8Array(5);
  bytes[0] = top | 26;
  new DataView(bytes.buffer).setUint32(1, size);
  return bytes;
}
