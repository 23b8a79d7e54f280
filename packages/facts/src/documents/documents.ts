// SPDX-License-Identifier: Apache-2.0
/** The change documents that a change carries or points to. */
import {
  type DocumentFact,
  type Evidence,
  type Facts,
  isUnknown,
  type Unknown,
  unknown,
} from "@interlock/core";
import type { Digest } from "@interlock/digest";
import {
  documentFact,
  documentsDigest,
  LIMITS,
  readDocument,
  type Sited,
} from "@interlock/document";
import { isDocumentPath } from "../files/kind.ts";
import type { Commit } from "../git/commit.ts";
import { strictText } from "../git/path.ts";
import type { Repository } from "../git/repository.ts";
import type { TreeChange } from "../git/tree-change.ts";
import { contributors } from "../provenance/contributors.ts";

const TRAILER = "change-document";
/** A remedy is a document too, and part of the gate. */
const REMEDY = /^interlock\/remedies\/[^/]+\.md$/;
/** More than one reviewer holds in mind; each is read whole. */
const DOCUMENTS_MAX = 20;
/** UTF-8 takes at most three bytes for each UTF-16 unit. */
const BYTES_MAX = LIMITS.bytes * 3;

export type Documents = {
  readonly read: readonly Sited[] | Unknown;
  /** What the change digest binds; `null` without a readable document. */
  readonly digest: Digest | null;
};

type Wanted = {
  /** Commit or tree after the change. */
  readonly after: string;
  readonly change: TreeChange;
  readonly commits: readonly Commit[];
};

/**
 * Reads what the trailer `Change-Document: PATH` of any commit names, and every document under
 * `interlock/changes/` or `interlock/remedies/` that the change writes. One that cannot be read leaves all unknown: it may be
 * the one that counts. by (fail-closed)
 */
export async function readDocuments(repository: Repository, wanted: Wanted): Promise<Documents> {
  const written = wanted.change.entries
    .filter(
      ({ path, status }) => status !== "deleted" && (isDocumentPath(path) || REMEDY.test(path)),
    )
    .map(({ path }) => path);
  const named = wanted.commits
    .flatMap((commit) => commit.trailers)
    .filter(({ key }) => key.toLowerCase() === TRAILER)
    .map(({ value }) => value.trim());
  const paths = [...new Set([...named, ...written])].sort();
  if (paths.length > DOCUMENTS_MAX)
    return unread(`the change has ${paths.length} documents`, `write at most ${DOCUMENTS_MAX}`);
  const read: Sited[] = [];
  for (const path of paths) {
    const one = await readOne(repository, wanted.after, path);
    if (isUnknown(one)) return { read: one, digest: null };
    read.push(one);
  }
  return { read, digest: documentsDigest(read.map(({ document }) => document.digest)) };
}

const unread = (because: string, help: string): Documents => ({
  read: unknown(because, help),
  digest: null,
});

async function readOne(
  repository: Repository,
  after: string,
  path: string,
): Promise<Sited | Unknown> {
  const shown = path.slice(0, 200);
  if (!isPlainPath(path))
    return unknown(
      `\`${shown}\` is no path of a document`,
      "write `Change-Document: interlock/changes/NAME.md`",
    );
  const object = await repository.at(after, path, BYTES_MAX);
  if (object.kind === "too-large")
    return unknown(`the document \`${shown}\` is larger than ${BYTES_MAX} bytes`, "split it");
  if (object.kind !== "content" || object.type !== "blob")
    return unknown(
      `the document \`${shown}\` is not there, or its content cannot be read`,
      "commit it with the change, or mend the trailer `Change-Document`",
    );
  const text = strictText(object.bytes);
  if (text === null) return unknown(`the document \`${shown}\` is no UTF-8`, "save it as UTF-8");
  const read = readDocument(path, text);
  if (read.ok) return read.sited;
  const [first] = read.problems;
  const place = first === undefined ? shown : `${shown}:${first.line}:${first.column}`;
  return unknown(
    `the document cannot be understood: \`${place}\`: ${first?.message ?? ""}`.slice(0, 1_000),
    "mend what `interlock document check` says",
  );
}

/** Inside the repository, without a detour. */
const isPlainPath = (path: string): boolean =>
  path.length <= 400 &&
  /^[^/\0\\]+(?:\/[^/\0\\]+)*\.md$/.test(path) &&
  !path.split("/").some((step) => step === "." || step === "..");

/**
 * The facts with what the documents say, linted against the computed reach. Documents that came
 * from elsewhere stay; where either is unknown, all are.
 */
export function withDocuments(
  facts: Facts,
  { read }: Documents,
  commits: readonly Commit[],
): Facts {
  if (!isUnknown(read) && read.length === 0) return facts;
  const documents = joined(facts, read, authorOf(commits));
  return { ...facts, evidence: { ...facts.evidence, documents } };
}

function joined(facts: Facts, read: Documents["read"], by: string): Evidence["documents"] {
  const given = facts.evidence.documents;
  if (isUnknown(given)) return given;
  if (isUnknown(read)) return read;
  const { digest } = facts.change;
  // Nothing can be said about a change without a name; its digest already holds what needs one.
  if (isUnknown(digest)) return given;
  const { now, blast } = facts;
  const around = isUnknown(blast) ? { now } : { now, blast };
  const own = read.map(
    (sited): DocumentFact => documentFact(sited, { change: digest, by }, around),
  );
  return [...given, ...own];
}

function authorOf(commits: readonly Commit[]): string {
  const last = commits[commits.length - 1];
  const author =
    last === undefined ? undefined : contributors(last).find((c) => c.did === "author");
  return author?.account ?? "unknown:";
}
