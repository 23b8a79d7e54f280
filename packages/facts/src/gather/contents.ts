// SPDX-License-Identifier: Apache-2.0
import type { Unknown } from "@interlock/core";
import { readDocuments } from "../documents/documents.ts";
import {
  type ChangeContents,
  type ContentsRequest,
  readContents as readGitContents,
} from "../git/change.ts";
import type { Commit } from "../git/commit.ts";

/**
 * What the digest of a change is made of, its documents too, for people to read; unknown where the
 * digest is.
 */
export async function readContents(
  given: Omit<ContentsRequest, "document"> & { readonly commits: readonly Commit[] },
): Promise<ChangeContents | Unknown> {
  const { digest: document } = await readDocuments(given.repository, given);
  return await readGitContents({ ...given, document });
}
