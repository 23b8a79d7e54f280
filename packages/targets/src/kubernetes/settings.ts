// SPDX-License-Identifier: Apache-2.0
import type { Resolved } from "../secrets.ts";
import { settingsReader } from "../settings.ts";
import type { Answered } from "../target.ts";
import type { ClientOptions } from "../web/client.ts";
import { readOrigin, readWeb } from "../web/settings.ts";

/** A DNS subdomain and a DNS label (Kubernetes: Object Names and IDs), `/` between. */
const PLACE =
  /^(?<namespace>[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\/(?<name>[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?)$/;

/** A ConfigMap. */
export type Place = { readonly namespace: string; readonly name: string };

export type KubernetesSettings = {
  readonly client: ClientOptions;
  readonly headers: Readonly<Record<string, string>>;
  readonly cells: ReadonlyMap<string, Place>;
  readonly fieldManager: string;
};

export function readKubernetesSettings(resolved: Resolved): Answered<KubernetesSettings> {
  const read = settingsReader(resolved);
  const token = read.optionalSecret("token");
  const cells = read.cells((place) => {
    const { namespace, name } = PLACE.exec(typeof place === "string" ? place : "")?.groups ?? {};
    return { namespace: namespace ?? "", name: name ?? "" };
  });
  const taken = new Set<string>();
  for (const [cell, place] of cells) {
    const path = `${place.namespace}/${place.name}`;
    if (place.name === "") read.fault(`cells.${cell}`, "is no `namespace/name` of a ConfigMap");
    else if (taken.has(path)) read.fault(`cells.${cell}`, "is the ConfigMap of another cell");
    taken.add(path);
  }
  const fieldManager = read.optionalText("fieldManager") ?? "interlock";
  if (!/^[a-z0-9.-]{1,128}$/.test(fieldManager))
    read.fault("fieldManager", "is no name of 1 to 128 letters, digits, `.` and `-`");
  const origin = { name: "server", text: read.text("server"), hasSecret: token !== undefined };
  return read.end({
    client: { ...readWeb(read), origin: readOrigin(read, origin) },
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    cells,
    fieldManager,
  });
}
