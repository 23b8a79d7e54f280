// SPDX-License-Identifier: Apache-2.0
/** docs/drills.md: everything in it is measured by the command that writes it. */
import { type Assumption, worldAssumptions } from "./assumptions.ts";
import { type DrillReport, drill, incidentOf } from "./drill.ts";
import { INCIDENTS } from "./incident.ts";
import { duration, gateText, number } from "./text.ts";
import { type Weakness, weaknesses } from "./weak.ts";

export type DocumentOptions = {
  readonly seed: number;
  readonly seeds: number;
  /** Of each row of the last table. */
  readonly weakSeeds: number;
};

/** The parts of the page that are measured; each may be measured by itself. */
export const DOCUMENT_PARTS: readonly string[] = [...INCIDENTS.map(({ id }) => id), "weak"];

/** Measures one part. */
export async function documentPart(
  part: string,
  { seed, seeds, weakSeeds }: DocumentOptions,
): Promise<string> {
  const incident = incidentOf(part);
  if (incident === null) return weakPart(await weaknesses(seed, weakSeeds), weakSeeds);
  return incidentPart((await drill(incident, { seed, seeds })).report);
}

/** The page of all parts, in the order of `DOCUMENT_PARTS`. */
export const documentOf = (parts: readonly string[], { seeds }: DocumentOptions): string =>
  `${[HEAD.replaceAll("SEEDS", String(seeds)), ...parts, `## What both rest on\n\n${assumptionsTable(worldAssumptions())}`, TAIL].join("\n\n")}\n`;

const HEAD = `# Drills

Written by \`npm run drills\` (SEEDS seeds). Two incidents that the press reported of a large retailer, in a simulated one: \`interlock drill march-2\` and \`interlock drill march-5\` show them, with \`--html\` and plots. Neither diff is public: the change is [our reconstruction](../conformance/outages), and every figure that is not reported is an assumption, listed below and in \`--json\`.

Every arm sees the same orders and cart pages, drawn once a seed and thinned one by one, so that arms differ by their acts alone. What rules and approvals say is \`decide\` on the facts of the reconstructed change; waves are planned and driven by \`core\`; halts come from \`judge\`, which sees nothing but the simulated counts. **Every arm assumes that the change passed whatever judges it before it goes out**: two people were fooled, the document is complete and wrong, the rules were waived. The last column says what would have stood in the way.`;

function incidentPart(report: DrillReport): string {
  const { plan, bound } = report;
  const ours = report.arms.find(({ name }) => name === "interlock");
  const waves = plan.waves.map(({ exposurePpm }) => `${exposurePpm / 10_000} %`).join(", ");
  const ratio = (value: number | null): string => value?.toFixed(2) ?? "–";
  const { atHalt, inAll } = bound.times;
  return `## ${report.drill}: ${report.title}

| Arm | Lost orders: median | mean | 95th percentile | Errors | Wrong answers | Halt after | Back after | Before it goes out |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${report.arms.map(armRow).join("\n")}
| optimal test | ${[bound.over.lostOrders.median, bound.over.lostOrders.mean, bound.over.lostOrders.p95, bound.over.errors.median, bound.over.wrongAnswers.median].map(number).join(" | ")} | ${duration(bound.secondsToHalt)} | ${duration(bound.over.secondsToUnwind.median)} | – |

The optimal test is a CUSUM that knows both rates and the noise, one false alarm a year for each signal, in the judge's place: same waves, same slots, same way back. Until the halt Interlock loses ${number(ours?.over.lostAtHalt.mean ?? null)} order(s) on average, that test ${number(bound.over.lostAtHalt.mean)}. Seed by seed Interlock loses ${ratio(atHalt.median)} times as many until the halt (95th percentile ${ratio(atHalt.p95)}, most ${ratio(atHalt.most)}), and ${ratio(inAll.median)} times as many in all (${ratio(inAll.p95)}, ${ratio(inAll.most)}). Both halt on the first whole slot where one is enough, and then no test can halt sooner: finer slots would tell the two apart ([the judge against the bound](judge.md#a-drop-of-99--against-the-bound)). The plan has waves of ${waves}; it prints "orders lost if this is bad: ${number(plan.ordersLostIfBad)}", and all at once ${number(plan.ordersLostAtOnce)} before detection. ${report.systemsReached} Tier-1 systems of the simulated retailer depend on what is changed.

What it rests on, beside what both do:

${assumptionsTable(report.assumptions.filter(({ id }) => !SHARED.has(id)))}`;
}

const SHARED: ReadonlySet<string> = new Set(worldAssumptions().map(({ id }) => id));

const assumptionsTable = (assumptions: readonly Assumption[]): string =>
  [
    "| Figure | Value | Unit | Source |",
    "| --- | --- | --- | --- |",
    ...assumptions.map(
      ({ id, value, unit, source }) => `| ${id} | ${value} | ${unit} | ${source} |`,
    ),
  ].join("\n");

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

The smaller the drop, the longer until it is told from chance, and one within what is tolerated (1 % against other cells, 2 % against past weeks) is none to the judge. A wave goes on when a drop of 10 % is excluded, so that what is smaller may reach every cell: then only past weeks are left to compare with, and the rest is up to people. Where orders are few a wave of one per cent sees hardly any: it waits instead of going on, which costs its own exposure and the time of whoever wanted the change; widening the wave is up to two people. Rows without a drop are harmless changes: what was halted there was halted falsely.`;
}

const TAIL = `How the judge compares with a fixed threshold, a Mann–Whitney judge at intervals and tests that know more, at equal false halts, for each drop and traffic: [the judge's own figures](judge.md).

## What this does not show

- Harm that no enrolled signal shows passes every wave: a corrupted row, a leaked secret, a price that is wrong and sells.
- Harm that comes later than the bake, or only in cells that come late (another language, another tax law).
- Targets that fail, drivers that die, clocks that jump: those are the simulations of \`core\` and the tests of the server, not drills.
- People. That they notice after half an hour and take five and a half more by hand is an assumption that makes the arm \`none\` fit the report.`;
