// SPDX-License-Identifier: Apache-2.0
import type { Entry, Node } from "../../config/types.ts";
import { looksLikeApex, plainName, type RecordSet, recordType } from "./record.ts";
import { secondsOf } from "./zone-file.ts";

type MapNode = Node & { readonly kind: "map" };

const NAME_KEY = /^(?:name|dns_?name|hostname|fqdn|host|record|record_?name|domain_?name)$/i;
const TYPE_KEY = /^(?:type|record_?type|rr_?type)$/i;
const VALUES_KEY =
  /^(?:values?|records?|targets?|resource_?records?|rr_?datas?|contents?|data|answers?|addresses)$/i;
const TTL_KEY = /^(?:ttl|record_?ttl|default_?ttl)$/i;
const RECORDS_MAX = 50_000;

/**
 * Finds record sets in any tree: octoDNS zones, change batches, endpoints of controllers, rows of a
 * table, Terraform resources. What makes a record is a record type beside a place for its values.
 */
export function recordsIn(documents: readonly Node[], path: string): readonly RecordSet[] {
  const found: RecordSet[] = [];
  const zone = zoneOf(path);
  const walk = (node: Node, keys: readonly string[]): void => {
    if (node.kind === "scalar" || found.length >= RECORDS_MAX) return;
    if (node.kind === "list") {
      for (const item of node.items) walk(item, keys);
      return;
    }
    const record = recordOf(node, keys, zone) ?? null;
    if (record !== null) found.push(record);
    for (const entry of node.entries) {
      const listed = typed(entry, keys, zone);
      if (listed !== null && record === null) found.push(listed);
      else walk(entry.value, [...keys.slice(-6), entry.key]);
    }
  };
  for (const document of documents) walk(document, []);
  return merged(found);
}

function zoneOf(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1).replace(/\.(?:ya?ml|json|csv|tf)$/i, "");
  return /^[\w-]+(?:\.[\w-]+)+\.?$/.test(file) ? plainName(file) : "";
}

function recordOf(node: MapNode, keys: readonly string[], zone: string): RecordSet | null {
  const entry = (pattern: RegExp): Entry | undefined =>
    node.entries.find((one) => pattern.test(one.key));
  const typeEntry = entry(TYPE_KEY);
  const azure = /^azurerm_(?:private_)?dns_([a-z]+)_record$/.exec(keys.at(-2) ?? "")?.[1];
  const written = typeEntry?.value.kind === "scalar" ? typeEntry.value.text : (azure ?? "");
  const type = recordType(written);
  const values = entry(VALUES_KEY);
  const alias = node.entries.find((one) => /^alias(?:_?target)?$/i.test(one.key));
  if (type === null || (values === undefined && alias === undefined)) return null;
  const nameEntry = entry(NAME_KEY);
  const isResource = /_record(?:_set)?$/.test(keys.at(-2) ?? "");
  const own = nameEntry?.value.kind === "scalar" ? nameEntry.value.text : (keys.at(-1) ?? "");
  const ttlEntry = entry(TTL_KEY);
  const ttl = ttlEntry?.value.kind === "scalar" ? secondsOf(ttlEntry.value.text) : null;
  const list = values === undefined ? ["alias"] : textsOf(values.value);
  const line = (values ?? typeEntry ?? node.entries[0])?.keyLine ?? node.line;
  return {
    ...named(isResource && own === "" ? (keys.at(-1) ?? "") : own, zone),
    type,
    ttl,
    values: alias === undefined ? list : [...list, "alias"],
    line,
  };
}

/** `www: { A: [192.0.2.1] }`: the type is the key of the values. */
function typed(entry: Entry, keys: readonly string[], zone: string): RecordSet | null {
  const type = entry.key === entry.key.toUpperCase() ? recordType(entry.key) : null;
  if (type === null || entry.value.kind === "map" || keys.length === 0) return null;
  return {
    ...named(keys.at(-1) ?? "", zone),
    type,
    ttl: null,
    values: textsOf(entry.value),
    line: entry.keyLine,
  };
}

function named(written: string, zone: string): { readonly name: string; readonly apex: boolean } {
  const name = plainName(written);
  if (name === "" || name === "@") return { name: zone === "" ? "@" : zone, apex: true };
  if (zone === "" || name === zone || name.endsWith(`.${zone}`))
    return {
      name,
      apex: name === zone || (zone === "" && looksLikeApex(name) && name.includes(".")),
    };
  return { name: `${name}.${zone}`, apex: false };
}

function textsOf(node: Node): readonly string[] {
  if (node.kind === "scalar")
    return node.type === "null" || node.text.trim() === "" ? [] : [node.text.trim()];
  if (node.kind === "list") return node.items.slice(0, 1_000).flatMap(textsOf);
  const value = node.entries.find((entry) =>
    /^(?:value|target|exchange|content|data|nsdname|address)$/i.test(entry.key),
  );
  return value === undefined ? (node.entries.length === 0 ? [] : ["…"]) : textsOf(value.value);
}

/** Rows of a table and weighted answers of one name are one set. */
function merged(records: readonly RecordSet[]): readonly RecordSet[] {
  const sets = new Map<string, RecordSet>();
  for (const record of records) {
    const key = `${record.name} ${record.type}`;
    const known = sets.get(key);
    sets.set(
      key,
      known === undefined ? record : { ...known, values: [...known.values, ...record.values] },
    );
  }
  return [...sets.values()];
}
