// SPDX-License-Identifier: Apache-2.0
import type { Description, ReadDescription } from "@interlock/controlplane";
import { GateError } from "@interlock/core";
import { sha256Hex, utf8 } from "@interlock/digest";
import { problemText } from "@interlock/policy";
import { controlPlaneApi } from "@interlock/protocol";
import type { Command } from "commander";
import { readText } from "../files/read.ts";
import { jsonText, printable, printableLines } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked, type Remote } from "../remote/client.ts";

type Options = Pick<AccessOptions, "server"> & { readonly json?: boolean };

const FILE = "interlock/control-plane.yaml";
const WITH_PROBLEMS = 3;

export function controlPlaneCommand(program: Command): void {
  const controlPlane = program
    .command("control-plane")
    .description("check, propose and show what describes the control planes")
    .addHelpText(
      "after",
      `\nExamples:\n  interlock control-plane check ${FILE}\n  interlock control-plane propose ${FILE} --reason 'the second region'\n  interlock control-plane show`,
    );
  controlPlane
    .command("check")
    .description("tell every problem of a description, with its place; exit code 3 with any")
    .argument("[file]", "the description", FILE)
    .option("--json", "print JSON")
    .action(check);
  withServer(controlPlane.command("propose"))
    .description("propose a description to a server, where two people sign it")
    .argument("[file]", "the description", FILE)
    .requiredOption("--reason <text>", "for those who sign it")
    .option("--json", "print JSON")
    .action(propose);
  withServer(controlPlane.command("show"))
    .description("print the description in force on a server")
    .option("--json", "print JSON, with who signed it and when")
    .action(show);
}

async function check(file: string, { json }: Options): Promise<void> {
  const text = readText(file);
  const read = await checked(file, text);
  if (json === true) {
    const problems = read.ok ? [] : read.problems;
    const counts = read.ok ? countsOf(read.description) : null;
    process.stdout.write(`${jsonText({ digest: sha256Hex(utf8(text)), counts, problems }, 2)}\n`);
  } else if (read.ok) process.stdout.write(`${printable(summary(read.description))}\n`);
  else process.stderr.write(printableLines(`${read.problems.map(problemText).join("\n")}\n`));
  if (!read.ok) process.exitCode = WITH_PROBLEMS;
}

async function propose(
  file: string,
  options: Options & { readonly reason: string },
): Promise<void> {
  const text = readText(file);
  const read = await checked(file, text);
  if (!read.ok)
    throw new GateError(
      "INPUT_INVALID",
      `\`${file}\` has ${read.problems.length} problem(s)`,
      `mend what \`interlock control-plane check ${file}\` tells`,
    );
  const body = { text, reason: options.reason };
  const made = await asked(remote(options), controlPlaneApi.proposeDescription, { body });
  if (made.digest !== sha256Hex(utf8(text)))
    throw new GateError(
      "CHANGE_DIFFERS",
      "the server proposes another text than was sent",
      "sign nothing of it, and ask whoever runs the server",
    );
  process.stdout.write(
    options.json === true
      ? `${jsonText(made, 2)}\n`
      : printableLines(
          `digest   ${made.digest}\nopen     ${made.url}\n         two people sign it there with their passkeys; you can be one\n`,
        ),
  );
}

async function show(options: Options): Promise<void> {
  const { inForce } = await asked(remote(options), controlPlaneApi.descriptionInForce);
  if (inForce !== null && sha256Hex(utf8(inForce.text)) !== inForce.digest)
    throw new GateError(
      "CHANGE_DIFFERS",
      "the server shows a text that is not of the digest that was signed",
      "go by your branch, and ask whoever runs the server",
    );
  if (options.json === true) process.stdout.write(`${jsonText({ inForce }, 2)}\n`);
  else if (inForce === null) process.stderr.write("nobody agreed upon a description\n");
  else {
    process.stdout.write(printableLines(inForce.text));
    const { digest, at, by, index } = inForce;
    process.stderr.write(
      printableLines(
        `${digest}\nsigned by ${by.join(" and ")} at ${new Date(at).toISOString()}, entry ${index} of the ledger\n`,
      ),
    );
  }
}

/** As the server that is to drive it; loaded only where it is needed. */
async function checked(file: string, text: string): Promise<ReadDescription> {
  const { checkDescription } = await import("@interlock/server");
  return checkDescription(file, text);
}

/** As the person of this terminal: a token opens nothing. */
function remote(options: Options): Remote {
  const { server, secret } = loginOf(options);
  return remoteOf(server, secret);
}

const countsOf = ({ targets, systems, configSets, signals }: Description) => ({
  targets: targets.length,
  systems: systems.length,
  cells: systems.reduce((sum, { cells }) => sum + cells.length, 0),
  configSets: configSets.length,
  signals: signals.length,
});

function summary(description: Description): string {
  const { targets, systems, cells, configSets, signals } = countsOf(description);
  return `${targets} target(s), ${systems} system(s) with ${cells} cell(s), ${configSets} config set(s), ${signals} signal(s): no problem`;
}
