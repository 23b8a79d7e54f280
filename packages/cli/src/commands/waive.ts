// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import { changeIdOf } from "./change.ts";
import { type SigningOptions, toBeSigned, withSigning } from "./sign.ts";

type Options = SigningOptions & {
  readonly rule: string;
  readonly reason: string;
  readonly hours?: string;
  readonly breakGlass?: boolean;
  readonly incident?: string;
};

export function waiveCommand(program: Command): void {
  const command = program
    .command("waive")
    .description("pass one rule for one change, together with a second person")
    .argument("<change>", "its id, or the link of its page")
    .requiredOption("--rule <id>", "the rule, as the decision names it")
    .requiredOption("--reason <text>", "why, for everybody to read")
    .option("--hours <n>", "how long it holds (default: 24; 4 with --break-glass)")
    .option("--break-glass", "in an emergency: passes a denial too, and is reviewed afterwards")
    .option("--incident <id>", "the open incident that asks for it");
  withSigning(command)
    .addHelpText(
      "after",
      "\nExamples:\n  interlock waive 0123456789abcdef0123 --rule two-people --reason 'the owners are asleep'\n  interlock waive 0123456789abcdef0123 --rule freeze/sale --reason 'no orders' --break-glass --incident inc-0123456789\n\nExit codes: 0 signed, 1 not signed in time, 3 could not ask, 64 wrong usage",
    )
    .action((written: string, options: Options) => {
      const { rule, reason, hours, breakGlass = false, incident } = options;
      if (breakGlass !== (incident !== undefined))
        throw new GateError(
          "USAGE",
          "`--break-glass` and `--incident` go together",
          "open an incident with `interlock incident open`, or leave both out",
        );
      return toBeSigned(options, {
        ...{ change: changeIdOf(written), decision: "override", reason },
        waives: { rule, breakGlass, ...(incident === undefined ? {} : { incident }) },
        ...(hours === undefined ? {} : { hours: hoursOf(hours) }),
      });
    });
}

/** The server knows how long each kind may hold. */
const HOURS_MAX = 168;

function hoursOf(written: string): number {
  const hours = Number(written);
  if (Number.isSafeInteger(hours) && hours >= 1 && hours <= HOURS_MAX) return hours;
  throw new GateError(
    "USAGE",
    `\`${written}\` is no number of hours from 1 to ${HOURS_MAX}`,
    "give whole hours",
  );
}
