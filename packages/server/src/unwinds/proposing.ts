// SPDX-License-Identifier: Apache-2.0
import { rolloutById } from "@interlock/store";
import type { Actor } from "../http/actor.ts";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { proposeText } from "../people/texts.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
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
  terms: RolloutsTerms,
  actor: Actor,
  { made: { digest, text }, reason }: { readonly made: PlanText; readonly reason: string },
): Promise<Answer<Proposed>> {
  const proposed = await proposeText(terms, actor, { kind: "unwind", digest, text, reason });
  return proposed.ok ? done({ proposal: proposed.value, plan: digest }) : proposed;
}
