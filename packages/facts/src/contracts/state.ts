// SPDX-License-Identifier: Apache-2.0
/** Files as a contract sees them: before and after the change, touched by it or not. */
import { globMatches } from "@interlock/core";
import { utf8 } from "@interlock/digest";
import { formatOf, parseConfig } from "../config/parse.ts";
import type { Format, Node, Parsed } from "../config/types.ts";
import type { ChangedFile, World } from "../source.ts";
import type { Doubt } from "./breach.ts";

/** One file at one side of the change. */
export type State = {
  readonly path: string;
  readonly bytes: number;
  readonly text: string | null;
  /** Its documents as trees; a text without a known format has none. */
  readonly documents: readonly Node[] | Doubt;
};

/** What the gatherer knows of a touched file beside its text. */
export type Touched = {
  readonly path: string;
  readonly oldPath: string | null;
  readonly status: ChangedFile["status"];
  readonly bytesBefore: number;
  readonly bytesAfter: number;
};

export type Side = "before" | "after";
export type States = { readonly states: readonly State[]; readonly doubts: readonly Doubt[] };

/** A state, or why there is none though there should be one. */
export type StateOrNone = { readonly state: State | null; readonly doubt: Doubt | null };

export type Files = {
  readonly sideOf: (file: ChangedFile, side: Side, format: Format | null) => State | null;
  readonly at: (path: string, side: Side, format: Format | null) => Promise<StateOrNone>;
  /** Paths that a glob names on one side, sorted. */
  readonly paths: (
    glob: string,
    side: Side,
  ) => Promise<{ readonly paths: readonly string[]; readonly doubts: readonly Doubt[] }>;
};

/** Files that a contract may look at beside the one it judges. */
export const FILES_MAX = 200;
/** How many paths a listing of the repository holds at most (`World.listAfter`). */
const LISTED_MAX = 10_000;

export function filesOf(
  files: readonly ChangedFile[],
  touched: readonly Touched[],
  world: World,
): Files {
  const byPath = new Map(files.map((f) => [f.path, f]));
  const byOldPath = new Map(
    files.flatMap((f) =>
      f.status === "added" || f.status === "copied" ? [] : [[f.oldPath ?? f.path, f] as const],
    ),
  );
  const sizes = new Map(touched.map((t) => [t.path, t]));
  const sideOf: Files["sideOf"] = (file, side, format) => {
    const size = sizes.get(file.path);
    if (side === "after")
      return file.status === "deleted"
        ? null
        : state({
            path: file.path,
            text: file.after,
            format,
            bytes: size?.bytesAfter,
            tree: () => file.trees().after,
          });
    if (file.status === "added" || file.status === "copied") return null;
    return state({
      path: file.oldPath ?? file.path,
      text: file.before,
      format,
      bytes: size?.bytesBefore,
      tree: () => file.trees().before,
    });
  };
  const gone = new Set(
    touched.flatMap((t) =>
      t.status === "deleted"
        ? [t.path]
        : t.status === "renamed" && t.oldPath !== null
          ? [t.oldPath]
          : [],
    ),
  );
  const come = new Set(
    touched.flatMap((t) => (["added", "copied", "renamed"].includes(t.status) ? [t.path] : [])),
  );
  return {
    sideOf,
    at: async (path, side, format) => {
      const file = side === "after" ? byPath.get(path) : byOldPath.get(path);
      if (file !== undefined) return { state: sideOf(file, side, format), doubt: null };
      if (side === "before" ? come.has(path) : gone.has(path)) return { state: null, doubt: null };
      const text = await world.readAfter(path);
      if (text !== null) return { state: state({ path, text, format }), doubt: null };
      const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
      const isThere = (await world.listAfter(folder)).includes(path);
      return { state: null, doubt: isThere ? unreadable(path) : null };
    },
    paths: async (glob, side) => {
      if (!/[*?]|\/$/.test(glob)) return { paths: [glob.replace(/^\//, "")], doubts: [] };
      const listed = await world.listAfter(folderOf(glob));
      const own = side === "after" ? listed : [...listed.filter((p) => !come.has(p)), ...gone];
      const all = [...new Set(own)].filter((p) => globMatches(glob, p)).sort();
      const doubts = [
        ...(listed.length >= LISTED_MAX ? [tooMany(glob, LISTED_MAX)] : []),
        ...(all.length > FILES_MAX ? [tooMany(glob, FILES_MAX)] : []),
      ];
      return { paths: all.slice(0, FILES_MAX), doubts };
    },
  };
}

/** All files that a glob names on one side. */
export async function statesAt(
  files: Files,
  glob: string,
  side: Side,
  format: Format | null,
): Promise<States> {
  const { paths, doubts } = await files.paths(glob, side);
  const read = await Promise.all(paths.map((p) => files.at(p, side, format)));
  return {
    states: read.flatMap((r) => (r.state === null ? [] : [r.state])),
    doubts: [...doubts, ...read.flatMap((r) => (r.doubt === null ? [] : [r.doubt]))],
  };
}

type Read = {
  readonly path: string;
  readonly text: string | null;
  readonly format: Format | null;
  /** Of its content, where the text does not tell. */
  readonly bytes?: number | undefined;
  readonly tree?: () => Parsed | null;
};

function state(read: Read): State {
  let known: readonly Node[] | Doubt | null = null;
  return {
    path: read.path,
    text: read.text,
    bytes: read.bytes ?? utf8(read.text ?? "").length,
    get documents() {
      known ??= documentsOf(read);
      return known;
    },
  };
}

function documentsOf(read: Read): readonly Node[] | Doubt {
  if (read.text === null)
    return { code: "unreadable", detail: "it is no text", help: "have its readers look at it" };
  const parsed = parsedBy(read, read.text);
  if (parsed === null)
    return {
      code: "no-format",
      detail: "its name does not say how it is read",
      help: "add `format` to the contract, such as `format: lines`",
    };
  if (!parsed.ok)
    return {
      code: "unparsable",
      detail: `line ${parsed.problem.line}: ${parsed.problem.message}`.slice(0, 500),
      help: "mend the syntax",
    };
  if (parsed.approximate)
    return {
      code: "template",
      detail: "it is a template, whose values are known only when it is rendered",
      help: "hand in both renderings with `--rendered-before` and `--rendered-after`, and name `rendered/…` in the contract",
    };
  return parsed.documents;
}

function parsedBy({ path, format, tree }: Read, text: string): Parsed | null {
  if (format !== null && format !== formatOf(path)) return parseConfig(format, text);
  const own = format ?? formatOf(path);
  return own === null ? null : (tree?.() ?? parseConfig(own, text));
}

const folderOf = (glob: string): string => {
  const fixed = glob.replace(/^\//, "").split(/[*?]/)[0] ?? "";
  return fixed.slice(0, Math.max(0, fixed.lastIndexOf("/")));
};

const unreadable = (path: string): Doubt => ({
  code: "unreadable",
  detail: `\`${path}\`, to which the contract refers, cannot be read or is too large`,
  help: "name a smaller text file in the contract",
});

const tooMany = (glob: string, most: number): Doubt => ({
  code: "truncated",
  detail: `\`${glob}\` names more files than the ${most} that are looked at`,
  help: "name them more closely in the contract",
});
