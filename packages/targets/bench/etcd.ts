// SPDX-License-Identifier: Apache-2.0
/** Batches written to a real etcd with fence and idempotency key, against bare transactions through the same gateway. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openTarget, type Target } from "@interlock/targets";
import { startEtcd } from "@interlock/testkit";

const WRITES = { warmUp: 20, measured: 300 };
const ITEMS = [1, 50] as const;
const VALUE_BYTES = 256;

type Write = (prefix: string, keys: readonly string[], nth: number) => Promise<void>;

const byDriver =
  (target: Target): Write =>
  async (cell, keys, nth) => {
    const items = keys.map((key) => ({ key, value: randomBytes(VALUE_BYTES), over: null }));
    const outcome = await target.write({ cell, items, fence: 1, idempotencyKey: `${cell}-${nth}` });
    if (outcome.kind !== "written") throw new Error(outcome.kind);
  };

const bare =
  (endpoint: string): Write =>
  async (prefix, keys) => {
    const base64 = (bytes: string | Buffer) => Buffer.from(bytes).toString("base64");
    const named = keys.map((key) => base64(`/bare/${prefix}/${key}`));
    const compare = named.map((key) => ({ key, target: "MOD", mod_revision: "0" }));
    const success = named.map((key) => ({
      request_put: { key, value: base64(randomBytes(VALUE_BYTES)) },
    }));
    const body = JSON.stringify({ compare, success });
    const response = await fetch(`${endpoint}/v3/kv/txn`, { method: "POST", body });
    const answer = await response.json();
    if (!(answer as { readonly succeeded?: boolean }).succeeded) throw new Error("not written");
  };

async function seconds(write: Write, count: number, { from, items }: Row): Promise<number> {
  const start = performance.now();
  for (let nth = from; nth < from + count; nth++) {
    const keys = Array.from({ length: items }, (_, at) => `${items}-${nth}-${at}`);
    await write("cell", keys, nth * 1_000 + items);
  }
  return (performance.now() - start) / 1_000;
}
type Row = { readonly from: number; readonly items: number };

async function compare(contenders: Readonly<Record<"driver" | "bare", Write>>): Promise<void> {
  for (const items of ITEMS) {
    const totals = { driver: 0, bare: 0 };
    // In turn, so that both meet the same neighbours on the machine.
    for (let from = 0; from < WRITES.measured + WRITES.warmUp; from += WRITES.warmUp)
      for (const name of ["driver", "bare"] as const) {
        const took = await seconds(contenders[name], WRITES.warmUp, { from, items });
        if (from > 0) totals[name] += took;
      }
    const rate = (name: "driver" | "bare") => Math.round(WRITES.measured / totals[name]);
    const ratio = (totals.bare / totals.driver).toFixed(2);
    process.stdout.write(
      `${items} keys a batch: ${rate("driver")} batches/s, ${rate("bare")}/s bare, ratio ${ratio}\n`,
    );
  }
}

const home = mkdtempSync(join(tmpdir(), "interlock-bench-etcd-"));
const server = await startEtcd(home);
const settings = { endpoints: [server.endpoint], cells: { cell: "/driven/" } };
const opened = await openTarget({ name: "etcd", kind: "etcd", settings }, async () => null);
if (!opened.ok) throw new Error(opened.failure.message);
try {
  await compare({ driver: byDriver(opened.value), bare: bare(server.endpoint) });
} finally {
  await opened.value.close();
  await server.kill();
  rmSync(home, { recursive: true });
}
