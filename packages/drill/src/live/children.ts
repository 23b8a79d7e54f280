// SPDX-License-Identifier: Apache-2.0
/** Programs that a drill starts, and whatever else it has to leave as it was. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { GateError } from "@interlock/core";

/** What is undone at the end, the newest first, whatever happened before. */
export type Closing = {
  readonly add: (undo: () => Promise<void> | void) => void;
  readonly close: () => Promise<void>;
};

export function closing(): Closing {
  const undo: (() => Promise<void> | void)[] = [];
  return {
    add: (one) => undo.push(one),
    close: async () => {
      for (const one of undo.splice(0).reverse()) await one();
    },
  };
}

export type Program = {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

export type Running = {
  /** The newest of what it wrote to standard error. */
  readonly said: () => string;
  readonly ended: () => boolean;
};

/** Enough of what a program says to tell why it ended. */
const SAID = 20_000;
const STOP_MS = 10_000;

/** Starts a program that ends with the drill: asked first, and killed when it does not. */
export function started({ file, args, env }: Program, ends: Closing): Running {
  const child = spawn(file, args, {
    stdio: ["ignore", "ignore", "pipe"],
    env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", ...env },
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = `${said}${chunk.toString("utf8")}`.slice(-SAID);
  });
  child.on("error", (error) => {
    said = `${said}${error.message}\n`;
  });
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  ends.add(async () => {
    await stopped(child);
    process.removeListener("exit", kill);
  });
  return { said: () => said, ended: () => isOver(child) };
}

const isOver = (child: ChildProcess): boolean =>
  child.pid === undefined || child.exitCode !== null || child.signalCode !== null;

async function stopped(child: ChildProcess): Promise<void> {
  if (isOver(child)) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const patience = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(patience);
}

/** Waits until a program is as it should be, or says why it never will. */
export async function ready(
  what: string,
  running: Running,
  isReady: () => Promise<boolean> | boolean,
): Promise<void> {
  for (const end = Date.now() + START_MS; !(await isReady()); await pause(50))
    if (running.ended() || Date.now() > end)
      throw new GateError(
        "JUDGING_STOPPED",
        `${what} did not start: ${running.said().trim().slice(-500)}`,
        "mend what it says, then run the drill again",
      );
}

const START_MS = 60_000;

export type Ran = { readonly status: number | null; readonly out: string; readonly err: string };

/** Runs a program to its end. */
export function ran(program: Program, folder: string): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(program.file, program.args, {
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env["PATH"] ?? "", LC_ALL: "C", ...program.env },
    });
    let [out, err] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      out += chunk.toString("utf8");
    });
    child.stderr.on("data", (chunk: Buffer) => {
      err += chunk.toString("utf8");
    });
    child.on("error", fail);
    child.on("close", (status) => done({ status, out, err }));
  });
}

/** Where a program is, or `null`. */
export function programNamed(name: string): string | null {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((part) => part !== "");
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

/** Systems give out ports from 32768 (Linux) or later to whoever wants any. */
const [LEAST, GIVEN_OUT] = [20_000, 32_768];

/** A port that nobody listens on, nor is given while the program that it is for still starts. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LEAST, GIVEN_OUT);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  probe.listen(port, "127.0.0.1");
  try {
    await once(probe, "listening");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return false;
    throw error;
  }
  probe.close();
  await once(probe, "close");
  return true;
}
