// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { gitFailed } from "./failure.ts";
import { pathText } from "./path.ts";
import { gitStream } from "./process.ts";

/** One path that differs between two trees. */
export type TreeEntry = {
  readonly path: string;
  readonly oldPath: string | null;
  readonly status: "added" | "modified" | "deleted" | "renamed" | "copied" | "retyped";
  readonly oldMode: string;
  readonly mode: string;
  readonly oldOid: string;
  readonly oid: string;
  /** Lines; `null` for binary content. */
  readonly added: number | null;
  readonly deleted: number | null;
};

export type TreeChange = {
  /** The commit, or empty for a comparison of two trees. */
  readonly commit: string;
  readonly entries: readonly TreeEntry[];
  /** More paths differ than are listed. */
  readonly truncated: boolean;
};

export const ENTRIES_MAX = 50_000;

const STATUS: Readonly<Record<string, TreeEntry["status"]>> = {
  A: "added",
  M: "modified",
  D: "deleted",
  R: "renamed",
  C: "copied",
  T: "retyped",
};

const TREES = [
  "-r",
  "--raw",
  "-z",
  "--no-abbrev",
  "--no-ext-diff",
  "--no-textconv",
  "--ignore-submodules=none",
];
const RENAMES = ["-M", "-l200"];

type Request = { readonly env: Readonly<Record<string, string>>; readonly renames: boolean };

/** Two trees compared. Where content is missing, paths and modes are still told, without lines. */
export async function compareTrees(
  from: string,
  to: string,
  request: Request,
): Promise<TreeChange> {
  const what = `compare ${from.slice(0, 12)} with ${to.slice(0, 12)}`;
  const whole = await one(["diff-tree", ...TREES, ...contentOptions(request), from, to], {
    request,
    what,
  }).catch(onlyMissing);
  return (
    whole ??
    uncounted(await one(["diff-tree", ...TREES, "--no-renames", from, to], { request, what }))
  );
}

/**
 * Each commit against its first parent (the empty tree for a root), in the order given, as one
 * stream. Plumbing only: `git log` would read configuration and could be made to run programmes.
 * git gives up at the first object that a partial clone or a damaged copy lacks: that commit is then
 * told by its trees alone, and the stream goes on behind it.
 */
export async function* changesOf(
  commits: readonly string[],
  request: Request,
): AsyncGenerator<TreeChange> {
  let done = 0;
  while (done < commits.length) {
    try {
      for await (const change of stream(commits.slice(done), request)) {
        yield change;
        done++;
      }
    } catch (error) {
      onlyMissing(error);
    }
    const commit = commits[done];
    if (commit === undefined) return;
    yield await alone(commit, request);
    done++;
  }
}

async function* stream(commits: readonly string[], request: Request): AsyncGenerator<TreeChange> {
  const args = [
    "diff-tree",
    "--stdin",
    "--root",
    "--diff-merges=first-parent",
    "--always",
    ...TREES,
    ...contentOptions(request),
  ];
  const parser = new RawParser();
  for await (const chunk of gitStream({
    env: request.env,
    args,
    input: `${commits.join("\n")}\n`,
    what: "read the history",
  })) {
    parser.feed(chunk);
    yield* parser.complete();
  }
  const last = parser.finish();
  if (last !== null) yield last;
}

async function alone(commit: string, request: Request): Promise<TreeChange> {
  const what = `read the commit ${commit.slice(0, 12)}`;
  const args = ["diff-tree", "--root", "--diff-merges=first-parent", "--always", ...TREES];
  const whole = await one([...args, ...contentOptions(request), commit], { request, what }).catch(
    onlyMissing,
  );
  const change =
    whole ?? uncounted(await one([...args, "--no-renames", commit], { request, what }));
  return { ...change, commit };
}

async function one(
  args: readonly string[],
  { request, what }: { readonly request: Request; readonly what: string },
): Promise<TreeChange> {
  const parser = new RawParser();
  for await (const chunk of gitStream({ env: request.env, args, what })) parser.feed(chunk);
  return parser.finish() ?? { commit: "", entries: [], truncated: false };
}

const contentOptions = (request: Request): readonly string[] => [
  "--numstat",
  ...(request.renames ? RENAMES : ["--no-renames"]),
];

