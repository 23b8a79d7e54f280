// SPDX-License-Identifier: Apache-2.0
import {
  insertProposal,
  openProposals,
  rolloutById,
  saveDocument,
  transaction,
} from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer, Refusal } from "../http/bind.ts";
import { recentSession } from "../people/fresh.ts";
import { MOST_OPEN, PROPOSAL_MS } from "../people/proposing.ts";
import { newId } from "../people/secrets.ts";
import { done, refused } from "../people/terms.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import { activePerson, personOf } from "../runs/terms.ts";
import type { UnwindAsked } from "./gathering.ts";
import { makeUnwind } from "./making.ts";
import { rolloutOfPlan } from "./starting.ts";
import { keptPlan, type PlanText } from "./text.ts";

type Proposed = { readonly proposal: string; readonly plan: string };

/** Proposes the plan that somebody looked at, if it is still the plan. A terminal may: others sign. */
export async function proposeUnwind(
  terms: RolloutsTerms,
  actor: Actor,
  asked: UnwindAsked & { readonly plan: string; readonly reason: string },
): Promise<Answer<Proposed>> {
  const halted = await haltedPlan(terms, asked);
  if (halted !== null) return await saved(terms, actor, { made: halted, reason: asked.reason });
  const made = await makeUnwind(terms, asked);
  if (!made.ok) return made;
  const { digest, nothing } = made.value;
  if (nothing)
    return refused(
      "UNWIND_NOTHING",
      asked.way === "undo" ? "all of it is away already" : "all of it is back already",
      "see `interlock unwind list`",
    );
  if (digest !== asked.plan)
    return refused(
      "UNWIND_STALE",
      "the plan is another one by now",
      "look at it again: `interlock unwind CHANGE --plan`",
    );
  return await saved(terms, actor, { made: made.value, reason: asked.reason });
}

/** A plan whose rollout was halted is agreed upon anew before that goes on. by (halt-wins) */
async function haltedPlan(
  { store: { db } }: RolloutsTerms,
  { plan, change }: { readonly plan: string; readonly change: string },
): Promise<PlanText | null> {
  const rollout = await rolloutById(db, rolloutOfPlan(plan));
  if (rollout?.phase !== "halted") return null;
  const kept = await keptPlan(db, plan);
  return kept.ok && kept.value.plan.change === change ? kept.value : null;
}

async function saved(
  { store, book, now: clock }: RolloutsTerms,
  actor: Actor,
  { made, reason }: { readonly made: PlanText; readonly reason: string },
): Promise<Answer<Proposed>> {
  const person = personOf(actor);
  const now = clock();
  const outcome = await transaction<Proposed, Refusal>(store, async (tx) => {
    if (actor.kind === "person") {
      const recent = await recentSession({ tx, now }, actor);
      if (!recent.ok) return recent;
    }
    const active = await activePerson({ book }, tx, person);
    if (!active.ok) return active;
    if ((await openProposals(tx, "others", now)).length >= MOST_OPEN)
      return refused(
        "OUT_OF_ORDER",
        `${MOST_OPEN} proposals are open already`,
        "endorse or withdraw some of them first",
      );
    await saveDocument(tx, { digest: made.digest, text: made.text, now });
    const id = newId();
    await insertProposal(
      tx,
      {
        ...{ id, kind: "unwind", person, reason, by: person, at: now, described: made.digest },
        ...{ name: null, active: null, accounts: null, credential: null, userHandle: null },
        ...{ expiresAt: now + PROPOSAL_MS, state: "open" },
      },
      null,
    );
    return done({ proposal: id, plan: made.digest });
  });
  return outcome.kind === "committed"
    ? done(outcome.value)
    : { ok: false, failure: outcome.failure };
}
