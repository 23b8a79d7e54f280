// SPDX-License-Identifier: Apache-2.0
/**
 * Matches a repository path against a glob: `*` and `?` stay inside one folder, `**` crosses them,
 * a trailing `/` means everything below. Case matters. Linear in path × pattern.
 */
export function globMatches(glob: string, path: string): boolean {
  const pattern = (glob.endsWith("/") ? `${glob}**` : glob).replace(/^\//, "").split("/");
  return segmentsMatch(pattern, path.split("/"));
}

function segmentsMatch(pattern: readonly string[], path: readonly string[]): boolean {
  let p = 0;
  let s = 0;
  let starP = -1;
  let starS = 0;
  while (s < path.length) {
    const part = pattern[p];
    if (part === "**") {
      starP = p++;
      starS = s;
    } else if (part !== undefined && wordMatches(part, path[s] ?? "")) {
      p++;
      s++;
    } else if (starP >= 0) {
      p = starP + 1;
      s = ++starS;
    } else {
      return false;
    }
  }
  while (pattern[p] === "**") p++;
  return p === pattern.length;
}

function wordMatches(pattern: string, word: string): boolean {
  let p = 0;
  let w = 0;
  let starP = -1;
  let starW = 0;
  while (w < word.length) {
    if (pattern[p] === "*") {
      starP = p++;
      starW = w;
    } else if (pattern[p] === "?" || pattern[p] === word[w]) {
      p++;
      w++;
    } else if (starP >= 0) {
      p = starP + 1;
      w = ++starW;
    } else {
      return false;
    }
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}
