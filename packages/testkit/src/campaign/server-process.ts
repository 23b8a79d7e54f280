// SPDX-License-Identifier: Apache-2.0
import { spawn } from "node:child_process";

export type ServerPlace = {
  /** File of the built command. */
  readonly main: string;
  /** Its data folder. */
  readonly data: string;
  readonly port: number;
  /** What people type, which several servers share. */
  readonly origin: string;
  /** URL of a Postgres database; the embedded one otherwise. */
  readonly database: string | null;
  readonly more?: readonly string[];
};

/** A server in a process of its own. */
export type ServerProcess = {
  readonly pid: number;
  readonly verifierKey: string;
  /** Secret of the set-up link, which it says last; empty until then, and once founded. */
  readonly setUp: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Resolves with the exit code, `null` after a signal. */
  readonly ended: Promise<number | null>;
  readonly said: () => string;
};

/** Enough of what a server says to tell why it ended. */
const SAID = 20_000;

/** Starts the command and waits until it listens; `null` when it ended before. */
export async function startServerProcess(place: ServerPlace): Promise<ServerProcess | null> {
  const { main, data, port, origin, database, more = [] } = place;
  const args = ["serve", "--data", data, "--listen", `127.0.0.1:${port}`, "--origin", origin];
  const to = database === null ? [] : ["--database", database];
  const child = spawn(process.execPath, [main, ...args, ...to, ...more], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", HOME: data },
  });
  let said = "";
  const ended = new Promise<number | null>((done) => child.on("close", (code) => done(code)));
  const listening = new Promise<boolean>((done) => {
    child.stderr.on("data", (chunk: Buffer) => {
      said = `${said}${chunk.toString("utf8")}`.slice(-SAID);
      if (/log key \S+\n/.test(said)) done(true);
    });
    void ended.then(() => done(false));
  });
  if (!(await listening)) return null;
  const { pid } = child;
  if (pid === undefined) throw new Error("a process without a number");
  return {
    pid,
    verifierKey: /log key (\S+)/.exec(said)?.[1] ?? "",
    setUp: () => /set up .*#(\S+)\n/.exec(said)?.[1] ?? "",
    signal: (signal) => void child.kill(signal),
    ended,
    said: () => said,
  };
}
