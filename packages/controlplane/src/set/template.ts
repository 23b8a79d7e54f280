// SPDX-License-Identifier: Apache-2.0
/** From paths of a repository to keys of cells: `config/{cell}/{key}.json`. */

/** A piece of a path between two `/`, with one placeholder at most, so that it matches in one way. */
type Segment = {
  readonly prefix: string;
  readonly holds: "key" | "cell" | null;
  readonly suffix: string;
};

export type Template = readonly Segment[];

const SEGMENT = /^([^{}]*)(?:\{(key|cell)\}([^{}]*))?$/;

/** `null` where a segment has another placeholder, or more than one. */
export function templateOf(written: string): Template | null {
  const segments: Segment[] = [];
  for (const piece of written.split("/")) {
    const match = SEGMENT.exec(piece);
    if (match === null) return null;
    const [, prefix = "", holds, suffix = ""] = match;
    segments.push({ prefix, holds: holds === "key" || holds === "cell" ? holds : null, suffix });
  }
  return segments;
}

/** How often a template names a placeholder. */
export const namesIn = (template: Template, holds: "key" | "cell"): number =>
  template.filter((segment) => segment.holds === holds).length;

/** What stands for the placeholders in a path; the literal parts are compared byte for byte. */
export type Match = { readonly key: string | null; readonly cell: string | null };

/**
 * `null` where the path is not of this template. With `loosely`, a segment with other than ASCII
 * characters stands for any: that tells a path which only looks as if it were of the template.
 */
export function matchPath(template: Template, path: string, loosely = false): Match | null {
  const pieces = path.split("/");
  if (pieces.length !== template.length) return null;
  const match: { key: string | null; cell: string | null } = { key: null, cell: null };
  for (const [i, segment] of template.entries()) {
    const piece = pieces[i] ?? "";
    if (loosely && !PLAIN.test(piece)) continue;
    const { prefix, holds, suffix } = segment;
    if (holds === null) {
      if (loosely ? piece.toLowerCase() !== prefix.toLowerCase() : piece !== prefix) return null;
      continue;
    }
    const long = piece.length >= prefix.length + suffix.length;
    if (!long || !piece.startsWith(prefix) || !piece.endsWith(suffix)) return null;
    match[holds] = piece.slice(prefix.length, piece.length - suffix.length);
  }
  return match;
}

const PLAIN = /^[\x20-\x7e]*$/;

/** What a placeholder may stand for: nothing that leads elsewhere, and nothing that looks like another. */
export const NAMED = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Why a path can be of no set whatever its templates say, or `null`. */
export function refusedPath(path: string): string | null {
  if (path === "" || path.startsWith("/")) return "it is empty or begins with `/`";
  if (path.includes("\\")) return "it has a backslash, which some systems read as `/`";
  if (CONTROL.test(path)) return "it has a control character";
  if (path.split("/").some((piece) => piece === "" || piece === "." || piece === ".."))
    return "a part of it is empty, `.` or `..`, which leads elsewhere";
  return null;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** A key or a path from its template; every placeholder in it has been matched. */
export const filled = (written: string, { key, cell }: Match): string =>
  written.replaceAll("{key}", key ?? "").replaceAll("{cell}", cell ?? "");