/** An object that is not there is met by looking at the trees alone; any other failure stays one. */
function onlyMissing(error: unknown): null {
  if (
    error instanceof GateError &&
    /unable to read|missing blob|bad object|could not read|not a valid object/i.test(error.message)
  )
    return null;
  throw error;
}

/** Lines could not be counted; that is not the same as binary. */
function uncounted(change: TreeChange): TreeChange {
  return {
    ...change,
    entries: change.entries.map((e) => ({ ...e, added: e.added ?? 0, deleted: e.deleted ?? 0 })),
  };
}

type Raw = Omit<TreeEntry, "added" | "deleted">;

/** Parses the NUL-separated output of `diff-tree --raw --numstat -z` as it arrives. */
class RawParser {
  #rest: Buffer = Buffer.alloc(0);
  #done: TreeChange[] = [];
  #commit = "";
  #started = false;
  #raw: Raw[] = [];
  #counts = new Map<string, { added: number | null; deleted: number | null }>();
  #truncated = false;
  #fields: Buffer[] = [];

  feed(chunk: Buffer): void {
    const all = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let from = 0;
    for (let end = all.indexOf(0, from); end >= 0; end = all.indexOf(0, from)) {
      this.#field(all.subarray(from, end));
      from = end + 1;
    }
    this.#rest = all.subarray(from);
  }

  *complete(): Generator<TreeChange> {
    yield* this.#done.splice(0);
  }

  finish(): TreeChange | null {
    const done = this.#done.shift();
    if (done !== undefined) return done;
    return this.#started ? this.#close() : null;
  }

  /** A record is one to three fields: status line and paths, counts and paths, or a commit id. */
  #field(field: Buffer): void {
    this.#fields.push(Buffer.from(field));
    const head = this.#fields[0]?.toString("latin1") ?? "";
    if (head.startsWith(":")) {
      const status = head.slice(head.lastIndexOf(" ") + 1);
      if (this.#fields.length === (/^[RC]/.test(status) ? 3 : 2)) this.#rawRecord(head, status);
      return;
    }
    const counted = /^(\d+|-)\t(\d+|-)\t/.exec(head);
    if (counted !== null) {
      const isRename = head.length === counted[0].length;
      if (this.#fields.length === (isRename ? 3 : 1)) this.#countRecord(counted, isRename);
      return;
    }
    this.#fields = [];
    const id = head.trim();
    if (!/^[0-9a-f]{40,64}$/.test(id))
      throw gitFailed("describe a change", `unexpected record \`${id.slice(0, 40)}\``);
    if (this.#started) this.#done.push(this.#close());
    this.#commit = id;
    this.#started = true;
  }

  #rawRecord(head: string, status: string): void {
    const [oldMode, mode, oldOid, oid] = head.slice(1).split(" ");
    const [, first, second] = this.#fields.map(pathText);
    this.#fields = [];
    this.#started = true;
    if (this.#raw.length >= ENTRIES_MAX) {
      this.#truncated = true;
      return;
    }
    this.#raw.push({
      path: second ?? first ?? "",
      oldPath: second === undefined ? null : (first ?? null),
      status: STATUS[status[0] ?? ""] ?? "modified",
      oldMode: oldMode ?? "",
      mode: mode ?? "",
      oldOid: oldOid ?? "",
      oid: oid ?? "",
    });
  }

  #countRecord(counted: RegExpExecArray, isRename: boolean): void {
    const path = isRename
      ? pathText(this.#fields[2] ?? Buffer.alloc(0))
      : pathText((this.#fields[0] ?? Buffer.alloc(0)).subarray(counted[0].length));
    this.#fields = [];
    const number = (text: string | undefined) =>
      text === undefined || text === "-" ? null : Number(text);
    this.#counts.set(path, { added: number(counted[1]), deleted: number(counted[2]) });
  }

  #close(): TreeChange {
    const entries = this.#raw.map((r) => ({
      ...r,
      ...(this.#counts.get(r.path) ?? { added: null, deleted: null }),
    }));
    const change = { commit: this.#commit, entries, truncated: this.#truncated };
    this.#raw = [];
    this.#counts = new Map();
    this.#truncated = false;
    return change;
  }
}
