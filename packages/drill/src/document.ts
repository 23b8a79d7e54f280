// SPDX-License-Identifier: Apache-2.0
/** docs/drills.md: everything in it is measured by the command that writes it. */
import { type DrillReport, drill } from "./drill.ts";
import { INCIDENTS } from "./incident.ts";
import { duration, gateText, number } from "./text.ts";
import { type Weakness, weaknesses } from "./weak.ts";

type Options = { readonly seed: number; readonly seeds: number; readonly weakSeeds: number };

/** The page, for these seeds. `weakSeeds`: of each cell of the last table. */
export async function drillsDocument({ seed, seeds, weakSeeds }: Options): Promise<string> {
  const parts: string[] = [];
  for (const incident of INCIDENTS)
    parts.push(incidentPart((await drill(incident, { seed, seeds })).report));
  return `${[HEAD.replaceAll("SEEDS", String(seeds)), ...parts, weakPart(await weaknesses(seed, weakSeeds), weakSeeds), TAIL].join("\n\n")}\n`;
}

const HEAD = `# Drills

Written by \`npm run drills\` (SEEDS seeds). Two incidents that the press reported of a large retailer, in a simulated one: \`interlock drill march-2\` and \`interlock drill march-5\` show them, with \`--html\` and plots. Neither diff is public: the change is [our reconstruction](../conformance/outages), and every figure that is not reported is an assumption, listed below and in \`--json\`.

Every arm sees the same orders and cart pages, drawn once a seed and thinned one by one, so that arms differ by their acts alone. What rules and approvals say is \`decide\` on the facts of the reconstructed change; waves are planned and driven by \`core\`; halts come from \`judge\`, which sees nothing but the simulated counts. **Every arm assumes that the change passed whatever judges it before it goes out**: two people were fooled, the document is complete and wrong, the rules were waived. The last column says what would have stood in the way.`;

function incidentPart(report: DrillReport): string {
  const { plan, bound } = report;
  const ours = report.arms.find(({ name }) => name === "interlock");
  const waves = plan.waves.map(({ exposurePpm }) => `${exposurePpm / 10_000} %`).join(", ");
  const ratio = (ours?.over.lostAtHalt.mean ?? 0) / Math.max(1, bound.over.lostAtHalt.mean ?? 1);
  return `## ${report.drill}: ${report.title}

| Arm | Lost orders: median | mean | 95th percentile | Errors | Wrong answers | Halt after | Back after | Before it goes out |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${report.arms.map(armRow).join("\n")}
| optimal test | ${[bound.over.lostOrders.median, bound.over.lostOrders.mean, bound.over.lostOrders.p95, bound.over.errors.median, bound.over.wrongAnswers.median].map(number).join(" | ")} | ${duration(bound.secondsToHalt)} | ${duration(bound.over.secondsToUnwind.median)} | – |

The optimal test is a CUSUM that knows both rates and the noise, one false alarm a year for each signal, in the judge's place: same waves, same slots, same way back. Until the halt Interlock loses ${number(ours?.over.lostAtHalt.mean ?? null)} orders on average, that test ${number(bound.over.lostAtHalt.mean)}: ${ratio.toFixed(2)} times as many. Both halt on the first whole slot where one is enough, and no test can halt sooner. The plan has waves of ${waves}; it prints "orders lost if this is bad: ${number(plan.ordersLostIfBad)}", and all at once ${number(plan.ordersLostAtOnce)} before detection. ${report.systemsReached} Tier-1 systems of the simulated retailer depend on what is changed.

What it rests on:

| Figure | Value | Unit | Source |
| --- | --- | --- | --- |
${report.assumptions.map(({ id, value, unit, source }) => `| ${id} | ${value} | ${unit} | ${source} |`).join("\n")}`;
}

function armRow(arm: DrillReport["arms"][number]): string {
  const { median, mean, p95 } = arm.over.lostOrders;
  const figures = [median, mean, p95, arm.errors, arm.wrongAnswers].map(number);
  return `| ${arm.name}: ${arm.title} | ${figures.join(" | ")} | ${duration(arm.secondsToHalt)} | ${duration(arm.secondsToUnwind)} | ${gateText(arm)} |`;
}

function weakPart(rows: readonly Weakness[], seeds: number): string {
  const lines = rows.map(
    ({ ordersPerMinute, dropPpm, halted, runs, secondsToHalt, lostOrders, waves }) =>
      `| ${number(ordersPerMinute)} | ${dropPpm === 0 ? "none" : `${dropPpm / 10_000} %`} | ${halted} of ${runs} | ${duration(secondsToHalt.median)} (${duration(secondsToHalt.p95)}) | ${number(lostOrders.median)} (${number(lostOrders.p95)}) | ${waves ?? "–"} |`,
  );
  return `## Where it does not do well

The rollout as shipped, of a change that costs orders and nothing else, watched for six hours with nobody looking, ${seeds} seeds a row. Medians, and 95th percentiles in brackets; "never" means within the six hours.

| Orders a minute | Drop where the change is | Halted | Halt after | Lost orders | Waves written |
| --- | --- | --- | --- | --- | --- |
${lines.join("\n")}

A drop within the tolerated 1 % is none to the judge: it goes through. Where orders are few the first wave of one per cent sees hardly any, and a wave that lacks evidence waits instead of going on: that costs time, and the loss until then is the wave's whole exposure. Rows without a drop are harmless changes: what was halted there was halted falsely.`;
}

const TAIL = `How the judge compares with a fixed threshold, a Mann–Whitney judge at intervals and tests that know more, at equal false halts, for each drop and traffic: [the judge's own figures](judge.md).

## What this does not show

- Harm that no enrolled signal shows passes every wave: a corrupted row, a leaked secret, a price that is wrong and sells.
- Harm that comes later than the bake, or only in cells that come late (another language, another tax law).
- Targets that fail, drivers that die, clocks that jump: those are the simulations of \`core\` and the tests of the server, not drills.
- People. That they notice after half an hour and take five and a half more by hand is an assumption that makes the arm \`none\` fit the report.`;
