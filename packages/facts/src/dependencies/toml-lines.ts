// SPDX-License-Identifier: Apache-2.0

export type TomlEntry = {
  readonly section: string;
  readonly key: string;
  /** The value as written, multi-line arrays joined. */
  readonly value: string;
  readonly line: number;
};

/** Lines of one array that are joined; a longer one is data, not a list of dependencies. */
const ARRAY_LINES_MAX = 2_000;

/**
 * Entries of a TOML manifest, line by line. Manifests and locks use a small part of TOML, and their
 * locks are megabytes long, so a whole parser would be most of the cost of reading them.
 */
export function tomlEntries(text: string): readonly TomlEntry[] {
  const lines = text.split("\n");
  const entries: TomlEntry[] = [];
  let section = "";
  let tables = 0;
  for (let i = 0; i < lines.length; i += 1) {
    const line = (lines[i] ?? "").trim();
    const header = /^(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(#.*)?$/.exec(line);
    if (header !== null) {
      // Each `[[package]]` is a table of its own.
      tables += header[1] === "[[" ? 1 : 0;
      section = header[1] === "[[" ? `${header[2]}#${tables}` : (header[2] ?? "");
      continue;
    }
    const pair = /^("[^"]+"|'[^']+'|[\w.-]+)\s*=\s*(.*)$/.exec(line);
    if (pair === null) continue;
    const start = i;
    let value = pair[2] ?? "";
    if (value.startsWith("[") || value.startsWith("{"))
      while (!isClosed(value) && i + 1 < lines.length && i - start < ARRAY_LINES_MAX) {
        i += 1;
        value += `\n${lines[i] ?? ""}`;
      }
    entries.push({ section, key: unquote(pair[1] ?? ""), value, line: start + 1 });
  }
  return entries;
}

function isClosed(value: string): boolean {
  let depth = 0;
  const bare = value.replace(/"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|#[^\n]*/g, "");
  for (const sign of bare) {
    if (sign === "[" || sign === "{") depth += 1;
    if (sign === "]" || sign === "}") depth -= 1;
  }
  return depth <= 0;
}

/** A scalar without its quotes and trailing comment. */
export function unquote(value: string): string {
  const quoted = /^\s*("""|'''|"|')([\s\S]*?)\1/.exec(value);
  return quoted !== null ? (quoted[2] ?? "") : value.replace(/\s+#.*$/, "").trim();
}

/** Strings of an array value with the line on which each stands. */
export function tomlStrings(
  entry: TomlEntry,
): readonly { readonly text: string; readonly line: number }[] {
  return entry.value.split("\n").flatMap((line, i) =>
    [
      ...line.replace(/^((?:[^"'#]|"[^"]*"|'[^']*')*)#.*$/, "$1").matchAll(/"([^"]*)"|'([^']*)'/g),
    ].map((m) => ({
      text: m[1] ?? m[2] ?? "",
      line: entry.line + i,
    })),
  );
}

/** A field of an inline table `{ version = "1", git = "…" }`. */
export function tomlField(value: string, name: string): string {
  return (
    new RegExp(`(?:^|[{,\\s])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)
      .exec(value)
      ?.slice(1)
      .find((one) => one !== undefined) ?? ""
  );
}
