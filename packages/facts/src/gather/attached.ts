// SPDX-License-Identifier: Apache-2.0
/** What was made from the change outside the repository: plans of Terraform, rendered manifests. */
import { type Digest, digestOf, sha256Hex, utf8 } from "@interlock/digest";
import type { RawFile } from "./input.ts";

export type Attached = {
  /** As findings name it; unique. Its ending says how it is read. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
};

/** Binds approvals to what was shown with the change; `null` for nothing. Order is no content. */
export function attachedDigest(attached: readonly Attached[]): Digest | null {
  if (attached.length === 0) return null;
  const side = (text: string | null) => (text === null ? null : sha256Hex(utf8(text)));
  const items = attached.map((a) => ({
    path: a.path,
    before: side(a.before),
    after: side(a.after),
  }));
  return digestOf(
    "interlock/attached/v1",
    items.sort((a, b) => (a.path < b.path ? -1 : 1)),
  );
}

const NO_FILE = "000000";
const PLAIN_FILE = "100644";

/** Sources read it like a file of the change; it counts as none, since nothing of it lands. */
export function attachedFile({ path, before, after }: Attached): RawFile {
  return {
    path,
    oldPath: null,
    status: before === null ? "added" : after === null ? "deleted" : "modified",
    mode: after === null ? NO_FILE : PLAIN_FILE,
    oldMode: before === null ? NO_FILE : PLAIN_FILE,
    oid: "",
    oldOid: "",
    attributes: {},
    added: 0,
    deleted: 0,
    binary: false,
    bytesBefore: utf8(before ?? "").length,
    bytesAfter: utf8(after ?? "").length,
    before,
    after,
    unread: null,
  };
}
