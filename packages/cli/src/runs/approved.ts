// SPDX-License-Identifier: Apache-2.0
/** What says that a document is the one that was approved, without a server: that it landed. */
import { existsSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { GateError } from "@interlock/core";
import { documentDigest, LIMITS, type Sited } from "@interlock/document";
import { openRepository } from "@interlock/facts";

/**
 * The commit on which the document stands word for word, as a sentence; empty where it does not.
 * That commit landed under whatever gates the branch.
 */
export async function landedAt(file: string, { document }: Sited): Promise<string> {
  const path = resolve(file);
  let repository: Awaited<ReturnType<typeof openRepository>>;
  try {
    repository = await openRepository(dirname(path));
  } catch (error) {
    if (error instanceof GateError && error.code === "NOT_A_REPOSITORY") return "";
    throw error;
  }
  try {
    const top = topOf(dirname(path));
    if (top === null) return "";
    const head = await repository.resolve("HEAD");
    const inside = relative(top, path).replaceAll("\\", "/");
    const object = await repository.at(head, inside, LIMITS.bytes * 3);
    if (object.kind !== "content") return "";
    const same = documentDigest(object.bytes.toString("utf8")) === document.digest;
    return same ? `\`${basename(inside)}\` stands so in commit ${head}` : "";
  } catch (error) {
    if (error instanceof GateError && error.code === "EMPTY_REPOSITORY") return "";
    throw error;
  } finally {
    repository.close();
  }
}

/** The work tree around a folder. */
function topOf(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (dirname(at) === at) return null;
  }
}
