// SPDX-License-Identifier: Apache-2.0
import type { Resolved } from "../secrets.ts";
import { type SettingsReader, settingsReader } from "../settings.ts";
import type { Answered } from "../target.ts";
import type { ClientOptions } from "../web/client.ts";
import { readOrigin, readWeb } from "../web/settings.ts";
import { CONFIG_MAPS } from "./config-map.ts";
import type { Form } from "./form.ts";
import { WORKLOADS } from "./workload.ts";

/** A DNS label, the kind where it is no ConfigMap, and a DNS subdomain (Kubernetes: Object Names and IDs). */
const PLACE =
  /^(?<namespace>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/(?:(?<plural>[a-z]+)\/)?(?<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/;

/** An object. */
export type Place = { readonly namespace: string; readonly name: string };

export type KubernetesSettings = {
  readonly client: ClientOptions;
  readonly headers: Readonly<Record<string, string>>;
  /** Of all cells: a watch is of one kind. */
  readonly form: Form;
  readonly cells: ReadonlyMap<string, Place>;
  readonly fieldManager: string;
};

export function readKubernetesSettings(resolved: Resolved): Answered<KubernetesSettings> {
  const read = settingsReader(resolved);
  const token = read.optionalSecret("token");
  const { form, cells } = readPlaces(read);
  const fieldManager = read.optionalText("fieldManager") ?? "interlock";
  if (!/^[a-z0-9.-]{1,128}$/.test(fieldManager))
    read.fault("fieldManager", "is no name of 1 to 128 letters, digits, `.` and `-`");
  const origin = { name: "server", text: read.text("server"), hasSecret: token !== undefined };
  return read.end({
    client: { ...readWeb(read), origin: readOrigin(read, origin) },
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    form,
    cells,
    fieldManager,
  });
}

const FORMS: readonly Form[] = [CONFIG_MAPS, ...WORKLOADS];
const PLURALS = WORKLOADS.map(({ plural }) => plural).join("`, `");

function readPlaces(read: SettingsReader): Pick<KubernetesSettings, "form" | "cells"> {
  const all = read.cells((place) => {
    const found = PLACE.exec(typeof place === "string" ? place : "")?.groups ?? {};
    const { namespace = "", name = "", plural = CONFIG_MAPS.plural } = found;
    return { namespace, name, form: FORMS.find((form) => form.plural === plural) };
  });
  const form = [...all.values()].find((one) => one.form !== undefined)?.form ?? CONFIG_MAPS;
  const taken = new Set<string>();
  for (const [cell, place] of all) {
    const path = `${place.namespace}/${place.name}`;
    if (place.name === "" || place.form === undefined)
      read.fault(
        `cells.${cell}`,
        `is no \`namespace/name\` of a ConfigMap and no \`namespace/KIND/name\` with \`${PLURALS}\` as KIND`,
      );
    else if (place.form !== form)
      read.fault(`cells.${cell}`, "is of another kind than the first: make it another target");
    else if (taken.has(path)) read.fault(`cells.${cell}`, `is the ${form.kind} of another cell`);
    taken.add(path);
  }
  const cells = [...all].map(([cell, { namespace, name }]) => [cell, { namespace, name }] as const);
  return { form, cells: new Map(cells) };
}
