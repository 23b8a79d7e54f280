// SPDX-License-Identifier: Apache-2.0
/** An unwind as a terminal shows it. */
import type { UnwindListed, UnwindPlanText, UnwindShown } from "@interlock/protocol";
import { duration } from "../rollouts/text.ts";

const BECAUSE: Readonly<Record<UnwindPlanText["keys"][number]["because"], string>> = {
  "nothing-later": "nobody wrote it since",
  "later-write-stays": "a later write stays",
  "already-so": "it is so already",
  subtracted: "its part is subtracted",
  "run-again": "what followed from it is computed again",
  "cannot-run-again": "what used it cannot be computed again: a person looks at it",
  "changed-outside": "somebody wrote it past the journal: a person looks at it",
};

/** More are in `--json`. */
const KEYS = 40;

/** Counts first, then key by key, then the waves. */
export function planText(plan: UnwindPlanText): string {
  const { counts, keys, waves } = plan;
  const verb = plan.way === "undo" ? "takes away what" : "brings back what";
  const lines = [
    `${verb} ${plan.change} wrote for ${plan.system} to ${plan.target}`,
    `  restore ${counts.restore}, keep ${counts.keep}, re-run ${counts["re-run"]}, quarantine ${counts.quarantine}; ${counts.guessed} of them guesses`,
    ...keys.slice(0, KEYS).map((one) => `  ${keyText(one, plan.values)}`),
    ...(keys.length > KEYS ? [`  and ${keys.length - KEYS} more: see \`--json\``] : []),
    ...waves.map(
      ({ name, cells, bake }) =>
        `  ${name}: ${cells.map(({ cell }) => cell).join(", ")}, bakes ${duration(bake.ms)} and ${bake.samples} orders`,
    ),
    waves.length === 0
      ? "  nothing is written"
      : `  orders lost if the unwind itself is bad: ${plan.lossOrders}`,
  ];
  return `${lines.join("\n")}\n`;
}

function keyText(
  { action, cell, key, before, after, because, guessed }: UnwindPlanText["keys"][number],
  values: UnwindPlanText["values"],
): string {
  const shown = (sha256: string | null): string => {
    if (sha256 === null) return "nothing";
    const text = values[sha256];
    return text === undefined ? `${sha256.slice(0, 12)}…` : JSON.stringify(text);
  };
  const what = before === after ? shown(before) : `${shown(before)} → ${shown(after)}`;
  return `${action.padEnd(10)} ${cell} ${key}: ${what} (${BECAUSE[because]}${guessed ? "; a guess" : ""})`;
}

export const signersText = ({ needs }: UnwindPlanText, signers: UnwindShown["signers"]): string => {
  const each = signers.map(
    ({ owner, persons }) =>
      `${owner}: ${persons.length === 0 ? "nobody here" : persons.join(", ")}`,
  );
  const owners = needs.owners === 1 ? "an owner" : "two owners";
  return `  signs    two people with their passkeys, ${owners} among them (${each.join("; ")})\n`;
};

export const lineOf = (one: UnwindListed): string =>
  [
    one.plan.slice(0, 12),
    new Date(one.at).toISOString(),
    one.way,
    one.change,
    one.system,
    one.phase ?? one.state,
    `by ${one.by}`,
  ].join("  ");

/** Where it stands, and what is missing. */
export function unwindText(one: UnwindShown): string {
  const { waitsFor } = one;
  const lines = [
    `  plan     ${one.plan}`,
    `  state    ${one.phase ?? one.state}; proposed by ${one.by} at ${new Date(one.at).toISOString()}`,
    `  signed   ${one.endorsedBy.length === 0 ? "by nobody yet" : `by ${one.endorsedBy.join(", ")}`}`,
    ...(one.rollout === null ? [] : [`  rollout  ${one.rollout}`]),
    ...(waitsFor === null
      ? []
      : [
          `  waits    ${waitsFor.what}`,
          `  who      ${waitsFor.who}`,
          `  how      ${waitsFor.how}`,
        ]),
  ];
  return `${planText(one.text)}${lines.join("\n")}\n`;
}
