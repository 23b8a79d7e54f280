// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "./free-port.ts";

const START_MS = 60_000;

/** A member of our own, a cluster by itself, on free ports of this machine, with `fsync` on. */
export type EtcdServer = {
  /** Of its clients, `http:` or `https:`. */
  readonly endpoint: string;
  /** Kills it at once, as a crash of the machine would. */
  readonly kill: () => Promise<void>;
  /** Starts it again after `kill`, on what it had written. */
  readonly start: () => Promise<void>;
};

export type EtcdOptions = {
  /** Files in the PEM form: clients are served over TLS alone. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly clientCa?: string };
  /** More arguments, such as `--max-txn-ops=512`. */
  readonly args?: readonly string[];
};

/** The program, or `null` where it is not installed (Debian: `etcd-server`), which is an error on CI. */
export function etcdProgram(): string | null {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((part) => part !== "");
  const found = path.map((bin) => join(bin, "etcd")).find((file) => existsSync(file)) ?? null;
  if (found === null && process.env["CI"])
    throw new Error("CI needs etcd: install the package `etcd-server`");
  return found;
}

/** Starts a server whose files lie in a directory that is made where it is missing. */
export async function startEtcd(home: string, options: EtcdOptions = {}): Promise<EtcdServer> {
  const program = etcdProgram();
  if (program === null) throw new Error("no etcd is installed");
  mkdirSync(home, { recursive: true });
  const [clients, peers] = [await freePort(), await freePort()];
  const endpoint = `${options.tls === undefined ? "http" : "https"}://127.0.0.1:${clients}`;
  const peer = `http://127.0.0.1:${peers}`;
  const args = [
    `--data-dir=${join(home, "data")}`,
    `--listen-client-urls=${endpoint}`,
    `--advertise-client-urls=${endpoint}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    "--logger=zap",
    ...tlsArgs(options.tls),
    ...(options.args ?? []),
  ];
  let child: ChildProcess | null = null;
  const log = join(home, "log");
  const start = async (): Promise<void> => {
    const output = openSync(log, "a");
    child = spawn(program, args, { cwd: home, stdio: ["ignore", output, output] });
    closeSync(output);
    const started = child;
    process.once("exit", () => started.kill("SIGKILL"));
    await ready(child, clients, log);
  };
  await start();
  return {
    endpoint,
    start,
    kill: async () => {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

function tlsArgs(tls: EtcdOptions["tls"]): readonly string[] {
  if (tls === undefined) return [];
  const own = [`--cert-file=${tls.cert}`, `--key-file=${tls.key}`];
  if (tls.clientCa === undefined) return own;
  return [...own, "--client-cert-auth", `--trusted-ca-file=${tls.clientCa}`];
}

/** Its log is asked: the port is open before, but what it answers then is that it has no leader. */
async function ready(child: ChildProcess, port: number, log: string): Promise<void> {
  const before = serving(log, port);
  for (const end = Date.now() + START_MS; ; await pause(20)) {
    if (child.exitCode !== null || child.signalCode !== null || Date.now() > end)
      throw new Error(`etcd did not start: ${readFileSync(log, "utf8").slice(-2_000)}`);
    if (serving(log, port) > before) return;
  }
}

const serving = (log: string, port: number): number =>
  readFileSync(log, "utf8")
    .split("\n")
    .filter((line) => line.includes("serving client traffic") && line.includes(`127.0.0.1:${port}`))
    .length;
