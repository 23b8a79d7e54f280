// SPDX-License-Identifier: Apache-2.0
import type { HistoryCommit, HistoryFile } from "./commit.ts";
import {
  type FeatureValues,
  HISTORY_FEATURES,
  type HistoryFeature,
  type Measured,
} from "./features.ts";
import { type HistoryIndex, quarterOf } from "./history-index.ts";
import { log2 } from "./log2.ts";
import type { FilePast } from "./past.ts";
import { directoryOf, isConfig, isShared, subsystemOf } from "./paths.ts";
import { subjectLength, subjectWords } from "./subject.ts";

const PPM = 1_000_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
const QUARTERS_PER_YEAR = 4;
/** Ten years: a span beyond it says no more, and "never" is written as this. */
const SPAN_MAX_MS = 3_650 * DAY_MS;
const CHURN_MAX_PPM = 10 * PPM;
/** Files whose pasts are merged; a wider change is known to be wide without it. */
const MERGED_FILES_MAX = 2_000;

type Touched = { readonly file: HistoryFile; readonly past: FilePast | undefined };

/** Measures a change against the past that the index holds, without adding it. */
export function measure(index: HistoryIndex, commit: HistoryCommit): Measured {
  const touched = commit.files.map((file) => ({
    file,
    past: index.files.get(file.oldPath ?? file.path),
  }));
  const values: FeatureValues = {
    ...(commit.filesCut ? {} : { ...shape(commit.files), ...size(touched) }),
    ...(commit.filesCut ? {} : pastOfFiles(index, commit, touched)),
    ...experience(index, commit),
    ...rhythm(index, commit),
    ...subjectWords(commit.subject),
    subjectLength: subjectLength(commit.subject),
  };
  const names = Object.keys(HISTORY_FEATURES) as HistoryFeature[]; // the keys are declared there
  const unknown = names.filter((name) => values[name] === undefined).sort();
  return { values, unknown, historyComplete: index.complete };
}

function shape(files: readonly HistoryFile[]): FeatureValues {
  const configs = count(files, (file) => isConfig(file.path));
  return {
    ns: new Set(files.map((file) => subsystemOf(file.path))).size,
    nd: new Set(files.map((file) => directoryOf(file.path))).size,
    nf: files.length,
    newPpm: sharePpm(
      count(files, (file) => !file.existed),
      files.length,
    ),
    configPpm: sharePpm(configs, files.length),
    sharedPpm: sharePpm(
      count(files, (file) => isShared(file.path)),
      files.length,
    ),
  };
}

function size(touched: readonly Touched[]): FeatureValues {
  let la = 0;
  let ld = 0;
  let lt: number | undefined = 0;
  const lines: number[] = [];
  for (const { file, past } of touched) {
    if (file.added === undefined || file.deleted === undefined) return {};
    la += file.added;
    ld += file.deleted;
    lines.push(file.added + file.deleted);
    const before = file.existed ? (file.linesBefore ?? past?.lines) : 0;
    lt = lt === undefined || before === undefined ? undefined : lt + before;
  }
  const changed = { la, ld, entropyPpm: entropyPpm(lines) };
  if (lt === undefined) return changed;
  const churnPpm = Math.min(CHURN_MAX_PPM, Math.round(((la + ld) / Math.max(1, lt)) * PPM));
  return { ...changed, lt, ltMean: Math.round(lt / Math.max(1, touched.length)), churnPpm };
}

/** Shannon entropy of the changed lines over the files, in millionths of a bit. */
function entropyPpm(lines: readonly number[]): number {
  let total = 0;
  let spread = 0;
  for (const n of lines) {
    total += n;
    if (n > 0) spread += n * log2(n);
  }
  return total === 0 ? 0 : Math.max(0, Math.round((log2(total) - spread / total) * PPM));
}

