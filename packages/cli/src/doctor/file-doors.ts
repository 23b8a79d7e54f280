// SPDX-License-Identifier: Apache-2.0
/** Who but the owner can write to the repository's files: a ref that is written as a file meets no hook. */
import { existsSync, lstatSync, readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { wordsOfHook } from "../hook/install.ts";
import { SETTINGS_FILE } from "../hook/settings.ts";
import { type Found, listed } from "./door.ts";
import type { Gated } from "./repository.ts";

/** More are not looked at; a repository with as many refs keeps them packed. */
const ENTRIES_MAX = 20_000;
const GROUP_WRITES = 0o020;
const ALL_WRITE = 0o002;
const STICKY = 0o1000;

export function* fileDoors(gated: Gated): Generator<Found> {
  const { gitDir } = gated.place;
  const owner = statSync(gitDir).uid;
  yield* writable(partsOf(gated), owner, gitDir);
  yield* replaceable(gated, owner);
  const token = join(gitDir, SETTINGS_FILE);
  if (existsSync(token) && (lstatSync(token).mode & 0o077) !== 0)
    yield {
      id: "token-readable",
      says: `others may read \`${token}\``,
      why: "with its token they ask the gate as this repository does, and read what it answers",
      next: `chmod 600 ${token}, make a new token and revoke the old one`,
    };
}

/** What decides whether a push is judged and where a ref points; of objects the folders. */
function partsOf({ place }: Gated): readonly string[] {
  const { gitDir, hook } = place;
  const here = (name: string) => join(gitDir, name);
  return [
    ...[gitDir, dirname(hook), hook, here("HEAD"), here("config"), here("packed-refs")],
    ...[here(SETTINGS_FILE), ...below(here("refs"), () => true)],
    ...below(here("objects"), (stat) => stat.isDirectory()),
  ];
}

function below(top: string, takes: (stat: Stats) => boolean): readonly string[] {
  const found: string[] = [];
  const open = [top];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    found.push(folder);
    for (const name of readdirSync(folder)) {
      if (found.length + open.length >= ENTRIES_MAX) return found;
      const path = join(folder, name);
      const stat = lstatSync(path);
      if (stat.isDirectory()) open.push(path);
      else if (takes(stat)) found.push(path);
    }
  }
  return found;
}

function* writable(paths: readonly string[], owner: number, gitDir: string): Generator<Found> {
  const open = new Map<string, string[]>();
  for (const path of paths) {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const who = stat === undefined ? null : whoWrites(stat, owner);
    if (who !== null) open.set(who, [...(open.get(who) ?? []), path]);
  }
  for (const [who, found] of open)
    yield {
      id: "files-writable",
      says: `${who} can write to ${listed(found)}`,
      why: "a hook or a ref that is written as a file meets no gate; whoever pushes over a local path also says themselves who they are",
      next: `chown -R OWNER ${gitDir} && chmod -R go-w ${gitDir}, and let people push through a Git server`,
    };
}

/** Besides the owner; `null` for nobody. Links have no modes of their own. */
function whoWrites(stat: Stats, owner: number): string | null {
  if (stat.isSymbolicLink()) return null;
  if (stat.uid !== owner && stat.uid !== 0) return `the account ${stat.uid}`;
  if ((stat.mode & ALL_WRITE) !== 0) return "every account of this machine";
  if ((stat.mode & GROUP_WRITES) === 0) return null;
  const members = othersIn(stat.gid, stat.uid);
  if (members === null) return `the group ${stat.gid}`;
  return members.length === 0 ? null : `the group ${stat.gid} (${members.join(", ")})`;
}

/** Members of a group but one account; `null` where this machine's files do not know the group. */
function othersIn(gid: number, uid: number): readonly string[] | null {
  const users = linesOf("/etc/passwd").map(([name = "", , id, group]) => ({ name, id, group }));
  const group = linesOf("/etc/group").find(([, , id]) => id === String(gid));
  if (group === undefined) return null;
  const own = users.find(({ id }) => id === String(uid))?.name;
  const primary = users.filter((user) => user.group === String(gid)).map(({ name }) => name);
  const listedThere = (group[3] ?? "").split(",").filter((name) => name !== "");
  return [...new Set([...primary, ...listedThere])].filter((name) => name !== own).sort();
}

const linesOf = (path: string): readonly (readonly string[])[] =>
  existsSync(path)
    ? readFileSync(path, "utf8")
        .split("\n")
        .map((line) => line.split(":"))
    : [];

/** A folder above, or the program that the hook starts, in which others can put something else. */
function* replaceable({ place, hook }: Gated, owner: number): Generator<Found> {
  const words = hook === null ? [] : (wordsOfHook(hook) ?? []);
  const programs = words.filter((word) => word.startsWith("/") && existsSync(word));
  const above = [place.gitDir, ...programs].flatMap(foldersAbove);
  const open = [...new Set(above)].filter((folder) => {
    const stat = statSync(folder);
    // In a sticky folder nobody moves what is another's (chmod(2)).
    return (stat.mode & STICKY) === 0 && whoWrites(stat, stat.uid) !== null;
  });
  if (open.length > 0)
    yield {
      id: "folder-replaceable",
      says: `others can write to ${listed(open)}`,
      why: "whoever can rename a folder above the repository, or above the program of its hook, can put another one in its place",
      next: `chmod go-w ${open[0] ?? ""}`,
    };
  const changed = programs.filter((path) => whoWrites(statSync(path), owner) !== null);
  if (changed.length > 0)
    yield {
      id: "program-writable",
      says: `others can write to what the hook runs: ${listed(changed)}`,
      why: "another program in its place lets everything through",
      next: `chmod go-w ${changed[0] ?? ""}, and let its owner be root or the owner of the repository`,
    };
}

function foldersAbove(path: string): readonly string[] {
  const folders: string[] = [];
  for (let at = dirname(path); ; at = dirname(at)) {
    folders.push(at);
    if (at === dirname(at)) return folders;
  }
}
