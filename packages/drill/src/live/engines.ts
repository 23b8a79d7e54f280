// SPDX-License-Identifier: Apache-2.0
/** A real etcd and a real Prometheus, each on free ports of this machine and a folder of its own. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GateError } from "@interlock/core";
import { type Closing, freePort, programNamed, ready, started } from "./children.ts";

/** Throws `GateError` where the program is missing, with what to install or to do without. */
function programOf(name: string, debian: string, without: string): string {
  const found = programNamed(name);
  if (found !== null) return found;
  throw new GateError(
    "INPUT_UNREADABLE",
    `\`${name}\` is not installed`,
    `install it (Debian and Ubuntu: \`apt install ${debian}\`), or add \`${without}\``,
  );
}

export const etcdProgram = (): string => programOf("etcd", "etcd-server", "--target files");
export const prometheusProgram = (): string =>
  programOf("prometheus", "prometheus", "--signals push");

/** A cluster of one member; gives the address of its clients. */
export async function startEtcd(home: string, ends: Closing): Promise<string> {
  const file = etcdProgram();
  const endpoint = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  mkdirSync(home, { recursive: true });
  const running = started(
    {
      file,
      args: [
        `--data-dir=${join(home, "data")}`,
        `--listen-client-urls=${endpoint}`,
        `--advertise-client-urls=${endpoint}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=default=${peer}`,
        "--logger=zap",
      ],
    },
    ends,
  );
  // Before it has a leader its port is open, and a read that needs one is refused.
  await ready("etcd", running, async () =>
    answers(`${endpoint}/v3/kv/range`, { method: "POST", body: '{"key":"AA=="}' }),
  );
  return endpoint;
}

/** A server that scrapes the shop's metrics once a second; gives its address. */
export async function startPrometheus(home: string, shop: string, ends: Closing): Promise<string> {
  const file = prometheusProgram();
  const address = `127.0.0.1:${await freePort()}`;
  mkdirSync(home, { recursive: true });
  const configuration = join(home, "prometheus.yml");
  writeFileSync(
    configuration,
    `global: { scrape_interval: 1s, scrape_timeout: 500ms }
scrape_configs:
  - job_name: shop
    static_configs: [{ targets: ["${new URL(shop).host}"] }]
`,
  );
  const args = [
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${join(home, "data")}`,
    `--web.listen-address=${address}`,
    "--log.level=warn",
  ];
  const running = started({ file, args }, ends);
  await ready("Prometheus", running, () => answers(`http://${address}/-/ready`, {}));
  return `http://${address}`;
}

async function answers(url: string, about: RequestInit): Promise<boolean> {
  try {
    return (await fetch(url, { ...about, signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    // It does not listen yet; `ready` gives up in time.
    return false;
  }
}
