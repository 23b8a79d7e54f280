// SPDX-License-Identifier: Apache-2.0
/** A decision as a forge shows it: the sentences of `interlock check`. */
import { type Decision, explainReason, type Facts, type Rule } from "@interlock/core";
import type { Annotation, Report, Reportable } from "@interlock/server";
import { riskIn } from "../judge/risk.ts";
import { markdown } from "../output/forge.ts";
import { gapText, type Judgement, levelOf, locatedFindings } from "../output/judgement.ts";
import { printable } from "../output/printable.ts";

/** Title, summary and annotations of a decision. */
export function checkReport({ facts, decision, policies, words, url }: Reportable): Report {
  const rules = policies.flatMap((entry) =>
    "policy" in entry && Array.isArray(entry.policy["rules"])
      ? (entry.policy["rules"] as readonly Rule[]) // of a policy that the gate has read
      : [],
  );
  const { digest } = facts.change;
  const id = typeof digest === "string" ? digest.slice(0, 16) : "no digest";
  const judgement: Judgement = { id, facts, decision, risk: riskIn(facts), rules };
  const seal = words.length === 0 ? "" : `\nSix words: **${words.map(printable).join(" ")}**\n`;
  return {
    title: titleOf(decision),
    summary: `${markdown(judgement)}${seal}\n[Read and sign it](${url})\n`,
    annotations: annotationsOf(decision, facts),
  };
}

/** What is decided, and the first thing that is missing. */
function titleOf({ effective, outcome, rules }: Decision): string {
  if (effective === "allow")
    return outcome === "allow" ? "allow" : `allow: these rules only observe (else ${outcome})`;
  const open = rules.filter((rule) => rule.counts.effective && rule.outcome !== "allow");
  const [first, ...more] = open.flatMap((rule) =>
    rule.requirements.filter((requirement) => requirement.state !== "met"),
  );
  if (first === undefined) return effective;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  return printable(`${effective}: ${explainReason(first.reason)}${others}`);
}

function annotationsOf(decision: Decision, facts: Facts): readonly Annotation[] {
  const located = locatedFindings(decision)
    .filter(({ finding }) => finding.path !== "")
    .map(
      ({ rule, finding }): Annotation => ({
        path: finding.path,
        line: Math.max(1, finding.line),
        level: levelOf(rule),
        title: printable(rule.rule),
        message: printable(finding.message || rule.title),
      }),
    );
  const blind = facts.gaps
    .filter(({ path }) => path !== "")
    .map(
      (gap): Annotation => ({
        ...{ path: gap.path, line: 1, title: printable(`not read: ${gap.group}`) },
        level: levelOf({ outcome: decision.effective, mode: "enforce" }),
        message: printable(gapText(gap)),
      }),
    );
  return [...located, ...blind];
}
