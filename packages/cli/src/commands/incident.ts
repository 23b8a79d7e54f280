// SPDX-License-Identifier: Apache-2.0
import { exceptionsApi, type IncidentShown } from "@interlock/protocol";
import type { Command } from "commander";
import { jsonText, printable } from "../output/printable.ts";
import { type AccessOptions, loginOf, remoteOf, withServer } from "../remote/access.ts";
import { asked, type Remote } from "../remote/client.ts";

type Options = Pick<AccessOptions, "server"> & { readonly json?: boolean };

export function incidentCommand(program: Command): void {
  const incident = program
    .command("incident")
    .description("open, list and close incidents, which break-glass needs")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock incident open 'no orders since 09:40' --system checkout\n  interlock incident close inc-0123456789 --reason 'orders are back'",
    );
  withServer(incident.command("open"))
    .description("say that something is wrong in production")
    .argument("<title>", "what is wrong, in a line")
    .option("--system <id...>", "systems that it is about")
    .option("--json", "print JSON")
    .action(async (title: string, options: Options & { readonly system?: readonly string[] }) => {
      const body = { title, systems: options.system ?? [] };
      shown(await asked(remote(options), exceptionsApi.openIncident, { body }), options);
    });
  withServer(incident.command("close"))
    .description("say that it is over; break-glass for it counts no more")
    .argument("<incident>", "its id")
    .requiredOption("--reason <text>", "how it ended, for everybody to read")
    .option("--json", "print JSON")
    .action(async (id: string, options: Options & { readonly reason: string }) => {
      const given = { params: { incident: id }, body: { reason: options.reason } };
      shown(await asked(remote(options), exceptionsApi.closeIncident, given), options);
    });
  withServer(incident.command("list"))
    .description("list open incidents, those opened last first")
    .option("--all", "closed ones too")
    .option("--json", "print JSON")
    .action(async (options: Options & { readonly all?: boolean }) => {
      const query = { state: options.all === true ? "all" : "open", limit: "200" };
      const page = await asked(remote(options), exceptionsApi.listIncidents, { query });
      if (options.json === true) return void process.stdout.write(`${jsonText(page, 2)}\n`);
      for (const one of page.incidents) process.stdout.write(lineOf(one));
      if (page.incidents.length === 0) process.stderr.write("no incident is open\n");
      if (page.more) process.stderr.write("there are older ones\n");
    });
}

/** As the person of this terminal: a token opens nothing. */
function remote(options: Options): Remote {
  const { server, secret } = loginOf(options);
  return remoteOf(server, secret);
}

function shown(incident: IncidentShown, { json }: Options): void {
  process.stdout.write(json === true ? `${jsonText(incident, 2)}\n` : lineOf(incident));
}

function lineOf({ incident, title, systems, by, at, closed }: IncidentShown): string {
  const of = systems.length === 0 ? "" : ` (${systems.join(", ")})`;
  const end =
    closed === null
      ? "open"
      : `closed by ${closed.by} at ${new Date(closed.at).toISOString()}: ${closed.reason}`;
  return `${printable(`${incident}  ${new Date(at).toISOString()}  by ${by}  ${title}${of}  ${end}`)}\n`;
}
