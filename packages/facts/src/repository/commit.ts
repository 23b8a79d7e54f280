// SPDX-License-Identifier: Apache-2.0
export type Signature = {
  readonly name: string;
  readonly email: string;
  /** Milliseconds since 1970 UTC. */
  readonly at: number;
};

export type Trailer = { readonly key: string; readonly value: string };

export type Commit = {
  readonly id: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly subject: string;
  readonly message: string;
  readonly trailers: readonly Trailer[];
  /** The commit that it says it reverts. */
  readonly reverts: string | null;
};

/** A longer message is cut: nothing that is judged needs more. */
const MESSAGE_MAX = 100_000;

/** Parses a raw commit object (git, “Git commit object format”). Total: odd headers read as empty. */
export function parseCommit(id: string, bytes: Buffer): Commit {
  const text = bytes.toString("utf8");
  const split = text.indexOf("\n\n");
  const header = split < 0 ? text : text.slice(0, split);
  const message = (split < 0 ? "" : text.slice(split + 2)).slice(0, MESSAGE_MAX).toWellFormed();
  const fields = header.split("\n");
  const value = (name: string) =>
    fields.find((f) => f.startsWith(`${name} `))?.slice(name.length + 1) ?? "";
  return {
    id,
    tree: value("tree"),
    parents: fields.filter((f) => f.startsWith("parent ")).map((f) => f.slice(7)),
    author: signatureOf(value("author")),
    committer: signatureOf(value("committer")),
    subject: (message.trimStart().split("\n")[0] ?? "").slice(0, 1_000),
    message,
    trailers: trailersOf(message),
    reverts: /^This reverts commit ([0-9a-f]{7,64})/m.exec(message)?.[1] ?? null,
  };
}

function signatureOf(line: string): Signature {
  const match = /^(.*?) ?<([^>]*)>(?: (-?\d{1,15}))?/.exec(line.slice(0, 10_000).toWellFormed());
  const seconds = Number(match?.[3] ?? 0);
  const at = seconds * 1_000;
  return { name: match?.[1] ?? "", email: match?.[2] ?? "", at: Number.isSafeInteger(at) ? at : 0 };
}

/** Trailers of the last paragraph, as `git interpret-trailers` finds them. */
function trailersOf(message: string): readonly Trailer[] {
  const paragraphs = message.trimEnd().split(/\n\s*\n/);
  const last = paragraphs.length > 1 ? (paragraphs[paragraphs.length - 1] ?? "") : "";
  return last.split("\n").flatMap((line) => {
    const match = /^([A-Za-z0-9-]{1,60}):\s+(.{1,1000})$/.exec(line);
    return match === null ? [] : [{ key: match[1] ?? "", value: match[2] ?? "" }];
  });
}
