// SPDX-License-Identifier: Apache-2.0
import { instant, share } from "@interlock/core";
import type { Paint } from "../output/paint.ts";
import { printable } from "../output/printable.ts";
import type { BacktestLine } from "./line.ts";
import { friction, type Summary } from "./summary.ts";

const RULES_SHOWN = 20;
const RISKIEST_SHOWN = 8;

/** What a history would have met, for somebody who decides whether to switch rules on. */
export function summaryText(
  summary: Summary,
  lines: readonly BacktestLine[],
  given: {
    readonly policy: string;
    readonly minutesAReview: number;
    readonly titles: ReadonlyMap<string, string>;
    /** Commits of the whole history: more than those judged, if the run was interrupted. */
    readonly total: number;
  },
  paint: Paint,
): string {
  if (summary.commits === 0)
    return given.total === 0
      ? "no commits in that range; name an older start, or leave out `--last`\n"
      : `interrupted: none of ${counted(given.total, "commit")} was judged\n`;
  const ppm = (n: number, of = summary.commits) =>
    share(Math.round(((n / Math.max(1, of)) * 1_000_000) / 1_000) * 1_000);
  const out = [
    paint.bold(
      `${summary.commits < given.total ? `interrupted: ${summary.commits} of ` : ""}${counted(given.total, "commit")}, ${instant(summary.from).slice(0, 10)} to ${instant(summary.to).slice(0, 10)}, judged by ${given.policy}`,
    ),
    "",
    `${ppm(summary.commits - summary.beyond)} pass with ordinary review; ${ppm(summary.beyond)} (${summary.beyond}) would have been held for more, ${summary.denied} of them denied`,
    `${summary.hoursAMonth.toFixed(1)} reviewer-hours a month beyond ordinary review (at ${given.minutesAReview} minutes a review)`,
    ...unreadLines(summary, lines),
    "",
    paint.bold("  rule             held   denied  share     hours/month  of bad"),
    ...ruleRows(summary, given.titles, paint),
    "",
    ...captureLines(summary, paint),
    paint.bold("most held"),
    ...riskiest(lines),
    "",
    paint.dim(
      "`--html report.html` draws this; `--format jsonl` has a line a commit; `interlock check COMMIT` explains one",
    ),
  ];
  return `${out.join("\n")}\n`;
}

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

function unreadLines(summary: Summary, lines: readonly BacktestLine[]): readonly string[] {
  if (summary.gaps === 0) return [];
  const example = lines.find((l) => l.unread !== undefined);
  const because =
    example === undefined
      ? ""
      : `; for example ${example.commit.slice(0, 12)}: ${printable(example.unread ?? "")}`;
  return [
    `${counted(summary.gaps, "commit")} with something that could not be read: rules that needed it hold${because}`,
  ];
}

function ruleRows(
  summary: Summary,
  titles: ReadonlyMap<string, string>,
  paint: Paint,
): readonly string[] {
  const firing = summary.rules.filter((r) => r.held + r.denied > 0);
  const none = firing.length === 0 ? [paint.dim("  no rule held anything")] : [];
  const rows = firing.slice(0, RULES_SHOWN).map((r) => {
    const n = r.held + r.denied;
    const part = share(Math.round((n / summary.commits) * 1_000) * 1_000).padStart(8);
    return `  ${r.rule.padEnd(15)} ${String(r.held).padStart(6)} ${String(r.denied).padStart(7)} ${part}  ${r.hoursAMonth.toFixed(1).padStart(11)} ${String(r.bad).padStart(7)}  ${paint.dim((titles.get(r.rule) ?? "").slice(0, 60))}`;
  });
  const blind = summary.rules.filter((r) => r.unknown > 0);
  const most = Math.max(0, ...blind.map((r) => r.unknown));
  return [
    ...none,
    ...rows,
    ...(firing.length > RULES_SHOWN
      ? [paint.dim(`  … and ${firing.length - RULES_SHOWN} more`)]
      : []),
    ...(blind.length > 0
      ? [
          paint.dim(
            `  ${blind.length} rules could not look at up to ${counted(most, "commit")}, because something there was not readable`,
          ),
        ]
      : []),
  ];
}

function captureLines(summary: Summary, paint: Paint): readonly string[] {
  if (summary.bad === 0)
    return [
      paint.dim(
        "no commit of this history is known to have been bad, so nothing is said about what would have been caught",
      ),
      "",
    ];
  const at = (points: Summary["capture"]["rules"], flagged: number) =>
    points.find((p) => p.flaggedPpm === flagged)?.caughtPpm ?? 0;
  const columns = [50_000, 100_000, 200_000, 500_000];
  const row = (name: string, points: Summary["capture"]["rules"]) =>
    `  ${name.padEnd(24)} ${columns.map((c) => share(Math.round(at(points, c) / 1_000) * 1_000).padStart(9)).join(" ")}`;
  return [
    paint.bold(
      `bad commits: ${summary.bad} (${summary.badSource}); ${summary.badHeld} would have been held for more`,
    ),
    `  ${"share of changes flagged".padEnd(24)} ${columns.map((c) => share(c).padStart(9)).join(" ")}`,
    row("caught by the rules", summary.capture.rules),
    row("caught by the score", summary.capture.score),
    row("caught by lines added", summary.capture.lines),
    "",
  ];
}

function riskiest(lines: readonly BacktestLine[]): readonly string[] {
  const held = lines.filter((l) => l.beyond.length > 0);
  if (held.length === 0) return ["  none"];
  return held
    .sort((a, b) => friction(b) - friction(a) || (a.commit < b.commit ? -1 : 1))
    .slice(0, RISKIEST_SHOWN)
    .map(
      (l) =>
        `  ${l.commit.slice(0, 12)}  ${l.outcome.padEnd(5)} ${l.rules
          .filter((r) => r.outcome !== "allow" && !r.unknown)
          .map((r) => r.rule)
          .join(",")
          .slice(0, 40)
          .padEnd(40)} ${printable(l.subject.slice(0, 60))}`,
    );
}
