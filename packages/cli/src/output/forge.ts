// SPDX-License-Identifier: Apache-2.0
/** Annotations for GitHub Actions, and Markdown for a comment on a change. */
import { explainReason, explainRequirement, isUnknown, share } from "@interlock/core";
import {
  gapText,
  isSilentHold,
  type Judgement,
  type Level,
  levelOf,
  locatedFindings,
  ruleBecause,
} from "./judgement.ts";
import { printable } from "./printable.ts";

const COMMAND = { error: "error", warning: "warning", note: "notice" } as const;

/** A runner shows ten of a kind for a step, and says of the others that there are more. */
const GAPS_SHOWN = 10;

/** Workflow commands (docs.github.com, “Workflow commands for GitHub Actions”). */
export function githubAnnotations({ decision, facts }: Judgement): string {
  const inForce = levelOf({ outcome: decision.effective, mode: "enforce" });
  const lines = [
    ...locatedFindings(decision).map(({ rule, finding }) =>
      annotation(levelOf(rule), {
        ...finding,
        title: rule.rule,
        says: finding.message || rule.title,
      }),
    ),
    // Many rules share what they could not read; it is said once, by the gaps.
    ...decision.rules
      .filter((r) => isSilentHold(r) && r.reason.code !== "facts-unknown")
      .map((r) => annotation(levelOf(r), { title: r.rule, says: ruleBecause(r) })),
    ...facts.gaps.slice(0, GAPS_SHOWN).map((gap) =>
      annotation(inForce, {
        path: gap.path,
        title: `not read: ${gap.group}`,
        says: gapText(gap),
      }),
    ),
    annotation(inForce, {
      title: "interlock",
      says: `${decision.effective}: ${facts.change.subject}`,
    }),
  ];
  return `${lines.join("\n")}\n`;
}

type Said = {
  readonly path?: string;
  readonly line?: number;
  readonly title: string;
  readonly says: string;
};

function annotation(level: Level, { path = "", line = 1, title, says }: Said): string {
  const place = path === "" ? "" : `file=${property(path)},line=${Math.max(1, line)},`;
  return `::${COMMAND[level]} ${place}title=${property(title)}::${message(says)}`;
}

const message = (text: string): string =>
  printable(text).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
const property = (text: string): string => message(text).replace(/:/g, "%3A").replace(/,/g, "%2C");

export function markdown({ id, decision, facts }: Judgement): string {
  const open = decision.rules.filter((r) => r.outcome !== "allow");
  const effects = isUnknown(facts.effects) ? [] : facts.effects.slice(0, 10);
  return [
    `### ${decision.outcome.toUpperCase()}: ${escaped(facts.change.subject)} (\`${code(id.slice(0, 40))}\`)`,
    "",
    ...(decision.effective === decision.outcome
      ? []
      : [`In force now: **${decision.effective}** (rules in \`observe\` do not hold).`, ""]),
    ...effects.map(
      (e) =>
        `- effect: ${escaped(e.verb)} ${e.count}${e.of > 0 ? ` of ${e.of} (${share(e.sharePpm)})` : ""} ${escaped(e.what)}: \`${code(e.subject)}\``,
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

/**
 * Text of a change is hostile: it must not become a link, an image, a mention, a formula or a table
 * cell. The forge looks for references in what Markdown has rendered, where a backslash is gone: a
 * word joiner (U+2060), which shows nothing, breaks them (github.github.com/gfm, “Autolinks (extension)”;
 * docs.gitlab.com, “GitLab-specific references”: `!1`, `$1`, `&1`, `~bug`, `%v1`).
 */
function escaped(text: string): string {
  return printable(text)
    .replace(/[&<>]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[c] ?? c)
    .replace(/[\\`*_[\]()#|!~$]/g, "\\$&")
    .replace(/[@#]|www(?=\.)|gh-(?=\d)|:(?=\/\/)|(?:[!$]|&amp;)(?=\d)|[~%](?=\w)/gi, "$&&#8288;");
}

const code = (text: string): string => printable(text).replace(/[`|]/g, " ");
