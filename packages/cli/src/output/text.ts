// SPDX-License-Identifier: Apache-2.0
import {
  type Effect,
  explainReason,
  explainRequirement,
  isUnknown,
  type Outcome,
  type RequirementResult,
  type RuleResult,
  share,
} from "@interlock/core";
import { type Judgement, ruleBecause } from "./judgement.ts";
import type { Paint } from "./paint.ts";

const GLYPH: Readonly<Record<Outcome, string>> = { allow: "✓", hold: "●", deny: "✗" };
const FINDINGS_SHOWN = 5;
const RULES_SHOWN = 12;

/**
 * A decision to act on, in this order: what is decided, what the change does, what is missing and who
 * can supply it, and the next command.
 */
export function judgementText(judgement: Judgement, paint: Paint): string {
  const { decision, facts } = judgement;
  const open = decision.rules.filter((r) => r.outcome !== "allow");
  const notices = decision.rules.filter((r) => r.outcome === "allow" && r.findingCount > 0);
  const lines = [
    headline(judgement, paint),
    ...effectLines(isUnknown(facts.effects) ? [] : facts.effects),
    ...blastLine(judgement),
    ...ownRules(
      open.filter((r) => !isOrdinary(r) && !isBlind(r)),
      paint,
    ),
    ...blindRules(open.filter(isBlind), paint),
    ...ordinary(open.filter(isOrdinary), paint),
    ...noticeLines(notices, paint),
    ...gapLines(judgement, paint),
    "",
    paint.dim(footer(judgement)),
  ];
  return `${lines.join("\n")}\n`;
}

/** It found nothing, but could not look everywhere. */
const isBlind = (r: RuleResult): boolean =>
  r.reason.code === "facts-unknown" && r.findingCount === 0 && r.rule !== "policy";

/** Rules that could not look share their reasons: one unreadable file blinds many. */
function blindRules(rules: readonly RuleResult[], paint: Paint): readonly string[] {
  if (rules.length === 0) return [];
  const why = [
    ...new Set(
      rules.flatMap((r) =>
        r.requirements.flatMap((q) => (q.requirement.kind === "known" ? q.requirement.facts : [])),
      ),
    ),
  ].sort();
  const shown = why.slice(0, FINDINGS_SHOWN).map((w) => `      ${paint.dim("?")} ${w}`);
  const more = why.length > shown.length ? [`      … and ${why.length - shown.length} more`] : [];
  const ids = rules.map((r) => r.rule);
  const named =
    ids.length > 8 ? `${ids.slice(0, 8).join(", ")} and ${ids.length - 8} more` : ids.join(", ");
  return [
    "",
    `  ${GLYPH.hold} ${paint.bold("not known")}  ${rules.length} rule(s) could not look everywhere: ${named}`,
    ...shown,
    ...more,
  ];
}

const isOrdinary = (r: RuleResult): boolean => r.baseline && r.findingCount === 0;

function headline({ id, decision, facts }: Judgement, paint: Paint): string {
  const colour = { allow: paint.green, hold: paint.yellow, deny: paint.red }[decision.outcome];
  const word = colour(paint.bold(`${GLYPH[decision.outcome]} ${decision.outcome}`));
  const softened =
    decision.effective === decision.outcome
      ? ""
      : paint.dim(`  (now: ${decision.effective}, since these rules only observe)`);
  const name = /^[0-9a-f]{40,64}$/.test(id) ? id.slice(0, 12) : id;
  return `${word}  ${name}  ${facts.change.subject}${softened}`;
}

function effectLines(effects: readonly Effect[]): readonly string[] {
  return effects.slice(0, FINDINGS_SHOWN).map((e) => {
    const of = e.of > 0 ? ` of ${e.of} (${share(e.sharePpm)})` : "";
    const doubt = e.certainty === "certain" ? "" : `, ${e.certainty}`;
    return `  effect  ${e.verb} ${e.count}${of} ${e.what}: ${e.subject}${doubt}`;
  });
}

function blastLine({ facts }: Judgement): readonly string[] {
  if (isUnknown(facts.blast) || facts.blast.systems === 0) return [];
  const b = facts.blast;
  return [
    `  reaches ${b.systems} system(s), ${b.tier1} of Tier 1, ${b.cells} cell(s), ${share(b.trafficPpm)} of orders (${b.certainty})`,
  ];
}

function ownRules(rules: readonly RuleResult[], paint: Paint): readonly string[] {
  const lines: string[] = [];
  for (const rule of rules.slice(0, RULES_SHOWN)) {
    const severity = rule.severity === undefined ? "" : ` [${rule.severity}]`;
    lines.push("", `  ${GLYPH[rule.outcome]} ${paint.bold(rule.rule)}${severity}  ${rule.title}`);
    lines.push(...findingLines(rule));
    for (const r of rule.requirements)
      if (r.state !== "met") lines.push(...requirementLines(r, paint));
    if (rule.help !== "") lines.push(`      help: ${rule.help}`);
  }
  if (rules.length > RULES_SHOWN)
    lines.push(
      "",
      `  … and ${rules.length - RULES_SHOWN} more rules; \`--format json\` has them all`,
    );
  return lines;
}

function findingLines(rule: RuleResult): readonly string[] {
  if (rule.findings.length === 0) return [`      ${ruleBecause(rule)}`];
  const lines = rule.findings
    .slice(0, FINDINGS_SHOWN)
    .map((f) => `      ${f.path === "" ? "" : `${f.path}:${f.line}  `}${f.message}`);
  const more = rule.findingCount - lines.length;
  return more > 0 ? [...lines, `      … and ${more} more`] : lines;
}

function requirementLines(r: RequirementResult, paint: Paint): readonly string[] {
  const mark = r.state === "unknown" ? paint.dim("?") : paint.yellow("○");
  const who = r.who.length > 0 ? `  ← ${r.who.slice(0, 5).join(", ")}` : "";
  return [
    `      ${mark} needs ${explainRequirement(r.requirement)}: ${explainReason(r.reason)}${who}`,
  ];
}

function ordinary(rules: readonly RuleResult[], paint: Paint): readonly string[] {
  return rules.flatMap((rule) => [
    "",
    `  ${GLYPH[rule.outcome]} ${paint.dim("ordinary review")}`,
    ...rule.requirements
      .filter((r) => r.state !== "met")
      .flatMap((r) => requirementLines(r, paint)),
  ]);
}

function noticeLines(rules: readonly RuleResult[], paint: Paint): readonly string[] {
  return rules.map((r) => paint.dim(`  · ${r.rule}  ${ruleBecause(r)}`));
}

function gapLines({ facts }: Judgement, paint: Paint): readonly string[] {
  const shown = facts.gaps.slice(0, FINDINGS_SHOWN);
  const lines = shown.map((g) => paint.dim(`  ? not read: ${g.path} (${g.code}) ${g.help}`));
  const more = facts.gaps.length - shown.length;
  return more > 0 ? [...lines, paint.dim(`  ? … and ${more} more`)] : lines;
}

function footer({ decision, facts, risk }: Judgement): string {
  const digest = isUnknown(facts.change.digest)
    ? "no digest"
    : `digest ${facts.change.digest.slice(0, 16)}`;
  const looked = `${decision.skipped.length} rules looked and found nothing`;
  const riskPart = risk === null ? "" : `, riskier than ${risk.percentile} % of changes`;
  return `  ${digest}, ${looked}${riskPart}; \`interlock explain\` shows the facts behind each line`;
}
