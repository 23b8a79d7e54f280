// SPDX-License-Identifier: Apache-2.0
/** A policy with the files that it includes, from a folder or from a commit. */
import { existsSync, lstatSync, readFileSync, realpathSync } from "node:fs";
import { dirname, sep } from "node:path";
import { GateError } from "@interlock/core";
import type { Repository } from "@interlock/facts";
import { gatherIncludes, type Included, type Loaded, loadPolicy } from "@interlock/policy";
import { readText } from "../files/read.ts";
import type { GateFile } from "./gate-files.ts";

const INCLUDED_MAX_BYTES = 1_000_000;

/** Loads the policy at a path; `now` in milliseconds since 1970 UTC asks for warnings about time. */
export function loadPolicyFile(path: string, now?: number): Loaded {
  if (path !== "-" && !existsSync(path))
    throw new GateError(
      "POLICY_MISSING",
      `there is no policy \`${path}\``,
      "run `interlock init` to write one, or name another file",
    );
  const file = path.split(sep).join("/");
  return loadPolicy(file, readText(path), {
    read: path === "-" ? fromNowhere : (included) => fromFolder(dirname(path), included),
    ...(now === undefined ? {} : { now }),
  });
}

const fromNowhere = (): Included => ({
  kind: "unreadable",
  because: "a policy from standard input has no folder",
});

/**
 * A file that a policy in a folder includes. A link could lead out of the folder, where a change of the
 * file would not be one of the gate.
 */
export function fromFolder(folder: string, path: string): Included {
  try {
    const stat = lstatSync(path);
    if (!stat.isFile()) return { kind: "unreadable", because: "it is no regular file" };
    if (!realpathSync(path).startsWith(realpathSync(folder) + sep))
      return { kind: "unreadable", because: "a link leads out of the policy's folder" };
    if (stat.size > INCLUDED_MAX_BYTES) return TOO_LARGE;
    return { kind: "text", text: readFileSync(path, "utf8") };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      return { kind: "missing" };
    return { kind: "unreadable", because: error instanceof Error ? error.message : String(error) };
  }
}

const TOO_LARGE: Included = {
  kind: "unreadable",
  because: `it is larger than ${INCLUDED_MAX_BYTES} bytes`,
};

/** The text of a policy and of all that it includes, at one state of a repository. */
export type PolicySource = {
  readonly text: string;
  readonly included: ReadonlyMap<string, Included>;
  /** Equal for equal sources. */
  readonly key: string;
};

export type PolicyFile =
  | Exclude<GateFile, { readonly kind: "text" }>
  | ({ readonly kind: "text" } & PolicySource);

/** Reads what the policy includes from the same tree or commit. */
export async function withIncludes(
  repository: Repository,
  tree: string | null,
  path: string,
  file: GateFile,
): Promise<PolicyFile> {
  if (file.kind !== "text") return file;
  const { text } = file;
  // Most policies include nothing, and a history is judged one commit after the other.
  const included =
    tree !== null && text.includes("include")
      ? await gatherIncludes(path, text, (wanted) => fromCommit(repository, tree, wanted))
      : new Map<string, Included>();
  return { kind: "text", text, included, key: JSON.stringify([text, [...included]]) };
}

async function fromCommit(repository: Repository, tree: string, path: string): Promise<Included> {
  const object = await repository.at(tree, path, INCLUDED_MAX_BYTES);
  if (object.kind === "too-large") return TOO_LARGE;
  if (object.kind === "corrupt") return { kind: "unreadable", because: "its object is damaged" };
  if (object.kind === "missing") return { kind: "missing" };
  if (object.type !== "blob") return { kind: "unreadable", because: "it is no file" };
  return { kind: "text", text: object.bytes.toString("utf8") };
}

export const loadSource = (path: string, source: PolicySource): Loaded =>
  loadPolicy(path, source.text, {
    read: (file) => source.included.get(file) ?? { kind: "missing" },
  });
