// SPDX-License-Identifier: Apache-2.0
import { type Delta, delta, type Effect } from "@interlock/core";
import { widenedConditions } from "./condition.ts";
import { newOperations } from "./novelty.ts";
import type { PlacedOperation, SqlAspect } from "./operation.ts";
import type { Reading } from "./reading.ts";
import { type Declarations, narrowReferences } from "./reference-type.ts";
import { type Sequence, sequenceOf, sequenceTags } from "./sequence.ts";

/** One changed file with what it did before and does after. */
export type ReadFile = {
  readonly path: string;
  readonly environment: Delta["environment"];
  readonly format: string;
  readonly added: boolean;
  /** The tool keeps the way back in a file of its own, and that file is there. */
  readonly counterpart: boolean | null;
  readonly before: Reading | null;
  readonly after: Reading;
  readonly declares: { readonly before: Declarations | null; readonly after: Declarations };
};

/** Operations that block or rewrite a table which others are using. */
const STRONG: ReadonlySet<SqlAspect> = new Set([
  "create-index",
  "drop-index",
  "drop-table",
  "drop-column",
  "rename",
  "type-change",
  "set-not-null",
  "add-column",
  "add-constraint",
  "drop-constraint",
  "lock-table",
  "truncate",
]);
/** Operations after which the old state cannot be had back from the database itself. */
const IRREVERSIBLE: ReadonlySet<SqlAspect> = new Set([
  "drop-table",
  "drop-column",
  "drop-database",
  "type-change",
  "rename",
  "truncate",
  "delete-all",
  "update-all",
  "delete-some",
  "update-some",
]);
const ROWS: ReadonlySet<SqlAspect> = new Set([
  "update-all",
  "update-some",
  "delete-all",
  "delete-some",
  "insert",
]);
const QUIET: ReadonlySet<SqlAspect> = new Set([
  "create-table",
  "begin",
  "commit",
  "other",
  "insert",
  "update-some",
  "delete-some",
  "lock-timeout",
]);

export type Judged = { readonly deltas: readonly Delta[]; readonly effects: readonly Effect[] };

/** Says what the change as a whole does to databases that already hold data. */
export function judge(files: readonly ReadFile[]): Judged {
  const before = files.flatMap((file) => file.before?.operations ?? []);
  const fresh = newOperations(
    before,
    files.flatMap((file) => file.after.operations),
  );
  const created = new Set(
    [...fresh].filter((one) => one.aspect === "create-table" && !one.down).map((one) => one.object),
  );
  const deltas: Delta[] = [];
  const effects: Effect[] = [];
  for (const file of files) {
    deltas.push(...narrow(file, files));
    if (file.after.role.dump) continue;
    const sequence = sequenceOf(file.after);
    const dangerous = file.after.operations.filter(
      (one) =>
        fresh.has(one) && !one.down && !QUIET.has(one.aspect) && !isOnNew(one, created, sequence),
    );
    for (const one of dangerous) {
      const made = deltaOf(file, sequence, one);
      deltas.push(made);
      const effect = effectOf(made);
      if (effect !== null && !file.after.role.test) effects.push(effect);
    }
    deltas.push(
      ...wholeFile(file, sequence, (one) => fresh.has(one) && !isOnNew(one, created, sequence)),
      ...computed(file),
      ...conditions(file, sequence),
    );
  }
  return { deltas, effects };
}

/** A table that this change creates holds nothing yet, unless it was dropped first. */
function isOnNew(one: PlacedOperation, created: ReadonlySet<string>, sequence: Sequence): boolean {
  if (one.aspect === "grant" || one.aspect === "superuser" || !created.has(one.object))
    return false;
  if (one.aspect !== "drop-table" && one.aspect !== "truncate") return true;
  const made = sequence.made.get(`table:${one.object}`)?.first ?? Number.MAX_SAFE_INTEGER;
  return made < (sequence.placeOf.get(one) ?? 0);
}

const ofColumn: ReadonlySet<SqlAspect> = new Set([
  "drop-column",
  "type-change",
  "set-not-null",
  "add-column",
  "enum-change",
]);

function deltaOf(file: ReadFile, sequence: Sequence, one: PlacedOperation): Delta {
  const subject =
    ofColumn.has(one.aspect) && one.part !== "" ? `${one.object}.${one.part}` : one.object;
  return delta({
    path: file.path,
    line: one.line,
    subject,
    aspect: one.aspect,
    op: "executed",
    key: one.part,
    words: subject
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .filter((word) => word !== ""),
    format: file.format,
    after: one.text,
    afterKind: "string",
    environment: file.environment,
    tags: [
      ...one.tags,
      ...fileTags(file),
      ...sequenceTags(sequence, one),
      ...(one.down ? ["way-back"] : []),
      ...(isReplaced(sequence, one) ? ["replaced"] : []),
    ],
  });
}

const MAKES_CONSTRAINT: ReadonlySet<SqlAspect> = new Set(["add-constraint", "create-index"]);

/** A constraint goes where another one of the same table comes. */
const isReplaced = (sequence: Sequence, one: PlacedOperation): boolean =>
  one.aspect === "drop-constraint" &&
  sequence.all.some(
    (other) =>
      other.object === one.object &&
      other.down === one.down &&
      (MAKES_CONSTRAINT.has(other.aspect) ||
        other.aspect === "drop-table" ||
        (other.aspect === "drop-column" && other.part !== "")),
  );

