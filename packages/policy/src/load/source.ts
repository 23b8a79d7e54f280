// SPDX-License-Identifier: Apache-2.0
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  LineCounter,
  parseDocument,
} from "yaml";
import type { Problem, ProblemCode } from "../problem.ts";
import { obstacleIn } from "./nesting.ts";

export type Path = readonly (string | number)[];

/** A YAML text with a way back from any value to its line and column. */
export type Source = {
  readonly file: string;
  readonly value: unknown;
  readonly problems: readonly Problem[];
  readonly problem: (code: ProblemCode, path: Path, message: string, help: string) => Problem;
  /** The same, at an offset inside the text of a scalar. */
  readonly problemIn: (
    code: ProblemCode,
    path: Path,
    offset: number,
    message: string,
    help: string,
  ) => Problem;
  /** The place of a key itself rather than of its value. */
  readonly problemAtKey: (code: ProblemCode, path: Path, message: string, help: string) => Problem;
};

const MAX_BYTES = 1_000_000;
/** Nobody reads more problems of one kind, and each has to be placed. */
const TOLD_MAX = 50;

/**
 * Reads YAML 1.2 without anchors, aliases, tags and merge keys: a policy says everything where it
 * stands. `what` is what messages call the text.
 */
export function readSource(file: string, text: string, what = "a policy"): Source {
  const lines = new LineCounter();
  if (text.length > MAX_BYTES)
    return refused(file, {
      code: "TOO_LARGE",
      file,
      line: 1,
      column: 1,
      message: `larger than ${MAX_BYTES} bytes`,
      help: "split it",
    });
  const obstacle = obstacleIn(text, what);
  if (obstacle !== null) {
    const { offset, ...problem } = obstacle;
    return refused(file, { ...problem, file, ...placeIn(text, offset) });
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    // Compared by `repeatedKeys`: the parser's own comparison takes quadratic time.
    uniqueKeys: false,
    prettyErrors: false,
    merge: false,
  });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problem = (code: ProblemCode, offset: number, message: string, help: string): Problem => ({
    code,
    file,
    ...place(offset),
    // What the user wrote may hold line ends; a problem is one line.
    message: message.replace(/\s*[\n\r]\s*/g, " "),
    help,
  });
  const problems = faultsOf(document, what).map((f) =>
    problem(f.code, f.offset, f.message, f.help),
  );
  const offsetOf = (path: Path): number => {
    const node: unknown = path.length === 0 ? document.contents : document.getIn(path, true);
    return rangeStart(node) ?? (path.length === 0 ? 0 : offsetOf(path.slice(0, -1)));
  };
  return {
    file,
    value: problems.length > 0 ? null : document.toJS({ maxAliasCount: 0 }),
    problems,
    problem: (code, path, message, help) => problem(code, offsetOf(path), message, help),
    problemIn: (code, path, offset, message, help) =>
      problem(code, offsetInScalar(document, text, path, offset) ?? offsetOf(path), message, help),
    problemAtKey: (code, path, message, help) =>
      problem(code, keyOffset(document, path) ?? offsetOf(path), message, help),
  };
}

/** The first line of a parser's message, as ours begin. */
function sentence(message: string): string {
  const line = message.split("\n")[0] ?? "";
  return line.slice(0, 1).toLowerCase() + line.slice(1, 300).replace(/[.\s]+$/, "");
}

function placeIn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return { line: text.slice(0, start).split("\n").length, column: offset - start + 1 };
}

function refused(file: string, problem: Problem): Source {
  const always = () => problem;
  return {
    file,
    value: null,
    problems: [problem],
    problem: always,
    problemIn: always,
    problemAtKey: always,
  };
}

function rangeStart(node: unknown): number | undefined {
  return typeof node === "object" && node !== null && "range" in node && Array.isArray(node.range)
    ? Number(node.range[0])
    : undefined;
}

function keyOffset(document: Document.Parsed, path: Path): number | undefined {
  const parent: unknown =
    path.length <= 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  const pair = parent.items.find(
    (i) => isScalar(i.key) && String(i.key.value) === String(path[path.length - 1]),
  );
  return rangeStart(pair?.key);
}

