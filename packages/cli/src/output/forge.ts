// SPDX-License-Identifier: Apache-2.0
/** Annotations for GitHub Actions, and Markdown for a comment on a change. */
import { explainReason, explainRequirement, isUnknown, share } from "@interlock/core";
import { findingsOf, type Judgement, ruleBecause } from "./judgement.ts";
import { printable } from "./printable.ts";

const COMMAND = { deny: "error", hold: "warning", allow: "notice" } as const;

/** Workflow commands (docs.github.com, “Workflow commands for GitHub Actions”). */
export function githubAnnotations(judgements: readonly Judgement[]): string {
  const lines = judgements.flatMap((j) => [
    ...findingsOf(j.decision).map(
      (f) =>
        `::${COMMAND[f.outcome]} ${f.path === "" ? "" : `file=${property(f.path)},line=${Math.max(1, f.line)},`}title=${property(f.rule)}::${message(f.message)}`,
    ),
    `::${COMMAND[j.decision.effective]} title=interlock::${message(`${j.decision.effective}: ${j.facts.change.subject}`)}`,
  ]);
  return `${lines.join("\n")}\n`;
}

const message = (text: string): string =>
  printable(text).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
const property = (text: string): string => message(text).replace(/:/g, "%3A").replace(/,/g, "%2C");

export function markdown(judgements: readonly Judgement[]): string {
  return judgements.map(one).join("\n");
}

function one({ id, decision, facts }: Judgement): string {
  const open = decision.rules.filter((r) => r.outcome !== "allow");
  const effects = isUnknown(facts.effects) ? [] : facts.effects.slice(0, 10);
  return [
    `### ${decision.outcome.toUpperCase()}: ${escaped(facts.change.subject)} (\`${id.slice(0, 12)}\`)`,
    "",
    ...(decision.effective === decision.outcome
      ? []
      : [`In force now: **${decision.effective}** (rules in \`observe\` do not hold).`, ""]),
    ...effects.map(
      (e) =>
        `- effect: ${e.verb} ${e.count}${e.of > 0 ? ` of ${e.of} (${share(e.sharePpm)})` : ""} ${e.what}: \`${code(e.subject)}\``,
    ),
    ...(effects.length > 0 ? [""] : []),
    ...(open.length === 0
      ? ["Nothing is missing."]
      : ["| rule | because | missing | who can supply it |", "| --- | --- | --- | --- |"]),
    ...open.map((r) => {
      const missing = r.requirements.filter((q) => q.state !== "met");
      return `| ${escaped(r.rule)} | ${escaped(ruleBecause(r))} | ${missing.map((q) => escaped(`${explainRequirement(q.requirement)}: ${explainReason(q.reason)}`)).join("<br>")} | ${missing.map((q) => escaped(q.who.slice(0, 5).join(", "))).join("<br>")} |`;
    }),
    "",
  ].join("\n");
}

/** Text of a change is hostile: it must not become a link, an image, a mention or a table cell. */
function escaped(text: string): string {
  return printable(text)
    .replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c] ?? c)
    .replace(/[\\`*_[\]()#|!~]/g, "\\$&")
    .replace(/@/g, "@\u2060");
}

const code = (text: string): string => printable(text).replace(/[`|]/g, " ");
