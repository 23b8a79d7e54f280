// SPDX-License-Identifier: Apache-2.0
import {
  type Effect,
  explainReason,
  explainRequirement,
  type Facts,
  isUnknown,
  type Outcome,
  type RequirementResult,
  type RuleResult,
  share,
} from "@interlock/core";
import { type Judgement, ruleBecause } from "./judgement.ts";
import type { Paint } from "./paint.ts";
import { printableData } from "./printable.ts";

const GLYPH: Readonly<Record<Outcome, string>> = { allow: "✓", hold: "●", deny: "✗" };
const FINDINGS_SHOWN = 5;
const RULES_SHOWN = 12;

/**
 * A decision to act on, in this order: what is decided, what the change does, what is missing and who
 * can supply it, and the next command.
 */
export function judgementText(judgement: Judgement, paint: Paint): string {
  const shown = printableData({ ...judgement, rules: [] });
  const { decision, facts } = shown;
  const open = decision.rules.filter((r) => r.outcome !== "allow");
  const notices = decision.rules.filter((r) => r.outcome === "allow" && r.findingCount > 0);
  const lines = [
    headline(shown, paint),
    ...effectLines(isUnknown(facts.effects) ? [] : facts.effects),
    ...blastLine(shown),
    ...ownRules(
      open.filter((r) => !isOrdinary(r) && !isBlind(r)),
      shown,
      paint,
    ),
    ...blindRules(open.filter(isBlind), shown, paint),
    ...ordinary(open.filter(isOrdinary), paint),
    ...decision.rules.filter((r) => r.reason.code === "waived").map((r) => waivedLine(r, paint)),
    ...noticeLines(notices, paint),
    ...gapLines(shown, paint),
    "",
    paint.dim(footer(shown)),
  ];
  return `${lines.join("\n")}\n`;
}

/** Whoever reads that it went through reads what it went past. */
const waivedLine = ({ rule, reason }: RuleResult, paint: Paint): string =>
  `  ! ${paint.bold("waived")}  ${rule}: ${explainReason(reason)}`;

/** It found nothing, but could not look everywhere. */
const isBlind = (r: RuleResult): boolean =>
  r.reason.code === "facts-unknown" && r.findingCount === 0 && r.rule !== "policy";

/** Rules that could not look share their reasons: one unreadable file blinds many. */
function blindRules(
  rules: readonly RuleResult[],
  { facts }: Judgement,
  paint: Paint,
): readonly string[] {
  if (rules.length === 0) return [];
  // Where a file is named with what to do about it below, its groups need no line each.
  const told = new Set(facts.gaps.map((g) => `${g.group} ${g.code} ${g.path}`.trim()));
  const { files } = facts.change;
  const help = isUnknown(files) ? [`      help: ${files.$unknown.help}`] : [];
  const why = [
    ...new Set(
      rules.flatMap((r) =>
        r.requirements.flatMap((q) => (q.requirement.kind === "known" ? q.requirement.facts : [])),
      ),
    ),
  ]
    .filter((w) => !told.has(w))
    .sort();
  const shown = why.slice(0, FINDINGS_SHOWN).map((w) => `      ${paint.dim("?")} ${w}`);
  const more = why.length > shown.length ? [`      … and ${why.length - shown.length} more`] : [];
  const ids = rules.map((r) => r.rule);
  const named =
    ids.length > 8 ? `${ids.slice(0, 8).join(", ")} and ${ids.length - 8} more` : ids.join(", ");
  return [
    "",
    `  ${GLYPH.hold} ${paint.bold("not known")}  ${rules.length} rule(s) could not look everywhere${why.length === 0 ? " (what was not read is named below)" : ""}: ${named}`,
    ...shown,
    ...more,
    ...help,
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

/** Where the change itself cannot be read, mending the policy would not help. */
const helpFor = (rule: RuleResult, { change }: Facts): string =>
  rule.rule === "policy" && isUnknown(change.files) ? change.files.$unknown.help : rule.help;

function ownRules(
  rules: readonly RuleResult[],
  { facts }: Judgement,
  paint: Paint,
): readonly string[] {
  const lines: string[] = [];
  for (const rule of rules.slice(0, RULES_SHOWN)) {
    const severity = rule.severity === undefined ? "" : ` [${rule.severity}]`;
    lines.push("", `  ${GLYPH[rule.outcome]} ${paint.bold(rule.rule)}${severity}  ${rule.title}`);
    lines.push(...findingLines(rule));
    for (const r of rule.requirements)
      if (r.state !== "met") lines.push(...requirementLines(r, paint));
    const help = helpFor(rule, facts);
    if (help !== "") lines.push(`      help: ${help}`);
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
    .map((f) => `      ${f.path === "" ? "" : `at ${f.path}:${f.line}  `}${f.message}`);
  const more = rule.findingCount - lines.length;
  return more > 0 ? [...lines, `      … and ${more} more`] : lines;
}

function requirementLines(r: RequirementResult, paint: Paint): readonly string[] {
  const mark = r.state === "unknown" ? paint.dim("?") : paint.yellow("○");
  // A rule that cannot look says so itself: what it needs and what is not known are one thing.
  if (r.requirement.kind === "known") return [`      ${mark} ${explainReason(r.reason)}`];
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

/** A file is one line, however many groups of facts would have come from it. */
function gapLines({ facts }: Judgement, paint: Paint): readonly string[] {
  const all = [
    ...new Set(
      facts.gaps.map(
        (g) =>
          `  ? not read: ${g.path} (${[g.code, g.detail].filter((t) => t !== "").join(": ")}) ${g.help}`,
      ),
    ),
  ];
  const shown = all.slice(0, FINDINGS_SHOWN).map((line) => paint.dim(line));
  const more = all.length - shown.length;
  return more > 0 ? [...shown, paint.dim(`  ? … and ${more} more`)] : shown;
}

function footer({ decision, facts, risk }: Judgement): string {
  const digest = isUnknown(facts.change.digest)
    ? "no digest"
    : `digest ${facts.change.digest.slice(0, 16)}`;
  const looked = `${rulesIn(decision.skipped.length)} looked and found nothing`;
  const riskPart = risk === null ? "" : `, riskier than ${risk.percentile} % of changes`;
  return `  ${digest}, ${looked}${riskPart}; \`interlock explain\` shows the facts behind each line`;
}

const rulesIn = (count: number): string => `${count} ${count === 1 ? "rule" : "rules"}`;
