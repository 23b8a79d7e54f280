// SPDX-License-Identifier: Apache-2.0
/** What is said of approvals: how it is asked for, and every answer in full. */
import {
  type Approval,
  approvals,
  type Facts,
  type Requirement,
  type RequirementResult,
  unknown,
} from "@interlock/core";
import { type factsOf, person } from "@interlock/testkit";
import { expect } from "vitest";
import type { ApprovalTerms } from "../src/approvals.ts";
import { evaluateRequirement } from "../src/evaluation.ts";

export type Overrides = Parameters<typeof factsOf>[0];
export type Expected = Pick<RequirementResult, "state" | "reason" | "who">;

export const lost = unknown("lost", "find it");
export const RULES = "a".repeat(64);
export const PERSONS = [
  ...["ana", "bo", "cy"].map((id) => person(id, { teams: ["payments"] })),
  person("dee", { teams: ["search"] }),
];

export function judged(
  requirement: Requirement,
  facts: Facts,
  terms: Partial<ApprovalTerms> = {},
): Expected {
  const all = { rulesDigest: RULES, missingOwner: "hold", ...terms } as const;
  const result = evaluateRequirement(requirement, facts, all);
  expect([result.requirement, result.final]).toEqual([requirement, false]);
  const { state, reason, who } = result;
  return { state, reason, who };
}

export const by = (...given: readonly Approval[]): Overrides => ({
  evidence: { approvals: given },
});
export const approved = (persons: readonly string[], count = 1): Expected => ({
  state: "met",
  reason: { code: "approved", params: { by: [...persons], count } },
  who: [],
});
export const lacking = (
  requirement: Requirement,
  have: readonly string[],
  who: readonly string[],
): Expected => {
  if (requirement.kind !== "approvals") throw new Error("approvals are judged here");
  const { count: need, from, via, naming } = requirement;
  return {
    state: "unmet",
    reason: {
      code: "approvals-missing",
      params: { have: have.length, need, from, via, by: [...have], naming: [...naming] },
    },
    who,
  };
};

export const ONE = approvals(1, "owners");
