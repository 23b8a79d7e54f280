// SPDX-License-Identifier: Apache-2.0
/** Where something stands in an object: as a JSON pointer, with items of keyed lists as `{name=app}`. */

export type Path = readonly string[];

export const pathText = (path: Path): string =>
  path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** `null`: it is no path. */
export function readPath(text: string): Path | null {
  if (!/^(?:\/(?:[^~/]|~[01])+)+$/.test(text)) return null;
  return text
    .slice(1)
    .split("/")
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Whether a path is at or below another, in which `*` stands for any one part. */
export const isBelow = (path: Path, above: Path): boolean =>
  above.length <= path.length && above.every((part, i) => part === "*" || part === path[i]);
