// SPDX-License-Identifier: Apache-2.0
/** Raw commit objects (git, "Git commit object format"). */
import { type Message, readMessage } from "./message.ts";
import { escapedText } from "./path.ts";

export type Signature = {
  readonly name: string;
  readonly email: string;
  /** Milliseconds since 1970 UTC; 0 when the commit does not say or says nonsense. */
  readonly at: number;
  /** `+hhmm` or `-hhmm`, as written; empty when there is none. */
  readonly zone: string;
};

export type Commit = Message & {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  /** It carries a signature; whether the signature is good is another question. */
  readonly signed: boolean;
  /** What could not be read as git would write it; empty for an ordinary commit. */
  readonly faults: readonly string[];
};

/** Parents beyond it are a fault: an octopus has a handful, an attack a hundred thousand. */
const PARENTS_MAX = 1_000;
const HEADER_MAX_BYTES = 100_000;
const NAME_MAX = 1_000;
const ID = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Parses a raw commit object. Total: what git would not have written is listed in `faults`. */
export function parseCommit(id: string, bytes: Buffer): Commit {
  const blank = bytes.indexOf("\n\n");
  const headerEnd = Math.min(blank < 0 ? bytes.length : blank, HEADER_MAX_BYTES);
  const lines = bytes.toString("latin1", 0, headerEnd).split("\n");
  const faults: string[] = [];
  if (headerEnd === HEADER_MAX_BYTES) faults.push("its header is longer than the limit");
  const values = (name: string) =>
    lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  const only = (name: string) => {
    const all = values(name);
    if (all.length !== 1) faults.push(`it has ${all.length} \`${name}\` lines`);
    return all[0] ?? "";
  };
  const tree = only("tree");
  const parents = values("parent");
  if (![tree, ...parents].every((oid) => ID.test(oid) && oid.length === id.length))
    faults.push("a tree or parent is no object id");
  if (parents.length > PARENTS_MAX) faults.push(`it has more than ${PARENTS_MAX} parents`);
  const author = signatureOf("author", only("author"), faults);
  const committer = signatureOf("committer", only("committer"), faults);
  const body = blank < 0 ? Buffer.alloc(0) : bytes.subarray(blank + 2);
  if (body.includes(0)) faults.push("its message holds a NUL, behind which git shows nothing");
  return {
    ...readMessage(body, values("encoding")[0] ?? "utf-8"),
    id,
    tree,
    parents: parents.slice(0, PARENTS_MAX),
    author,
    committer,
    signed: lines.some((line) => /^gpgsig(?:-sha256)? /.test(line)),
    faults,
  };
}

/** `name <email> seconds zone`; git cuts the email at the first `>` and the time at the last. */
function signatureOf(who: string, latin1: string, faults: string[]): Signature {
  const open = latin1.indexOf("<");
  const close = latin1.indexOf(">", open + 1);
  const last = latin1.lastIndexOf(">");
  const text = (from: number, to: number) =>
    escapedText(Buffer.from(latin1.slice(from, to), "latin1"))
      .trim()
      .slice(0, NAME_MAX)
      .toWellFormed();
  const time = /^ (-?\d{1,13})(?: ([+-]\d{4}))?$/.exec(latin1.slice(last + 1));
  if (open < 0 || close < 0 || time === null || close !== last)
    faults.push(`its ${who} is not written as git writes it`);
  return {
    name: open < 0 ? text(0, latin1.length) : text(0, open),
    email: open < 0 || close < 0 ? "" : text(open + 1, close),
    at: time === null ? 0 : Number(time[1]) * 1_000,
    zone: time?.[2] ?? "",
  };
}
