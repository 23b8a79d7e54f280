// SPDX-License-Identifier: Apache-2.0
/**
 * How a key is written as a path, so that rules, catalogs and owners speak of keys as of files.
 *
 * A key that begins with `/` lies below `keys/`, any other below `bare/`; its parts between `/` are
 * folders, an empty one is `%`. Of a part stay ASCII letters, digits and `_ - . : , + =`, but no `.` at
 * its beginning; every other byte is `%` and two lower-case hexadecimal digits. What a key holds is the
 * file `@value` in its folder, with the extension of its format; no part begins with `@`. Two keys never
 * have one path, and no key is a folder of the gate itself.
 */

const PLAIN = /[A-Za-z0-9_\-.:,+=]/;
const SLASH = 0x2f;

/** The folder of a key, given in bytes. */
export function folderOf(key: Uint8Array): string {
  const parts: number[][] = [[]];
  for (const byte of key)
    if (byte === SLASH) parts.push([]);
    else parts.at(-1)?.push(byte);
  const rooted = key[0] === SLASH;
  return [rooted ? "keys" : "bare", ...(rooted ? parts.slice(1) : parts).map(partOf)].join("/");
}

function partOf(bytes: readonly number[]): string {
  if (bytes.length === 0) return "%";
  return bytes
    .map((byte, i) => {
      const character = String.fromCharCode(byte);
      const plain = PLAIN.test(character) && !(i === 0 && character === ".");
      return plain ? character : `%${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}

/** The key of a path that `folderOf`, `valuePath`, `leasePath` or `headersPath` made. */
export function keyOf(path: string): Uint8Array {
  const [root, ...parts] = path.replace(/\/@[^/]*$/, "").split("/");
  const bytes = parts.map((part) =>
    part === "%"
      ? ""
      : part.replace(/%([0-9a-f]{2})/g, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        ),
  );
  return Buffer.from((root === "keys" ? ["", ...bytes] : bytes).join("/"), "latin1");
}

export type Format = { readonly prefix: string; readonly as: string };

/** The file that stands for what a key holds, in the format of its longest prefix that has one. */
export function valuePath(
  key: Uint8Array,
  formats: readonly Format[],
  otherwise: string | null = null,
): string {
  const folder = folderOf(key);
  const prefixes = formats.filter(({ prefix }) =>
    Buffer.from(key).subarray(0, Buffer.byteLength(prefix)).equals(Buffer.from(prefix)),
  );
  const longest = prefixes.sort((a, b) => b.prefix.length - a.prefix.length)[0];
  const extension = longest?.as ?? otherwise ?? /\.([a-z0-9]{1,8})$/.exec(folder)?.[1];
  return `${folder}/@value${extension === undefined ? "" : `.${extension}`}`;
}

export const leasePath = (key: Uint8Array): string => `${folderOf(key)}/@lease`;
export const headersPath = (key: Uint8Array): string => `${folderOf(key)}/@headers.json`;

/** Beside what a change writes first: how often it was carried out before. */
export const againPath = (path: string): string => `${path.slice(0, path.lastIndexOf("/"))}/@again`;

/** A key for people: its text where it is one, else its bytes. */
export function keyText(key: Uint8Array): string {
  const text = new TextDecoder().decode(key);
  return Buffer.from(text).equals(Buffer.from(key))
    ? text
    : `0x${Buffer.from(key).toString("hex")}`;
}
