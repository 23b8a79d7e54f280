// SPDX-License-Identifier: Apache-2.0
import { failed, noCell } from "../failure.ts";
import { overPageLimit, overReadLimit } from "../limits.ts";
import { pageOf } from "../page.ts";
import { polled, type Snapshot } from "../polling.ts";
import type { Resolved } from "../secrets.ts";
import type { Answered, CellRead, Health, Held, Target } from "../target.ts";
import { clientOf } from "../web/client.ts";
import { type Api, keyWriter, listKeys, readKey, statusOf } from "./exchange.ts";
import { type HttpSettings, readHttpSettings } from "./settings.ts";
import { isKeyTrick, keyFault, writeItems } from "./write.ts";

/** Reads at once. */
const READERS = 8;

/**
 * An admin API that its settings describe. Every key is a resource with a version of its own, so a
 * batch is not atomic, and an API knows no fences. Only the described origin is ever spoken to.
 */
export function openHttp(name: string, resolved: Resolved): Answered<Target> {
  const parsed = readHttpSettings(resolved);
  return parsed.ok ? { ok: true, value: targetOf(name, parsed.value) } : parsed;
}

function targetOf(name: string, settings: HttpSettings): Target {
  const client = clientOf(settings.client);
  const api: Api = { client, settings };
  const { cells } = settings;
  return {
    name,
    kind: "http",
    // An idempotency header makes a second sending harmless, but nothing says that it was a second.
    abilities: { atomic: false, fences: false, remembers: false },
    read: async (cell, keys) => {
      const place = cells.get(cell);
      return place === undefined ? failed(noCell(name, cell)) : await readCell(api, place, keys);
    },
    list: async (cell, page) => {
      const place = cells.get(cell);
      if (place === undefined) return failed(noCell(name, cell));
      const limit = overPageLimit(page);
      if (limit !== null) return failed(limit);
      const keys = await listKeys(api, place);
      if (!keys.ok) return keys;
      return { ok: true, value: pageOf([...keys.value.keys()].sort(), page) };
    },
    write: async (batch) => {
      const place = cells.get(batch.cell);
      if (place === undefined) return { kind: "refused", failure: noCell(name, batch.cell) };
      return writeItems(api, place, batch);
    },
    watch: (since, signal) =>
      polled({ look: () => lookAt(api), everyMs: settings.pollMs }, since, signal),
    lastWriter: async ({ cell, key, version }) => {
      const place = cells.get(cell);
      if (place === undefined) return failed(noCell(name, cell));
      const limit = overReadLimit([key]);
      if (limit !== null) return failed(limit);
      if (isKeyTrick(settings, key)) return failed(keyFault(key));
      const { by, at } = settings.writer;
      if (version === null || (by === null && at === null)) return { ok: true, value: null };
      return await keyWriter(api, place, { key, version });
    },
    health: () => healthOf(api),
    close: async () => client.close(),
  };
}

/** Not of one moment: each key is as it was when it was asked for. */
async function readCell(
  api: Api,
  place: string,
  keys: readonly string[],
): Promise<Answered<CellRead>> {
  const limit = overReadLimit(keys);
  if (limit !== null) return failed(limit);
  const trick = keys.find((key) => isKeyTrick(api.settings, key));
  if (trick !== undefined) return failed(keyFault(trick));
  const items = new Map<string, Held | null>();
  for (let start = 0; start < keys.length; start += READERS) {
    const some = keys.slice(start, start + READERS);
    const held = await Promise.all(some.map((key) => readKey(api, place, key)));
    for (const [index, one] of held.entries()) {
      if (!one.ok) return one;
      items.set(some[index] ?? "", one.value);
    }
  }
  return { ok: true, value: { items, fence: null } };
}

/** `null` as soon as one cell does not answer: half a picture would look like keys that are gone. */
async function lookAt(api: Api): Promise<Snapshot | null> {
  const snapshot = new Map<string, ReadonlyMap<string, string>>();
  for (const [cell, place] of api.settings.cells) {
    const versions = await versionsIn(api, place);
    if (versions === null) return null;
    snapshot.set(cell, versions);
  }
  return snapshot;
}

async function versionsIn(api: Api, place: string): Promise<ReadonlyMap<string, string> | null> {
  const keys = await listKeys(api, place);
  if (!keys.ok) return null;
  const versions = new Map<string, string>();
  const unknown: string[] = [];
  for (const [key, version] of keys.value) {
    if (version !== null) versions.set(key, version);
    else if (!isKeyTrick(api.settings, key)) unknown.push(key);
  }
  for (let start = 0; start < unknown.length; start += READERS) {
    const read = await readCell(api, place, unknown.slice(start, start + READERS));
    if (!read.ok) return null;
    for (const [key, held] of read.value.items) if (held !== null) versions.set(key, held.version);
  }
  return versions;
}

async function healthOf(api: Api): Promise<Health> {
  const { health, cells } = api.settings;
  const [place] = cells.values();
  if (health === null) {
    const listed = await listKeys(api, place ?? "");
    if (!listed.ok) return { answers: false, says: listed.failure.message };
    return { answers: true, says: `${listed.value.size} keys in the first cell` };
  }
  const status = await statusOf(api, health);
  if (!status.ok) return { answers: false, says: status.failure.message };
  return { answers: status.value >= 200 && status.value < 300, says: `status ${status.value}` };
}
