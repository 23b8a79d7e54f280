// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { GateError } from "@interlock/core";
import { type RolloutShown, rolloutsApi } from "@interlock/protocol";
import type { Command } from "commander";
import { jsonOf } from "../files/json.ts";
import { readText } from "../files/read.ts";
import { jsonText, printable, printableLines } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked, type Operation, type Remote } from "../remote/client.ts";
import { emergencyText, lineOf, lossText, rolloutText } from "../rollouts/text.ts";

type Options = Pick<AccessOptions, "server"> & { readonly json?: boolean };
type Start = Options & {
  readonly system: string;
  readonly waves?: string;
  readonly emergency?: boolean;
};
type Back = Options & { readonly anyway?: boolean };
type Said = Options & { readonly because: string };
type Because = Options & { readonly because?: string };

/** Between two looks of `watch`. */
const WATCH_MS = 2_000;
const OVER: ReadonlySet<string> = new Set(["completed", "gone-back", "withdrawn"]);
/** Another end than the one that was wanted. */
const NOT_DONE = 1;

export function rolloutCommand(program: Command): void {
  const rollout = program
    .command("rollout")
    .description("bring an allowed change to the cells of a system, wave by wave")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock rollout plan CHANGE --system cart\n  interlock rollout start CHANGE --system cart\n  interlock rollout halt ROLLOUT --because 'carts are empty'",
    );
  starting(rollout);
  looking(rollout);
  const { pauseRollout, resumeRollout, haltRollout, sendRolloutBack } = rolloutsApi;
  on(rollout, { name: "pause", says: "let no further wave begin", operation: pauseRollout });
  on(rollout, {
    ...{ name: "resume", operation: resumeRollout },
    says: "go on; after a halt with an approval given since",
  });
  on<Because>(rollout, {
    ...{ name: "halt", says: "stop new writes at once", operation: haltRollout, body: reason },
  }).option("--because <text>", "what is wrong");
  on<Said>(rollout, {
    ...{ name: "mark-bad", operation: rolloutsApi.markRolloutBad },
    ...{ says: "say that what it brought is bad: it halts, and nobody goes back to that" },
    body: ({ because }) => ({ because }),
  }).requiredOption("--because <text>", "what is wrong");
  adopting(rollout);
  on<Back>(rollout, {
    ...{ name: "back", says: "bring every cell back to what it held", operation: sendRolloutBack },
    body: ({ anyway }) => ({ anyway: anyway === true }),
  }).option("--anyway", "without waiting for room in the cells");
}

function adopting(rollout: Command): void {
  withServer(rollout.command("adopt"))
    .description("propose that what it brought may be gone back to; two people sign that")
    .argument("<rollout>", "its id")
    .requiredOption("--because <text>", "why it is good although it was halted or marked bad")
    .option("--json", "print JSON")
    .action(async (id: string, { because, ...options }: Said) => {
      const given = { params: { rollout: id }, body: { reason: because } };
      const made = await asked(remoteFor(options), rolloutsApi.adoptRollout, given);
      const page = `${loginOf(options).server}/proposals/${made.proposal}`;
      process.stdout.write(
        options.json === true
          ? `${jsonText(made, 2)}\n`
          : printableLines(`to be signed by two people at ${page}\n`),
      );
    });
}

const reason = ({ because }: Because) => (because === undefined ? {} : { because });

function starting(rollout: Command): void {
  withPlan(withServer(rollout.command("plan")))
    .description("show the waves and what they cost if the change is bad; begins nothing")
    .action(async (change: string, options: Start) => {
      const made = await asked(remoteFor(options), rolloutsApi.planRollout, {
        body: bodyOf(change, options),
      });
      const waves = made.waves.map(
        ({ name, cells, bake }) =>
          `${name}: ${cells.join(", ")}, bakes ${bake.ms / 60_000} min and ${bake.samples} orders`,
      );
      process.stdout.write(
        options.json === true
          ? `${jsonText(made, 2)}\n`
          : printableLines(
              `${[...emergencyText(made.emergency), ...waves, lossText(made.loss)].join("\n")}\n`,
            ),
      );
    });
  withPlan(withServer(rollout.command("start")))
    .description("begin; you are its operator")
    .action(async (change: string, options: Start) => {
      const once = randomBytes(16).toString("hex");
      const body = { ...bodyOf(change, options), once };
      print(await asked(remoteFor(options), rolloutsApi.beginRollout, { body }), options);
    });
}

