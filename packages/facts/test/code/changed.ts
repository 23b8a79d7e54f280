import type { FileFact } from "@interlock/core";
import { diffConfig } from "../../src/config/diff.ts";
import { formatOf, parseConfig } from "../../src/config/parse.ts";
import type { Parsed } from "../../src/config/types.ts";
import type { ChangedFile, World } from "../../src/source.ts";

export type Sides = { readonly [path: string]: string };

/** Lines of `after` that are not in a longest common subsequence with `before`. */
function added(before: string, after: string): readonly { line: number; text: string }[] {
  const a = before === "" ? [] : before.split("\n");
  const b = after.split("\n");
  const table = Array.from({ length: a.length + 1 }, () => new Int32Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const row = table[i] as Int32Array;
      const next = table[i + 1] as Int32Array;
      row[j] = a[i] === b[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    }
  const out: { line: number; text: string }[] = [];
  let i = 0;
  for (let j = 0; j < b.length; ) {
    const here = table[i]?.[j] ?? 0;
    if (i < a.length && a[i] === b[j]) {
      i += 1;
      j += 1;
    } else if (i < a.length && (table[i + 1]?.[j] ?? 0) === here) i += 1;
    else {
      out.push({ line: j + 1, text: b[j] ?? "" });
      j += 1;
    }
  }
  return out;
}

const kindOf = (path: string): FileFact["kind"] =>
  /(^|\/)(test|tests)\/|[._]test\.|(^|\/)test_/.test(path)
    ? "test"
    : /^\.github\/workflows\/|gitlab-ci/.test(path)
      ? "workflow"
      : /\.(ya?ml|json|toml|ini|conf)$/.test(path)
        ? "config"
        : "source";

function tree(path: string, text: string | null): Parsed | null {
  const format = formatOf(path);
  return text === null || format === null ? null : parseConfig(format, text);
}

/** Builds the changed files of a change from whole texts; an absent path is an absent file. */
export function changed(before: Sides, after: Sides): readonly ChangedFile[] {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths
    .filter((path) => before[path] !== after[path])
    .map((path) => {
      const was = before[path] ?? null;
      const now = after[path] ?? null;
      return {
        path,
        oldPath: null,
        status: was === null ? "added" : now === null ? "deleted" : "modified",
        kind: kindOf(path),
        mode: "100644",
        oldMode: "100644",
        oid: "",
        oldOid: "",
        binary: false,
        attributes: {},
        language: "",
        environment: "unknown",
        before: was,
        after: now,
        trees: () => ({ before: tree(path, was), after: tree(path, now) }),
        diff: () => diffConfig(tree(path, was), tree(path, now)),
        addedLines: () => (now === null ? [] : added(was ?? "", now)),
      } satisfies ChangedFile;
    });
}

/** A world that holds exactly these files. */
export function world(files: Sides): World {
  return {
    readAfter: async (path) => files[path] ?? null,
    listAfter: async (folder) =>
      Object.keys(files)
        .filter((path) => folder === "" || path.startsWith(`${folder}/`))
        .sort(),
  };
}
