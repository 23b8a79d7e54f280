// SPDX-License-Identifier: Apache-2.0
/** Unwinds as the API shows them. */
import type { UnwindListed, UnwindPlanText, UnwindShown } from "@interlock/protocol";
import {
  type Database,
  endorsersOf,
  rolloutById,
  type StoredProposal,
  unwindProposals,
} from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { done } from "../people/terms.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import { missing, type Signers, signersOf } from "./owners.ts";
import { rolloutOfPlan } from "./starting.ts";
import { takenFrom } from "./taken.ts";
import { keptPlan, type PlanText } from "./text.ts";

const PAGE = 50;

export async function listedUnwinds(
  terms: RolloutsTerms,
): Promise<Answer<{ readonly unwinds: UnwindListed[]; readonly unread: string[] }>> {
  const { db } = terms.store;
  const unwinds: UnwindListed[] = [];
  const unread: string[] = [];
  for (const proposal of await unwindProposals(db, { limit: PAGE })) {
    const plan = proposal.described ?? "";
    const kept = await keptPlan(db, plan);
    if (!kept.ok) {
      unread.push(plan);
      continue;
    }
    const one = await listed(terms, db, { proposal, kept: kept.value });
    if (!one.ok) return one;
    unwinds.push(one.value);
  }
  return done({ unwinds, unread });
}

export async function shownUnwind(
  terms: RolloutsTerms,
  plan: string,
): Promise<Answer<UnwindShown>> {
  const { db } = terms.store;
  const kept = await keptPlan(db, plan);
  if (!kept.ok) return kept;
  const [proposal] = await unwindProposals(db, { described: plan, limit: 1 });
  if (proposal === undefined) throw new Error("invariant broken: a kept plan was proposed");
  const one = await listed(terms, db, { proposal, kept: kept.value });
  if (!one.ok) return one;
  const { change, needs } = kept.value.plan;
  const signers = await signersOf(terms, db, { change, of: needs.of });
  const text = kept.value.plan;
  const waitsFor = waitsOf(one.value, { text, signers });
  return done({ ...one.value, text, signers: [...signers], waitsFor });
}

async function listed(
  terms: RolloutsTerms,
  db: Database,
  { proposal, kept }: { readonly proposal: StoredProposal; readonly kept: PlanText },
): Promise<Answer<UnwindListed>> {
  const { change, system, target, way } = kept.plan;
  const rollout = await rolloutById(db, rolloutOfPlan(kept.digest));
  const taken = await takenFrom(db, target);
  if (!taken.ok) return taken;
  const begun = taken.value.entries.some((entry) => entry.plan === kept.digest);
  return done({
    ...{ plan: kept.digest, change, system, target, way, proposal: proposal.id },
    state: begun ? "begun" : stateOf(proposal, terms.now()),
    ...{ by: proposal.by ?? "", at: proposal.at },
    endorsedBy: (await endorsersOf(db, [proposal.id])).map(({ person }) => person),
    ...{ rollout: rollout?.id ?? null, phase: rollout?.phase ?? null },
  });
}

function stateOf({ state, expiresAt }: StoredProposal, now: number): UnwindListed["state"] {
  if (state === "done") return "agreed";
  if (state === "withdrawn") return "withdrawn";
  return expiresAt <= now ? "expired" : "proposed";
}

function waitsOf(
  { state, proposal, plan, rollout, phase, change }: UnwindListed,
  { text, signers }: { readonly text: UnwindPlanText; readonly signers: Signers },
): UnwindShown["waitsFor"] {
  if (state === "proposed")
    return {
      what: "it is not agreed upon yet",
      who: missing(text.needs, signers),
      how: `/proposals/${proposal}`,
    };
  if (state === "agreed")
    return {
      what: "nobody has begun it yet",
      who: "anybody who is signed in",
      how: `\`interlock unwind start ${plan}\``,
    };
  if (state !== "begun")
    return {
      what: `its proposal has ${state === "expired" ? "expired" : "been withdrawn"}`,
      who: "anybody who is signed in",
      how: `propose it again: \`interlock unwind ${change}\``,
    };
  return rollout === null || phase === null
    ? null
    : waitsOfRollout({ rollout, phase, plan, change });
}

function waitsOfRollout(of: {
  readonly rollout: string;
  readonly phase: string;
  readonly plan: string;
  readonly change: string;
}): UnwindShown["waitsFor"] {
  const who = "anybody who is signed in";
  if (of.phase === "completed") return null;
  if (of.phase === "gone-back")
    return {
      ...{ what: "it went back itself", who },
      how: `make a new plan: \`interlock unwind ${of.change} --plan\``,
    };
  if (of.phase === "halted")
    return {
      what: "its rollout was halted",
      who: "one on call to go back; to go on, those who signed it have to sign it again",
      how: `\`interlock rollout back ${of.rollout}\`; or \`interlock unwind again ${of.plan}\`, and once it is signed \`interlock rollout resume ${of.rollout}\``,
    };
  return {
    ...{ what: `its rollout is ${of.phase}`, who },
    how: `\`interlock rollout watch ${of.rollout}\``,
  };
}
