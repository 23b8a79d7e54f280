// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EtcdServer, startEtcd } from "@interlock/testkit";
import { afterAll, beforeAll } from "vitest";
import { openEtcd } from "../../src/etcd/target.ts";
import type { Target } from "../../src/target.ts";
import { contractOf } from "../contract.ts";
import type { Place } from "../place.ts";

const home = mkdtempSync(join(tmpdir(), "interlock-etcd-"));
let server: EtcdServer;
let places = 0;

beforeAll(async () => {
  server = await startEtcd(home);
});
afterAll(async () => {
  await server.kill();
  rmSync(home, { recursive: true });
});

const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString("base64");

async function placeInEtcd(): Promise<Place> {
  places += 1;
  const cells = { here: `/place-${places}/here/`, there: `/place-${places}/there/` };
  const opened: Target[] = [];
  const again = async (): Promise<Target> => {
    const settings = { endpoints: [server.endpoint], cells };
    const answered = openEtcd("etcd", { settings, named: new Set() });
    if (!answered.ok) throw new Error(answered.failure.message);
    opened.push(answered.value);
    return answered.value;
  };
  return {
    target: await again(),
    cells: ["here", "there"],
    again,
    around: async (cell, key, value) => {
      const path = base64((cell === "here" ? cells.here : cells.there) + key);
      const [call, body] =
        value === null
          ? ["deleterange", { key: path }]
          : ["put", { key: path, value: base64(value) }];
      const options = { method: "POST", body: JSON.stringify(body) };
      const response = await fetch(`${server.endpoint}/v3/kv/${call}`, options);
      if (!response.ok) throw new Error(await response.text());
    },
    remove: async () => {
      for (const target of opened) await target.close();
    },
  };
}

contractOf("etcd", placeInEtcd);
