// SPDX-License-Identifier: Apache-2.0
import type { DecisionRecord } from "@interlock/core";
import { changeById, type Database, decisionAt } from "@interlock/store";

/** What was decided last of a change; `null`: this server knows no such change, or its facts were erased. */
export async function decidedRecord(db: Database, id: string): Promise<DecisionRecord | null> {
  const change = await changeById(db, id);
  const decision = change === null ? null : await decisionAt(db, change.decisionIndex);
  if (decision?.record == null) return null;
  return JSON.parse(decision.record.text) as DecisionRecord; // written by this server
}
