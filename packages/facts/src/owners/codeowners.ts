// SPDX-License-Identifier: Apache-2.0
/** CODEOWNERS as GitHub and GitLab read it: gitignore-like patterns, the last match wins. */
export type OwnerRule = {
  readonly line: number;
  readonly owners: readonly string[];
  readonly matches: (path: string) => boolean;
};

export type Codeowners = {
  readonly rules: readonly OwnerRule[];
  readonly problems: readonly { readonly line: number; readonly message: string }[];
};

/** A file larger than this is not read by the forges either (GitHub: 3 MB). */
export const CODEOWNERS_MAX_BYTES = 3_000_000;

/** Parses a CODEOWNERS text. A pattern without owners takes ownership away, as on the forges. */
export function parseCodeowners(text: string): Codeowners {
  const rules: OwnerRule[] = [];
  const problems: { line: number; message: string }[] = [];
  let sectionOwners: readonly string[] = [];
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const section = /^\^?\[([^\]]+)\](?:\[\d+\])?\s*(.*)$/.exec(line);
    if (section !== null) {
      sectionOwners = words(section[2] ?? "");
      continue;
    }
    const [pattern, ...given] = words(line);
    if (pattern === undefined) continue;
    if (pattern.startsWith("!") || /[[\]]/.test(pattern)) {
      problems.push({
        line: i + 1,
        message: `the pattern \`${pattern}\` is not supported by the forges`,
      });
      continue;
    }
    const owners = given.length > 0 ? given : sectionOwners;
    rules.push({ line: i + 1, owners: owners.map(ownerName), matches: patternMatcher(pattern) });
  }
  return { rules, problems };
}

/** Sorted owners of a path; empty when nobody owns it. */
export function ownersByCodeowners(codeowners: Codeowners, path: string): readonly string[] {
  for (let i = codeowners.rules.length - 1; i >= 0; i--) {
    const rule = codeowners.rules[i];
    if (rule?.matches(path) === true) return [...new Set(rule.owners)].sort();
  }
  return [];
}

const words = (line: string): readonly string[] => {
  const uncommented = line.replace(/\s#.*$/, "");
  return (uncommented.match(/(?:\\\s|[^\s])+/g) ?? []).map((w) => w.replace(/\\(\s)/g, "$1"));
};

/** `@org/team` and `@login` lose their at-sign; an address becomes an account. */
function ownerName(written: string): string {
  if (written.startsWith("@")) return written.slice(1).toLowerCase();
  return written.includes("@") ? `email:${written.toLowerCase()}` : written;
}

/** gitignore semantics: a leading or inner slash anchors, a trailing slash means everything below. */
function patternMatcher(pattern: string): (path: string) => boolean {
  const anchored = pattern.slice(0, -1).includes("/");
  const body = pattern.replace(/^\//, "").replace(/\/$/, "");
  const source = body
    .split("/")
    .map((part) =>
      part === "**"
        ? "**"
        : part
            .replace(/[.+^${}()|\\]/g, "\\$&")
            .replace(/\*+/g, "[^/]*")
            .replace(/\?/g, "[^/]"),
    )
    .join("/")
    .replace(/\*\*\//g, "(?:[^/]+/)*")
    .replace(/\/\*\*$/, "/.+")
    .replace(/^\*\*$/, ".+");
  // `docs/*` owns the files of one folder; `docs/` and `docs` own everything below it.
  const below = pattern.endsWith("/") ? "/.+" : /\/\*$/.test(pattern) ? "" : "(?:/.+)?";
  const regex = new RegExp(`^${anchored ? "" : "(?:.+/)?"}${source}${below}$`, "u");
  return (path) => regex.test(path);
}
