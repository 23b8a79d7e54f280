// SPDX-License-Identifier: Apache-2.0
import {
  type Context,
  type Evidence,
  type Facts,
  type People,
  type Unknown,
  unknown,
} from "@interlock/core";
import type { Catalog } from "../catalog/catalog.ts";
import { contractsSource } from "../contracts/source.ts";
import { readDocuments, withDocuments } from "../documents/documents.ts";
import { kindOf, languageOf } from "../files/kind.ts";
import { type ReadingMemory, readChange } from "../git/change.ts";
import type { Commit } from "../git/commit.ts";
import { blobText } from "../git/path.ts";
import type { Repository } from "../git/repository.ts";
import type { TreeChange } from "../git/tree-change.ts";
import { ownersAt } from "../owners/owners.ts";
import { contributors } from "../provenance/contributors.ts";
import { provenance } from "../provenance/provenance.ts";
import type { Source, World } from "../source.ts";
import { type Attached, attachedDigest } from "./attached.ts";
import { gatherFacts } from "./gather.ts";

export const NO_EVIDENCE: Evidence = {
  approvals: [],
  rejections: [],
  checks: [],
  documents: [],
  staging: [],
  tickets: [],
  waivers: [],
  freezes: [],
};

/** What stays the same for every change of one run. */
export type Surroundings = {
  readonly repository: Repository;
  readonly identity: string;
  readonly target: string;
  readonly catalog: Catalog;
  readonly people: People | Unknown;
  readonly sources: readonly Source[];
  readonly memory: ReadingMemory;
};

export type GitChange = {
  readonly kind: Facts["change"]["kind"];
  /** The commits of the change, oldest first; empty for the staging area. */
  readonly commits: readonly Commit[];
  readonly change: TreeChange;
  /** Commit or tree before the change; `null` for a first commit. */
  readonly before: string | null;
  readonly after: string;
  readonly now: number;
  readonly evidence: Evidence;
  readonly context: readonly Context[];
  /** Accounts that pushed it, where somebody watched. */
  readonly pushedBy: readonly string[] | null;
  /** What was made from the change outside the repository; part of its digest. */
  readonly attached?: readonly Attached[];
  readonly history?: Readonly<Record<string, number>>;
};

const WORLD_FILE_MAX_BYTES = 1_000_000;

/** Gathers the facts of one change in a Git repository. */
export async function gatherFromGit(around: Surroundings, given: GitChange): Promise<Facts> {
  const { repository, sources } = around;
  const documents = await readDocuments(repository, given);
  const read = await readChange({
    repository,
    after: given.after,
    change: given.change,
    identity: around.identity,
    target: around.target,
    memory: around.memory,
    wantsText: textWanted([...sources, contractsSource(around.catalog, [])]),
    plan: attachedDigest(given.attached ?? []),
    document: documents.digest,
  });
  const last = given.commits[given.commits.length - 1];
  const pushedBy =
    given.pushedBy ??
    unknown(
      "nobody watched the push",
      "name the pusher in `--evidence`, or judge at an enforcement point that sees pushes",
    );
  const facts = await gatherFacts(
    {
      files: given.change.truncated
        ? unknown(
            given.change.incomplete?.because ?? "the change touches more paths than are listed",
            given.change.incomplete?.help ?? "split the change",
          )
        : read.files,
      gaps: [],
      attached: given.attached ?? [],
      world: worldAt(repository, given.after),
      change: {
        digest: read.digest,
        kind: given.kind,
        repository: around.identity,
        target: around.target,
        subject: last?.subject ?? "staged changes",
        contributors: contributorsOfAll(given.commits),
        pushedBy,
        provenance: provenanceOfAll(
          await Promise.all(given.commits.map((c) => withNotes(repository, c))),
          read.files.map((f) => f.path),
          around.target,
        ),
        ...(last?.reverts === null || last === undefined ? {} : { reverts: last.reverts }),
      },
      now: given.now,
      catalog: around.catalog,
      people: around.people,
      evidence: given.evidence,
      context: given.context,
      ownersOf: await ownersAt(
        repository,
        given.before,
        read.files.flatMap((f) => (f.oldPath === null ? [f.path] : [f.path, f.oldPath])),
      ),
      ...(given.history === undefined ? {} : { history: given.history }),
    },
    sources,
  );
  return withDocuments(facts, documents, given.commits);
}

function textWanted(sources: readonly Source[]): (path: string) => boolean {
  return (path) => sources.some((s) => s.wants(fileView(path)));
}

const VIEWS = new Map<string, ReturnType<typeof view>>();
const view = (path: string) => ({ path, kind: kindOf(path), language: languageOf(path) });

function fileView(path: string): ReturnType<typeof view> {
  const known = VIEWS.get(path) ?? view(path);
  if (VIEWS.size > 100_000) VIEWS.clear();
  VIEWS.set(path, known);
  return known;
}

function contributorsOfAll(commits: readonly Commit[]): Facts["change"]["contributors"] {
  const all = new Map(
    commits.flatMap((c) => contributors(c)).map((c) => [`${c.account} ${c.did}`, c]),
  );
  return [...all.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, c]) => c);
}

const AI_NOTES = "refs/notes/ai";
type Noted = Commit & { readonly notes: readonly string[] };

async function withNotes(repository: Repository, commit: Commit): Promise<Noted> {
  const note = await repository.note(AI_NOTES, commit.id);
  return { ...commit, notes: note === null ? [] : [note] };
}

const HEADS = "refs/heads/";

/** The branch that a merge names, in the words of forges and of git. */
function mergedBranch(subject: string): string | null {
  const named =
    /^Merge pull request #\d{1,9} from [^/\s]{1,100}\/(\S{1,250})/.exec(subject) ??
    /^Merge (?:remote-tracking )?branch '(?:origin\/)?([^']{1,250})'/.exec(subject);
  return named?.[1] ?? null;
}

const AI_RANK = { unknown: 0, likely: 1, declared: 2 } as const;

function provenanceOfAll(
  commits: readonly Noted[],
  files: readonly string[],
  target: string,
): Facts["change"]["provenance"] {
  const each = commits.map((c) =>
    provenance({
      authorName: c.author.name,
      authorEmail: c.author.email,
      committerEmail: c.committer.email,
      message: c.message,
      trailers: c.trailers,
      branch:
        mergedBranch(c.subject) ?? (target.startsWith(HEADS) ? target.slice(HEADS.length) : null),
      notes: c.notes,
      files,
    }),
  );
  const union = (pick: (p: (typeof each)[number]) => readonly string[]) =>
    [...new Set(each.flatMap(pick))].sort();
  const ai = each.reduce<"unknown" | "likely" | "declared">(
    (a, p) => (AI_RANK[p.ai] > AI_RANK[a] ? p.ai : a),
    "unknown",
  );
  return {
    ai,
    agents: union((p) => p.agents).slice(0, 50),
    signals: union((p) => p.signals).slice(0, 100),
  };
}

function worldAt(repository: Repository, after: string): World {
  return {
    readAfter: async (path) => {
      const object = await repository.at(after, path, WORLD_FILE_MAX_BYTES);
      return object.kind === "content" && object.type === "blob" ? blobText(object.bytes) : null;
    },
    listAfter: async (folder) => (await repository.list(after, folder)).map((i) => i.path),
  };
}
