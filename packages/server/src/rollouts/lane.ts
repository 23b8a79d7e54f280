// SPDX-License-Identifier: Apache-2.0
/** The emergency lane of a system: by whose word a rollout goes there, and how narrow it is. */
import type { EmergencyLane, SystemDescription } from "@interlock/controlplane";
import type { Plan, RolloutState } from "@interlock/core";
import type { RolloutShown } from "@interlock/protocol";
import type { Database } from "@interlock/store";
import type { Answer } from "../http/bind.ts";
import { done, refused } from "../people/terms.ts";
import { type BreakGlass, NONE } from "./break-glass.ts";
import type { RolloutsTerms } from "./terms.ts";

/** A lane that is open for one rollout. */
export type OpenLane = { readonly lane: EmergencyLane; readonly glass: BreakGlass };

type Wanted = {
  readonly change: string;
  readonly system: SystemDescription;
  readonly wanted: readonly { readonly cell: string; readonly key: string }[];
};

/** The lane of a system for a change, or why it is closed to it. */
export async function openLane(
  terms: Pick<RolloutsTerms, "store" | "breakGlass">,
  { change, system, wanted }: Wanted,
): Promise<Answer<OpenLane>> {
  const { emergency: lane, name } = system;
  if (lane === undefined)
    return refused(
      "ROLLOUT_PLAN",
      `\`${name}\` has no emergency lane`,
      "begin without `--emergency`; `emergency:` in the description of the control plane, which two people sign, would give it one",
    );
  const sought = { change, system: name, entry: null };
  const found = (await terms.breakGlass?.standing(terms.store.db, sought)) ?? NONE;
  if (!found.ok) return found;
  return whyTooWide(lane, wanted) ?? done({ lane, glass: found.value });
}

function whyTooWide({ keys, cells }: EmergencyLane, wanted: Wanted["wanted"]) {
  const counts = [
    ["keys", new Set(wanted.map(({ key }) => key)).size, keys],
    ["cells", new Set(wanted.map(({ cell }) => cell)).size, cells],
  ] as const;
  const wide = counts.find(([, are, may]) => are > may);
  return wide === undefined
    ? null
    : refused(
        "ROLLOUT_PLAN",
        `the emergency lane takes ${wide[2]} ${wide[0]}, and this change goes to ${wide[1]}`,
        "make the change smaller, or begin without `--emergency`, as any change goes out",
      );
}

/** Whether what opened the lane of a rollout still stands; one of any other lane needs nothing. */
export async function stillOpen(
  { breakGlass }: Pick<RolloutsTerms, "breakGlass">,
  db: Database,
  { plan, change }: { readonly plan: Plan; readonly change: string },
): Promise<Answer<null>> {
  if (plan.lane !== "emergency") return done(null);
  const sought = { change, system: plan.system, entry: plan.emergency ?? "" };
  const found = (await breakGlass?.standing(db, sought)) ?? NONE;
  return found.ok ? done(null) : found;
}

/** By whose break-glass a rollout goes out, and why it goes no further by it. */
export async function emergencyShown(
  terms: Pick<RolloutsTerms, "store" | "breakGlass">,
  { plan, phase }: Pick<RolloutState, "plan" | "phase">,
  change: string,
): Promise<RolloutShown["emergency"]> {
  const { emergency: entry } = plan;
  if (plan.lane !== "emergency" || entry === undefined) return null;
  const { db } = terms.store;
  const body = (await terms.breakGlass?.named(db, entry)) ?? null;
  const isOn = phase === "running" || phase === "halted";
  const open = isOn ? await stillOpen(terms, db, { plan, change }) : done(null);
  return {
    ...{ entry, by: [...(body?.by ?? [])], incidents: [...(body?.incidents ?? [])] },
    over: open.ok ? null : open.failure.message,
  };
}
