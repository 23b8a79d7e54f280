// SPDX-License-Identifier: Apache-2.0
/** Which rule has which mode, where, and until when. */
import type { Mode, Override, Policy, Rule } from "@interlock/core";
import type { Paint } from "../output/paint.ts";
import { printable } from "../output/printable.ts";

export type ModeRow = {
  readonly rule: string;
  readonly title: string;
  /** Empty: every system that has no row of its own. */
  readonly system: string;
  readonly mode: Mode;
  /** Milliseconds since 1970 UTC; `null`: without an end. */
  readonly until: number | null;
  /** It ends within a fortnight. */
  readonly endsSoon: boolean;
};

const SOON_MS = 14 * 86_400_000;

/** A row for each rule, and one for each system in which it has a mode of its own; sorted by rule. */
export function modeRows(policy: Policy, now: number): readonly ModeRow[] {
  return policy.rules
    .filter(({ until }) => until === undefined || now < until)
    .flatMap((rule) => rowsOf(policy, rule, now))
    .sort((a, b) => order(`${a.rule}\n${a.system}`, `${b.rule}\n${b.system}`));
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function rowsOf(policy: Policy, rule: Rule, now: number): readonly ModeRow[] {
  const own = liveOverrides(policy, rule.id, now);
  const everywhere = own.find(({ system }) => system === "");
  const row = (system: string, mode: Mode, until: number | undefined): ModeRow => ({
    ...{ rule: rule.id, title: rule.title, system, mode },
    until: until ?? null,
    endsSoon: until !== undefined && until - now <= SOON_MS,
  });
  const ends = [everywhere?.until, rule.until].filter((end) => end !== undefined);
  return [
    row(
      "",
      everywhere?.mode ?? rule.mode ?? policy.mode,
      ends.length === 0 ? undefined : Math.min(...ends),
    ),
    ...own
      .filter(({ system }) => system !== "")
      .map(({ system, mode, until }) => row(system, mode, until)),
  ];
}

/** What a policy says of one rule and has not ended. */
export const liveOverrides = (policy: Policy, rule: string, now: number): readonly Override[] =>
  policy.overrides.filter((o) => o.rule === rule && (o.until === undefined || now < o.until));

/** The table for people: rules that only observe are counted, unless all are wanted. */
export function modeText(rows: readonly ModeRow[], all: boolean, paint: Paint): string {
  const loud = new Set(
    rows.filter((r) => r.mode !== "observe" || r.system !== "").map((r) => r.rule),
  );
  const shown = all ? rows : rows.filter((row) => loud.has(row.rule));
  const quiet = new Set(rows.map((r) => r.rule)).size - new Set(shown.map((r) => r.rule)).size;
  const wide = (pick: (row: ModeRow) => string, least: string): number =>
    Math.max(least.length, ...shown.map((row) => pick(row).length));
  const where = ({ system }: ModeRow): string => (system === "" ? "every system" : system);
  const [a, b] = [wide((r) => r.rule, "rule"), wide(where, "system")];
  const lines = shown.map((row) => {
    const end = row.until === null ? "" : new Date(row.until).toISOString();
    const soon = row.endsSoon ? "  ends within 14 days" : "";
    const text = `${row.rule.padEnd(a)}  ${where(row).padEnd(b)}  ${row.mode.padEnd(7)}  ${end}${soon}`;
    return printable(text.trimEnd());
  });
  const head = `${"rule".padEnd(a)}  ${"system".padEnd(b)}  mode     until`;
  const rest = `${quiet} ${quiet === 1 ? "rule observes" : "rules observe"}${all || quiet === 0 ? "" : " (--all lists them)"}`;
  return [
    ...(lines.length === 0 ? [] : [paint.dim(head), ...lines]),
    ...(quiet === 0 ? [] : [paint.dim(rest)]),
    "",
  ].join("\n");
}
