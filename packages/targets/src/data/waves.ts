// SPDX-License-Identifier: Apache-2.0
/** Waves of a run: after each it writes nothing more until somebody says so. */
import { type DataAnswer, type DataTerms, did, failed } from "./fix.ts";
import type { RunRow, RunVerdict } from "./run-row.ts";
import type { Session } from "./session.ts";

export type Waved = {
  /** Rows after which the wave ends; `null`: with the run. */
  readonly end: number | null;
  /** From 1. */
  readonly wave: number;
  readonly of: number;
};

/** Rows after which each wave but the last one ends. */
const endsOf = ({ waves = [] }: Pick<DataTerms, "waves">, expected: number): readonly number[] =>
  waves.map((percent) => Math.max(1, Math.ceil((expected * percent) / 100)));

const wavedAt = (ends: readonly number[], wave: number): Waved => ({
  ...{ end: ends[wave - 1] ?? null, wave, of: ends.length + 1 },
});

export type Asked = {
  /** The wave that may be written; left out: the one that was begun. */
  readonly wave?: number | undefined;
  /** Go on after the halt of this time, as the journal has it; one that came later stands. */
  readonly resume?: number | undefined;
};

/** A halt that nobody lifted: `$2` is the time of the one that approvals were given after. */
const STANDS =
  "halted_at is not null and floor(extract(epoch from halted_at) * 1000) is distinct from $2::float8";

/** The wave that a run is in, or goes into because it was asked to. */
export async function enteredWave(
  session: Session,
  row: RunRow,
  { terms, asked }: { readonly terms: Pick<DataTerms, "waves">; readonly asked: Asked },
): Promise<DataAnswer<Waved>> {
  const ends = endsOf(terms, row.expected);
  const next = nextWave(wavedAt(ends, row.wave), ends, row.rows);
  const wave = asked.wave ?? row.wave;
  if (wave !== row.wave && wave !== next)
    return failed(
      "OUT_OF_ORDER",
      `wave ${wave} is not the one that comes next, which is ${next ?? row.wave}`,
      "look at `interlock data status`",
    );
  const lifted = asked.resume ?? null;
  await session.query(
    `update interlock_journal.run set wave = $3, halted_at = null, halted_by = null, halted_because = null
      where id = $1 and not (${STANDS})`,
    [row.id, lifted, wave],
  );
  return did(wavedAt(ends, wave));
}

/** The wave that waits for a word; `null`: the present one is not at its end. */
export function waitingFor(
  { terms, waved }: { readonly terms: Pick<DataTerms, "waves">; readonly waved: Waved },
  { expected, rows }: Pick<RunRow, "expected" | "rows">,
): number | null {
  return nextWave(waved, endsOf(terms, expected), rows);
}

/** A batch may end several small waves at once. */
function nextWave({ end, wave }: Waved, ends: readonly number[], rows: number): number | null {
  if (end === null || rows < end) return null;
  return Math.max(wave, ends.filter((one) => one <= rows).length) + 1;
}

/**
 * Stops a run before its next batch, whoever drives it; what an earlier halt said stays, but for the
 * one of the time `lifted`, after which it could go on. Answers whether there is such a run.
 */
export async function haltRun(
  session: Session,
  run: string,
  because: string,
  lifted: number | null = null,
): Promise<boolean> {
  const { rowCount } = await session.query(
    `update interlock_journal.run set halted_at = case when ${STANDS} then halted_at else clock_timestamp() end,
        halted_by = case when ${STANDS} then halted_by else session_user end,
        halted_because = case when ${STANDS} then halted_because else $3 end
      where run = $1 and finished_at is null`,
    [run, lifted, because],
  );
  return rowCount === 1;
}

/** Keeps what the analysis said last, where the run has a row already. */
export async function keepVerdict(
  session: Session,
  run: string,
  verdict: RunVerdict,
): Promise<void> {
  await session.query("update interlock_journal.run set verdict = $2 where run = $1", [
    run,
    JSON.stringify(verdict),
  ]);
}
