// SPDX-License-Identifier: Apache-2.0
import { failed, noCell } from "../failure.ts";
import { overPageLimit, overReadLimit } from "../limits.ts";
import { pageOf } from "../page.ts";
import type { Resolved } from "../secrets.ts";
import type { Answered, CellRead, Health, Listed, Page, Target } from "../target.ts";
import { clientOf } from "../web/client.ts";
import { textIn } from "../web/json.ts";
import type { LastWriter, WriterAsked } from "../writer.ts";
import { type Api, apiDamaged, apiRefused, bodyOf, get, getObject, noObject } from "./api.ts";
import { heldOf } from "./object.ts";
import { kubernetesOthers } from "./others.ts";
import { type KubernetesSettings, type Place, readKubernetesSettings } from "./settings.ts";
import { watchObjects } from "./watch.ts";
import { writeObject } from "./write.ts";
import { managerOf } from "./writer.ts";

const VERSION_BYTES = 1 << 16;

/**
 * Kubernetes: a cell is a ConfigMap or a workload, a batch one server-side apply of it without force. It
 * is atomic, keeps fences and remembers the idempotency keys of the last writes, both in annotations.
 */
export function openKubernetes(name: string, resolved: Resolved): Answered<Target> {
  const parsed = readKubernetesSettings(resolved);
  return parsed.ok ? { ok: true, value: targetOf(name, parsed.value) } : parsed;
}

function targetOf(name: string, settings: KubernetesSettings): Target {
  const client = clientOf(settings.client);
  const api: Api = { client, settings };
  const { cells } = settings;
  return {
    name,
    kind: "kubernetes",
    abilities: { atomic: true, fences: true, remembers: true },
    read: async (cell, keys) => {
      const place = cells.get(cell);
      return place === undefined ? failed(noCell(name, cell)) : await readKeys(api, place, keys);
    },
    list: async (cell, page) => {
      const place = cells.get(cell);
      return place === undefined ? failed(noCell(name, cell)) : await listKeys(api, place, page);
    },
    write: async (batch) => {
      const place = cells.get(batch.cell);
      if (place === undefined) return { kind: "refused", failure: noCell(name, batch.cell) };
      return writeObject(api, place, batch);
    },
    watch: (_since, signal) => watchObjects(api, signal),
    lastWriter: async (asked) => {
      const place = cells.get(asked.cell);
      return place === undefined
        ? failed(noCell(name, asked.cell))
        : await keyWriter(api, place, asked);
    },
    otherWriters: () => kubernetesOthers(api),
    health: () => healthOf(api),
    close: async () => client.close(),
  };
}

async function readKeys(
  api: Api,
  place: Place,
  keys: readonly string[],
): Promise<Answered<CellRead>> {
  const { form } = api.settings;
  const fault = overReadLimit(keys) ?? keys.map(form.keyFault).find((one) => one !== null);
  if (fault !== null && fault !== undefined) return failed(fault);
  const found = await getObject(api, place);
  if (!found.ok) return found;
  if (found.value === null && !form.creates) return failed(noObject(api, place));
  const fence = found.value === null ? 0 : found.value.fence;
  if (fence === null) return failed(apiDamaged("the annotation that holds the fence"));
  const items = new Map(keys.map((key) => [key, heldOf(found.value?.values.get(key))]));
  const unsettled = found.value === null ? null : form.unsettled(found.value.object);
  return { ok: true, value: { items, fence, ...(unsettled === null ? {} : { unsettled }) } };
}

async function listKeys(api: Api, place: Place, page: Page): Promise<Answered<Listed>> {
  const limit = overPageLimit(page);
  if (limit !== null) return failed(limit);
  const found = await getObject(api, place);
  if (!found.ok) return found;
  if (found.value === null && !api.settings.form.creates) return failed(noObject(api, place));
  return { ok: true, value: pageOf([...(found.value?.values.keys() ?? [])].sort(), page) };
}

async function keyWriter(
  api: Api,
  place: Place,
  { key, version }: Omit<WriterAsked, "cell">,
): Promise<Answered<LastWriter | null>> {
  const { form } = api.settings;
  const fault = overReadLimit([key]) ?? form.keyFault(key);
  if (fault !== null) return failed(fault);
  const found = await getObject(api, place);
  if (!found.ok) return found;
  const held = heldOf(found.value?.values.get(key));
  if (found.value === null || held === null || held.version !== version)
    return { ok: true, value: null };
  return { ok: true, value: managerOf(found.value.object, form.pathsOf(key)) };
}

async function healthOf(api: Api): Promise<Health> {
  const got = await get(api, "/version", VERSION_BYTES);
  if (!got.ok) return { answers: false, says: got.failure.message };
  if (got.value.status !== 200) return { answers: false, says: apiRefused(got.value).message };
  const version = textIn(bodyOf(got.value), "gitVersion");
  if (version === undefined) return { answers: false, says: "what answers is not Kubernetes" };
  return { answers: true, says: `Kubernetes ${version}` };
}
