// SPDX-License-Identifier: Apache-2.0
/** Whether a script stops at its first error, and at one inside a pipe. */

const SET = /^[ \t]*set[ \t]+([^#\n;&|]{1,200})/gm;
const SHEBANG = /^#![^\n]{0,100}?\b(?:ba|z|k|da)?sh[ \t]+(-[a-z]{1,10})/;

type Stops = { readonly atError: string; readonly inPipes: string; readonly line: number };

/** The words that make it stop, and the line of the last one; empty where nothing does. */
function stopsOf(text: string): Stops {
  let [atError, inPipes, line] = ["", "", 1];
  const shebang = SHEBANG.exec(text)?.[1] ?? "";
  if (shebang.includes("e")) atError = shebang;
  for (const m of text.matchAll(SET)) {
    const words = (m[1] ?? "").trim();
    const at = text.slice(0, m.index).split("\n").length;
    if (/(?:^|\s)-[a-z]*e|-o\s+errexit/i.test(words)) [atError, line] = [`set ${words}`, at];
    if (/pipefail/.test(words) && !/\+o\s+pipefail/.test(words))
      [inPipes, line] = [`set ${words}`, at];
  }
  return { atError, inPipes, line };
}

export type StopLost = { readonly key: string; readonly before: string; readonly line: number };

/** A script with more variables that must be set was not written by hand. */
const GUARDS_MAX = 100;

/** `${X:?}` made an empty variable an error where it is still used. */
function lostUnset(before: string, after: string): StopLost | null {
  if (/^[ \t]*set[ \t]+-[a-z]*u|nounset/m.test(after)) return null;
  const guards = new Map(
    [...before.matchAll(/\$\{(\w{1,60}):\?[^}\n]{0,200}\}/g)].map(
      ([text, name = ""]) => [name, text] as const,
    ),
  );
  for (const [name, text] of [...guards].slice(0, GUARDS_MAX)) {
    if (after.includes(`\${${name}:?`)) continue;
    const rows = after.split("\n");
    const at = rows.findIndex((row) => row.includes(`$${name}`) || row.includes(`\${${name}}`));
    if (at >= 0) return { key: "unset", before: text, line: at + 1 };
  }
  return null;
}

/** What made the script stop and is gone, while the script goes on. */
export function lostStops(before: string, after: string): readonly StopLost[] {
  const unset = lostUnset(before, after);
  if (unset !== null) return [unset];
  if (!/pipefail|errexit|set[ \t]+-|^#!.*sh[ \t]+-/m.test(before)) return [];
  const [was, is] = [stopsOf(before), stopsOf(after)];
  const line = Math.max(1, after.split("\n").findIndex((row) => /^[ \t]*set[ \t]/.test(row)) + 1);
  if (was.atError !== "" && is.atError === "")
    return [{ key: "errexit", before: was.atError, line }];
  // A pipe that loses its errors is one finding with the script that ignores them all.
  return was.inPipes !== "" && is.inPipes === "" && after.includes("|")
    ? [{ key: "pipefail", before: was.inPipes, line }]
    : [];
}
