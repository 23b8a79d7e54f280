// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { HistoryCommit, HistoryFile } from "@interlock/facts";

export type ReadCommit = HistoryCommit & {
  readonly id: string;
  readonly parents: readonly string[];
};

export type ReadHistory = {
  /** Commits that are no merges, oldest first. */
  readonly commits: readonly ReadCommit[];
  readonly parents: ReadonlyMap<string, readonly string[]>;
  /** Commits whose line counts are unknown because objects are missing. */
  readonly unreadable: readonly string[];
};

const FORMAT = "--format=%x01%H%x02%P%x02%ae%x02%ct%x02%s%x02";
const RAW = ["-r", "--raw", "--no-abbrev", "-z", FORMAT];
const SUBMODULE = "160000";

/**
 * Reads a history in two passes: trees first, then line counts of the commits whose contents are
 * all there. In one pass Git would end at the first missing object of a partial copy.
 */
export async function readHistory(gitDir: string): Promise<ReadHistory> {
  const commits = new Map<string, ReadCommit>();
  const parents = new Map<string, readonly string[]>();
  const commitsByBlob = new Map<string, string[]>();
  const log = ["log", "--topo-order", "--reverse", "--no-renames", ...RAW, "HEAD"];
  for await (const record of records(gitDir, log, "")) {
    const { commit, blobs } = parse(record);
    parents.set(commit.id, commit.parents);
    if (commit.parents.length > 1) continue;
    commits.set(commit.id, commit);
    for (const blob of blobs) {
      const users = commitsByBlob.get(blob);
      if (users === undefined) commitsByBlob.set(blob, [commit.id]);
      else users.push(commit.id);
    }
  }
  const missing = await missingObjects(gitDir, [...commitsByBlob.keys()]);
  const unreadable = new Set(missing.flatMap((blob) => commitsByBlob.get(blob) ?? []));
  const whole = [...commits.keys()].filter((id) => !unreadable.has(id));
  const numbers = ["diff-tree", "--stdin", "--root", "-M", "-l400", "--numstat", ...RAW];
  for await (const record of records(gitDir, numbers, `${whole.join("\n")}\n`)) {
    const { commit } = parse(record);
    commits.set(commit.id, commit);
  }
  return { commits: [...commits.values()], parents, unreadable: [...unreadable] };
}

async function* records(
  gitDir: string,
  args: readonly string[],
  input: string,
): AsyncGenerator<string> {
  const git = spawn("git", ["--git-dir", gitDir, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(git, "close");
  // Git may end before it has read all input; its exit code says so below.
  git.stdin.on("error", () => undefined);
  git.stdin.end(input);
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of git.stdout) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split("\x01");
    rest = parts.pop() ?? "";
    for (const part of parts) if (part.includes("\x02")) yield part;
  }
  if (rest.includes("\x02")) yield rest;
  const [code] = await ended;
  if (code !== 0) throw new Error(`git ${args[0]} ended with code ${code} in \`${gitDir}\``);
}

async function missingObjects(gitDir: string, ids: readonly string[]): Promise<string[]> {
  const args = ["--git-dir", gitDir, "cat-file", "--batch-check", "--buffer"];
  const git = spawn("git", args, { stdio: ["pipe", "pipe", "inherit"] });
  git.stdin.end(`${ids.join("\n")}\n`);
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of git.stdout) text += decoder.decode(chunk, { stream: true });
  return text.split("\n").flatMap((line) => {
    const [id = "", state = ""] = line.split(" ");
    return state === "missing" ? [id] : [];
  });
}

/** The header ends with \x02; after it come NUL-separated raw and numstat rows. */
function parse(record: string): { readonly commit: ReadCommit; readonly blobs: readonly string[] } {
  const end = record.lastIndexOf("\x02");
  const header = record.slice(0, end).split("\x02");
  const [id = "", parents = "", email = "", seconds = ""] = header;
  const subject = header.slice(4).join(" ");
  const fields = record
    .slice(end + 1)
    .split("\0")
    .map((field) => field.replace(/^\n+/, ""));
  const files = new Map<string, HistoryFile>();
  const blobs: string[] = [];
  for (let at = 0; at < fields.length; ) {
    const field = fields[at] ?? "";
    if (field.startsWith(":")) at += rawRow(fields, at, { files, blobs });
    else if (field.includes("\t")) at += numberRow(fields, at, files);
    else at += 1;
  }
  const commit = {
    id,
    parents: parents === "" ? [] : parents.split(" "),
    authorKey: email.toLowerCase(),
    timeMs: Number(seconds) * 1_000,
    subject,
    files: [...files.values()],
    filesCut: false,
  };
  return { commit, blobs };
}

function rawRow(
  fields: readonly string[],
  at: number,
  into: { readonly files: Map<string, HistoryFile>; readonly blobs: string[] },
): number {
  const [oldMode = "", mode = "", before = "", after = "", status = ""] = (fields[at] ?? "").split(
    " ",
  );
  const moved = /^[RC]/.test(status);
  const first = fields[at + 1] ?? "";
  const path = moved ? (fields[at + 2] ?? "") : first;
  if (oldMode !== `:${SUBMODULE}` && !/^0+$/.test(before)) into.blobs.push(before);
  if (mode !== SUBMODULE && !/^0+$/.test(after)) into.blobs.push(after);
  into.files.set(path, {
    path,
    ...(status.startsWith("R") ? { oldPath: first } : {}),
    existed: !/^[AC]/.test(status),
  });
  return moved ? 3 : 2;
}

function numberRow(fields: readonly string[], at: number, files: Map<string, HistoryFile>): number {
  const [added = "", deleted = "", ...name] = (fields[at] ?? "").split("\t");
  const moved = name.join("\t") === "";
  const path = moved ? (fields[at + 2] ?? "") : name.join("\t");
  const file = files.get(path);
  const binary = added === "-";
  if (file !== undefined) {
    files.set(path, {
      ...file,
      added: binary ? 0 : Number(added),
      deleted: binary ? 0 : Number(deleted),
    });
  }
  return moved ? 3 : 1;
}
