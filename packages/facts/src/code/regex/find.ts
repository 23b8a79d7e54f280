// SPDX-License-Identifier: Apache-2.0
import type { SgNode } from "@ast-grep/napi";
import { type Detector, lineAt, type Side, type Sighting } from "../sighting.ts";
import { judgeRegex } from "./ambiguity.ts";

/** A loop right after a loop, inside or beside a group: without one nothing can explode. */
const SUSPECT =
  /[+*}]\??\)*[^\s|]{0,80}?\)\??[+*{]|[+*]\??[^\\\s"']{0,40}?\)[+*{]|(\.|\]|\\S)[*+][^\s]{0,8}?(\.|\]|\\S)[*+]|\|[^\s)]{0,80}\)[+*{]/;

type Found = {
  readonly source: string;
  readonly line: number;
  readonly fold: boolean;
  readonly whole: boolean;
};

function verdictTags(found: Found): readonly string[] | null {
  if (!SUSPECT.test(found.source)) return null;
  const verdict = judgeRegex(found.source, { fold: found.fold, whole: found.whole });
  if (verdict.kind === "exponential") return ["exponential"];
  if (verdict.kind === "polynomial") return ["polynomial"];
  return verdict.kind === "too-complex" ? ["not-analysed"] : null;
}

function sightings(found: readonly Found[]): readonly Sighting[] {
  return found.flatMap((one) => {
    const tags = verdictTags(one);
    if (tags === null) return [];
    const { line, source } = one;
    return [{ line, endLine: line, subject: source.slice(0, 120), text: source, tags }];
  });
}

/** The characters of a string literal in a program, or `null` when it is computed. */
export function literalOf(node: SgNode): string | null {
  const text = node.text();
  const raw = /^[a-zA-Z]{0,2}[rR][a-zA-Z]{0,2}("""|'''|"|')([\s\S]*)\1$/.exec(text);
  if (raw !== null) return raw[2] ?? "";
  const tick = /^`([^`$]*)`$/.exec(text);
  if (tick !== null) return unescaped(tick[1] ?? "");
  const plain = /^[uUbB]?("""|'''|"|')([\s\S]*)\1$/.exec(text);
  return plain === null ? null : unescaped(plain[2] ?? "");
}

/** Undoes the escapes that matter in a pattern: a doubled backslash and an escaped quote. */
function unescaped(text: string): string {
  return text.replace(/\\([\\"'`/])/g, "$1");
}

const firstArgument = (node: SgNode): SgNode | null =>
  node
    .field("arguments")
    ?.children()
    .find((child) => child.isNamed() && child.kind() !== "comment") ?? null;

function fromCalls(side: Side, root: SgNode): readonly Found[] {
  const spec = CALLS[side.language ?? "go"];
  if (spec === undefined) return [];
  return root.findAll({ rule: { any: spec.kinds.map((kind) => ({ kind })) } }).flatMap((node) => {
    const callee = `${node.field("object")?.text() ?? ""}.${(node.field("function") ?? node.field("constructor") ?? node.field("name"))?.text() ?? ""}`;
    if (!spec.callee.test(callee)) return [];
    const argument = firstArgument(node);
    const source = argument === null ? null : literalOf(argument);
    if (source === null) return [];
    return [
      {
        source,
        line: node.range().start.line + 1,
        fold: /\b(IGNORECASE|re\.I|CASE_INSENSITIVE)\b|,\s*['"]\w*i/.test(node.text()),
        whole: /(fullmatch|\.matches)$/.test(callee),
      },
    ];
  });
}

type Calls = { readonly kinds: readonly string[]; readonly callee: RegExp };

// Go is absent: its matcher is linear.
const CALLS: { readonly [language: string]: Calls | undefined } = {
  javascript: { kinds: ["new_expression", "call_expression"], callee: /^\.RegExp$/ },
  python: {
    kinds: ["call"],
    callee: /\.(re|regex)\.(compile|match|fullmatch|search|sub|subn|split|findall|finditer)$/,
  },
  java: {
    kinds: ["method_invocation"],
    callee: /Pattern\.(compile|matches)$|\.(matches|replaceAll|replaceFirst|split)$/,
  },
};

function literals(root: SgNode): readonly Found[] {
  return root.findAll({ rule: { kind: "regex" } }).map((node) => {
    const match = /^\/([\s\S]*)\/([a-z]*)$/.exec(node.text());
    return {
      source: match?.[1] ?? "",
      line: node.range().start.line + 1,
      fold: (match?.[2] ?? "").includes("i"),
      whole: false,
    };
  });
}

function fromProgram(side: Side): readonly Sighting[] {
  const root = side.root();
  if (root === null) return [];
  return sightings([
    ...(side.language === "javascript" ? literals(root) : []),
    ...fromCalls(side, root),
  ]);
}

/** More strings than a line of configuration holds. */
const QUOTED_MAX = 50;
/** Longest line in which a pattern is looked for; longer ones are data. */
const LINE_MAX = 2_000;
/** Words on the line that say that a string is a pattern. */
const SAYS_PATTERN =
  /regex|regexp|pattern|\brx\b|@rx|match|filter|rule|expression|~\*?\s|gsub|preg_|Regex\(|re_match|rewrite|location/i;

/** Patterns in configuration and in languages without a grammar here, found line by line. */
function fromLines(side: Side): readonly Sighting[] {
  const found: Found[] = [];
  let offset = 0;
  for (const line of side.text.split("\n")) {
    if (
      line.length <= LINE_MAX &&
      SUSPECT.test(line) &&
      SAYS_PATTERN.test(line) &&
      found.length < 1_000
    )
      for (const source of candidates(line))
        found.push({
          source,
          line: lineAt(side.text, offset),
          fold: /\bi\b|\(\?i/.test(line),
          whole: false,
        });
    offset += line.length + 1;
  }
  return sightings(found);
}

function candidates(line: string): readonly string[] {
  const suspects = (texts: readonly string[]): readonly string[] =>
    [...new Set(texts.map((text) => text.replace(/^@rx\s/, "").trim()))].filter((text) =>
      SUSPECT.test(text),
    );
  const inQuotes = suspects(quotedIn(line));
  if (inQuotes.length > 0) return inQuotes;
  const start = /(?:[:=]|~\*?|@rx|\brewrite|\blocation ~\*?)\s{1,20}(?=[^"'\s])/.exec(line);
  if (start === null) return [];
  return suspects([line.slice(start.index + start[0].length).replace(/[\s;,{]{1,40}$/, "")]);
}

/** What stands between quotes, slashes or Lua's long brackets, read once from left to right. */
function quotedIn(line: string): readonly string[] {
  const found: string[] = [];
  for (let i = 0; i < line.length && found.length < QUOTED_MAX; i += 1) {
    const sign = line[i] ?? "";
    if (sign === "[" && line[i + 1] === "[") {
      const end = line.indexOf("]]", i + 2);
      if (end < 0) break;
      found.push(line.slice(i + 2, end));
      i = end + 1;
    } else if (sign === '"' || sign === "'" || sign === "/") {
      const end = closing(line, i, sign);
      // A stray apostrophe or slash opens nothing.
      if (end < 0) continue;
      const inner = line.slice(i + 1, end);
      found.push(sign === '"' ? unescaped(inner) : inner.replaceAll("''", "'"));
      if (sign !== "/") i = end;
    }
  }
  return found.filter((text) => text.length >= 4);
}

function closing(line: string, start: number, sign: string): number {
  for (let i = start + 1; i < line.length; i += 1) {
    if (line[i] === "\\") i += 1;
    // YAML and SQL write a quote inside single quotes twice.
    else if (sign === "'" && i > start + 1 && line.startsWith("''", i)) i += 1;
    else if (line[i] === sign) return i;
  }
  return -1;
}

/** R12: patterns that can take a matcher's whole CPU. */
export const REGEX_DETECTORS: readonly Detector[] = [
  {
    id: "regex-program",
    aspect: "catastrophic-regex",
    languages: ["javascript", "python", "java"],
    hint: SUSPECT,
    find: fromProgram,
  },
  {
    id: "regex-line",
    aspect: "catastrophic-regex",
    languages: "any",
    hint: SUSPECT,
    find: (side) => (side.language === null ? fromLines(side) : []),
  },
];
