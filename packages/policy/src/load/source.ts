// SPDX-License-Identifier: Apache-2.0
import { type Document, isAlias, isMap, isScalar, LineCounter, parseDocument } from "yaml";
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

/** Reads YAML 1.2 without anchors, aliases, tags and merge keys: a policy says everything where it stands. */
export function readSource(file: string, text: string): Source {
  const lines = new LineCounter();
  if (text.length > MAX_BYTES)
    return refused(file, {
      code: "TOO_LARGE",
      file,
      line: 1,
      column: 1,
      message: `larger than ${MAX_BYTES} bytes`,
      help: "split it with `include`",
    });
  const obstacle = obstacleIn(text);
  if (obstacle !== null) {
    const { offset, ...what } = obstacle;
    return refused(file, { ...what, file, ...placeIn(text, offset) });
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
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
    message,
    help,
  });
  const problems = [
    ...document.errors.map((e) =>
      problem(
        "YAML_SYNTAX",
        e.pos[0],
        e.message.split("\n")[0] ?? "",
        "mend the YAML; most editors point at the place",
      ),
    ),
    ...features(document).map(({ offset, what }) =>
      problem(
        "YAML_FEATURE",
        offset,
        `${what} have no place in a policy`,
        "write the value out where it is used",
      ),
    ),
  ];
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

function features(
  document: Document.Parsed,
): readonly { readonly offset: number; readonly what: string }[] {
  const found: { offset: number; what: string }[] = [];
  const visit = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    const offset = rangeStart(node) ?? 0;
    if (isAlias(node)) found.push({ offset, what: "aliases" });
    if ("anchor" in node && typeof node.anchor === "string")
      found.push({ offset, what: "anchors" });
    if ("tag" in node && typeof node.tag === "string") found.push({ offset, what: "tags" });
    if ("items" in node && Array.isArray(node.items)) for (const item of node.items) visit(item);
    if ("key" in node) {
      visit(node.key);
      visit("value" in node ? node.value : null);
    }
  };
  visit(document.contents);
  return found;
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
