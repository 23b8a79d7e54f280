// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { freePort } from "./free-port.ts";

const START_MS = 60_000;

/** A Prometheus of our own that scrapes one target of the test once a second. */
export type PrometheusUnderTest = {
  readonly url: string;
  /** What the target exposes from now on; `null`: it is away. */
  readonly expose: (text: string | null) => void;
  readonly close: () => Promise<void>;
};

/** Where the program is (Debian: `prometheus`), or `null`. */
export function prometheusBinary(): string | null {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((part) => part !== "");
  const found = path.map((folder) => join(folder, "prometheus")).find((file) => existsSync(file));
  if (found === undefined && process.env["CI"])
    throw new Error("CI needs Prometheus: install the package `prometheus`");
  return found ?? null;
}

/** Starts a server in a directory of its own, which remembers a past: OpenMetrics text with times. */
export async function startPrometheus(past: string): Promise<PrometheusUnderTest> {
  const binary = prometheusBinary();
  if (binary === null) throw new Error("no Prometheus is installed");
  const directory = mkdtempSync(join(tmpdir(), "interlock-prometheus-"));
  let exposed: string | null = "";
  const target = createServer((_request, response) => {
    response.statusCode = exposed === null ? 503 : 200;
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(exposed ?? "");
  });
  remember(directory, join(dirname(binary), "promtool"), past);
  const targetPort = await listening(target);
  const port = await freePort();
  writeFileSync(join(directory, "prometheus.yml"), configuration(targetPort));
  const child = spawn(
    binary,
    [
      `--config.file=${join(directory, "prometheus.yml")}`,
      `--storage.tsdb.path=${join(directory, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=warn",
    ],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    said = `${said}${chunk.toString("utf8")}`.slice(-4_000);
  });
  const url = `http://127.0.0.1:${port}`;
  const close = async () => {
    await ended(child);
    target.close();
    target.closeAllConnections();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const end = Date.now() + START_MS; !(await isReady(url)); await pause(50))
    if (Date.now() > end || hasEnded(child)) {
      await close();
      throw new Error(`Prometheus did not start: ${said}`);
    }
  return { url, expose: (text) => (exposed = text), close };
}

/** Blocks as the server's own tool makes them, https://prometheus.io/docs/prometheus/latest/storage/. */
function remember(directory: string, tool: string, past: string): void {
  const file = join(directory, "past.txt");
  writeFileSync(file, past);
  const args = ["tsdb", "create-blocks-from", "openmetrics", file, join(directory, "data")];
  const { status, stderr } = spawnSync(tool, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`promtool failed: ${stderr}`);
}

const configuration = (target: number): string => `
global: { scrape_interval: 1s, scrape_timeout: 500ms }
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ["127.0.0.1:${target}"] }]
`;

async function listening(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is no text.
  return (server.address() as AddressInfo).port;
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/-/ready`)).status === 200;
  } catch {
    // It does not listen yet.
    return false;
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode !== null || signalCode !== null;

async function ended(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = once(child, "exit");
  child.kill("SIGKILL");
  await exit;
}
