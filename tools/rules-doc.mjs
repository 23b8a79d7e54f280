// SPDX-License-Identifier: Apache-2.0
// Makes docs/reference/rules.md from the pack and conformance/catalogue.yaml: `npm run docs`.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The document as text; a test compares it with the file. */
export async function rulesDocument() {
  const { builtInPacks } = await import(join(root, "packages/policy/dist/index.js"));
  const rules = builtInPacks().get("reliability-core");
  const rows = parse(readFileSync(join(root, "conformance/catalogue.yaml"), "utf8"));
  return `# Rules

<!-- Made by \`npm run docs\` from the pack and conformance/catalogue.yaml. Do not edit. -->

\`interlock rules\` lists the rules of the pack \`reliability-core\`, and \`interlock explain R43\` prints one with its
condition, its motive and a link. Class H denies, 2 and 1 ask for so many owners whose statement names the finding, n is a
notice. Every rule fires only on what a change brings or makes worse.

## The catalogue

The sixty-five conditions that the pack was built from, the rules that stand for each, and what none of them sees.

| Number | Fires when | Rules | Not seen |
| --- | --- | --- | --- |
${rows.map((row) => catalogueRow(row, rules)).join("\n")}

## All rules

| Rule | Class | Reads | Title |
| --- | --- | --- | --- |
${rules.map(ruleRow).join("\n")}
`;
}

/** Ids of the rules that stand for a number of the catalogue, sorted. */
export function rulesOf(row, rules) {
  const own = rules.map((r) => r.id).filter((id) => id === row.id || id.startsWith(`${row.id}-`));
  return [...new Set([...own, ...(row.also ?? [])])].sort();
}

function catalogueRow(row, rules) {
  const ids = rulesOf(row, rules).map((id) => `\`${id}\``);
  const stands = row["built-in"] === undefined ? ids.join(", ") : `built in: ${row["built-in"]}`;
  return `| ${row.id} | ${row.fires} | ${stands} | ${row.not} |`;
}

const ruleRow = (rule) =>
  `| \`${rule.id}\` | ${rule.severity ?? "by requirement"} | ${(rule.each ?? "change").split(".")[0]} | ${rule.title} |`;

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(join(root, "docs/reference/rules.md"), await rulesDocument());
