// SPDX-License-Identifier: Apache-2.0
/** Counts that a query of a Postgres database gives, in read-only transactions of bounded time. */
import pg from "pg";
import type { SignalOf } from "../settings.ts";
import {
  type Counted,
  countOf,
  failedToSample,
  type Sampled,
  type Secrets,
  type Slot,
  type Source,
  type Span,
} from "./source.ts";

/** Slots of one question; the collector asks for the rest in the next. */
const SLOTS_AT_ONCE = 60;
const CONNECT_MS = 5_000;
const ROWS_MAX = 100_000;

/** A query that does without one of its parameters would be refused. */
const ALL_THREE =
  "$1::text[] is not null and $2::timestamptz is not null and $3::timestamptz is not null";

type Row = Readonly<Record<string, unknown>>;

/** Reads with a connection of its own for each question, so that no session outlives a change of secrets. */
export function sqlSource(signal: SignalOf<"sql">, { secrets }: { secrets: Secrets }): Source {
  const { settings } = signal;
  return {
    sample: async (span) => {
      const connectionString = secrets(settings.connection);
      if (connectionString === null)
        return failedToSample(`the secret \`${settings.connection}\` is not there`);
      const client = new pg.Client({
        connectionString,
        connectionTimeoutMillis: CONNECT_MS,
        statement_timeout: settings.timeoutMs,
        query_timeout: settings.timeoutMs + 1_000,
        application_name: "interlock-signals",
      });
      // A connection that breaks later fails the statement that waits for it.
      client.on("error", () => undefined);
      try {
        await client.connect();
        await client.query("begin transaction isolation level repeatable read, read only");
        return await sampled(client, signal, span);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return failedToSample(error.message);
      } finally {
        await client.end().catch(() => undefined);
      }
    },
    close: () => Promise.resolve(),
  };
}

async function sampled(client: pg.Client, signal: SignalOf<"sql">, span: Span): Promise<Sampled> {
  const whole = await wholeUntil(client, signal);
  const slots: Slot[] = [];
  const last = Math.min(span.to, span.from + SLOTS_AT_ONCE * span.slotMs);
  for (let start = span.from; start < last; start += span.slotMs) {
    const end = start + span.slotMs;
    if (end > whole) {
      slots.push({ start, cells: {} });
      continue;
    }
    // A subquery is one statement that gives rows, whatever was written; its rows are bounded.
    const text = `select * from (${withoutEnd(signal.settings.query)}) q where ${ALL_THREE} limit ${ROWS_MAX}`;
    const values = [[...span.cells], new Date(start), new Date(end)];
    const { rows } = await client.query<Row>(text, values);
    const counted = cellsOf(signal, rows, span);
    if (counted === null)
      return failedToSample("a row has no `cell` and `count` that fit what the signal measures");
    slots.push({ start, cells: counted });
  }
  return { ok: true, slots };
}

const withoutEnd = (query: string): string => query.trimEnd().replace(/;$/, "");

async function wholeUntil(client: pg.Client, { settings }: SignalOf<"sql">): Promise<number> {
  if (settings.wholeUntil === undefined) return Number.POSITIVE_INFINITY;
  const { rows } = await client.query<Row>(withoutEnd(settings.wholeUntil));
  const [until] = Object.values(rows[0] ?? {});
  // Nobody knows: then nothing was read.
  return until instanceof Date ? until.getTime() : Number.NEGATIVE_INFINITY;
}

function cellsOf(
  { measures, settings }: SignalOf<"sql">,
  rows: readonly Row[],
  { cells }: Span,
): Readonly<Record<string, Counted>> | null {
  const wanted = new Set(cells);
  const edges = settings.edges ?? [];
  const counted: Record<string, number[]> = {};
  for (const row of rows) {
    const cell = row["cell"];
    const count = countOf(row["count"]);
    if (typeof cell !== "string" || count === null) return null;
    if (!wanted.has(cell)) continue;
    if (measures === "errors") {
      const of = countOf(row["of"]);
      if (of === null || of < count) return null;
      counted[cell] = [count, of];
    } else if (measures === "latency") {
      const edge = row["edge"] === null ? Number.POSITIVE_INFINITY : Number(row["edge"]);
      const buckets = counted[cell] ?? Array.from({ length: edges.length + 1 }, () => 0);
      const k = edges.findIndex((one) => edge <= one);
      const at = k < 0 ? edges.length : k;
      buckets[at] = (buckets[at] ?? 0) + count;
      counted[cell] = buckets;
    } else counted[cell] = [count];
  }
  return counted;
}
