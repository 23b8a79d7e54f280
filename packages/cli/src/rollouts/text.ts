// SPDX-License-Identifier: Apache-2.0
/** A rollout as a terminal shows it. */
import { countText } from "@interlock/core";
import type { LossShown, RolloutListed, RolloutShown } from "@interlock/protocol";

const share = (ppm: number): string => `${Number((ppm / 10_000).toFixed(4))} %`;

/** `4 min 05 s`; nothing is shown finer than people can act upon. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  if (minutes === 0) return `${rest} s`;
  const [hours, left] = [Math.floor(minutes / 60), minutes % 60];
  return hours === 0
    ? `${minutes} min ${String(rest).padStart(2, "0")} s`
    : `${hours} h ${String(left).padStart(2, "0")} min`;
}

export const lineOf = (one: RolloutListed): string =>
  [
    one.rollout.slice(0, 12),
    new Date(one.startedAt).toISOString(),
    one.system.padEnd(16),
    (one.paused ? "paused" : one.phase).padEnd(10),
    `wave ${Math.min(one.wave + 1, one.waves)} of ${one.waves}`,
    share(one.exposurePpm),
    `by ${one.startedBy}`,
    ...(one.lane === "emergency" ? ["emergency lane"] : []),
  ].join("  ");

export const lossText = ({ orders, firstOrders, aloneOrders, budgetOrders }: LossShown): string =>
  `orders lost if this is bad: ${countText(orders)} if every cell is hurt (${countText(firstOrders)} if the first wave shows it; ${countText(budgetOrders)} allowed), ${countText(aloneOrders)} if only one wave's cells are`;

/** By whose break-glass, for which incident, and why it carries it no further. */
export function emergencyText(emergency: RolloutShown["emergency"]): readonly string[] {
  if (emergency === null) return [];
  const { by, incidents, over, entry } = emergency;
  const who = by.length === 0 ? "those of an entry that was erased" : by.join(" and ");
  const what = incidents.length === 0 ? "" : ` for incident ${incidents.join(", ")}`;
  return [
    `emergency lane, by break-glass of ${who}${what}; its debt is ${entry.slice(0, 12)}…`,
    ...(over === null ? [] : [`! no further wave begins: ${over}`]),
  ];
}

const MARK = { passed: "✓", now: "▶", "to-come": " " } as const;

/** Waves, what comes next with its countdown, and what is missing. */
export function rolloutText(one: RolloutShown): string {
  const lines = [
    `${one.system} to ${one.target}: ${one.paused ? "paused" : one.phase}, ${share(one.exposurePpm)} of orders`,
    `  rollout  ${one.rollout}`,
    `  change   ${one.change}`,
    `  behind   ${one.persons.join(", ")}; begun by ${one.startedBy} at ${new Date(one.startedAt).toISOString()}`,
    ...emergencyText(one.emergency).map((line) => `  ${line}`),
    `  ${lossText(one.loss)}`,
    ...one.plan.map(
      (wave) =>
        `  ${MARK[wave.state]} ${wave.name}: ${cellsText(wave.cells)}, ${share(wave.exposurePpm)}, bakes ${duration(wave.bake.ms)} and ${countText(wave.bake.samples)} orders, ${countText(wave.orders)} lost if bad`,
    ),
    ...one.divided.map(({ cell, ppm }) => `  share    ${cell} at ${share(ppm)} of its traffic`),
    `  next     ${nextText(one)}`,
    ...one.verdicts.map(
      (held) =>
        `  signal   ${held.source}: ${held.outcome}, ${countText(held.samples)} orders, ${excluded(held.excludesPpm)}`,
    ),
    ...underWay(one),
    `  journal  ${one.journal.writes} writes, ${one.journal.confirmed} read back`,
    ...(one.asksCapacity ? [] : ["  capacity nobody is asked for room before it goes back"]),
    ...missing(one),
  ];
  return `${lines.join("\n")}\n`;
}

/** All of it is not excluded before there is evidence of anything. */
const excluded = (ppm: number): string =>
  ppm >= 1_000_000 ? "excludes no harm yet" : `excludes harm over ${share(ppm)}`;

const CELLS = 8;

const cellsText = (cells: readonly string[]): string =>
  cells.length <= CELLS
    ? cells.join(", ")
    : `${cells.slice(0, CELLS).join(", ")} and ${cells.length - CELLS} more`;

function nextText({ next, asOf }: RolloutShown): string {
  if (next.at === null) return next.what;
  return next.at <= asOf ? `${next.what} now` : `${next.what} in ${duration(next.at - asOf)}`;
}

function underWay({ cells }: RolloutShown): readonly string[] {
  const flying = cells.filter((cell) => cell.underWay).map(({ cell }) => cell);
  const foreign = cells.filter(({ holds, conflict }) => holds === "foreign" && conflict === null);
  const conflicts = cells.filter(({ conflict }) => conflict !== null);
  return [
    ...(flying.length === 0 ? [] : [`  flying   writes to ${cellsText(flying)}`]),
    ...(foreign.length === 0
      ? []
      : [`  ! ${cellsText(foreign.map(({ cell }) => cell))} holds what nobody here wrote`]),
    ...conflicts
      .slice(0, CELLS)
      .map(({ cell, conflict }) => `  ! ${cell} is left as it is: ${conflict}`),
    ...(conflicts.length > CELLS ? [`  ! and ${conflicts.length - CELLS} more cells`] : []),
  ];
}

function missing({ waitsFor, halt }: RolloutShown): readonly string[] {
  const halted = halt === null ? [] : [`  halted   by ${halt.by || "itself"}: ${halt.because}`];
  if (waitsFor === null) return halted;
  const { what, who, how } = waitsFor;
  return [...halted, `  waits    ${what}`, `  who      ${who}`, `  how      ${how}`];
}
