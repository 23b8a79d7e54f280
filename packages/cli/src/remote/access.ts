// SPDX-License-Identifier: Apache-2.0
/** Which server a command speaks to, and as whom: a token, or the person of this terminal. */
import { GateError } from "@interlock/core";
import type { Command } from "commander";
import { readText } from "../files/read.ts";
import { serverProblem } from "../settings/server.ts";
import { tokenIn } from "../settings/token.ts";
import type { Remote } from "./client.ts";
import { type Login, loginsFile, readLogins } from "./logins.ts";

export type AccessOptions = { readonly server?: string; readonly tokenFile?: string };

export type Access = Remote & {
  readonly secret: string;
  /** `null`: a token of a service account. */
  readonly person: string | null;
};

export const TIMEOUT_MS = 30_000;
const SERVER_VARIABLE = "INTERLOCK_SERVER";
const TOKEN_VARIABLE = "INTERLOCK_TOKEN";

/** The options by which every command that speaks to a server says to which and as whom. */
export function withAccess(command: Command): Command {
  return withServer(command).option(
    "--token-file <file>",
    `a token of the server (default: ${TOKEN_VARIABLE}, else whoever is logged in)`,
  );
}

export const withServer = (command: Command): Command =>
  command.option(
    "--server <url>",
    `the server (default: ${SERVER_VARIABLE}, else that of the last login)`,
  );

/** A token where one is given, else the login of this terminal. Throws `GateError`. */
export function accessOf(options: AccessOptions): Access {
  const token = tokenOf(options);
  if (token === null) {
    const login = loginOf(options);
    return { ...remoteOf(login.server), secret: login.secret, person: login.person };
  }
  const server = namedServer(options) ?? readLogins(loginsFile(process.env))[0]?.server;
  if (server === undefined) throw noServer();
  return { ...remoteOf(server), secret: token, person: null };
}

function tokenOf({ tokenFile }: AccessOptions): string | null {
  const given = tokenFile === undefined ? process.env[TOKEN_VARIABLE] : readText(tokenFile);
  if (given === undefined || (tokenFile === undefined && given === "")) return null;
  return tokenIn(given, tokenFile === undefined ? TOKEN_VARIABLE : `\`${tokenFile}\``);
}

/** The login on a named server, or the last one. */
export function loginOf(options: AccessOptions): Login {
  const named = namedServer(options);
  const logins = readLogins(loginsFile(process.env));
  const login = logins.find(({ server }) => named === undefined || server === named);
  if (login !== undefined) return login;
  const where = named === undefined ? "any server" : `\`${named}\``;
  throw new GateError(
    "SIGN_IN_NEEDED",
    `this terminal is not signed in to ${where}`,
    "run `interlock login --server URL`, or give a token with `--token-file`",
  );
}

/** The server that the command line or the environment names, as an origin. */
export function namedServer({ server }: AccessOptions): string | undefined {
  const named = server ?? process.env[SERVER_VARIABLE];
  return named === undefined || named === "" ? undefined : originOf(named);
}

export const noServer = (): GateError =>
  new GateError("USAGE", "no server is named", "name one with `--server URL`");

export const remoteOf = (server: string, secret: string | null = null): Remote => ({
  ...{ server: originOf(server), secret, timeoutMs: TIMEOUT_MS },
});

function originOf(server: string): string {
  const why = serverProblem(server);
  if (why !== null) throw new GateError("USAGE", why, "name it as `https://interlock.example.com`");
  return server.replace(/\/+$/, "");
}
