// SPDX-License-Identifier: Apache-2.0
import { explainReason, type RuleResult } from "@interlock/core";
import type { ChangeShown } from "./shown.ts";

/** What an approval would bind, as it stood when somebody looked at it. */
export type Look = {
  readonly key: string;
  readonly says: ReadonlyMap<string, string>;
  readonly place: string;
};

/** Everything that a person has read above the button: content, commits, rules and what they say. */
export function lookOf({ change, judged }: ChangeShown): Look {
  const says = new Map(
    (judged?.decision.rules ?? []).map((rule) => [`${rule.policy} ${rule.rule}`, sentenceOf(rule)]),
  );
  const place = `${change.base.slice(0, 12)} → ${change.head.slice(0, 12)}`;
  const rules = judged?.decision.rulesDigest ?? "";
  const findings = (judged?.decision.rules ?? []).flatMap((r) => r.findings.map(({ id }) => id));
  return { key: [change.digest, place, change.merge, rules, ...findings].join(), says, place };
}

/** Approvals that came in change the reason of a rule, and nothing that somebody would sign. */
const sentenceOf = (rule: RuleResult): string =>
  [
    rule.title === "" ? rule.rule : rule.title,
    ...rule.findings.map(({ path, line, message }) => `${path}:${line} ${message}`),
    ...(rule.findings.length === 0 && rule.requirements.length === 0
      ? [explainReason(rule.reason)]
      : []),
  ].join("; ");

/** What changed since somebody looked, a line each. */
export function movedSince(then: Look, now: Look): readonly string[] {
  const lines: string[] = [];
  if (then.place !== now.place) lines.push(`it was ${then.place}, now it is ${now.place}`);
  for (const [rule, says] of now.says) {
    const before = then.says.get(rule);
    if (before === undefined) lines.push(`a rule applies that did not: ${says}`);
    else if (before !== says) lines.push(`a rule says something else: ${says}; before: ${before}`);
  }
  for (const [rule, says] of then.says)
    if (!now.says.has(rule)) lines.push(`a rule does not apply any more: ${says}`);
  return lines.length > 0 ? lines : ["its rules were changed in a way that says the same"];
}
