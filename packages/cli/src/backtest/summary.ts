// SPDX-License-Identifier: Apache-2.0

import type { Labels } from "./labels.ts";
import type { BacktestLine } from "./line.ts";

export type RuleSummary = {
  readonly rule: string;
  readonly held: number;
  readonly denied: number;
  readonly noticed: number;
  readonly unknown: number;
  /** Reviews that it would have asked for. */
  readonly reviews: number;
  readonly bad: number;
  readonly hoursAMonth: number;
};

export type CapturePoint = { readonly flaggedPpm: number; readonly caughtPpm: number };

export type Summary = {
  readonly commits: number;
  readonly from: number;
  readonly to: number;
  readonly months: number;
  /** Commits with something beyond the ordinary review. */
  readonly beyond: number;
  readonly denied: number;
  readonly rules: readonly RuleSummary[];
  readonly hoursAMonth: number;
  /** Commits of which something could not be read. */
  readonly gaps: number;
  readonly bad: number;
  readonly badSource: string;
  readonly badHeld: number;
  /** Share of bad commits among the riskiest share of all, by what the rules and the score say. */
  readonly capture: {
    readonly rules: readonly CapturePoint[];
    readonly score: readonly CapturePoint[];
    readonly lines: readonly CapturePoint[];
  };
};

const MONTH_MS = 30.44 * 86_400_000;

/** Adds a history up. `minutesAReview` is the one assumption, and is printed. */
export function summarise(
  lines: readonly BacktestLine[],
  labels: Labels,
  minutesAReview: number,
): Summary {
  const times = lines.map((l) => l.at).sort((a, b) => a - b);
  const from = times[0] ?? 0;
  const to = times[times.length - 1] ?? 0;
  const months = Math.max(1, (to - from) / MONTH_MS);
  const isBad = (l: BacktestLine) => labels.bad.has(l.commit);
  const counted = lines.filter((l) => !labels.leftOut.has(l.commit));
  const bad = counted.filter(isBad);
  const rules = rulesOf(lines, isBad, (reviews) => (reviews * minutesAReview) / 60 / months);
  return {
    commits: lines.length,
    from,
    to,
    months,
    beyond: lines.filter((l) => l.beyond.length > 0).length,
    denied: lines.filter((l) => l.outcome === "deny").length,
    rules,
    hoursAMonth: rules.reduce((n, r) => n + r.hoursAMonth, 0),
    gaps: lines.filter((l) => l.gaps > 0 || l.unread !== undefined).length,
    bad: bad.length,
    badSource: labels.source,
    badHeld: bad.filter((l) => l.beyond.length > 0).length,
    capture: {
      rules: capture(counted, isBad, friction),
      score: capture(counted, isBad, (l) => l.risk?.ppm ?? 0),
      lines: capture(counted, isBad, (l) => l.totals.added),
    },
  };
}

/** How much the rules ask of a commit: denials first, then reviews, then the score to break ties. */
export function friction(line: BacktestLine): number {
  const denials = line.rules.filter((r) => r.outcome === "deny").length;
  const reviews = line.rules.reduce((n, r) => n + r.approvals, 0);
  return denials * 1_000 + reviews * 10 + (line.risk?.ppm ?? 0) / 1_000_000;
}

function rulesOf(
  lines: readonly BacktestLine[],
  isBad: (l: BacktestLine) => boolean,
  hours: (reviews: number) => number,
): readonly RuleSummary[] {
  const byRule = new Map<
    string,
    { held: number; denied: number; noticed: number; unknown: number; reviews: number; bad: number }
  >();
  for (const line of lines)
    for (const rule of line.rules) {
      const sum = byRule.get(rule.rule) ?? {
        held: 0,
        denied: 0,
        noticed: 0,
        unknown: 0,
        reviews: 0,
        bad: 0,
      };
      byRule.set(rule.rule, sum);
      if (rule.unknown) sum.unknown++;
      else if (rule.outcome === "deny") sum.denied++;
      else if (rule.outcome === "hold") sum.held++;
      else sum.noticed++;
      sum.reviews += rule.approvals;
      if (isBad(line) && rule.outcome !== "allow" && !rule.unknown) sum.bad++;
    }
  return [...byRule.entries()]
    .map(([rule, sum]) => ({ rule, ...sum, hoursAMonth: hours(sum.reviews) }))
    .sort((a, b) => b.held + b.denied - (a.held + a.denied) || (a.rule < b.rule ? -1 : 1));
}

const SHARES_PPM = [
  10_000, 20_000, 50_000, 100_000, 200_000, 300_000, 500_000, 750_000, 1_000_000,
] as const;

/** Ties are shared out evenly, so that the order of equal commits cannot flatter the curve. */
function capture(
  lines: readonly BacktestLine[],
  isBad: (l: BacktestLine) => boolean,
  rank: (l: BacktestLine) => number,
): readonly CapturePoint[] {
  const total = lines.filter(isBad).length;
  if (total === 0) return [];
  const groups = new Map<number, { n: number; bad: number }>();
  for (const line of lines) {
    const group = groups.get(rank(line)) ?? { n: 0, bad: 0 };
    groups.set(rank(line), group);
    group.n++;
    if (isBad(line)) group.bad++;
  }
  const sorted = [...groups.entries()].sort(([a], [b]) => b - a).map(([, g]) => g);
  return SHARES_PPM.map((flaggedPpm) => {
    let left = (lines.length * flaggedPpm) / 1_000_000;
    let caught = 0;
    for (const group of sorted) {
      const taken = Math.min(left, group.n);
      caught += (group.bad * taken) / group.n;
      left -= taken;
      if (left <= 0) break;
    }
    return { flaggedPpm, caughtPpm: Math.round((caught / total) * 1_000_000) };
  });
}
