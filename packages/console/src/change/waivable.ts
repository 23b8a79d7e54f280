// SPDX-License-Identifier: Apache-2.0
/** Which rules an override of this change could name, and which ones people have named. */
import { OVERRIDE_MAX_MS, type RuleResult, teamsTouched } from "@interlock/core";
import type { ChangeShown } from "./shown.ts";

export type Waivable = {
  readonly rule: string;
  readonly title: string;
  readonly outcome: RuleResult["outcome"];
  /** It denies, freezes or is one of the gate's own: a waiver does not pass it. */
  readonly glassOnly: boolean;
};

const HOUR_MS = 3_600_000;

/** Whole hours: what is asked for by default, and the most. */
export const HOURS = {
  waiver: { usual: 24, most: OVERRIDE_MAX_MS.waiver / HOUR_MS },
  breakGlass: {
    usual: OVERRIDE_MAX_MS.breakGlass / HOUR_MS,
    most: OVERRIDE_MAX_MS.breakGlass / HOUR_MS,
  },
} as const;

/** A rejection ends with its own withdrawal, and an unreadable policy by being mended. */
const isNever = (rule: string): boolean => rule === "policy" || rule.startsWith("rejection/");
const isBuiltIn = (rule: string): boolean =>
  rule === "otherwise" || rule === "debt" || rule.startsWith("freeze/");

const standing = ({ judged }: ChangeShown): readonly RuleResult[] =>
  (judged?.decision.rules ?? []).filter(
    ({ counts, mode, outcome }) => counts.effective && mode === "enforce" && outcome !== "allow",
  );

/** The rules that stand in the way and that two people can let it pass, as the server will allow. */
export function waivableIn(shown: ChangeShown): readonly Waivable[] {
  const found = new Map<string, Waivable>();
  for (const { rule, title, outcome } of standing(shown)) {
    if (isNever(rule)) continue;
    const glassOnly =
      (found.get(rule)?.glassOnly ?? false) || outcome === "deny" || isBuiltIn(rule);
    found.set(rule, { rule, title, outcome, glassOnly });
  }
  return [...found.values()];
}

/** What holds the change still when one rule is passed: the names of the other rules in its way. */
export const stillHolding = (shown: ChangeShown, passed: string): readonly string[] =>
  [...new Set(standing(shown).map(({ rule }) => rule))].filter((rule) => rule !== passed);

/** Whose other changes a debt of this one would hold; `null`: everybody's. */
export function wouldOwe({ judged }: ChangeShown): readonly string[] | null {
  const change = judged?.facts?.change;
  const teams = change === undefined ? null : teamsTouched(change);
  return teams === null || teams.length === 0 ? null : teams;
}

/** Overrides of this change that stand, those which make one exception together. */
export type Joint = {
  readonly waives: NonNullable<ChangeShown["signatures"][number]["waives"]>;
  readonly by: readonly string[];
  /** Of the first that signed; a second is asked for their own. */
  readonly reason: string | null;
  /** When the first of them ends, milliseconds since 1970 UTC. */
  readonly until: number;
};

/** What people let this change pass, as far as their signatures stand at a time. */
export function jointIn({ signatures }: ChangeShown, now: number): readonly Joint[] {
  const found = new Map<string, Joint>();
  for (const { waives, kind, ended, expiresAt, person, reason } of signatures) {
    if (kind !== "override" || waives === null || ended || expiresAt <= now) continue;
    const key = JSON.stringify([waives.rule, waives.breakGlass, waives.incident ?? ""]);
    const before = found.get(key);
    found.set(key, {
      waives,
      by: [...new Set([...(before?.by ?? []), person])],
      reason: before === undefined ? reason : before.reason,
      until: Math.min(before?.until ?? expiresAt, expiresAt),
    });
  }
  return [...found.values()];
}
