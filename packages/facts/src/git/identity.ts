// SPDX-License-Identifier: Apache-2.0
import { digestOf } from "@interlock/digest";
import { emptyRepository } from "./failure.ts";
import { readCommit } from "./history.ts";
import type { Layout } from "./layout.ts";
import type { ObjectReader } from "./object-reader.ts";
import { git } from "./process.ts";
import type { Sandbox } from "./sandbox.ts";

/** Identities of clones whose first commit is not known begin with it. */
export const SHALLOW_IDENTITY = "shallow:";

/**
 * The same text for every full clone: a digest over the first commit of HEAD's first-parent line,
 * which merging other histories does not change. A clone that was cut off cannot know it; its text
 * begins with `shallow:` and no digest of a change is made from it.
 */
export async function identityOf(
  head: string,
  from: { readonly reader: ObjectReader; readonly layout: Layout; readonly sandbox: Sandbox },
): Promise<string> {
  const { out } = await git({
    place: from.sandbox,
    args: ["rev-list", "--max-parents=0", "--first-parent", "--end-of-options", head],
    what: "find the first commit",
    alsoOk: [128],
  });
  const root = out.toString("latin1").trim();
  if (root === "") return `${SHALLOW_IDENTITY}unknown`;
  const commit = await readCommit(from.reader, root);
  if (typeof commit === "string") throw emptyRepository(from.layout.gitDir);
  // What git calls a root in a shallow clone still names its parents.
  const prefix = commit.parents.length === 0 ? "git:" : SHALLOW_IDENTITY;
  return `${prefix}${digestOf("interlock/repository/v1", [root]).slice(0, 32)}`;
}
