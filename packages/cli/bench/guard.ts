// SPDX-License-Identifier: Apache-2.0
/**
 * What a guard adds in front of a real etcd, as ratios to etcd itself in the same run: a read, a put
 * that changes nothing (read and compared), and a put that is gathered, judged and journalled. Nothing is
 * enforced and no server answers, so that neither people nor a server's disk are measured.
 */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { etcdProgram, quantile, startEtcd } from "@interlock/testkit";
import { openGuard } from "../src/guard/open.ts";
import { readSettings } from "../src/guard/settings.ts";

const ROUNDS = 300;
const JUDGED = 40;

if (etcdProgram() === null) {
  process.stdout.write("no etcd is installed: nothing to compare with\n");
  process.exit(0);
}
const home = mkdtempSync(join(tmpdir(), "interlock-bench-"));
const etcd = await startEtcd(join(home, "etcd"));
mkdirSync(join(home, "interlock"));
const files = {
  token: "none",
  "interlock/policy.yaml": "policy: bench\nversion: 1\nmode: observe\npacks: [reliability-core]\n",
  "guard.json": JSON.stringify({
    ...{ version: 1, name: "bench", kind: "etcd", listen: { address: "127.0.0.1:0" } },
    ...{ upstream: { url: etcd.endpoint }, server: "http://127.0.0.1:9", tokenFile: "token" },
    ...{ state: "state", policy: { folder: "." }, caller: { from: "nothing" } },
  }),
};
for (const [name, text] of Object.entries(files)) writeFileSync(join(home, name), text);
const guard = openGuard(readSettings(join(home, "guard.json")), () => undefined);
guard.server.listen(0, "127.0.0.1");
await once(guard.server, "listening");
const here = `http://127.0.0.1:${(guard.server.address() as AddressInfo).port}`; // it listens

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const kv = (value: string) => ({ key: base64("/bench/a.json"), value: base64(value) });

async function milliseconds(origin: string, path: string, body: object): Promise<number> {
  const start = performance.now();
  const response = await fetch(`${origin}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${path} answered ${response.status}`);
  return performance.now() - start;
}

/** Both in turn, so that what else the machine does meets both. */
async function compare(
  name: string,
  rounds: number,
  one: (i: number) => readonly [string, object],
) {
  const [own, through]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    const [path, body] = one(i);
    // Through the guard first: what etcd holds afterwards is then the same for both.
    through.push(await milliseconds(here, path, body));
    own.push(await milliseconds(etcd.endpoint, path, body));
  }
  const shown = (at: number) => {
    const [a, b] = [quantile(own, at), quantile(through, at)];
    return `${a.toFixed(2)} ms / ${b.toFixed(2)} ms = ${(b / a).toFixed(1)}×`;
  };
  process.stdout.write(`${name.padEnd(24)} p50 ${shown(0.5)}   p99 ${shown(0.99)}\n`);
}

await milliseconds(etcd.endpoint, "/v3/kv/put", kv("{}"));
await compare("read", ROUNDS, () => ["/v3/kv/range", { key: kv("").key }]);
await compare("put, nothing changes", ROUNDS, () => ["/v3/kv/put", kv("{}")]);
await compare("put, judged", JUDGED, (i) => ["/v3/kv/put", kv(`{"limit":${i}}`)]);
guard.server.closeAllConnections();
await guard.close();
await etcd.kill();
rmSync(home, { recursive: true, force: true });
