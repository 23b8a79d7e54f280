// SPDX-License-Identifier: Apache-2.0
import { failed, noCell } from "../failure.ts";
import type { Resolved } from "../secrets.ts";
import type { Answered, Health, Target } from "../target.ts";
import { inside, listIn, textIn } from "../web/json.ts";
import { type Gateway, gatewayOf } from "./gateway.ts";
import { leasesOf } from "./lease.ts";
import { etcdOthers } from "./others.ts";
import { type Known, listCell, readCell } from "./read.ts";
import { type EtcdSettings, readEtcdSettings } from "./settings.ts";
import { watchCells } from "./watch.ts";
import { writeCell } from "./write.ts";

const NOTHING_WRITTEN: Known = { revision: null, fence: 0 };

/**
 * etcd v3: a cell is a prefix, a batch is one transaction. It is atomic, keeps fences and remembers
 * idempotency keys for as long as its settings say. Nothing is asked of etcd before the first call.
 */
export function openEtcd(name: string, resolved: Resolved): Answered<Target> {
  const parsed = readEtcdSettings(resolved);
  return parsed.ok ? { ok: true, value: targetOf(name, parsed.value) } : parsed;
}

function targetOf(name: string, settings: EtcdSettings): Target {
  const gateway = gatewayOf(settings);
  const leases = leasesOf(gateway, settings.rememberSeconds);
  const { prefixes } = settings.layout;
  const books = new Map<string, Known>();
  return {
    name,
    kind: "etcd",
    abilities: { atomic: true, fences: true, remembers: true },
    read: async (cell, keys) => {
      const prefix = prefixes.get(cell);
      if (prefix === undefined) return failed(noCell(name, cell));
      const answered = await readCell(gateway, settings, prefix, keys);
      if (!answered.ok) return answered;
      books.set(cell, answered.value.known);
      return { ok: true, value: answered.value.read };
    },
    list: async (cell, page) => {
      const prefix = prefixes.get(cell);
      return prefix === undefined
        ? failed(noCell(name, cell))
        : await listCell(gateway, prefix, page);
    },
    write: async (batch) => {
      const prefix = prefixes.get(batch.cell);
      if (prefix === undefined) return { kind: "refused", failure: noCell(name, batch.cell) };
      const parts = { gateway, leases, settings, prefix };
      const guess = books.get(batch.cell) ?? NOTHING_WRITTEN;
      const { outcome, known } = await writeCell(parts, batch, guess);
      if (known !== null) books.set(batch.cell, known);
      return outcome;
    },
    watch: (since, signal) => watchCells(gateway, settings, since, signal),
    otherWriters: () => etcdOthers(gateway, settings),
    health: () => healthOf(gateway),
    close: async () => gateway.close(),
  };
}

async function healthOf(gateway: Gateway): Promise<Health> {
  const called = await gateway.call("/v3/maintenance/status", {}, true);
  if (called.kind === "no") return { answers: false, says: called.message };
  if (called.kind !== "ok") return { answers: false, says: called.why };
  const version = textIn(called.body, "version");
  if (version === undefined) return { answers: false, says: "what answers is not etcd" };
  const leader = textIn(called.body, "leader") ?? "0";
  if (leader === "0") return { answers: false, says: `etcd ${version} has no leader` };
  const alarms = listIn(called.body, "errors").map(String);
  const size = Number(inside(called.body, "dbSize") ?? 0);
  const says = [`etcd ${version}, ${Math.ceil(size / (1 << 20))} MiB`, ...alarms].join("; ");
  return { answers: true, says };
}
