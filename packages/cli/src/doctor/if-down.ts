// SPDX-License-Identifier: Apache-2.0
/** What goes on while something is away: as declared, and as the hook does it. */
import { existsSync } from "node:fs";
import {
  AWAY,
  type Away,
  enforcesNothing,
  type JudgingPolicy,
  NEVER_WITHOUT,
  whileAway,
} from "@interlock/core";
import { openRepository } from "@interlock/facts";
import { narrowedBy, type Protected, protectionOf, type Settings } from "../hook/settings.ts";
import { workspaceAt } from "../judge/workspace.ts";
import { pinnedAt } from "../provable/pinned.ts";

export type Outcome = "waits" | "goes on" | "is judged" | "without reviews";

/** A ref that stands and is protected, with the policy at its tip. */
export type Target = {
  readonly ref: string;
  readonly tip: string;
  readonly how: Protected;
  readonly policies: readonly JudgingPolicy[];
  /** The trust policy that is pinned here asks for no witness. */
  readonly unwitnessed: boolean;
};

export type Declared = {
  readonly ref: string;
  readonly tier: number | null;
  /** For changes of each tier that this ref can get: none is less critical than the ref itself. */
  readonly tiers: readonly {
    readonly tier: number;
    readonly while: Readonly<Record<Away, Outcome>>;
  }[];
};

const TIERS = [1, 2, 3, 4] as const;

export const declared = (targets: readonly Target[], settings: Settings): readonly Declared[] =>
  targets.map((target) => ({
    ref: target.ref,
    tier: target.how.tier ?? null,
    tiers: TIERS.filter((tier) => tier <= (target.how.tier ?? 4)).map((tier) => ({
      tier,
      while: Object.fromEntries(
        AWAY.map((away) => [away, expected(target, { tier, away }, settings)]),
      ) as Record<Away, Outcome>, // one entry for each of `AWAY`
    })),
  }));

/**
 * A witness that is away holds no decision up, and effects on Tier 1 wait for its cosignature where the
 * pinned quorum needs it. A forge that is away takes its reviews along; approvals by passkey count.
 */
export function expected(
  { policies, unwitnessed }: Pick<Target, "policies" | "unwitnessed">,
  { tier, away }: { readonly tier: number | null; readonly away: Away },
  settings: Settings,
): Outcome {
  const now = Date.now();
  const observes = enforcesNothing(policies, now);
  if (away === "witness" && (unwitnessed || observes || tier !== NEVER_WITHOUT)) return "is judged";
  if (away === "forge") return "without reviews";
  if (observes) return "goes on";
  const narrowed = narrowedBy(settings);
  const proceeds =
    whileAway(policies, { tier, away, now }) === "proceed" &&
    (narrowed === null || (tier !== null && narrowed.tiers.includes(tier)));
  return proceeds ? "goes on" : "waits";
}

/** Refs that stand and are protected, with what is declared for them. */
export async function standingTargets(
  gitDir: string,
  settings: Settings,
): Promise<readonly Target[]> {
  if (!existsSync(gitDir)) return [];
  const pinned = pinnedAt(gitDir);
  const unwitnessed = pinned !== null && pinned.quorum === null;
  const repository = await openRepository(gitDir);
  try {
    const { refs } = await repository.refs("refs/");
    const targets: Target[] = [];
    for (const { name, target } of refs) {
      const how = protectionOf(name, settings);
      if (how === null) continue;
      const { policies } = await workspaceAt(repository, target, { after: null });
      targets.push({ ref: name, tip: target, how, policies, unwitnessed });
    }
    return targets;
  } finally {
    repository.close();
  }
}
