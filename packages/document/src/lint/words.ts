// SPDX-License-Identifier: Apache-2.0
/** What a sentence leaves open, and what must not stand in it. */
import { SECTIONS } from "../document.ts";
import { QUESTION } from "../fields.ts";
import type { Sited } from "../read.ts";
import type { Finding, LintId } from "./finding.ts";
import type { Passage } from "./passages.ts";

type Word = { readonly id: LintId; readonly pattern: RegExp; readonly help: string };

const WORDS: readonly Word[] = [
  {
    id: "unfilled",
    pattern: /\b(?:TBD|TODO|FIXME|XXX)\b/g,
    help: "answer the question, or take the line out",
  },
  {
    id: "vague",
    pattern:
      /\b(?:(?:as|if|when|where|wherever) (?:needed|necessary|required|appropriate|applicable)|if (?:something|anything|things?) (?:goes?|looks?|seems?|breaks?|fails?)(?: \w{1,20})?|in case of (?:problems?|issues?|trouble|errors?)|if (?:there (?:are|is) )?(?:any )?(?:problems?|issues?)\b|as (?:usual|always)|the usual (?:way|steps|procedure)|business as usual|should be (?:fine|ok|okay|safe)|hopefully|somehow|some time|at some point|as soon as possible|asap|etc\b|and so on|and so forth|or similar|best effort|use (?:your )?(?:best )?judge?ment|be careful|carefully|make sure (?:everything|all|it) (?:works?|is (?:fine|ok|okay|good))|revert if (?:needed|bad)|roll ?back if (?:needed|bad))/gi,
    help: "say who does what, at which value",
  },
  {
    id: "vague-watch",
    pattern:
      /\b(?:monitor(?! (?:named|called|page))|watch(?:ing)? (?:the|for|out)|keep (?:an eye|watching)|observe the|look out for)\b/gi,
    help: "say for how long, where, and which value means stop",
  },
  {
    id: "vague-state",
    pattern:
      /\b(?:(?:is|are|looks?|stays?|remains?|be|back to|returns? to) (?:normal|healthy|stable|good|fine|ok|okay)|no (?:errors|issues|problems)|works? (?:correctly|as expected|fine|properly)|as expected)\b/gi,
    help: "name the figure and the place where it is read",
  },
];

/** Token formats that cannot be anything else; sources are the providers' own documentation. */
const SECRETS: readonly RegExp[] = [
  /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/g,
  /\bAIza[0-9A-Za-z_-]{35}\b/g,
  /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9]{22}_)/g,
  /\bglpat-[A-Za-z0-9_-]{20}/g,
  /\bxox[abeprs]-\d{1,20}-[A-Za-z0-9-]{10}/g,
  /\b[sr]k_live_[A-Za-z0-9]{20}/g,
  /\bnpm_[A-Za-z0-9]{36}\b/g,
  /\bhv[bs]\.[A-Za-z0-9_-]{24}/g,
  /\bsk-ant-(?:api|admin)\d\d-[A-Za-z0-9_-]{20}/g,
  /-----BEGIN (?:[A-Z]{1,20} ){0,2}PRIVATE KEY/g,
  /\beyJ[A-Za-z0-9_-]{15,200}\.eyJ[A-Za-z0-9_-]{15}/g,
  /:\/\/[^\s:/@]{1,80}:[^\s/@${}<]{6,80}@/g,
  /\b(?:password|passwd|pwd|secret|token|api[_-]?key)["']?\s{0,3}[:=]\s{0,3}["']?(?=[^\s"']{0,60}\d)(?![${<])[^\s"'${}<>]{8}/gi,
];

/** With a figure in the same sentence somebody said how long or how much. */
const hasFigure = (sentence: string): boolean => /\d/.test(sentence);

/** Findings a passage, so that one careless paragraph does not hide the rest. */
const PASSAGE_FINDINGS_MAX = 20;

export function wordFindings(passage: Passage): readonly Finding[] {
  const secrets = SECRETS.flatMap((pattern) => matches(pattern, passage.text)).map(({ index }) =>
    found(passage, index, {
      id: "secret",
      severity: "error",
      message: "a credential stands in the text",
      help: "take it out, replace it where it is used, and name where it is kept instead",
    }),
  );
  if (passage.argument) return [...secrets, ...unfilled(passage)];
  const words = WORDS.flatMap((word) => wordIn(word, passage));
  return [...secrets, ...words].slice(0, PASSAGE_FINDINGS_MAX);
}

function wordIn({ id, pattern, help }: Word, passage: Passage): readonly Finding[] {
  return matches(pattern, passage.text).flatMap(({ index, text }) => {
    const figured = id === "vague-watch" || id === "vague-state";
    if (figured && hasFigure(sentenceAt(passage.text, index))) return [];
    const severity = id === "vague-state" ? "warning" : "error";
    return [
      found(passage, index, { id, severity, message: `\`${text.trim()}\` ${SAYS[id]}`, help }),
    ];
  });
}

const SAYS: Readonly<Record<string, string>> = {
  unfilled: "is a question that is still open",
  vague: "leaves it to whoever reads it",
  "vague-watch": "says neither how long nor which value",
  "vague-state": "has no figure by which to know it",
};

const unfilled = (passage: Passage): readonly Finding[] =>
  WORDS.filter(({ id }) => id === "unfilled").flatMap((word) => wordIn(word, passage));

function sentenceAt(text: string, index: number): string {
  const before = text.slice(0, index).search(/[.!?\n][^.!?\n]*$/);
  const after = text.slice(index).search(/[.!?](?:\s|$)/);
  return text.slice(before + 1, after < 0 ? text.length : index + after);
}

const matches = (pattern: RegExp, text: string) =>
  [...text.matchAll(pattern)]
    .slice(0, PASSAGE_FINDINGS_MAX)
    .map((m) => ({ index: m.index, text: m[0] }));

const found = (
  passage: Passage,
  index: number,
  what: Pick<Finding, "id" | "severity" | "message" | "help">,
): Finding => ({ ...what, section: passage.section, ...passage.spot(index) });

const OPEN = new RegExp(`\\b${QUESTION}\\b:?[ \\t]*([^"'\\n]{0,120})`, "g");
/** Open questions that are listed; the rest is as open. */
const OPEN_MAX = 200;

/** Questions of the template that nobody has answered, wherever in the text they stand. */
export function openQuestions({ text, bodyLine }: Sited): readonly Finding[] {
  let section: Finding["section"] = null;
  const found: Finding[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const key = /^([A-Za-z]+):/.exec(line)?.[1];
    if (i + 1 >= bodyLine) section = null;
    else if (key !== undefined) section = SECTIONS.find((s) => s === key) ?? null;
    for (const match of line.matchAll(OPEN))
      found.push({
        id: "unfilled",
        severity: "error",
        section,
        line: i + 1,
        column: match.index + 1,
        message: `not answered yet: ${(match[1] ?? "").trim() || "what belongs here"}`,
        help: "answer it, or take the line out",
      });
  }
  return found.slice(0, OPEN_MAX);
}
