// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkBudgets, EXCEPTIONS_FILE, type Exception, reportBudgets } from "./budgets.ts";
import type { Complaint } from "./complaint.ts";
import { checkForeignPlaces } from "./foreign-places.ts";
import { checkImports, type ImportTable } from "./imports.ts";
import { checkInvariants, PROMISES_FILE, type Promises } from "./invariants.ts";
import { checkLicence } from "./licence.ts";
import { checkLinks } from "./links.ts";
import { checkPurity } from "./purity.ts";
import { describeMachine, readRepository } from "./repository.ts";

const root = process.cwd();
const { files, paths } = readRepository(root);
const machine = describeMachine(root, process.env["npm_config_registry"]);

const CHECKS: readonly (readonly [string, () => readonly Complaint[]])[] = [
  ["imports", () => checkImports(files, table<ImportTable>("tools/checks/imports.json"))],
  ["purity", () => checkPurity(files)],
  ["budgets", () => checkBudgets(files, table<readonly Exception[]>(EXCEPTIONS_FILE))],
  ["invariants", () => checkInvariants(files, table<Promises>(PROMISES_FILE))],
  ["links", () => checkLinks(files, paths)],
  ["licence", () => checkLicence(files)],
  ["foreign places", () => checkForeignPlaces(files, machine)],
];

const found = CHECKS.map(([name, check]) => ({ name, complaints: check() }));
for (const { name, complaints } of found) {
  console.log(`${complaints.length === 0 ? "ok  " : "FAIL"} ${name}`);
  for (const { path, line, message } of complaints) console.log(`  ${path}:${line}: ${message}`);
}
console.log(reportBudgets(files));
process.exitCode = found.every(({ complaints }) => complaints.length === 0) ? 0 : 1;

// Our own tables, reviewed with the code that reads them; their types are these checks' types.
function table<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), "utf8")) as T;
}
