// SPDX-License-Identifier: Apache-2.0
/** What people and programs read of a live drill. */
import { countText } from "@interlock/core";

/** One thing that happened, as it happens. */
export type Stage = {
  /** Milliseconds since the drill began. */
  readonly afterMs: number;
  readonly says: string;
  /** Into the console. */
  readonly link: string | null;
};

export type LiveReport = {
  readonly drill: string;
  readonly title: string;
  readonly live: { readonly target: string; readonly signals: string };
  readonly ordersPerMinute: number;
  readonly seed: number;
  /** `gone-back`: halted by itself, and every cell holds what it held. */
  readonly phase: string;
  readonly haltedBy: string | null;
  readonly haltedBecause: string | null;
  /** What the plan said that it costs if it is bad. */
  readonly ordersLostIfBad: number;
  readonly lostOrders: number;
  /** Requests that got an error or a wrong promise because of the change. */
  readonly errors: number;
  /** From the first read of the bad value to the halt; `null`: it did not halt. */
  readonly secondsToHalt: number | null;
  /** From the halt until the shop read the old value everywhere; `null`: it does not. */
  readonly secondsToUnwind: number | null;
  readonly cells: readonly { readonly cell: string; readonly sawIt: boolean }[];
  /** Of the log, audited by a program that believes its key alone. */
  readonly ledger: { readonly entries: number; readonly verified: boolean };
  readonly stages: readonly Stage[];
};

/** Whether it came out as it should: halted by a signal, back, seen nowhere else, the ledger whole. */
export function isAsItShould({
  phase,
  haltedBy,
  secondsToUnwind,
  cells,
  ledger,
}: LiveReport): boolean {
  const seen = cells.filter(({ sawIt }) => sawIt).length;
  return (
    phase === "gone-back" &&
    haltedBy !== null &&
    secondsToUnwind !== null &&
    seen === 1 &&
    ledger.verified
  );
}

/** A line for what happened. */
export function stageText({ afterMs, says, link }: Stage): string {
  const at = `${(afterMs / 1_000).toFixed(1).padStart(6)} s  ${says}`;
  return link === null ? at : `${at}\n          ${link}`;
}

/** The end of it. */
export function liveText(report: LiveReport): string {
  const { secondsToHalt, secondsToUnwind, cells, ledger } = report;
  const seconds = (value: number | null) => (value === null ? "never" : `${value.toFixed(1)} s`);
  const spared = cells.filter(({ sawIt }) => !sawIt).map(({ cell }) => cell);
  return [
    "",
    `${report.drill}, live: ${report.title}`,
    `orders lost            ${countText(report.lostOrders)} (the plan allowed for ${countText(report.ordersLostIfBad)} if it is bad)`,
    `errors, wrong answers  ${countText(report.errors)}`,
    `halted after           ${seconds(secondsToHalt)} of the bad value in the first cell`,
    `back after             ${seconds(secondsToUnwind)} more`,
    `never saw it           ${spared.length === 0 ? "none" : spared.join(", ")}`,
    `ledger                 ${countText(ledger.entries)} entries, ${ledger.verified ? "every one verified" : "NOT verified"}`,
    "",
  ].join("\n");
}
