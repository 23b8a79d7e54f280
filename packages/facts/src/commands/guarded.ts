// SPDX-License-Identifier: Apache-2.0
/** Commands of a script that take something away under a condition, and later without it. */

/** What is not undone by running it again. */
const GRAVE =
  /(?:^|[\s_-])(?:re-?install|delete|del|destroy|drop|rm|rmdir|remove|terminate|wipe|format|mkfs\S*|reboot|restart|shutdown|halt|poweroff|stop|kill|drain|evict|purge|truncate|reset|fail-?over|promote|demote|migrate|restore|revoke|prune|flush|decommission)(?:[\s_-]|$)/i;
const LINES_MAX = 20_000;

type Line = {
  readonly text: string;
  readonly line: number;
  /** The nearest condition above, outermost last; empty for what always runs. */
  readonly conditions: readonly string[];
};

/** Lines of commands with the conditions that they stand under. */
function linesOf(text: string): readonly Line[] {
  const open: string[] = [];
  const lines: Line[] = [];
  for (const [at, raw] of text.split("\n").slice(0, LINES_MAX).entries()) {
    const row = raw.replace(/(^|\s)#.*$/, "").trim();
    const test = /^(?:el)?if\s+(.{1,300}?)(?:;\s*then\b.*)?$/.exec(row)?.[1];
    if (/^fi\b/.test(row)) open.pop();
    else if (test !== undefined && /^elif\b/.test(row)) open.splice(-1, 1, test);
    else if (test !== undefined) {
      // `if …; then …; fi` on one line opens nothing.
      if (!/\bfi\s*$/.test(row)) open.push(test);
    } else if (row !== "" && !/^(?:then|else|do|done|esac|\}|\{)\b/.test(row)) {
      const short = /^(\[\[?\s.{1,200}?\s\]\]?|test\s[^&|]{1,200})\s*&&\s*(.+)$/.exec(row);
      const conditions = short === null ? [...open] : [...open, short[1] ?? ""];
      lines.push({ text: short?.[2] ?? row, line: at + 1, conditions });
    }
  }
  return lines;
}

export type GuardLost = {
  readonly text: string;
  readonly line: number;
  readonly condition: string;
};

/** Grave commands that stood under a condition wherever they stood, and now stand under fewer. */
export function lostConditions(before: string, after: string): readonly GuardLost[] {
  if (!/^\s*if\s|\]\s*&&|^\s*test\s/m.test(before)) return [];
  const old = new Map<string, Line[]>();
  for (const one of linesOf(before))
    if (GRAVE.test(one.text)) old.set(one.text, [...(old.get(one.text) ?? []), one]);
  return linesOf(after).flatMap(({ text, line, conditions }) => {
    const same = old.get(text) ?? [];
    const least = Math.min(...same.map((one) => one.conditions.length));
    if (same.length === 0 || conditions.length >= least) return [];
    const gone = same[0]?.conditions.filter((one) => !conditions.includes(one)).at(-1);
    // The same question may be asked above now, with an early way out.
    return gone === undefined || after.includes(gone) ? [] : [{ text, line, condition: gone }];
  });
}
