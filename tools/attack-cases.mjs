#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Writes docs/security/attack-cases.md: which known attacks are tests, by the ids in the tests' names.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const DOC = join(ROOT, "docs/security/attack-cases.md");

const GROUPS = {
  AQ: "Approval binding and quorum",
  WA: "WebAuthn ceremony",
  LG: "Ledger and proofs",
  PE: "Policy and decision engine",
  WH: "Inbound webhooks",
  SS: "Outbound requests",
  GT: "Git and hostile repositories",
  PX: "Parsers and exhaustion",
  TK: "Tokens, sessions, API",
  UI: "Browser and terminal",
  RO: "Rollout, override, unwind",
  IN: "Insider and operations",
};
const ID = `(?:${Object.keys(GROUPS).join("|")})[0-9]{1,2}`;
/** A text that begins with ids, perhaps after the name of an invariant. */
const TITLE = new RegExp(`(["'\`])((?:[a-z-]+: |P[0-9]+ )*${ID}\\b(?:(?!\\1)[^\\n])*)\\1`, "g");

/** The name of a case that stands as data. */
const CASE = new RegExp(`^case: ("?)(${ID}\\b[^\\n"]*)`, "gm");

/** Ids that no test has, and why. */
const WITHOUT = {
  AQ9: "no setting carries votes over; an equal digest does, and nothing else",
  GT17: "nothing here speaks SSH",
  IN9: "an entry about the program that runs does not exist; receipts verify with any later one",
  IN10: "nothing here watches that somebody audits; a witness and `ledger verify` say the age of what they saw",
  PE7: "the forge's list of files is never asked for; changes are computed from Git",
  PE10: "the server and the command line decide with one implementation; the direct and the full evaluation are compared by properties, not while deciding",
  PX4: "no XML is read",
  PX5: "no archive is unpacked",
  TK5: "tokens are bearer tokens; none of them approves, and what they may do is bounded by repository and verb",
};

/** @returns {string} the document */
export function attackCases() {
  const found = new Map();
  for (const file of [...testFiles(), ...caseFiles()]) {
    const titles = file.endsWith(".yaml") ? CASE : TITLE;
    for (const [, , title] of readFileSync(join(ROOT, file), "utf8").matchAll(titles))
      for (const [id] of title.matchAll(new RegExp(`\\b${ID}\\b`, "g")))
        found.set(id, [...(found.get(id) ?? []), { title, file }]);
  }
  const lines = [
    "# Attack cases",
    "",
    "Known attacks on gates of this kind, each by an id, and the tests that try them. `npm run attack-cases` writes this page from the names of the tests; a case is here when a test tries it, which need not be all of it.",
    "",
  ];
  for (const [group, name] of Object.entries(GROUPS)) {
    const ids = [...found.keys()].filter((id) => id.startsWith(group)).sort(byNumber);
    if (ids.length === 0) continue;
    lines.push(`## ${group}: ${name}`, "", "| Id | Test | In |", "| --- | --- | --- |");
    for (const id of ids)
      for (const { title, file } of unique(found.get(id)))
        lines.push(`| ${id} | ${cell(title)} | [${short(file)}](../../${file}) |`);
    lines.push("");
  }
  const without = Object.keys(GROUPS).filter(
    (g) => ![...found.keys()].some((id) => id.startsWith(g)),
  );
  if (without.length > 0)
    lines.push(`No test yet: ${without.map((g) => `${g} (${GROUPS[g]})`).join(", ")}.`, "");
  lines.push("## No test", "", "| Id | Why |", "| --- | --- |");
  for (const [id, why] of Object.entries(WITHOUT))
    if (!found.has(id)) lines.push(`| ${id} | ${why} |`);
  lines.push("");
  return lines.join("\n");
}

const byNumber = (a, b) => Number(a.slice(2)) - Number(b.slice(2));
const short = (file) =>
  file
    .replace(/^conformance\/(.*)\.yaml$/, "cases: $1")
    .replace(/^packages\/([^/]+)\/test\//, "$1: ")
    .replace(/\.test\.ts$/, "");
const cell = (title) => title.replace(/\|/g, "\\|").replace(/[<>`]/g, "");

function unique(items) {
  const seen = new Set();
  return items.filter(({ title, file }) => {
    const key = `${title}\n${file}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const caseFiles = () =>
  readdirSync(join(ROOT, "conformance"), { recursive: true })
    .filter((file) => String(file).endsWith(".yaml"))
    .map((file) => `conformance/${file}`)
    .sort();

function testFiles() {
  return readdirSync(join(ROOT, "packages")).flatMap((name) => {
    try {
      return readdirSync(join(ROOT, "packages", name, "test"), { recursive: true })
        .filter((file) => String(file).endsWith(".test.ts"))
        .map((file) => `packages/${name}/test/${file}`)
        .sort();
    } catch (error) {
      if (error.code === "ENOENT") return [];
      throw error;
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOC, attackCases());