function pastOfFiles(
  index: HistoryIndex,
  commit: HistoryCommit,
  touched: readonly Touched[],
): FeatureValues {
  const known = touched.flatMap(({ past }) => (past === undefined ? [] : [past]));
  const lost = touched.some(({ file, past }) => file.existed && past === undefined);
  // With a cut history a file that existed and was never seen has a past that nobody knows.
  if (lost && !index.complete && known.length === 0) return {};
  const author = index.authors.get(commit.authorKey)?.number ?? -1;
  let ages = 0;
  let ageMinMs = SPAN_MAX_MS;
  let changes = 0;
  let reverts = 0;
  for (const past of known) {
    const age = span(past.lastMs, commit.timeMs);
    ages += age;
    ageMinMs = Math.min(ageMinMs, age);
    changes += past.changes;
    reverts += past.reverts;
  }
  return {
    ...merged(known.slice(0, MERGED_FILES_MAX)),
    ageMs: Math.round(ages / Math.max(1, known.length)),
    ageMinMs,
    reverts,
    revertSharePpm: sharePpm(reverts, changes),
    lastByOtherPpm: sharePpm(
      count(known, (past) => past.lastAuthor !== author),
      known.length,
    ),
    directoryChanges: busiestDirectory(index, touched),
  };
}

function merged(pasts: readonly FilePast[]): FeatureValues {
  const developers = new Set<number>();
  const ordinals = new Set<number>();
  let forgotten = 0;
  for (const past of pasts) {
    for (const author of past.authors) developers.add(author);
    for (const ordinal of past.newest) ordinals.add(ordinal);
    forgotten = Math.max(forgotten, past.changes - past.newest.length);
  }
  return { ndev: developers.size, nuc: ordinals.size + forgotten };
}

function busiestDirectory(index: HistoryIndex, touched: readonly Touched[]): number {
  let most = 0;
  for (const { file } of touched) {
    most = Math.max(most, index.directories.get(directoryOf(file.path)) ?? 0);
  }
  return most;
}

function experience(index: HistoryIndex, commit: HistoryCommit): FeatureValues {
  const author = index.authors.get(commit.authorKey);
  if (author === undefined) {
    // In a cut history a stranger may be an old hand.
    if (!index.complete) return {};
    return { exp: 0, rexpPpm: 0, sexp: 0, sinceAuthorMs: SPAN_MAX_MS };
  }
  const quarter = quarterOf(commit.timeMs);
  let rexpPpm = 0;
  for (const [then, changes] of author.changesByQuarter) {
    const years = Math.max(0, quarter - then) / QUARTERS_PER_YEAR;
    rexpPpm += Math.round((changes * PPM) / (years + 1));
  }
  let sexp = 0;
  for (const subsystem of new Set(commit.files.map((file) => subsystemOf(file.path)))) {
    sexp += author.changesBySubsystem.get(subsystem) ?? 0;
  }
  const sinceAuthorMs = span(author.lastMs, commit.timeMs);
  const counted = { exp: author.changes, rexpPpm, sinceAuthorMs };
  return commit.filesCut ? counted : { ...counted, sexp };
}

function rhythm(index: HistoryIndex, commit: HistoryCommit): FeatureValues {
  const first = index.firstMs;
  const seesTheWeek = index.complete || (first !== undefined && first <= commit.timeMs - WEEK_MS);
  if (!seesTheWeek) return {};
  const author = index.authors.get(commit.authorKey)?.number ?? -1;
  let changes1h = 0;
  let changes7d = 0;
  let own1d = 0;
  const remembered = Math.min(index.ordinal, index.limits.recent);
  for (let slot = 0; slot < remembered; slot += 1) {
    const age = commit.timeMs - (index.recentMs[slot] ?? 0);
    if (age < 0 || age >= WEEK_MS) continue;
    changes7d += 1;
    if (age < HOUR_MS) changes1h += 1;
    if (age < DAY_MS && index.recentAuthors[slot] === author) own1d += 1;
  }
  return { changes1h, changes7d, own1d };
}

const span = (fromMs: number, toMs: number): number =>
  Math.min(SPAN_MAX_MS, Math.max(0, toMs - fromMs));

const sharePpm = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.round((part / whole) * PPM);

function count<T>(items: readonly T[], is: (item: T) => boolean): number {
  let total = 0;
  for (const item of items) if (is(item)) total += 1;
  return total;
}
