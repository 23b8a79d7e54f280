// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { backtestCommand } from "./commands/backtest.ts";
import { catalogCommand } from "./commands/catalog.ts";
import { checkCommand } from "./commands/check.ts";
import { decideCommand } from "./commands/decide.ts";
import { explainCommand } from "./commands/explain.ts";
import { factsCommand } from "./commands/facts.ts";
import { initCommand } from "./commands/init.ts";
import { policyCommand } from "./commands/policy.ts";
import { replayCommand } from "./commands/replay.ts";
import { rulesCommand } from "./commands/rules.ts";
import { schemaCommand } from "./commands/schema.ts";
import { VERSION } from "./version.ts";

/** The whole command line. */
export function program(): Command {
  const interlock = new Command("interlock")
    .description("controlled friction in front of production changes")
    .version(VERSION)
    .showHelpAfterError("(run with --help for usage)")
    .exitOverride();
  for (const add of [
    checkCommand,
    explainCommand,
    backtestCommand,
    initCommand,
    rulesCommand,
    policyCommand,
    factsCommand,
    decideCommand,
    replayCommand,
    catalogCommand,
    schemaCommand,
  ])
    add(interlock);
  return interlock;
}