type Fault = Pick<Problem, "code" | "message" | "help"> & { readonly offset: number };

/** What keeps a document from being read: its syntax, what hides something, keys that are there twice. */
function faultsOf(document: Document.Parsed, whole: string): readonly Fault[] {
  const syntax = document.errors.slice(0, TOLD_MAX).map((e): Fault => {
    const offset = e.pos[0];
    return e.code === "MULTIPLE_DOCS"
      ? {
          code: "YAML_SYNTAX",
          offset,
          message: "a second document begins",
          help: "write one file each",
        }
      : {
          code: "YAML_SYNTAX",
          offset,
          message: sentence(e.message),
          help: "mend the YAML; most editors point at the place",
        };
  });
  const hiding = features(document)
    .slice(0, TOLD_MAX)
    .map(
      ({ offset, what }): Fault => ({
        code: "YAML_FEATURE",
        offset,
        message: `${what} have no place in ${whole}`,
        help: "write the value out where it is used",
      }),
    );
  const twice = repeatedKeys(document)
    .slice(0, TOLD_MAX)
    .map(
      ({ offset, what }): Fault => ({
        code: "YAML_SYNTAX",
        offset,
        message: `\`${what}\` is there twice`,
        help: "only one could count; keep it",
      }),
    );
  return [...syntax, ...hiding, ...twice];
}

type Found = { readonly offset: number; readonly what: string };

function features(document: Document.Parsed): readonly Found[] {
  const found: Found[] = [];
  visitNodes(document.contents, (node) => {
    const offset = rangeStart(node) ?? 0;
    if (isAlias(node)) found.push({ offset, what: "aliases" });
    if ("anchor" in node && typeof node.anchor === "string")
      found.push({ offset, what: "anchors" });
    if ("tag" in node && typeof node.tag === "string") found.push({ offset, what: "tags" });
    if ("key" in node && isCollection(node.key))
      found.push({ offset: rangeStart(node.key) ?? 0, what: "lists and mappings as keys" });
  });
  return found;
}

function repeatedKeys(document: Document.Parsed): readonly Found[] {
  const found: Found[] = [];
  visitNodes(document.contents, (node) => {
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const { key } of node.items) {
      if (!isScalar(key)) continue;
      const name = String(key.value);
      if (seen.has(name)) found.push({ offset: rangeStart(key) ?? 0, what: name.slice(0, 100) });
      seen.add(name);
    }
  });
  return found;
}

function visitNodes(node: unknown, visit: (node: object) => void): void {
  if (typeof node !== "object" || node === null) return;
  visit(node);
  if ("items" in node && Array.isArray(node.items))
    for (const item of node.items) visitNodes(item, visit);
  if ("key" in node) {
    visitNodes(node.key, visit);
    visitNodes("value" in node ? node.value : null, visit);
  }
}

/** Where a character of a scalar's value stands in the file: plain, quoted, and block scalars. */
function offsetInScalar(
  document: Document.Parsed,
  text: string,
  path: Path,
  offset: number,
): number | undefined {
  const node: unknown = document.getIn(path, true);
  if (!isScalar(node) || node.range === null || node.range === undefined) return undefined;
  const [start, end] = node.range;
  const raw = text.slice(start, end);
  if (!/^[|>]/.test(raw)) return start + offset + (/^["']/.test(raw) ? 1 : 0);
  const firstBreak = raw.indexOf("\n");
  const body = raw.slice(firstBreak + 1);
  const indent = /^ */.exec(body.replace(/^(\s*\n)+/, ""))?.[0].length ?? 0;
  let seen = 0;
  let from = start + firstBreak + 1;
  for (const line of body.split("\n")) {
    const content = line.slice(Math.min(indent, line.length));
    if (offset <= seen + content.length) return from + indent + (offset - seen);
    // A break folds to one space, or stays one character.
    seen += content.length + 1;
    from += line.length + 1;
  }
  return start;
}
