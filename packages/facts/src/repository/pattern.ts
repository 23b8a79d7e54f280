// SPDX-License-Identifier: Apache-2.0
/** Patterns of gitignore(5) as gitattributes use them: a pattern without a slash matches the name. */
export function patternMatcher(pattern: string): (path: string) => boolean {
  // A trailing slash matches folders only, and folders have no attributes.
  if (pattern.endsWith("/")) return () => false;
  const anchored = pattern.includes("/");
  const regex = new RegExp(`^${source(pattern.replace(/^\//, ""))}$`, "su");
  return anchored
    ? (path) => regex.test(path)
    : (path) => regex.test(path.slice(path.lastIndexOf("/") + 1));
}

function source(pattern: string): string {
  let out = "";
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] ?? "";
    if (c === "\\" && i + 1 < pattern.length) out += literal(pattern[++i] ?? "");
    else if (pattern.startsWith("**/", i) && (i === 0 || pattern[i - 1] === "/")) {
      out += "(?:[^/]+/)*";
      i += 2;
    } else if (pattern.slice(i) === "**" && pattern[i - 1] === "/") {
      out += ".+";
      i++;
    } else if (c === "*") {
      while (pattern[i + 1] === "*") i++;
      out += "[^/]*";
    } else if (c === "?") out += "[^/]";
    else if (c === "[") {
      const end = pattern.indexOf("]", i + 2);
      if (end < 0) out += literal(c);
      else {
        const inner = pattern
          .slice(i + 1, end)
          .replace(/^[!^]/, "^")
          .replace(/[\\[\]]/g, "\\$&");
        out += `(?!/)[${inner}]`;
        i = end;
      }
    } else out += literal(c);
  }
  return out;
}

const literal = (c: string): string => c.replace(/[.*+?^${}()|[\]\\/-]/, "\\$&");
