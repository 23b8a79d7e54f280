// SPDX-License-Identifier: Apache-2.0
/** An unwind begins: as a rollout whose values are the plan's, with its entry in one transaction. */
import { beginRollout, type Plan, type Proven } from "@interlock/core";
import { type Digest, digestOf, isDigest } from "@interlock/digest";
import { lockHead, read, rolloutById, transaction } from "@interlock/store";
import type { Answer, Refusal } from "../http/bind.ts";
import { type Prepared, prepare } from "../ledger/record.ts";
import { done, refused } from "../people/terms.ts";
import { saveBegun } from "../rollouts/saving.ts";
import type { RolloutsTerms } from "../rollouts/terms.ts";
import { activePerson } from "../runs/terms.ts";
import { type Agreement, agreementOn } from "./agreeing.ts";
import { type Made, makeUnwind } from "./making.ts";
import { subjectOf, takenFrom } from "./taken.ts";
import { changeOfPlan } from "./terms.ts";
import { keptPlan, type PlanText, textOf } from "./text.ts";

/** The rollout of a plan; one plan has one. */
export const rolloutOfPlan = (plan: string): Digest =>
  digestOf("interlock/rollout/v1", { unwind: plan });

/**
 * Begins what was agreed upon; asked again it is the one that began.
 *
 * INVARIANT (nobody unwinds alone): nothing is stored that a driver could write before the agreement
 * of two people upon exactly this plan is durable, and the plan is made anew to see that it still is.
 */
export async function startUnwind(
  terms: RolloutsTerms,
  person: string,
  plan: string,
): Promise<Answer<Digest>> {
  const { db } = terms.store;
  const kept = await keptPlan(db, plan);
  if (!kept.ok) return kept;
  const active = await activePerson(terms, db, person);
  if (!active.ok) return active;
  const before = await begunBefore(terms, kept.value);
  if (!before.ok || before.value) return before.ok ? done(kept.value.digest) : before;
  const agreed = await agreementOn(terms, db, { plan, ...kept.value.plan });
  if (!agreed.ok) return agreed;
  const made = await makeUnwind(terms, kept.value.plan);
  if (!made.ok) return made;
  const wrong = whyStale(kept.value, made.value);
  if (wrong !== null) return wrong;
  const started = await stored(terms, person, { made: made.value, kept: kept.value, agreed });
  if (started.ok) {
    terms.wake(rolloutOfPlan(plan));
    return done(kept.value.digest);
  }
  // Of two who begin at once the second finds the keys taken: by the same unwind.
  const again = await begunBefore(terms, kept.value);
  return again.ok && again.value ? done(kept.value.digest) : started;
}

/** By its entry, which is there with its rollout or without one. */
async function begunBefore(
  { store }: RolloutsTerms,
  { digest, plan }: PlanText,
): Promise<Answer<boolean>> {
  const known = await read(store, (db) => rolloutById(db, rolloutOfPlan(digest)));
  if (!known.ok) return known;
  if (known.value !== null) return done(true);
  const taken = await takenFrom(store.db, plan.target);
  return taken.ok ? done(taken.value.entries.some((one) => one.plan === digest)) : taken;
}

/** Who has to sign may be more by now, which the agreement is held to; all else has to be as signed. */
function whyStale(kept: PlanText, made: Made) {
  const { needs, ...same } = made.plan;
  const now = textOf({ ...same, needs: { ...needs, owners: kept.plan.needs.owners } });
  return now.digest === kept.digest
    ? null
    : refused(
        "UNWIND_STALE",
        `what was agreed upon is not the plan any more: ${difference(kept, made)}`,
        `look at it again with \`interlock unwind ${kept.plan.change} --plan\`, and propose it`,
      );
}

function difference({ plan: kept }: PlanText, { plan: made }: Made): string {
  const moved = made.keys.find((one) => {
    const was = kept.keys.find(({ cell, key }) => cell === one.cell && key === one.key);
    return was?.before !== one.before || was.after !== one.after;
  });
  if (moved !== undefined) return `\`${moved.key}\` in \`${moved.cell}\` holds something else`;
  return kept.upTo === made.upTo
    ? "the description of the control plane, or what it writes in waves, is another one"
    : "its keys were written since";
}

type Starting = {
  readonly made: Made;
  readonly kept: PlanText;
  readonly agreed: { readonly value: Agreement };
};

async function stored(
  terms: RolloutsTerms,
  person: string,
  { made, kept, agreed: { value: agreement } }: Starting,
): Promise<Answer<unknown>> {
  const at = terms.now();
  const { digest } = kept;
  const plan = made.rollout?.(digest) ?? null;
  const entry = entryOf({ kept, agreement, person, at, writes: plan !== null });
  if (plan === null) return await recorded(terms, kept, entry);
  const id = rolloutOfPlan(digest);
  const begun = beginRollout(id, plan, { proven: provenBy(plan, agreement), now: at });
  if (!begun.ok) return begun;
  return await saveBegun(terms, {
    ...{ state: begun.state, change: changeOfPlan(digest), deliveries: made.deliveries },
    decision: { entry: digestIn(agreement.entry), index: agreement.index },
    persons: [...new Set([person, ...agreement.by])].sort(),
    ...{ lossMicroOrders: made.lossMicroOrders, by: person, also: [entry] },
  });
}

/** Two people signed exactly what each cell holds, with the code that reads it. by (way-back) */
const provenBy = ({ cells }: Plan, { entry }: Agreement): readonly Proven[] =>
  cells.map(({ base, runs }) => ({
    ...{ version: base, kind: "baseline", entry: digestIn(entry), fits: [runs] },
    ...{ halted: false, bad: false },
  }));

function entryOf(of: {
  readonly kept: PlanText;
  readonly agreement: Agreement;
  readonly person: string;
  readonly at: number;
  readonly writes: boolean;
}): Prepared {
  const { digest, plan } = of.kept;
  const { change, system, target, way, rollouts } = plan;
  const body = {
    ...{ plan: digest, change, system, target, way, rollouts: rollouts.map(digestIn) },
    ...(of.writes ? { rollout: rolloutOfPlan(digest) } : {}),
    ...{ agreed: digestIn(of.agreement.entry), by: of.person },
  };
  return prepare({ kind: "unwound", at: of.at, subject: subjectOf(target), body });
}

/** Nothing has to be written, and it is on record all the same: later plans start from it. */
async function recorded(
  { store, ledger }: RolloutsTerms,
  { digest, plan }: PlanText,
  entry: Prepared,
): Promise<Answer<null>> {
  const outcome = await transaction<null, Refusal>(
    store,
    async (tx) => {
      await lockHead(tx);
      const taken = await takenFrom(tx, plan.target);
      if (!taken.ok) return taken;
      if (taken.value.entries.some((one) => one.plan === digest)) return done(null);
      const appended = await ledger.append(tx, [entry]);
      return appended.ok ? done(null) : appended;
    },
    { isolation: "read committed" },
  );
  return outcome.kind === "committed" ? done(null) : { ok: false, failure: outcome.failure };
}

function digestIn(text: string): Digest {
  if (!isDigest(text)) throw new Error("invariant broken: a digest was checked where it came in");
  return text;
}
