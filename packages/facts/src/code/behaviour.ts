// SPDX-License-Identifier: Apache-2.0
/** R16 and R23: behaviour that no flag switches, and code that needs what the same change adds. */
import { type Delta, delta } from "@interlock/core";
import type { ChangedFile } from "../source.ts";
import { isBrowserPath, isCode } from "./language.ts";
import type { Pair } from "./novelty.ts";
import { withoutComments } from "./words.ts";

/** From so many lines of code more than before, a change brings behaviour and not a correction. */
const BEHAVIOUR_LINES = 40;
/** Whatever a language or a flag service calls the question whether something is switched on. */
const FLAG =
  /flag|feature|toggle|experiment|rollout|is_?enabled|if_?enabled|variation|treatment|kill_?switch|canary|dark_?launch|gate(keeper|d)?\b|percent/i;
/** Lines that do nothing: imports, packages, brackets. */
const IDLE =
  /^\s*(?:[{}()[\];,]*|import\b.*|from\b.*\bimport\b.*|package\b.*|using\b.*|#include\b.*|@\w+|end|else|pass)\s*$/;

type Growth = { readonly pair: Pair; readonly lines: number };

/** One finding for the file that grew most, when the change as a whole grew and asks for no flag. */
export function unflaggedBehaviour(all: readonly Pair[]): readonly Delta[] {
  // A page that breaks stops one tab and no service.
  const pairs = all.filter(({ before, after }) => !isBrowserPath((after ?? before)?.path ?? ""));
  const changed = pairs.filter(({ after }) => after !== null);
  const rough = changed.reduce((n, { regions }) => n + linesIn(regions.after), 0);
  if (rough < BEHAVIOUR_LINES) return [];
  const growth = pairs.map(
    (pair): Growth => ({ pair, lines: codeLines(pair, "after") - codeLines(pair, "before") }),
  );
  const lines = growth.reduce((n, g) => n + g.lines, 0);
  const most = [...growth].sort((a, b) => b.lines - a.lines)[0];
  if (lines < BEHAVIOUR_LINES || most === undefined || most.pair.after === null) return [];
  if (changed.some((pair) => addedText(pair).some(({ text }) => FLAG.test(text)))) return [];
  const [first] = addedText(most.pair).filter(({ text }) => !IDLE.test(text));
  return [
    delta({
      path: most.pair.after.path,
      line: first?.line ?? 1,
      subject: most.pair.after.path,
      aspect: "unflagged-behaviour",
      op: "added",
      addedCount: lines,
      afterCount: lines,
    }),
  ];
}

const linesIn = (text: string): number => (text === "" ? 0 : text.split("\n").length);

function codeLines({ before, after, regions }: Pair, which: "before" | "after"): number {
  const side = which === "before" ? before : after;
  if (side === null) return 0;
  // Between the differences only: what stands outside is equal on both sides.
  return withoutComments(regions[which], side.path)
    .split("\n")
    .filter((line) => !IDLE.test(line)).length;
}

type Line = { readonly line: number; readonly text: string };

function addedText({ after, addedLines }: Pair): readonly Line[] {
  if (after === null) return [];
  const lines = after.text.split("\n");
  return [...addedLines()].map((line) => ({ line, text: lines[line - 1] ?? "" }));
}

/** A name that says enough to be looked for: `MAX_RETRIES`, `queue.depth`, `shipDate`. */
const TELLING = /^(?=.{5,80}$)[A-Za-z][\w.-]*(?:[_.-]|[a-z][A-Z])[\w.-]*$/;
const NAMES = /[A-Za-z][\w.-]{4,79}/g;
const COLUMNS =
  /\b(?:add\s+column(?:\s+if\s+not\s+exists)?|create\s+table(?:\s+if\s+not\s+exists)?)\s{1,10}["`[]?([A-Za-z]\w{4,79})/gi;
const COUPLED_MAX = 50;

/** Settings, columns and tables that the change adds and that code it adds reads at once. */
export function coupledDeltas(
  files: readonly ChangedFile[],
  pairs: readonly Pair[],
): readonly Delta[] {
  const fresh = newNames(files);
  if (fresh.size === 0) return [];
  const found = new Map<string, Delta>();
  for (const pair of pairs) {
    if (pair.after === null || found.size >= COUPLED_MAX) break;
    for (const { line, text } of addedText(pair))
      for (const [name] of text.matchAll(NAMES)) {
        const from = fresh.get(name);
        if (from === undefined || found.has(name)) continue;
        found.set(
          name,
          delta({
            path: pair.after.path,
            line,
            subject: name,
            aspect: "needs-same-change",
            op: "added",
            key: name,
            after: from,
            afterKind: "string",
          }),
        );
      }
  }
  return [...found.values()];
}

/** Names that a configuration file or a migration of the change adds, with the file. */
function newNames(files: readonly ChangedFile[]): ReadonlyMap<string, string> {
  if (!files.some((f) => isCode(f.path))) return new Map();
  const names = new Map<string, string>();
  for (const file of files) {
    if (file.kind === "config" || file.kind === "infrastructure")
      for (const { op, key } of file.diff().deltas)
        if (op === "added" && TELLING.test(key)) names.set(key, file.path);
    if (file.kind === "migration" && /\.sql$/i.test(file.path))
      for (const { text } of file.addedLines())
        for (const [, name] of text.matchAll(COLUMNS))
          if (name !== undefined) names.set(name, file.path);
  }
  return names;
}
