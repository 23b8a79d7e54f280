// SPDX-License-Identifier: Apache-2.0
/** The gate's answer in the sentences of `check`. */
import {
  type Away,
  type Decision,
  decide,
  enforcesNothing,
  explainReason,
  explainRequirement,
  type Rule,
  tierTouched,
  whileAway,
} from "@interlock/core";
import type { Answer } from "../hook/answer.ts";
import type { Question } from "../hook/ask.ts";
import { riskIn } from "../judge/risk.ts";
import type { Workspace } from "../judge/workspace.ts";
import type { Judgement } from "../output/judgement.ts";
import type { Paint } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import { judgementText } from "../output/text.ts";

export function explained(
  { decision, effective }: Answer,
  { question, workspace }: { readonly question: Question; readonly workspace?: Workspace },
  paint: Paint,
): string {
  const rules: readonly Rule[] = (workspace?.policies ?? []).flatMap((p) =>
    p.kind === "policy" ? p.policy.policy.rules : [],
  );
  const id = question.place.head;
  const { facts } = question;
  const judgement: Judgement = { id, facts, decision, risk: riskIn(facts), rules };
  try {
    return judgementText(judgement, paint).trimEnd();
  } catch (error) {
    // What a newer server says in a way that this build cannot show still holds or allows.
    if (!(error instanceof Error)) throw error;
    return `  the server says ${effective}, in a way that this version cannot show`;
  }
}

export const link = ({ url, words }: Answer): readonly string[] => [
  ...(words.length === 0 ? [] : [`  words   ${words.map(printable).join(" ")}`]),
  `  page    ${printable(url)}`,
  "",
];

/** What is missing, in one line; nothing where a newer server says it in its own way. */
export function missing(decision: Decision): string {
  try {
    return unmetOf(decision);
  } catch (error) {
    if (error instanceof TypeError) return "what its page names";
    throw error;
  }
}

function unmetOf({ rules }: Decision): string {
  const unmet = rules
    .filter((rule) => rule.counts.effective && rule.mode === "enforce" && rule.outcome !== "allow")
    .flatMap((rule) =>
      rule.requirements
        .filter(({ state }) => state !== "met")
        .map((r) => `${explainRequirement(r.requirement)} (${explainReason(r.reason)})`),
    );
  return printable([...new Set(unmet)].join("; "));
}

/** What is away, the tier that the target itself has, and to which tiers a setting narrows what goes on. */
export type Without = {
  readonly away: Away;
  readonly tier: number | undefined;
  readonly narrowed: { readonly tiers: readonly number[]; readonly saidBy: string } | null;
};

/** `curable`: two people who sign an emergency let it go on. */
export type Waits = { readonly says: string; readonly help: string; readonly curable: boolean };

const EMERGENCY =
  "try again when it is back; if it cannot wait, two people sign with `interlock emergency sign`";

/**
 * Why a change waits while the server is away, or `null` where it goes on: only where the policy in
 * force says so or enforces nothing, whatever the change brings with it. by (fail-closed, own-policy)
 */
export function heldAlone({ facts, policies }: Question, without: Without): Waits | null {
  const { away, narrowed } = without;
  const never = neverAlone({ facts, policies });
  if (never !== null) return never;
  if (enforcesNothing(policies, facts.now)) return null;
  const tier = tierTouched(facts.change, without.tier ?? null);
  if (tier === null) return waits("it has no tier, so nothing lets it go on without the server");
  if (whileAway(policies, { tier, away, now: facts.now }) === "hold")
    return waits(
      `a change of Tier ${tier} waits for it: \`ifDown\` of the policy in force does not let it go on`,
    );
  if (facts.change.gate.length > 0)
    return waits(
      `it changes the gate itself (${facts.change.gate.join(", ")}), and the next change would be judged by that`,
    );
  if (narrowed !== null && !narrowed.tiers.includes(tier))
    return waits(`a change of Tier ${tier} waits for it: ${narrowed.saidBy} does not name it`);
  return null;
}

/** What lets a change go on that `heldAlone` does not hold. */
export const letsAlone = ({ facts, policies }: Question): string =>
  enforcesNothing(policies, facts.now)
    ? "the policy in force enforces nothing, so nothing is held"
    : "`ifDown` of the policy in force lets it";

/**
 * Why a change that the server allowed waits while witnesses are away, or `null` where `ifDown` of the
 * policy in force lets it go on. by (fail-closed, own-policy)
 */
export function heldUnwitnessed(
  { facts, policies }: Question,
  { tier: ofTarget, narrowed }: Pick<Without, "tier" | "narrowed">,
): Waits | null {
  const tier = tierTouched(facts.change, ofTarget ?? null);
  if (tier === null || whileAway(policies, { tier, away: "witness", now: facts.now }) === "hold")
    return waits(
      `a change of Tier ${tier ?? "1, for all that is known,"} waits for them: \`ifDown\` of the policy in force does not let it go on`,
    );
  if (narrowed !== null && !narrowed.tiers.includes(tier))
    return waits(`a change of Tier ${tier} waits for them: ${narrowed.saidBy} does not name it`);
  return null;
}

const waits = (says: string): Waits => ({ says, help: EMERGENCY, curable: true });

/** What waits whoever signs: what cannot be judged at all, and what is denied. */
export function neverAlone({
  facts,
  policies,
}: Pick<Question, "facts" | "policies">): Waits | null {
  const unreadable = policies.find((p) => p.kind === "unreadable");
  if (unreadable !== undefined)
    return {
      says: `the policy cannot be read: ${unreadable.because}`,
      ...{ help: "mend it", curable: false },
    };
  return decide(policies, facts).effective === "deny" ? DENIED : null;
}

const DENIED: Waits = {
  curable: false,
  says: "the policy denies this change, and no approval that the server may hold would cure that",
  help: "run `interlock check` on it, and change it",
};
