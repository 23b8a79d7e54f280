// SPDX-License-Identifier: Apache-2.0
import { Command } from "commander";
import { VERSION } from "./version.ts";

type Add = (program: Command) => void;

/** In the order of the help. Loaded one by one: the readers of all languages take longer than most work. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  check: async () => (await import("./commands/check.ts")).checkCommand,
  explain: async () => (await import("./commands/explain.ts")).explainCommand,
  backtest: async () => (await import("./commands/backtest.ts")).backtestCommand,
  init: async () => (await import("./commands/init.ts")).initCommand,
  rules: async () => (await import("./commands/rules.ts")).rulesCommand,
  mode: async () => (await import("./commands/mode.ts")).modeCommand,
  enforce: async () => (await import("./commands/mode.ts")).enforceCommand,
  policy: async () => (await import("./commands/policy.ts")).policyCommand,
  facts: async () => (await import("./commands/facts.ts")).factsCommand,
  decide: async () => (await import("./commands/decide.ts")).decideCommand,
  replay: async () => (await import("./commands/replay.ts")).replayCommand,
  catalog: async () => (await import("./commands/catalog.ts")).catalogCommand,
  login: async () => (await import("./commands/login.ts")).loginCommand,
  logout: async () => (await import("./commands/login.ts")).logoutCommand,
  whoami: async () => (await import("./commands/login.ts")).whoamiCommand,
  change: async () => (await import("./commands/change.ts")).changeCommand,
  approve: async () => (await import("./commands/sign.ts")).approveCommand,
  reject: async () => (await import("./commands/sign.ts")).rejectCommand,
  withdraw: async () => (await import("./commands/sign.ts")).withdrawCommand,
  waive: async () => (await import("./commands/waive.ts")).waiveCommand,
  incident: async () => (await import("./commands/incident.ts")).incidentCommand,
  debt: async () => (await import("./commands/debt.ts")).debtCommand,
  gate: async () => (await import("./commands/gate.ts")).gateCommand,
  document: async () => (await import("./commands/document.ts")).documentCommand,
  run: async () => (await import("./commands/run.ts")).runCommand,
  remedy: async () => (await import("./commands/remedy.ts")).remedyCommand,
  "control-plane": async () => (await import("./commands/control-plane.ts")).controlPlaneCommand,
  config: async () => (await import("./commands/config.ts")).configCommand,
  data: async () => (await import("./commands/data.ts")).dataCommand,
  rollout: async () => (await import("./commands/rollout.ts")).rolloutCommand,
  unwind: async () => (await import("./commands/unwind.ts")).unwindCommand,
  unrecorded: async () => (await import("./commands/unrecorded.ts")).unrecordedCommand,
  hook: async () => (await import("./commands/hook.ts")).hookCommand,
  guard: async () => (await import("./commands/guard.ts")).guardCommand,
  admission: async () => (await import("./commands/admission.ts")).admissionCommand,
  emergency: async () => (await import("./commands/emergency.ts")).emergencyCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  forge: async () => (await import("./commands/forge.ts")).forgeCommand,
  serve: async () => (await import("./commands/serve.ts")).serveCommand,
  ledger: async () => (await import("./commands/ledger.ts")).ledgerCommand,
  witness: async () => (await import("./commands/witness.ts")).witnessCommand,
  judge: async () => (await import("./commands/judge.ts")).judgeCommand,
  drill: async () => (await import("./commands/drill.ts")).drillCommand,
  schema: async () => (await import("./commands/schema.ts")).schemaCommand,
};

/** The whole command line, or as much of it as these arguments reach. */
export async function program(args: readonly string[] = []): Promise<Command> {
  const interlock = new Command("interlock")
    .description("controlled friction in front of production changes")
    .version(VERSION)
    .showHelpAfterError("(run with --help for usage)")
    .exitOverride();
  const [first = ""] = args;
  const only = Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  const needed =
    only !== undefined ? [only] : /^(-V|--version)$/.test(first) ? [] : Object.values(COMMANDS);
  for (const load of needed) (await load())(interlock);
  return interlock;
}
