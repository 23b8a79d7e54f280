// SPDX-License-Identifier: Apache-2.0
import type { Database } from "./driver.ts";

/** Changes of a ref that were decided after an entry of the ledger, by their newest decision, oldest first. */
export async function decidedAfter(
  db: Database,
  {
    repository,
    target,
    after,
    limit,
  }: {
    readonly repository: string;
    readonly target: string;
    readonly after: number;
    readonly limit: number;
  },
): Promise<readonly { readonly id: string; readonly digest: string; readonly index: number }[]> {
  const rows = await db
    .selectFrom("change")
    .select(["id", "digest", "decision_index as index"])
    .where("repository", "=", repository)
    .where("target", "=", target)
    .where("decision_index", ">", after)
    .where("digest", "is not", null)
    .orderBy("decision_index")
    .limit(limit)
    .execute();
  return rows.flatMap(({ digest, ...rest }) => (digest === null ? [] : [{ ...rest, digest }]));
}
