// SPDX-License-Identifier: Apache-2.0
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { GateError } from "@interlock/core";
import { type DevicePolled, deviceApi } from "@interlock/protocol";
import type { Command } from "commander";
import { jsonText, printable } from "../output/printable.ts";
import {
  type AccessOptions,
  loginOf,
  namedServer,
  noServer,
  remoteOf,
  withServer,
} from "../remote/access.ts";
import { answerOf, asked, type Called, call, type Remote } from "../remote/client.ts";
import { dropLogin, keepLogin, type Login, loginsFile, readLogins } from "../remote/logins.ts";
import { VERSION } from "../version.ts";

type Options = Pick<AccessOptions, "server"> & { readonly json?: boolean };

export function loginCommand(program: Command): void {
  withServer(program.command("login"))
    .description("sign this terminal in to a server, with the passkey in a browser")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  interlock login --server https://interlock.example.com\n\nThe session reads changes, shows new ones and asks for statements. It can sign nothing.",
    )
    .action(async (options: Options) => {
      const path = loginsFile(process.env);
      // A file that cannot be used is found out before anybody types a code.
      const server = namedServer(options) ?? readLogins(path)[0]?.server;
      if (server === undefined) throw noServer();
      const login = await letIn(remoteOf(server));
      keepLogin(path, login);
      show(login, options);
    });
}

export function logoutCommand(program: Command): void {
  withServer(program.command("logout"))
    .description("end the session of this terminal, on the server and here")
    .option("--forget", "forget it here alone, where the server does not answer")
    .action(async (options: Options & { readonly forget?: boolean }) => {
      const login = loginOf(options);
      const remote = remoteOf(login.server, login.secret);
      const ended =
        options.forget === true ? null : await call(remote, deviceApi.leaveTerminal, { body: {} });
      // A session that the server does not know has ended already.
      const gone = ended?.kind === "refused" && ended.problem.code === "SIGN_IN_NEEDED";
      if (ended?.kind === "away") throw stillOpen(login.server, ended.says);
      if (ended !== null && !gone) answerOf(ended, remote);
      dropLogin(loginsFile(process.env), login.server);
      const left = ended === null ? "forgotten here; end it in the browser too" : "signed out of";
      process.stdout.write(printable(`${left}: ${login.server}`).concat("\n"));
    });
}

const stillOpen = (server: string, says: string): GateError =>
  new GateError(
    "SERVER_UNREACHABLE",
    `\`${server}\` is away, so the session is still open: ${says}`,
    "try again, or run `interlock logout --forget` and end it in the browser later",
  );

export function whoamiCommand(program: Command): void {
  withServer(program.command("whoami"))
    .description("say as whom this terminal is signed in, as the server sees it")
    .option("--json", "print JSON")
    .action(async (options: Options) => {
      const login = loginOf(options);
      const remote = remoteOf(login.server, login.secret);
      const { person, personName, expiresAt, session } = await asked(remote, deviceApi.terminal);
      show({ ...login, person, name: personName, expiresAt, session }, options);
    });
}

function show({ secret: _secret, ...login }: Login, { json }: Options): void {
  const { person, name, server, expiresAt } = login;
  const until = new Date(expiresAt).toISOString();
  process.stdout.write(
    json === true
      ? `${jsonText(login, 2)}\n`
      : `${printable(`${person} (${name}) on ${server} until ${until}`)}\n`,
  );
}

/** Asks to be let in and waits for the person. Leaving early keeps nothing: the request lapses. */
async function letIn(remote: Remote): Promise<Login> {
  const body = { name: ownName() };
  const asking = await asked(remote, deviceApi.startDeviceLogin, { body });
  const until = new Date(asking.expiresAt).toISOString().slice(11, 16);
  process.stderr.write(
    `open   ${printable(asking.page)}\ntype   ${printable(asking.userCode)}\nwaiting until ${until} UTC\n`,
  );
  let { intervalMs } = asking;
  while (Date.now() < asking.expiresAt) {
    await sleep(Math.min(Math.max(intervalMs, 0), POLL_MAX_MS));
    const body = { deviceCode: asking.deviceCode };
    const called = await call(remote, deviceApi.pollDeviceLogin, { body });
    if (isBusy(called)) {
      // RFC 8628 section 3.5: whoever gets no answer asks half as often.
      intervalMs *= 2;
      continue;
    }
    const polled = answerOf(called, remote);
    if (polled.state === "allowed") return loginFrom(remote, polled);
    if (polled.state === "denied" || polled.state === "expired") throw notLetIn(polled.state);
    ({ intervalMs } = polled);
  }
  throw notLetIn("expired");
}

const isBusy = (called: Called<unknown>): boolean =>
  called.kind === "away" ||
  (called.kind === "refused" && called.problem.code === "TOO_MANY_REQUESTS");

/** A server that asks for more patience than that has another fault. */
const POLL_MAX_MS = 60_000;

const loginFrom = (
  { server }: Remote,
  allowed: Extract<DevicePolled, { readonly state: "allowed" }>,
): Login => {
  const { secret, session, person, name, expiresAt } = allowed;
  return { server, secret, session, person, name, expiresAt };
};

const notLetIn = (state: "denied" | "expired"): GateError =>
  new GateError(
    "SIGN_IN_NEEDED",
    state === "denied" ? "the request was refused" : "nobody confirmed the code in time",
    "run `interlock login` again",
  );

const NAME_MAX = 100;

/** What the person reads before confirming; nobody checks it. */
function ownName(): string {
  const account = process.env["USER"] ?? process.env["LOGNAME"] ?? "an account";
  const whole = `interlock ${VERSION}, ${account} on ${hostname()}`;
  return printable(whole.toWellFormed()).slice(0, NAME_MAX).trim();
}
