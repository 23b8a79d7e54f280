// SPDX-License-Identifier: Apache-2.0
import { ambiguousRevision, emptyRepository, gitFailed, noSuchRevision } from "./failure.ts";
import type { Layout } from "./layout.ts";
import type { ObjectReader } from "./object-reader.ts";
import { anyRef } from "./refs.ts";
import type { Sandbox } from "./sandbox.ts";

const REVISION_MAX = 1_000;

/**
 * The commit that a name stands for. The name reaches git as a line of input, never as an argument,
 * so that one like `--output=x` is only a name that nothing has.
 * Throws `GateError` NO_SUCH_REVISION, EMPTY_REPOSITORY or GIT_UNUSABLE.
 */
export async function resolveRevision(
  revision: string,
  from: { readonly reader: ObjectReader; readonly layout: Layout; readonly sandbox: Sandbox },
): Promise<string> {
  // A control character could end the line, and what follows would be a request of its own.
  if (revision === "" || revision.length > REVISION_MAX || /\p{Cc}/u.test(revision))
    throw noSuchRevision(revision);
  const named = await from.reader.about(revision);
  // A tag is followed to its commit by its id: the text after `:/` would swallow the `^{commit}`.
  const answer =
    named.kind === "object" && named.type === "tag"
      ? await from.reader.about(`${named.oid}^{commit}`)
      : named;
  if (answer.kind === "object" && answer.type === "commit") return answer.oid;
  if (answer.kind === "corrupt") throw gitFailed(`find \`${revision}\``, answer.detail);
  if (answer.kind === "ambiguous") throw ambiguousRevision(revision);
  if (revision === "HEAD" && !(await anyRef(from.sandbox)))
    throw emptyRepository(from.layout.gitDir);
  throw noSuchRevision(revision);
}
