// SPDX-License-Identifier: Apache-2.0
import {
  type Decision,
  explainReason,
  explainRequirement,
  type RequirementResult,
} from "@interlock/core";
import { listed } from "../parts/short.ts";
import type { ChangeShown, Names } from "./shown.ts";

/** Something that a change still needs, and who can supply it. */
export type Missing = {
  readonly needs: string;
  readonly because: string;
  readonly who: string;
  readonly unknown: boolean;
  /** A document that can be written in the console. */
  readonly document: boolean;
  /** When time alone supplies it, milliseconds since 1970 UTC. */
  readonly until: number | null;
};

/** What keeps a change, each need once; in the words of the command line. */
export function missingIn(shown: ChangeShown, names: Names): readonly Missing[] {
  const decision = shown.judged?.decision;
  if (decision === undefined) return [];
  const found = new Map<string, Missing>();
  for (const result of unmetIn(decision)) {
    const one = {
      needs: needsOf(result),
      because: explainReason(result.reason),
      who: whoFor(result, shown, names),
      unknown: result.state === "unknown",
      document: result.requirement.kind === "document",
      until: result.until ?? null,
    };
    found.set(`${one.needs}\n${one.because}`, one);
  }
  return [...found.values()];
}

const unmetIn = ({ rules }: Decision): readonly RequirementResult[] =>
  rules
    .filter((rule) => rule.counts.effective && rule.mode === "enforce" && rule.outcome !== "allow")
    .flatMap((rule) => rule.requirements)
    .filter(({ state }) => state !== "met");

/** Nothing where the reason says it too. */
const needsOf = ({ requirement, reason }: RequirementResult): string =>
  requirement.kind === "known" || reason.code === "approvals-missing"
    ? ""
    : explainRequirement(requirement);

function whoFor(
  result: RequirementResult,
  { review, signatures }: ChangeShown,
  names: Names,
): string {
  if (result.requirement.kind !== "approvals") return listed(result.who);
  const signed = new Set(
    signatures.filter((s) => s.kind === "approval" && !s.ended).map(({ person }) => person),
  );
  const able = review.reviewers.filter((person) => !signed.has(person)).map(names);
  if (able.length === 0)
    return review.reviewersMore ? "anybody who had no part in it" : listed(result.who);
  const some = able.length > 6 ? [...able.slice(0, 5), `${able.length - 5} others`] : able;
  return review.reviewersMore ? `${listed(some)}, or others who had no part in it` : either(some);
}

function either(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} or ${last}`;
}

/** Everything that was missing has been signed since; only the gate does not know it yet. */
export const isReady = ({ change, review, judged }: ChangeShown): boolean =>
  change.effective === "hold" &&
  review.wanted > 0 &&
  review.given >= review.wanted &&
  review.rejected === 0 &&
  judged !== null &&
  unmetIn(judged.decision).every(({ requirement }) => requirement.kind === "approvals");
