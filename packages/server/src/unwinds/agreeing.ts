// SPDX-License-Identifier: Apache-2.0
/** Whether those have agreed to an unwind who have to: while they sign, and when it is begun. */
import { ENDORSERS } from "@interlock/core";
import type { Database } from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import type { Roster } from "../people/roster.ts";
import { done, refused, type SiteTerms } from "../people/terms.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import { areEnough, missing, type Needs, signersOf } from "./owners.ts";
import { keptPlan } from "./text.ts";

/** An agreement that nobody began upon for so long counts no more. */
const AGREED_MS = 7 * 86_400_000;

/**
 * Whether whoever endorsed the proposal of an unwind is enough; with too few owners others can still
 * sign. by (two-people)
 */
export async function unwindAgreed(
  terms: Pick<SiteTerms, "book" | "identity" | "now">,
  db: Database,
  { plan, by }: { readonly plan: string; readonly by: readonly string[] },
): Promise<Answer<boolean>> {
  const kept = await keptPlan(db, plan);
  if (!kept.ok) return kept;
  const { change, needs } = kept.value.plan;
  const signers = await signersOf(terms, db, { change, of: needs.of });
  return done(areEnough(needs, signers, by));
}

export type Agreement = NonNullable<ReturnType<Roster["unwinds"]["get"]>>;

/** The agreement in the ledger upon a plan, of people who are active and owners still. */
export async function agreementOn(
  terms: RolloutsTerms,
  db: Database,
  given: { readonly plan: string; readonly change: string; readonly needs: Needs },
): Promise<Answer<Agreement>> {
  const { plan, change, needs } = given;
  const roster = await terms.book.at(db);
  const agreement = roster.unwinds.get(plan);
  const by = (agreement?.by ?? []).filter((one) => roster.persons.get(one)?.active === true);
  const signers = await signersOf(terms, db, { change, of: needs.of });
  const enough = by.length >= ENDORSERS && areEnough(needs, signers, by);
  if (agreement === undefined || !enough)
    return refused(
      "UNWIND_NOT_AGREED",
      "those who have to have not agreed to this plan",
      `it takes ${missing(needs, signers)}; \`interlock unwind show ${plan}\` says where they sign`,
    );
  return terms.now() - agreement.at <= AGREED_MS
    ? done({ ...agreement, by })
    : refused(
        "UNWIND_NOT_AGREED",
        "the agreement is older than seven days",
        "propose it again: `interlock unwind CHANGE`",
      );
}
