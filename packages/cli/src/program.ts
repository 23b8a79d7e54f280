// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { backtestCommand } from "./commands/backtest.ts";
import { checkCommand } from "./commands/check.ts";

/** The whole command line. Each command loads what it needs when it runs. */
export function program(): Command {
  const interlock = new Command("interlock")
    .description("controlled friction in front of production changes")
    .version("0.1.0")
    .showHelpAfterError("(run with --help for usage)")
    .exitOverride();
  checkCommand(interlock);
  backtestCommand(interlock);
  return interlock;
}
