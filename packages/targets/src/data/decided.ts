// SPDX-License-Identifier: Apache-2.0
/** Rows on which an unwind has to think: `core` plans their cells, and here the cells are rows again. */
import { planUnwind, type UnwindKey } from "@interlock/core";
import { linesOf, taintedBy, writesOf } from "./history.ts";
import { cellKey, cellOf, EXISTS, type HeldRow, heldRows, type Image, textOf } from "./rows.ts";
import type { RunRow } from "./run-row.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

export type Decided = {
  readonly number: number;
  readonly key: string;
  readonly action: UnwindKey["action"];
  readonly because: string;
  /** What is done to each cell. */
  readonly cells: { readonly [column: string]: UnwindKey["action"] };
  readonly guessed: boolean;
  /** What it holds and is to hold, of the columns that are written; both `null`: nothing is. */
  readonly before: Image | null;
  readonly after: Image | null;
  readonly written: boolean;
};

export type Thinking = {
  readonly table: Table;
  readonly of: RunRow;
  readonly way: "undo" | "redo";
  /** All runs on the table, by number. */
  readonly runs: ReadonlyMap<string, RunRow>;
  /** Fixes that unwinds took away, by number. */
  readonly unwound: readonly string[];
};

/** Decides about some rows of a batch. With `lock` nobody writes them until the transaction ends. */
export async function decidedRows(
  session: Session,
  thinking: Thinking,
  from: { readonly batch: string; readonly numbers: readonly number[]; readonly lock: boolean },
): Promise<readonly Decided[]> {
  const { table, of, way, runs, unwound } = thinking;
  const held = await heldRows(session, table, from);
  const lines = await linesOf(session, table, from);
  const tainted = taintedBy(new Set([...unwound, of.id]), runs.values());
  const history = writesOf(lines, { table, runs, tainted });
  const current = new Map(held.flatMap((row) => cellsOf(table, row)));
  const plan = planUnwind({
    ...{ history, changes: [of.id], unwound, way, current },
    // SQL is not run again: what the row was then nobody knows whole.
    rerun: () => undefined,
  });
  const byRow = new Map<string, UnwindKey[]>();
  for (const one of plan.keys) {
    const [row] = JSON.parse(one.key) as [string]; // as `cellKey` wrote it
    byRow.set(row, [...(byRow.get(row) ?? []), one]);
  }
  return held.map((row) => rowOf(row, byRow.get(row.key) ?? []));
}

function cellsOf(table: Table, { key, image }: HeldRow) {
  const columns = table.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  return [
    [cellKey(key, EXISTS), image === null ? null : true] as const,
    ...columns.map((column) => [cellKey(key, column), cellOf(table, column, image)] as const),
  ];
}

const RANK = ["quarantine", "re-run", "restore", "keep"] as const;

function rowOf(row: HeldRow, cells: readonly UnwindKey[]): Decided {
  const named = cells.map((one) => {
    const [, column] = JSON.parse(one.key) as [string, string]; // as `cellKey` wrote it
    return { ...one, column };
  });
  const exists = named.find(({ column }) => column === EXISTS);
  const there = exists === undefined ? row.image !== null : exists.after !== null;
  const columns = named.filter(({ column }) => column !== EXISTS);
  const changes = there !== (row.image !== null);
  // A row comes and goes as a whole, and no cell is in a row that is not there.
  const torn =
    (changes && named.some(({ action }) => action === "quarantine")) ||
    columns.some(({ after }) => (after !== null) !== there);
  const own = torn ? named.map((one) => ({ ...one, action: "quarantine" as const })) : named;
  const action = RANK.find((one) => own.some((cell) => cell.action === one)) ?? "keep";
  const write = torn ? [] : columns.filter((c) => changes || !same(c.before, c.after));
  return {
    ...{ number: row.number, key: row.key, action },
    because: own.find((cell) => cell.action === action)?.because ?? "already-so",
    cells: Object.fromEntries(own.map((one) => [one.column, one.action])),
    guessed: own.some(({ guessed }) => guessed),
    written: write.length > 0,
    before: row.image === null ? null : imageOf(write, "before"),
    after: there ? imageOf(write, "after") : null,
  };
}

const same = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const imageOf = (
  cells: readonly (UnwindKey & { readonly column: string })[],
  side: "before" | "after",
): Image => Object.fromEntries(cells.map((one) => [one.column, textOf(one[side]) ?? null]));
