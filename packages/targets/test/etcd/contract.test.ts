// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EtcdServer, startEtcd } from "@interlock/testkit";
import { afterAll, beforeAll } from "vitest";
import { openEtcd } from "../../src/etcd/target.ts";
import type { Target } from "../../src/target.ts";
import { contractOf } from "../contract.ts";
import { type FaultyPlace, faultsOf } from "../faults.ts";
import { lineTo } from "../line.ts";
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

type EtcdPlace = Place & { readonly over: (endpoint: string) => Target };

async function placeInEtcd(): Promise<EtcdPlace> {
  places += 1;
  const cells = { here: `/place-${places}/here/`, there: `/place-${places}/there/` };
  const opened: Target[] = [];
  const over = (endpoint: string): Target => {
    const settings = { endpoints: [endpoint], cells };
    const answered = openEtcd("etcd", { settings, named: new Set() });
    if (!answered.ok) throw new Error(answered.failure.message);
    opened.push(answered.value);
    return answered.value;
  };
  return {
    over,
    target: over(server.endpoint),
    cells: ["here", "there"],
    again: async () => over(server.endpoint),
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

faultsOf("etcd", async (): Promise<FaultyPlace> => {
  const place = await placeInEtcd();
  const line = await lineTo(() => createConnection(Number(new URL(server.endpoint).port)));
  return {
    ...place,
    line,
    far: place.over(`http://127.0.0.1:${line.port}`),
    // A reading is a transaction as well.
    decides: (data) => data.includes("request_put"),
    remove: async () => {
      await place.remove();
      await line.close();
    },
  };
});
