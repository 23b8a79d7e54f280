// SPDX-License-Identifier: Apache-2.0
import type pg from "pg";
import { answered } from "../failure.ts";
import type { Answered } from "../target.ts";
import { type LastWriter, writerOf } from "../writer.ts";
import type { CellSql } from "./sql.ts";

/** Columns hold what their writers put there; the time of a commit is the database's own. */
export async function rowWriter(
  client: pg.PoolClient,
  sql: CellSql,
  { key, version }: { readonly key: string; readonly version: string },
): Promise<Answered<LastWriter | null>> {
  const { rows } = await client.query<{
    readonly by: string | null;
    readonly at: string | null;
    readonly committed: string | null;
  }>(sql.writer, [key, version]);
  const [row] = rows;
  if (row === undefined) return answered(null);
  const { by, at, committed } = row;
  const time = (text: string | null): number | undefined =>
    text === null ? undefined : Number(text);
  return answered(
    by === null && at === null
      ? writerOf("told", { at: time(committed) })
      : writerOf("claimed", { name: by ?? undefined, at: time(at ?? committed) }),
  );
}
