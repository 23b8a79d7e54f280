// SPDX-License-Identifier: Apache-2.0
import type { Layout } from "./layout.ts";
import { git } from "./process.ts";
import { copyIndex, type Sandbox } from "./sandbox.ts";

/**
 * The tree that committing the staging area would give, or `null` when it is in conflict or there is
 * none. Both the index and the tree are copies in the private directory.
 */
export async function stagedTree(layout: Layout, sandbox: Sandbox): Promise<string | null> {
  if (!copyIndex(layout, sandbox)) return null;
  const what = "read the staging area";
  const unmerged = await git({ place: sandbox, args: ["ls-files", "--unmerged", "-z"], what });
  if (unmerged.out.length > 0) return null;
  const args = ["write-tree", "--missing-ok"];
  const { out } = await git({ place: sandbox, args, what });
  return out.toString("latin1").trim();
}
