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
const TITLE = new RegExp(`(["'\`])((?:[a-z-]+: )?${ID}\\b(?:(?!\\1)[^\\n])*)\\1`, "g");

/** @returns {string} the document */
export function attackCases() {
  const found = new Map();
  for (const file of testFiles()) {
    for (const [, , title] of readFileSync(join(ROOT, file), "utf8").matchAll(TITLE))
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
  return lines.join("\n");
}

const byNumber = (a, b) => Number(a.slice(2)) - Number(b.slice(2));
const short = (file) =>
  file.replace(/^packages\/([^/]+)\/test\//, "$1: ").replace(/\.test\.ts$/, "");
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
