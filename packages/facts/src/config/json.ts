// SPDX-License-Identifier: Apache-2.0
import {
  type Node as JsonNode,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import { type Lines, linesOf } from "./positions.ts";
import { DEPTH_MAX, type Entry, type Node, type Parsed, type Problem } from "./types.ts";

/** JSON with comments and trailing commas, which every reader of `.json` configuration meets. */
export function parseJson(text: string): Parsed {
  const errors: ParseError[] = [];
  const lines = linesOf(text);
  const deep = tooDeep(text);
  if (deep !== null)
    return {
      ok: false,
      problem: problemAt(lines, deep, "too-deep", `nested deeper than ${DEPTH_MAX}`),
    };
  const root = parseTree(text.replace(/^\uFEFF/, " "), errors, {
    allowTrailingComma: true,
    disallowComments: false,
  });
  const first = errors[0];
  if (first !== undefined)
    return {
      ok: false,
      problem: problemAt(lines, first.offset, "syntax", words(printParseErrorCode(first.error))),
    };
  if (root === undefined)
    return { ok: false, problem: problemAt(lines, 0, "syntax", "the file is empty") };
  const problems: Problem[] = [];
  return {
    ok: true,
    documents: [convert(root, text, lines, problems)],
    problems,
    approximate: false,
  };
}

function convert(node: JsonNode, text: string, lines: Lines, problems: Problem[]): Node {
  const line = lines.lineAt(node.offset);
  const endLine = lines.lineAt(node.offset + Math.max(0, node.length - 1));
  switch (node.type) {
    case "object": {
      const entries: Entry[] = [];
      const seen = new Set<string>();
      for (const property of node.children ?? []) {
        const [key, value] = property.children ?? [];
        if (key === undefined || value === undefined) continue;
        const name = String(key.value);
        if (seen.has(name))
          problems.push(
            problemAt(lines, key.offset, "duplicate-key", `\`${name.slice(0, 60)}\` stands twice`),
          );
        seen.add(name);
        entries.push({
          key: name,
          keyLine: lines.lineAt(key.offset),
          value: convert(value, text, lines, problems),
        });
      }
      return { kind: "map", entries, line, endLine };
    }
    case "array":
      return {
        kind: "list",
        items: (node.children ?? []).map((c) => convert(c, text, lines, problems)),
        line,
        endLine,
      };
    case "string":
      return { kind: "scalar", type: "string", text: String(node.value), line, endLine };
    case "number": {
      const written = text.slice(node.offset, node.offset + node.length);
      return {
        kind: "scalar",
        type: /^-?\d+$/.test(written) ? "int" : "decimal",
        text: written,
        line,
        endLine,
      };
    }
    case "boolean":
      return { kind: "scalar", type: "bool", text: String(node.value), line, endLine };
    default:
      return { kind: "scalar", type: "null", text: "null", line, endLine };
  }
}

/** Offset at which brackets nest too deep, found without recursion, or `null`. */
function tooDeep(text: string): number | null {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 92) i++;
      else if (c === 34 || c === 10) inString = false;
    } else if (c === 34) inString = true;
    else if (c === 123 || c === 91) {
      if (++depth > DEPTH_MAX) return i;
    } else if (c === 125 || c === 93) depth--;
  }
  return null;
}

export function problemAt(
  lines: Lines,
  offset: number,
  code: Problem["code"],
  message: string,
): Problem {
  return { code, line: lines.lineAt(offset), column: lines.columnAt(offset), message };
}

/** `CloseBraceExpected` as words. */
const words = (code: string): string => code.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