const withPlan = (command: Command): Command =>
  command
    .argument("<change>", "id of the change")
    .requiredOption("--system <name>", "of the description of the control plane")
    .option("--waves <file>", "JSON: `[{name, cells, bake: {ms, samples, marginPpm}}]`")
    .option("--emergency", "in the emergency lane, by the break-glass of the change that stands")
    .option("--json", "print JSON");

function bodyOf(change: string, { system, waves, emergency }: Start): object {
  const asked = { change, system, ...(emergency === true ? { emergency } : {}) };
  if (waves === undefined) return asked;
  const read = jsonOf(readText(waves));
  if (!Array.isArray(read))
    throw new GateError(
      "INPUT_INVALID",
      `\`${waves}\` is no JSON list of waves`,
      "begin with what `interlock rollout plan --json` prints as `waves`",
    );
  return { ...asked, waves: read };
}

function looking(rollout: Command): void {
  withServer(rollout.command("list"))
    .description("list rollouts, those begun last first")
    .option("--json", "print JSON")
    .action(async (options: Options) => {
      const list = await asked(remoteFor(options), rolloutsApi.rollouts);
      process.stdout.write(
        options.json === true
          ? `${jsonText(list, 2)}\n`
          : list.rollouts.map((one) => `${printable(lineOf(one))}\n`).join(""),
      );
      for (const id of list.unread) process.stderr.write(`! rollout ${id} cannot be read\n`);
    });
  withServer(rollout.command("show"))
    .description("show its waves, what comes next and when, and what is missing")
    .argument("<rollout>", "its id")
    .option("--json", "print JSON")
    .action(async (id: string, options: Options) => print(await shown(options, id), options));
  withServer(rollout.command("watch"))
    .description("show it again whenever it changes, until it is over")
    .argument("<rollout>", "its id")
    .option("--json", "print a line of JSON each time")
    .addHelpText("after", "\nExit codes: 0 completed, 1 gone back or withdrawn")
    .action(watch);
}

async function watch(id: string, options: Options): Promise<void> {
  let last = "";
  for (;;) {
    const one = await shown(options, id);
    const now = JSON.stringify({ ...one, asOf: 0 });
    if (now !== last)
      process.stdout.write(
        options.json === true ? `${jsonText(one)}\n` : printableLines(rolloutText(one)),
      );
    last = now;
    if (OVER.has(one.phase)) {
      process.exitCode = one.phase === "completed" ? 0 : NOT_DONE;
      return;
    }
    await pause(WATCH_MS);
  }
}

const shown = (options: Options, rollout: string): Promise<RolloutShown> =>
  asked(remoteFor(options), rolloutsApi.showRollout, { params: { rollout } });

type Act<O> = {
  readonly name: string;
  readonly says: string;
  readonly operation: Operation<RolloutShown>;
  readonly body?: (options: O) => object;
};

function on<O extends Options>(rollout: Command, act: Act<O>): Command {
  const { name, says, operation, body = () => ({}) } = act;
  return withServer(rollout.command(name))
    .description(says)
    .argument("<rollout>", "its id")
    .option("--json", "print JSON")
    .action(async (id: string, options: O) => {
      const given = { params: { rollout: id }, body: body(options) };
      print(await asked(remoteFor(options), operation, given), options);
    });
}

function print(one: RolloutShown, { json }: Options): void {
  process.stdout.write(json === true ? `${jsonText(one, 2)}\n` : printableLines(rolloutText(one)));
}

function remoteFor(options: Options): Remote {
  const { server, secret } = loginOf(options);
  return remoteOf(server, secret);
}