function fileTags(file: ReadFile): readonly string[] {
  const { role, dialect } = file.after;
  return [
    dialect,
    ...(role.migration ? ["migration"] : ["script"]),
    ...(role.test ? ["test"] : []),
  ];
}

/** Findings about the file as a whole: no lock timeout, back-fill under a lock, no way back. */
function wholeFile(
  file: ReadFile,
  sequence: Sequence,
  isNews: (one: PlacedOperation) => boolean,
): readonly Delta[] {
  const news = sequence.all.filter(isNews);
  const at = (one: PlacedOperation, aspect: string): Delta => ({
    ...deltaOf(file, sequence, { ...one, tags: [] }),
    aspect,
    subject: one.object,
  });
  const found: Delta[] = [];
  const lock = news.find((one) => STRONG.has(one.aspect) && !one.tags.includes("concurrent"));
  const certain = file.after.dialect === "postgres" && file.after.role.migration;
  if (lock !== undefined && certain && !sequence.all.some((one) => one.aspect === "lock-timeout"))
    found.push(at(lock, "lock-timeout-missing"));
  const fill = news.find(
    (one) => ROWS.has(one.aspect) && one.aspect !== "insert" && isBackfill(sequence, one),
  );
  if (fill !== undefined) found.push(at(fill, "backfill-in-transaction"));
  const lost = news.find((one) => IRREVERSIBLE.has(one.aspect));
  const noWayBack = file.after.wayBack === "absent" || file.counterpart === false;
  if (lost !== undefined && noWayBack && file.added) found.push(at(lost, "no-way-back"));
  return found;
}

/** Rows of a table are rewritten while the same transaction holds the lock of its ALTER TABLE. */
function isBackfill(sequence: Sequence, one: PlacedOperation): boolean {
  const at = sequence.placeOf.get(one) ?? 0;
  const since = sequence.openSince[at] ?? null;
  if (since === null) return false;
  return sequence.all
    .slice(since, at)
    .some(
      (other) =>
        STRONG.has(other.aspect) &&
        other.object === one.object &&
        !other.tags.includes("concurrent"),
    );
}

/** Rows that an edited statement now takes in beside those that it took in before. */
function conditions(file: ReadFile, sequence: Sequence): readonly Delta[] {
  return widenedConditions(file.before?.operations ?? [], file.after.operations)
    .filter(({ after }) => !after.down)
    .map(({ how, before, after }) => ({
      ...deltaOf(file, sequence, after),
      aspect: how,
      op: "changed",
      before: before.text,
      beforeKind: "string",
    }));
}

/** New columns that refer to a key of a larger type. */
function narrow(file: ReadFile, files: readonly ReadFile[]): readonly Delta[] {
  const { before, after } = file.declares;
  const known = new Set(
    (before?.columns ?? []).map(({ table, column, type }) => `${table}.${column} ${type}`),
  );
  const all = files.map(({ declares }) => declares.after);
  return narrowReferences(after, all)
    .filter(({ column: c }) => !known.has(`${c.table}.${c.column} ${c.type}`))
    .map(({ column, key }) =>
      delta({
        path: file.path,
        line: column.line,
        subject: `${column.table}.${column.column}`,
        aspect: "reference-narrow",
        op: "executed",
        key: column.column,
        before: `${key.type} of ${key.table}.${key.column}`,
        after: column.type,
        beforeKind: "string",
        afterKind: "string",
        format: file.format,
        environment: file.environment,
        tags: fileTags(file),
      }),
    );
}

function computed(file: ReadFile): readonly Delta[] {
  const old = file.before?.unreadable.length ?? 0;
  // One finding a file says it all; the first new place stands for the rest.
  return file.after.unreadable.slice(old, old + 1).map(({ line, why }) =>
    delta({
      path: file.path,
      line,
      subject: file.path,
      aspect: "unreadable-statement",
      op: "executed",
      after: why,
      afterKind: "string",
      format: file.format,
      environment: file.environment,
      tags: fileTags(file),
    }),
  );
}

const EFFECTS: Readonly<Record<string, readonly [Effect["verb"], string, number, number]>> = {
  "drop-table": ["removes", "tables", 1, 0],
  "drop-column": ["removes", "columns", 1, 0],
  "drop-database": ["removes", "databases", 1, 0],
  "drop-view": ["removes", "views", 1, 0],
  truncate: ["removes", "rows", 0, 1_000_000],
  "delete-all": ["removes", "rows", 0, 1_000_000],
  "update-all": ["changes", "rows", 0, 1_000_000],
  "type-change": ["locks", "tables", 1, 0],
  "enum-change": ["locks", "tables", 1, 0],
  "set-not-null": ["locks", "tables", 1, 0],
  "lock-table": ["locks", "tables", 1, 0],
  rewrite: ["locks", "tables", 1, 0],
};

function effectOf(made: Delta): Effect | null {
  const [verb, what, count, sharePpm] =
    made.aspect === "create-index" && !made.tags.includes("concurrent")
      ? (["locks", "tables", 1, 0] as const)
      : (EFFECTS[made.aspect] ?? []);
  if (verb === undefined || what === undefined) return null;
  return {
    verb,
    what,
    count: count ?? 0,
    of: 0,
    sharePpm: sharePpm ?? 0,
    certainty:
      made.tags.includes("approximate") || made.tags.includes("conditional")
        ? "inferred"
        : "certain",
    subject: made.subject,
    path: made.path,
    line: made.line,
  };
}
