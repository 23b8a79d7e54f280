// SPDX-License-Identifier: Apache-2.0
/** The gate's answer in the sentences of `check`. */
import {
  type Decision,
  decide,
  explainReason,
  explainRequirement,
  type Rule,
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

/** Why a change waits while the server is away, or `null` where it may go on. by (fail-closed) */
export function heldAlone(
  { facts, policies }: Question,
  tier: number | undefined,
  allowIfDown: { readonly tiers: readonly number[]; readonly saidBy: string },
): { readonly says: string; readonly help: string } | null {
  const shown = tier === undefined ? "no tier" : `Tier ${tier}`;
  if (tier === undefined || !allowIfDown.tiers.includes(tier))
    return {
      says: `a ref of ${shown} waits for it: ${allowIfDown.saidBy} does not name it`,
      help: "try again when the server answers",
    };
  const unreadable = policies.find((p) => p.kind === "unreadable");
  if (unreadable !== undefined)
    return { says: `the policy cannot be read: ${unreadable.because}`, help: "mend it" };
  if (decide(policies, facts).effective !== "deny") return null;
  return {
    says: "the policy denies this change, and no approval that the server may hold would cure that",
    help: "run `interlock check` on it, and change it",
  };
}
