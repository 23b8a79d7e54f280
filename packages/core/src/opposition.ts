// SPDX-License-Identifier: Apache-2.0
/** Opposing evidence: freezes, rejections, debts. Each is closed only by its own recorded act. */
import type { RequirementResult, RuleResult } from "./decision.ts";
import { debtsHolding } from "./owing.ts";
import { reason } from "./reason.ts";
import { type Given, outcomeOf } from "./ruling.ts";
import { isUnknown } from "./schema.ts";
import { isUrgent, isWaived } from "./waivers.ts";

/**
 * A freeze with an end holds until then; one without denies (design section 5, question 6). Two
 * people who break the glass for one freeze and one change pass it, and nothing less does.
 */
export function frozen(given: Given): readonly RuleResult[] {
  const { facts, policy } = given;
  const freezes = [
    ...policy.policy.freezes,
    ...(given.role === "in-force" ? facts.evidence.freezes : []),
  ];
  const { systems } = given;
  return (
    freezes
      .filter((f) => f.from <= facts.now && (f.until === undefined || facts.now < f.until))
      // A change whose systems are unknown may touch a frozen one. by (fail-closed)
      .filter(
        (f) =>
          f.systems.length === 0 || systems === null || f.systems.some((s) => systems.includes(s)),
      )
      .map((f) => {
        const until = f.until;
        const open: RequirementResult = {
          requirement: { kind: "window", calendars: [`freeze ${f.name}`] },
          state: "unmet",
          reason: reason("frozen", { name: f.name, ...(until === undefined ? {} : { until }) }),
          who: [until === undefined ? "whoever declared the freeze" : "time"],
          final: until === undefined,
          ...(until === undefined ? {} : { until }),
        };
        const rule = `freeze/${f.name}`;
        const result = builtIn(given, rule, `No change during ${f.name}`, open);
        return isWaived(facts, rule, true)
          ? { ...result, outcome: "allow", reason: reason("waived") }
          : result;
      })
  );
}

export function rejected(given: Given): readonly RuleResult[] {
  const { facts } = given;
  if (given.role !== "in-force") return [];
  const open = facts.evidence.rejections.filter(
    (r) =>
      !r.closed &&
      r.at <= facts.now &&
      (isUnknown(facts.change.digest) || r.digest === facts.change.digest),
  );
  const by = [...new Set(open.map((r) => r.by))].sort();
  return by.map((account) =>
    builtIn(given, `rejection/${account}`, "Somebody rejected the change", {
      requirement: { kind: "known", facts: [`rejection by ${account} closed`] },
      state: "unmet",
      reason: reason("rejected", { by: account }),
      who: [account],
      final: false,
    }),
  );
}

/** What a team broke the glass for is reviewed before it goes on as ever; an emergency goes first. */
export function owing(given: Given): readonly RuleResult[] {
  const { facts, role } = given;
  if (role !== "in-force") return [];
  const open = debtsHolding(facts.evidence.debts ?? [], facts.change, facts.now);
  if (open.length === 0) return [];
  const teams = [...new Set(open.flatMap((debt) => debt.teams))].sort().slice(0, SHOWN);
  const entries = open.map(({ entry }) => entry).sort();
  const result = builtIn(given, "debt", "Break-glass is reviewed afterwards", {
    requirement: { kind: "known", facts: entries.slice(0, SHOWN).map((e) => `review of ${e}`) },
    state: "unmet",
    reason: reason("debt-open", { teams, count: open.length }),
    who: ["two people who did not sign the override"],
    final: false,
  });
  const help = "see `interlock debt list`";
  return isUrgent(facts)
    ? [{ ...result, help, outcome: "allow", reason: reason("waived") }]
    : [{ ...result, help }];
}

/** More than a person reads; the number says how many there are. */
const SHOWN = 20;

function builtIn(given: Given, rule: string, title: string, open: RequirementResult): RuleResult {
  return {
    rule,
    title,
    policy: given.role,
    mode: given.policy.policy.mode,
    outcome: outcomeOf([open]),
    reason: open.reason,
    requirements: [open],
    findings: [],
    findingCount: 0,
    help: "",
    baseline: false,
    counts: { outcome: true, effective: true },
  };
}
