// SPDX-License-Identifier: Apache-2.0
import type { Complaint, TextFile } from "./complaint.ts";
import { lineOf, literalOf, type Node, nodesOf, syntaxOf } from "./syntax.ts";

/** The promises of design section 4: names that sources may cite, and those that this code proves. */
export type Promises = { readonly all: readonly string[]; readonly proved: readonly string[] };

type Named = { readonly name: string; readonly path: string; readonly line: number };

export const PROMISES_FILE = "tools/checks/promises.json";

const SOURCE = /^packages\/[^/]+\/src\/.*\.tsx?$/;
const TEST = /^(?:packages\/[^/]+|tools)\/test\/.*\.test\.ts$/;
const DECLARED = /INVARIANT \(([^()\n]{1,60})\)/g;
const CITED = /\bby \(([a-z][a-z0-9 -]{1,59})\)/g;
const TITLED = /^(?:test|it|describe)(?:\.|$)/;

/**
 * Complains about a cited name that nobody declared, and about an invariant or a promise without a
 * test of its name. A title names one as `(name)`, as `name: …`, or by being the name.
 */
export function checkInvariants(
  files: readonly TextFile[],
  promises: Promises,
): readonly Complaint[] {
  const sources = files.filter((file) => SOURCE.test(file.path));
  const declared = sources.flatMap((file) => namesIn(file, DECLARED));
  const cited = sources.flatMap((file) => namesIn(file, CITED));
  const known = new Set([...promises.all, ...declared.map(({ name }) => name)]);
  const titles = files.filter((file) => TEST.test(file.path)).flatMap(titlesOf);

  const unknown = cited
    .filter(({ name }) => !known.has(name))
    .map((use) => complaint(use, `\`${use.name}\` is cited but is no named invariant`));
  const unproved = distinct(declared)
    .filter(({ name }) => !titles.some((title) => names(title, name)))
    .map((use) => complaint(use, `no test is named \`(${use.name})\``));
  const broken = promises.proved
    .filter((name) => !titles.some((title) => names(title, name)))
    .map((name) => ({
      path: PROMISES_FILE,
      line: 1,
      message: `the promise \`${name}\` has no test whose title says \`(${name})\``,
    }));
  return [...unknown, ...unproved, ...broken];
}

function namesIn(file: TextFile, pattern: RegExp): readonly Named[] {
  return nodesOf(syntaxOf(file), ["comment"]).flatMap((node) =>
    [...node.text().matchAll(pattern)].map((match) => ({
      name: match[1] ?? "",
      path: file.path,
      line: lineOf(node) + node.text().slice(0, match.index).split("\n").length - 1,
    })),
  );
}

function titlesOf(file: TextFile): readonly string[] {
  return nodesOf(syntaxOf(file), ["call_expression"]).flatMap((call) => {
    if (!TITLED.test(call.field("function")?.text() ?? "")) return [];
    const title = firstArgument(call);
    return title === null ? [] : (literalOf(title) ?? []);
  });
}

function firstArgument(call: Node): Node | null {
  const list = call.field("arguments")?.children() ?? [];
  return list.find((child) => child.isNamed() && child.kind() !== "comment") ?? null;
}

function names(title: string, name: string): boolean {
  return title === name || title.startsWith(`${name}:`) || title.includes(`(${name})`);
}

function distinct(all: readonly Named[]): readonly Named[] {
  return [...new Map([...all].reverse().map((one) => [one.name, one])).values()];
}

function complaint({ path, line }: Named, message: string): Complaint {
  return { path, line, message };
}
