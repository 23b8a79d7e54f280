// SPDX-License-Identifier: Apache-2.0
/** What people read of a drill. */
import { countText } from "@interlock/core";
import type { CaseReport } from "./case-drill.ts";
import type { ArmReport, DrillReport } from "./drill.ts";

export const number = (value: number | null): string => (value === null ? "–" : countText(value));

/** Seconds as people say them. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "never";
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3_600).toFixed(1)} h`;
}

/** What an arm's gate says of the change, in a few words. */
export function gateText({ gate }: Pick<ArmReport, "gate">): string {
  if (gate === null) return "–";
  if (gate.alone === "allow") return "passes";
  const by = gate.stops.map(({ rule }) => rule).join(", ");
  const fooled = gate.fooled === "allow" ? "; approvals of fooled people pass it" : "";
  return `${gate.alone} by ${by}${fooled}`;
}

/** A table of the arms, the bound and what it rests on. */
export function drillText(report: DrillReport): string {
  const head = [
    "arm",
    "lost orders",
    "errors",
    "wrong answers",
    "halt after",
    "back after",
    "before it goes out",
  ];
  const rows = report.arms.map((arm) => [
    arm.name,
    number(arm.lostOrders),
    number(arm.errors),
    number(arm.wrongAnswers),
    duration(arm.secondsToHalt),
    duration(arm.secondsToUnwind),
    gateText(arm),
  ]);
  const { plan, bound } = report;
  const waves = plan.waves.map(({ exposurePpm }) => `${exposurePpm / 10_000} %`).join(", ");
  return [
    `${report.drill}: ${report.title}`,
    `${report.seeds === 1 ? `seed ${report.seed}` : `medians of ${report.seeds} seeds from ${report.seed}`}; every arm assumes that the change passed what judges it before it goes out: people were fooled, rules waived`,
    "",
    ...table([head, ...rows]),
    "",
    `the optimal test, which knows both rates, in the same waves: ${number(bound.lostOrders)} lost orders`,
    `plan: waves of ${waves}; the plan allows for ${number(plan.ordersLostIfBad)} lost orders if this is bad, and for ${number(plan.ordersLostAtOnce)} until the first halt without waves`,
    `${report.systemsReached} Tier-1 systems of the simulated retailer depend on what is changed`,
    `${report.assumptions.filter(({ source }) => source === "assumption").length} figures are assumptions; \`--json\` lists them with all others`,
    "",
  ].join("\n");
}

/** Columns of one width; the first and the last to the left. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => {
        if (i === row.length - 1) return cell;
        return i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
      })
      .join("  "),
  );
}

/** Where a recorded outage would have been stopped. */
export function caseText(report: CaseReport): string {
  const stops = report.rules.stops.map(
    ({ rule, outcome, says }) => `  ${outcome} ${rule}: ${says}`,
  );
  return [
    `${report.case}: ${report.title}`,
    report.source,
    "",
    ...report.says,
    ...(stops.length === 0 ? [] : ["", ...stops]),
    "",
  ].join("\n");
}
