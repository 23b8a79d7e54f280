// SPDX-License-Identifier: Apache-2.0
/** The text of a plan: what people read, and whose SHA-256 their passkeys sign. */
import { type Digest, isDigest, sha256Hex, utf8 } from "@interlock/digest";
import { type UnwindPlanText, unwindsApi } from "@interlock/protocol";
import { type Database, documentText } from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";

/** Nobody reads a longer one before signing it. */
export const PLAN_TEXT_MAX = 4_000_000;

export type PlanText = {
  readonly digest: Digest;
  readonly text: string;
  readonly plan: UnwindPlanText;
};

/** The same plan gives the same text, whoever makes it. */
export function textOf(plan: UnwindPlanText): PlanText {
  const text = `${JSON.stringify(plan, null, 2)}\n`;
  const digest = sha256Hex(utf8(text));
  if (!isDigest(digest)) throw new Error("invariant broken: a SHA-256 is 64 hexadecimal digits");
  return { digest, text, plan };
}

/** A kept plan; whoever writes to the table changes nothing of it: the text has to have the digest. */
export async function keptPlan(db: Database, digest: string): Promise<Answer<PlanText>> {
  const text = await documentText(db, digest);
  if (text === null || !isDigest(digest))
    return refused(
      "NOT_FOUND",
      "there is no such plan of an unwind",
      "see `interlock unwind list`",
    );
  if (sha256Hex(utf8(text)) !== digest) return DAMAGED;
  const plan = unwindsApi.UNWIND_PLAN.safeParse(parsed(text));
  return plan.success ? done({ digest, text, plan: plan.data }) : DAMAGED;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

const DAMAGED = refused(
  "LEDGER_DAMAGED",
  "the text of this plan is another one, or none of an unwind",
  "make the plan anew with `interlock unwind CHANGE --plan`",
);
