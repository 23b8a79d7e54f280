// SPDX-License-Identifier: Apache-2.0
import type { Complaint, TextFile } from "./complaint.ts";
import { FUNCTIONS, lineOf, type Node, nodesOf, syntaxOf } from "./syntax.ts";

/** House style 3.3: the decision is a function of its arguments. */
const PURE = /^packages\/(?:core|digest|judge)\/src\//;

const FORBIDDEN: ReadonlyMap<string, string> = new Map([
  ["Date", "has no clock"],
  ["performance", "has no clock"],
  ["Temporal", "has no clock"],
  ["Intl", "depends on no locale or time-zone data"],
  ["process", "has no environment"],
  ["globalThis", "has no environment"],
  ["fetch", "has no network"],
  ["crypto", "has no randomness"],
  ["setTimeout", "is synchronous"],
  ["setInterval", "is synchronous"],
  ["queueMicrotask", "is synchronous"],
  ["Promise", "is synchronous"],
  ["eval", "runs no text"],
  ["Function", "runs no text"],
]);

const LOCALE = new Set([
  "toLocaleString",
  "toLocaleLowerCase",
  "toLocaleUpperCase",
  "localeCompare",
]);

/** Complains about anything in `core`, `digest` and `judge` that could give two answers to one question. */
export function checkPurity(files: readonly TextFile[]): readonly Complaint[] {
  return files
    .filter((file) => PURE.test(file.path))
    .flatMap((file) =>
      impurities(syntaxOf(file)).map(({ line, message }) => ({ path: file.path, line, message })),
    );
}

function impurities(root: Node): readonly Omit<Complaint, "path">[] {
  const names = nodesOf(root, ["identifier", "type_identifier"]).flatMap((node) => {
    const because = FORBIDDEN.get(node.text());
    return because === undefined ? [] : [at(node, `\`${node.text()}\`: this package ${because}`)];
  });
  const members = nodesOf(root, ["member_expression"]).flatMap((node) => {
    const property = node.field("property")?.text() ?? "";
    if (node.text() === "Math.random")
      return [at(node, "`Math.random`: there is no randomness here")];
    if (LOCALE.has(property)) return [at(node, `\`${property}\` depends on the machine's locale`)];
    return [];
  });
  const waits = nodesOf(root, FUNCTIONS)
    .filter((node) => node.children().some((child) => child.text() === "async"))
    .map((node) => at(node, "this package is synchronous: nothing in it is `async`"));
  return [...names, ...members, ...waits];
}

function at(node: Node, message: string): Omit<Complaint, "path"> {
  return { line: lineOf(node), message };
}
