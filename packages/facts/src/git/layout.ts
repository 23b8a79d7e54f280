// SPDX-License-Identifier: Apache-2.0
/** What has to be known of a repository before git may look at it, read as data by ourselves. */
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import { notARepository, notReadable, notUnderstood } from "./failure.ts";
import type { Location } from "./locate.ts";

export type Layout = Location & {
  /** Content of HEAD: `ref: refs/heads/main` or a commit id, with a line end. */
  readonly head: string;
  readonly format: "sha1" | "sha256";
  /** Commits whose parents were not fetched. */
  readonly shallow: ReadonlySet<string>;
  /** Cloned with a filter: objects may be missing, and nothing may fetch them. */
  readonly partial: boolean;
  /** Further object folders, e.g. the quarantine of a pre-receive hook. */
  readonly extraObjects: readonly string[];
};

const HEAD_MAX_BYTES = 4_096;
const CONFIG_MAX_BYTES = 1_000_000;
const SHALLOW_MAX_BYTES = 10_000_000;
const HEAD = /^(?:ref:\s*refs\/[^\s\p{Cc}]+|[0-9a-f]{40}|[0-9a-f]{64})\s*$/u;
/** Extensions that change nothing of what we read through a directory of our own. */
const HARMLESS = new Set([
  "objectformat",
  "partialclone",
  "noop",
  "preciousobjects",
  "worktreeconfig",
  "relativeworktrees",
]);

/** Throws `GateError` NOT_A_REPOSITORY or GIT_UNUSABLE. */
export function readLayout(location: Location, extraObjects: readonly string[]): Layout {
  const config = settingsOf(location);
  const version = config.get("core.repositoryformatversion") ?? "0";
  if (version !== "0" && version !== "1")
    throw notUnderstood(location.gitDir, `repositoryFormatVersion = ${version}`);
  const format = config.get("extensions.objectformat") ?? "sha1";
  if (format !== "sha1" && format !== "sha256")
    throw notUnderstood(location.gitDir, `objectFormat = ${format}`);
  // `files` is the ordinary way to keep refs, spelt out.
  if ((config.get("extensions.refstorage") ?? "files") !== "files")
    throw notUnderstood(location.gitDir, `refStorage = ${config.get("extensions.refstorage")}`);
  for (const key of config.keys()) {
    const [section, name] = key.split(".");
    if (section === "extensions" && name !== "refstorage" && !HARMLESS.has(name ?? ""))
      throw notUnderstood(location.gitDir, `extensions.${name}`);
  }
  return {
    ...location,
    head: headOf(location),
    format,
    shallow: shallowOf(location),
    partial: isPartial(location, config),
    extraObjects,
  };
}

function headOf(location: Location): string {
  const path = join(location.gitDir, "HEAD");
  // Very old repositories keep HEAD as a symbolic link.
  const text = lstatSync(path).isSymbolicLink()
    ? `ref: ${readlinkSync(path)}\n`
    : textOf(path, HEAD_MAX_BYTES);
  if (!HEAD.test(text)) throw notARepository(location.gitDir);
  return `${text.trim()}\n`;
}

function shallowOf(location: Location): ReadonlySet<string> {
  const path = join(location.commonDir, "shallow");
  if (!existsSync(path)) return new Set();
  return new Set(
    textOf(path, SHALLOW_MAX_BYTES)
      .split("\n")
      .filter((line) => /^[0-9a-f]{40,64}$/.test(line)),
  );
}

function isPartial(location: Location, config: ReadonlyMap<string, string>): boolean {
  if (config.has("extensions.partialclone")) return true;
  if ([...config].some(([key, value]) => /^remote\..*promisor$/.test(key) && value !== "false"))
    return true;
  const packs = join(location.objects, "pack");
  return existsSync(packs) && readdirSync(packs).some((name) => name.endsWith(".promisor"));
}

/**
 * Keys and values of the repository's own file, for the few that say how it is stored. Includes are
 * not followed and nothing else of it is ever used, so a rough reading is enough: what it gets wrong
 * can only make the repository unreadable.
 */
function settingsOf(location: Location): ReadonlyMap<string, string> {
  const path = join(location.commonDir, "config");
  const settings = new Map<string, string>();
  if (!existsSync(path)) return settings;
  let section = "";
  for (const line of textOf(path, CONFIG_MAX_BYTES).split("\n")) {
    const header = /^\s*\[([A-Za-z0-9.-]+)(?:[ \t]+"((?:[^"\\]|\\.){0,1000})")?\](.*)$/.exec(line);
    const rest = header === null ? line : (header[3] ?? "");
    if (header !== null)
      section = `${(header[1] ?? "").toLowerCase()}${header[2] === undefined ? "" : `.${header[2]}`}`;
    const setting = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*"?([^"#;]*)"?.*)?$/.exec(rest);
    if (setting !== null)
      settings.set(
        `${section}.${(setting[1] ?? "").toLowerCase()}`,
        (setting[2] ?? "true").trim().toLowerCase(),
      );
  }
  return settings;
}

function textOf(path: string, limit: number): string {
  try {
    const stat = statSync(path);
    // A pipe in its place would never end.
    if (!stat.isFile()) throw new Error("it is no file");
    if (stat.size > limit) throw new Error(`it is larger than ${limit} bytes`);
    return readFileSync(path, "utf8");
  } catch (error) {
    throw notReadable(path, error instanceof Error ? error.message : String(error));
  }
}
