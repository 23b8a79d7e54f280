// SPDX-License-Identifier: Apache-2.0
import { GateError } from "@interlock/core";
import { type UnwindShown, unwindsApi } from "@interlock/protocol";
import type { Command } from "commander";
import { jsonText, printable, printableLines } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked, type Remote } from "../remote/client.ts";
import { lineOf, planText, signersText, unwindText } from "../unwinds/text.ts";

type Options = Pick<AccessOptions, "server"> & { readonly json?: boolean };
type Of = Options & {
  readonly plan?: boolean;
  readonly system?: string;
  readonly bringBack?: boolean;
  readonly reason?: string;
};

export function unwindCommand(program: Command): void {
  const unwind = program
    .command("unwind")
    .description("take away what the rollouts of a change wrote, and leave all else as it is")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock unwind CHANGE --plan\n  interlock unwind CHANGE --reason 'carts are empty'\n  interlock unwind start PLAN",
    );
  withServer(unwind.command("of", { isDefault: true }))
    .description("propose it, and say who has to sign it where; `of` may be left out")
    .argument("<change>", "id of the change")
    .option("--plan", "only say what it would do, key by key")
    .option("--system <name>", "where its rollouts went to several")
    .option("--bring-back", "the other way: bring back what unwinds took away")
    .option("--reason <text>", "for those who sign it")
    .option("--json", "print JSON")
    .action(of);
  withServer(unwind.command("list"))
    .description("list unwinds, those proposed last first")
    .option("--json", "print JSON")
    .action(async (options: Options) => {
      const list = await asked(remote(options), unwindsApi.unwinds);
      process.stdout.write(
        options.json === true
          ? `${jsonText(list, 2)}\n`
          : list.unwinds.map((one) => `${printable(lineOf(one))}\n`).join(""),
      );
      for (const plan of list.unread) process.stderr.write(`! plan ${plan} cannot be read\n`);
    });
  withServer(unwind.command("show"))
    .description("show its plan, who signed it, and what is missing")
    .argument("<plan>", "digest of the plan")
    .option("--json", "print JSON")
    .action(async (plan: string, options: Options) =>
      print(await asked(remote(options), unwindsApi.showUnwind, { params: { plan } }), options),
    );
  withServer(unwind.command("start"))
    .description("begin one that was agreed upon; `interlock rollout watch` shows how it goes")
    .argument("<plan>", "digest of the plan")
    .option("--json", "print JSON")
    .action(async (plan: string, options: Options) =>
      print(await asked(remote(options), unwindsApi.startUnwind, { params: { plan } }), options),
    );
  withServer(unwind.command("again"))
    .description("propose one once more whose rollout was halted, so that it may go on")
    .argument("<plan>", "digest of the plan")
    .option("--reason <text>", "for those who sign it")
    .option("--json", "print JSON")
    .action(again);
}

async function of(change: string, options: Of): Promise<void> {
  const { system, bringBack } = options;
  const way = bringBack === true ? "redo" : "undo";
  const which = { change, way, ...(system === undefined ? {} : { system }) } as const;
  const made = await asked(remote(options), unwindsApi.planUnwind, { query: which });
  if (options.plan === true) {
    const text = `${planText(made.text)}  plan     ${made.plan}\n  since    about ${made.ordersSince} orders went through its cells, by the description's figures\n${signersText(made.text, made.signers)}`;
    process.stdout.write(options.json === true ? `${jsonText(made, 2)}\n` : printableLines(text));
    return;
  }
  if (made.nothing)
    throw new GateError(
      "UNWIND_NOTHING",
      way === "undo" ? "all of it is away already" : "all of it is back already",
      "see `interlock unwind list`",
    );
  const reason = options.reason ?? `${way} what ${change} wrote`;
  const body = { ...which, plan: made.plan, reason };
  await proposed(options, body);
}

async function again(plan: string, options: Options & { readonly reason?: string }): Promise<void> {
  const one = await asked(remote(options), unwindsApi.showUnwind, { params: { plan } });
  const reason = options.reason ?? "it was halted, and is to go on";
  await proposed(options, { change: one.change, way: one.way, plan, reason });
}

async function proposed(
  options: Options,
  body: { readonly plan: string } & Readonly<Record<string, string>>,
): Promise<void> {
  const { proposal } = await asked(remote(options), unwindsApi.proposeUnwind, { body });
  const params = { plan: body.plan };
  const one = await asked(remote(options), unwindsApi.showUnwind, { params });
  print(one, options);
  const page = `${loginOf(options).server}/proposals/${proposal}`;
  process.stderr.write(
    printableLines(`to be signed at ${page}\nthen: interlock unwind start ${body.plan}\n`),
  );
}

function print(one: UnwindShown, { json }: Options): void {
  process.stdout.write(json === true ? `${jsonText(one, 2)}\n` : printableLines(unwindText(one)));
}

/** As the person of this terminal: a token opens nothing. */
function remote(options: Options): Remote {
  const { server, secret } = loginOf(options);
  return remoteOf(server, secret);
}
