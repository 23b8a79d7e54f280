// SPDX-License-Identifier: Apache-2.0
/** What goes on while something that the gate needs is away, as the policy in force declares it. */
import type { JudgingPolicy } from "./decide.ts";
import type { Change } from "./facts/change.ts";
import type { Policy } from "./policy.ts";
import { isUnknown } from "./schema.ts";

/** What can be away. A server whose database is away answers that it cannot; it judges nothing. */
export const AWAY = ["server", "database", "witness", "forge"] as const;
export type Away = (typeof AWAY)[number];

export const THEN = ["hold", "proceed"] as const;
export type Then = (typeof THEN)[number];

export type IfDown = {
  /** 1 (most critical) to 4. */
  readonly tier: number;
  /** Sorted; empty: whatever is away. */
  readonly away: readonly Away[];
  readonly proceeds: boolean;
  /** Of an addendum: milliseconds since 1970 UTC. */
  readonly from?: number;
  readonly until?: number;
};

/** Effects on Tier 1 wait for the ledger (design section 5, question 12), so none goes on without it. */
export const NEVER_WITHOUT = 1;

/**
 * What may be declared to go on. Reviews of a forge that is away count for nobody, and there is
 * nothing that could go on instead: approvals by passkey still do.
 */
export const mayProceed = (tier: number, away: Away): boolean =>
  away === "witness" || (tier !== NEVER_WITHOUT && away !== "forge");

/** What one list declares; `null`: nothing. One line that holds outweighs any that do not. */
function declaredIn(
  lines: readonly IfDown[],
  { tier, away, now }: { readonly tier: number; readonly away: Away; readonly now: number },
): Then | null {
  const said = lines.filter(
    (line) =>
      line.tier === tier &&
      (line.away.length === 0 || line.away.includes(away)) &&
      (line.from ?? now) <= now &&
      (line.until === undefined || now < line.until),
  );
  if (said.some(({ proceeds }) => !proceeds)) return "hold";
  return said.length > 0 && mayProceed(tier, away) ? "proceed" : null;
}

/**
 * Whether no policy enforces anything: then a server that answers lets every change through, and one
 * that is away must not hold what it would have let through. by (not-the-outage)
 */
export const enforcesNothing = (policies: readonly JudgingPolicy[], now: number): boolean =>
  policies.some(({ role }) => role === "in-force") &&
  policies.every((one) => one.kind === "policy" && !enforces(one.policy.policy, now));

/** Read as strictly as it can be: a rule that has not begun counts, and so does any system's override. */
const enforces = ({ mode, rules, overrides }: Policy, now: number): boolean =>
  mode === "enforce" ||
  [...rules, ...overrides].some(
    (one) => one.mode === "enforce" && (one.until === undefined || now < one.until),
  );

/**
 * What happens to a change of a tier while something is away. Only a policy in force lets it go on;
 * a proposed one, or a second one, can only hold. by (own-policy, only-tightens, fail-closed)
 */
export function whileAway(
  policies: readonly JudgingPolicy[],
  { tier, away, now }: { readonly tier: number | null; readonly away: Away; readonly now: number },
): Then {
  if (enforcesNothing(policies, now)) return "proceed";
  if (tier === null || policies.some((one) => one.kind === "unreadable")) return "hold";
  const said = policies.map(
    (one) =>
      [
        one.role,
        one.kind === "policy"
          ? declaredIn(one.policy.policy.ifDown ?? [], { tier, away, now })
          : "hold",
      ] as const,
  );
  const inForce = said.filter(([role]) => role === "in-force");
  const proceeds =
    inForce.length > 0 &&
    inForce.every(([, then]) => then === "proceed") &&
    said.every(([, then]) => then !== "hold");
  return proceeds ? "proceed" : "hold";
}

/** The most critical tier of what a change touches and of where it goes; `null`: nobody knows. */
export function tierTouched({ systems }: Pick<Change, "systems">, ofTarget: number | null) {
  if (isUnknown(systems)) return null;
  const tiers = systems.map(({ tier }) => tier);
  if (ofTarget !== null) tiers.push(ofTarget);
  return tiers.length === 0 ? null : Math.min(...tiers);
}
