// SPDX-License-Identifier: Apache-2.0
/** Where a person's terminal is signed in: `interlock/logins.json` of the configuration directory. */
import { lstatSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, isAbsolute, join } from "node:path";
import { GateError, type Infer, int, list, object, problemsOf, text } from "@interlock/core";
import { readText } from "../files/read.ts";
import { writeWhole } from "../files/write.ts";

const LOGIN = object({
  /** Origin of the server. */
  server: text({ max: 2_000 }),
  secret: text({ max: 200 }),
  session: text({ max: 64 }),
  person: text({ max: 200 }),
  name: text({ max: 400 }),
  expiresAt: int(0),
});
const LOGINS = object({ version: int(1, 1), logins: list(LOGIN, 100) });

/** A session on a server; the newest stands first. */
export type Login = Infer<typeof LOGIN>;

const OTHERS = 0o077;
const OWNER_ONLY = 0o600;
const FOLDER_MODE = 0o700;

/** By the XDG Base Directory Specification; a relative path is ignored, as it says. */
export function loginsFile(env: Readonly<Record<string, string | undefined>>): string {
  const named = env["XDG_CONFIG_HOME"] ?? "";
  const base = isAbsolute(named) ? named : join(env["HOME"] ?? homedir(), ".config");
  return join(base, "interlock", "logins.json");
}

/** Throws `GateError` for a file that others may read or that is not ours: its secrets are no secrets. */
export function readLogins(path: string): readonly Login[] {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (!stat.isFile()) throw unfit(path, "it is no file");
  const own = process.getuid?.();
  if (own !== undefined && stat.uid !== own) throw unfit(path, "it belongs to another account");
  if (own !== undefined && (stat.mode & OTHERS) !== 0)
    throw new GateError(
      "INPUT_INVALID",
      `others may read \`${path}\`, which holds your sessions`,
      `end them in the browser, run \`chmod 600 ${path}\` and \`interlock login\` again`,
    );
  const raw = parsed(path);
  const problem = problemsOf(LOGINS, raw, "no such field")[0];
  if (problem !== undefined) throw unfit(path, `\`${problem.path}\`: ${problem.message}`);
  return (raw as Infer<typeof LOGINS>).logins; // the walk above has checked every field
}

function parsed(path: string): unknown {
  try {
    return JSON.parse(readText(path));
  } catch (error) {
    // What JSON.parse says may quote a secret.
    if (error instanceof SyntaxError) throw unfit(path, "it is no JSON");
    throw error;
  }
}

/** Keeps a login, first, in place of one on the same server. */
export function keepLogin(path: string, login: Login): void {
  const others = readLogins(path).filter(({ server }) => server !== login.server);
  write(path, [login, ...others]);
}

export function dropLogin(path: string, server: string): void {
  write(
    path,
    readLogins(path).filter((login) => login.server !== server),
  );
}

function write(path: string, logins: readonly Login[]): void {
  mkdirSync(dirname(path), { recursive: true, mode: FOLDER_MODE });
  writeWhole(path, `${JSON.stringify({ version: 1, logins }, null, 2)}\n`, OWNER_ONLY);
}

const unfit = (path: string, why: string): GateError =>
  new GateError(
    "INPUT_INVALID",
    `the sessions in \`${path}\` cannot be used: ${why}`,
    "remove the file and run `interlock login` again",
  );
