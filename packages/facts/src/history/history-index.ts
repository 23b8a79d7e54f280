// SPDX-License-Identifier: Apache-2.0
import type { HistoryCommit, HistoryFile } from "./commit.ts";
import { type AuthorPast, type FilePast, HISTORY_LIMITS, type Limits, remember } from "./past.ts";
import { directoryOf, subsystemOf } from "./paths.ts";
import { saysRevert } from "./subject.ts";

const QUARTER_MS = 91 * 86_400_000;
/** Quarters are counted from 1970 to 2170, so that absurd dates cannot grow the index. */
const QUARTERS_MAX = 800;

/** The past of a repository as far as it was fed: `observe` adds to it, `measure` reads it. */
export type HistoryIndex = {
  readonly limits: Limits;
  readonly files: Map<string, FilePast>;
  readonly authors: Map<string, AuthorPast>;
  readonly directories: Map<string, number>;
  /** Rings of the newest changes, at `ordinal % limits.recent`. */
  readonly recentMs: Float64Array;
  readonly recentAuthors: Float64Array;
  /** Time of the first change fed. */
  firstMs: number | undefined;
  /** False once the feed began in the middle or something had to be forgotten. */
  complete: boolean;
  ordinal: number;
};

/** Starts an empty index; `complete` is false for a shallow clone or a bounded feed. */
export function historyIndex(options: {
  readonly complete: boolean;
  readonly limits?: Partial<Limits>;
}): HistoryIndex {
  const limits = { ...HISTORY_LIMITS, ...options.limits };
  return {
    limits,
    files: new Map(),
    authors: new Map(),
    directories: new Map(),
    recentMs: new Float64Array(limits.recent),
    recentAuthors: new Float64Array(limits.recent),
    firstMs: undefined,
    complete: options.complete,
    ordinal: 0,
  };
}

/**
 * Adds one landed change.
 *
 * Feed oldest first, and one line of history only: the first parents, or the commits that are no
 * merges. Both together would count every change twice.
 */
export function observe(index: HistoryIndex, commit: HistoryCommit): void {
  const author = index.authors.get(commit.authorKey) ?? newAuthor(index, commit);
  const undoes = saysRevert(commit.subject);
  for (const file of commit.files) noteFile(index, commit, { file, author, undoes });
  noteAuthor(index, commit, author);
  const slot = index.ordinal % index.limits.recent;
  index.recentMs[slot] = commit.timeMs;
  index.recentAuthors[slot] = author.number;
  index.firstMs ??= commit.timeMs;
  index.ordinal += 1;
  if (commit.filesCut) index.complete = false;
}

/** The quarter of a year in which a time lies, counted from 1970. */
export function quarterOf(timeMs: number): number {
  return Math.min(QUARTERS_MAX, Math.max(0, Math.floor(timeMs / QUARTER_MS)));
}

function newAuthor(index: HistoryIndex, commit: HistoryCommit): AuthorPast {
  return {
    number: index.ordinal,
    changes: 0,
    changesByQuarter: new Map(),
    changesBySubsystem: new Map(),
    lastMs: commit.timeMs,
  };
}

function noteAuthor(index: HistoryIndex, commit: HistoryCommit, author: AuthorPast): void {
  const { limits } = index;
  author.changes += 1;
  author.lastMs = Math.max(author.lastMs, commit.timeMs);
  const quarter = quarterOf(commit.timeMs);
  author.changesByQuarter.set(quarter, (author.changesByQuarter.get(quarter) ?? 0) + 1);
  let forgot = false;
  for (const subsystem of new Set(commit.files.map((file) => subsystemOf(file.path)))) {
    const changes = (author.changesBySubsystem.get(subsystem) ?? 0) + 1;
    const { subsystemsPerAuthor } = limits;
    forgot = remember(author.changesBySubsystem, subsystem, changes, subsystemsPerAuthor) || forgot;
  }
  forgot = remember(index.authors, commit.authorKey, author, limits.authors) || forgot;
  if (forgot) index.complete = false;
}

function noteFile(
  index: HistoryIndex,
  commit: HistoryCommit,
  what: { readonly file: HistoryFile; readonly author: AuthorPast; readonly undoes: boolean },
): void {
  const { file, author } = what;
  const { limits } = index;
  const past = index.files.get(file.oldPath ?? file.path) ?? newFile(index, file, commit.timeMs);
  past.changes += 1;
  if (past.authors.size < limits.authorsPerFile) past.authors.add(author.number);
  past.newest.push(index.ordinal);
  if (past.newest.length > limits.newestPerFile) past.newest.shift();
  past.lines = linesAfter(file, past);
  past.lastMs = Math.max(past.lastMs, commit.timeMs);
  past.lastAuthor = author.number;
  if (what.undoes) past.reverts += 1;
  if (file.oldPath !== undefined) index.files.delete(file.oldPath);
  const directory = directoryOf(file.path);
  const changes = (index.directories.get(directory) ?? 0) + 1;
  const forgotFile = remember(index.files, file.path, past, limits.files);
  const forgotDirectory = remember(index.directories, directory, changes, limits.files);
  if (forgotFile || forgotDirectory) index.complete = false;
}

function linesAfter(file: HistoryFile, past: FilePast): number | undefined {
  const before = file.linesBefore ?? past.lines;
  if (before === undefined || file.added === undefined || file.deleted === undefined) {
    return undefined;
  }
  return Math.max(0, before + file.added - file.deleted);
}

function newFile(index: HistoryIndex, file: HistoryFile, timeMs: number): FilePast {
  return {
    changes: 0,
    authors: new Set(),
    newest: [],
    lines: file.existed && !index.complete ? undefined : 0,
    lastMs: timeMs,
    lastAuthor: -1,
    reverts: 0,
  };
}
