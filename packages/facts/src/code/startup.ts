// SPDX-License-Identifier: Apache-2.0
import type { SgNode } from "@ast-grep/napi";
import type { Language } from "./language.ts";
import { type Detector, lengthOf, type Side, type Sighting, sightingOf } from "./sighting.ts";

const REMOTE: Readonly<Record<Language, { readonly kind: string; readonly callee: RegExp }>> = {
  javascript: {
    kind: "call_expression",
    callee:
      /^(fetch|axios(\.(get|post|request))?|got(\.\w+)?|\w*[cC]onfigClient\.(get|load|fetch)\w*|\w*([sS]ecrets?|[fF]lags?|[aA]uth)Client\.(get|load|fetch|init|connect)\w*)$/,
  },
  python: {
    kind: "call",
    callee:
      /^(requests\.(get|post|request)|httpx\.(get|post|request)|(urllib\.request\.)?urlopen|\w*(config|secrets?|flags?|auth)_?client\.(get|load|fetch|init)\w*)$/i,
  },
  go: {
    kind: "call_expression",
    callee:
      /^(http\.(Get|Post|Head)|http\.DefaultClient\.\w+|\w*([cC]onfig|[sS]ecret|[fF]lag|[aA]uth)Client\.(Get|Load|Fetch)\w*)$/,
  },
  java: {
    kind: "method_invocation",
    callee:
      /^(\w*([rR]estTemplate|[hH]ttpClient|[cC]onfigClient|[sS]ecretsClient|[fF]lagClient|[aA]uthClient))\.(get\w*|exchange|send|execute|load\w*|fetch\w*)$/,
  },
};

const FUNCTION_KINDS = new Set([
  "function_declaration",
  "function_expression",
  "arrow_function",
  "method_definition",
  "generator_function_declaration",
  "function_definition",
  "lambda",
  "func_literal",
  "method_declaration",
  "lambda_expression",
  "constructor_declaration",
]);
const GUARDED = new Set(["try_statement", "try_with_resources_statement"]);

/** Whether the code runs when the program loads, before it serves anybody, with nothing to fall back on. */
function runsAtLoad(node: SgNode): boolean {
  for (let up = node.parent(); up !== null; up = up.parent()) {
    const kind = String(up.kind());
    if (GUARDED.has(kind)) return false;
    if (FUNCTION_KINDS.has(kind))
      return kind === "function_declaration" && up.field("name")?.text() === "init";
    if (kind === "static_initializer") return true;
    // A condition at the margin is a guard for scripts or a configured choice.
    if (kind === "if_statement") return false;
  }
  return true;
}

/** Longer expressions are no plain call. */
const CALL_MAX = 2_000;

function loadTimeCalls(side: Side): readonly Sighting[] {
  if (side.language === null || !isImported(side)) return [];
  const root = side.root();
  if (root === null) return [];
  const { kind, callee } = REMOTE[side.language];
  return root
    .findAll({ rule: { kind } })
    .filter((node) => {
      if (lengthOf(node) > CALL_MAX) return false;
      const name =
        node.field("function")?.text() ??
        `${node.field("object")?.text() ?? ""}.${node.field("name")?.text() ?? ""}`;
      return callee.test(name) && runsAtLoad(node) && !isCaught(node);
    })
    .map((node) => sightingOf(node, { tags: ["load-time"] }));
}

/** A promise whose failure is handled, or that nobody waits for. */
function isCaught(node: SgNode): boolean {
  const chain = node.parent();
  return chain !== null && lengthOf(chain) <= CALL_MAX && /\.(then|catch)$/.test(chain.text());
}

/** A script does its work at top level; a module that others import or a server must not. */
function isImported(side: Side): boolean {
  if (/(^|\/)(scripts?|tools?|bin|hack|ci|contrib|migrations?|notebooks?)\//.test(side.path))
    return false;
  if (side.text.startsWith("#!")) return false;
  if (side.language === "javascript")
    return /\b(export|module\.exports|createServer|listen\()/.test(side.text);
  if (side.language === "python")
    return /^(def|class|async def|app =)/m.test(side.text) && !side.text.includes("__main__");
  return true;
}

/** A failed start-up fetch that ends the process, in a function that runs once at start. */
function fatalFetch(side: Side): readonly Sighting[] {
  const root = side.root();
  if (root === null || side.language !== "go") return [];
  return root
    .findAll({
      rule: {
        kind: "if_statement",
        all: [
          { has: { field: "condition", regex: "^err\\s*!=\\s*nil$" } },
          { has: { field: "consequence", regex: "(log\\.Fatal\\w*|panic|os\\.Exit)\\(" } },
          {
            follows: {
              regex:
                "err\\s*:?=\\s*[^\\n]*(http\\.(Get|Post)|DefaultClient\\.Do|[cC]onfigClient\\.\\w+|[fF]lagClient\\.\\w+|[aA]uthClient\\.\\w+|[sS]ecretsClient\\.\\w+)\\(",
            },
          },
        ],
      },
    })
    .map((node) => sightingOf(node, { subject: fetchedBy(node), tags: ["load-time"] }));
}

/** The call whose error is judged: it stands in the statement before. */
function fetchedBy(node: SgNode): string {
  const statement = node.prev()?.text() ?? "";
  return /=\s*([\w.]+)\(/.exec(statement)?.[1] ?? "fetch";
}

/** R15: a remote service that the process cannot start without. */
export const STARTUP_DETECTORS: readonly Detector[] = [
  {
    id: "load-time-call",
    aspect: "hard-dependency",
    languages: ["javascript", "python", "go", "java"],
    // A statement at the left margin, a Go `init`, or a Java static block.
    hint: /^[A-Za-z_][^\n]{0,200}\b(fetch|axios|got|requests|httpx|urlopen|\w{0,60}[cC]lient)[.(]|^func init\(\)|^[ \t]*static[ \t]*\{|^[ \t]*(?:(?:private|public|protected)[ \t]+)?static\b[^\n=]{0,200}=[^\n]{0,200}\b(restTemplate|httpClient|\w{1,60}Client)\./m,
    find: loadTimeCalls,
  },
  {
    id: "go-fatal-fetch",
    aspect: "hard-dependency",
    languages: ["go"],
    hint: /err\s*!=\s*nil\s*\{\s*(log\.Fatal|panic\(|os\.Exit)/,
    find: fatalFetch,
  },
];
