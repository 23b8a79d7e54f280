// SPDX-License-Identifier: Apache-2.0
import type { Delta } from "@interlock/core";
import type { Node } from "../config/types.ts";
import { child, eachMap, isFalse, isTrue, keysOf, textOf, textsOf } from "../kubernetes/node.ts";
import type { ResourcePair } from "./pair.ts";
import { findingDelta } from "./report.ts";
import type { Resource } from "./resource.ts";
import { settingsOf, snake } from "./settings.ts";

/** Filters in front of resources: opened to everybody, removed, or turned round. */
export function exposureDeltas(pair: ResourcePair): readonly Delta[] {
  if (pair.after === null) return pair.bond === "kept" ? [] : filterGone(pair.before);
  if (pair.after.kind !== "resource") return [];
  return [
    ...opened(pair.before, pair.after),
    ...published(pair.before, pair.after),
    ...egressGone(pair.before, pair.after),
    ...flipped(pair.before, pair.after),
  ];
}

const ANYWHERE = /^(?:0\.0\.0\.0\/0|::\/0|\*|internet|any)$/i;
const SOURCE_KEYS = new Set([
  "cidr_blocks",
  "ipv6_cidr_blocks",
  "cidr_block",
  "ipv6_cidr_block",
  "cidr_ipv4",
  "cidr_ipv6",
  "cidr_ip",
  "source_ranges",
  "source_address_prefix",
  "source_address_prefixes",
  "source_addresses",
  "public_access_cidrs",
  "source_ips",
  "remote_ip_prefix",
]);
const NETWORK_TYPES =
  /security_group|firewall|network_acl|nacl|security_rule|_eks_cluster|SecurityGroup|NetworkAcl/;

type Opening = { readonly id: string; readonly line: number; readonly tags: readonly string[] };

function opened(before: Resource | null, after: Resource): readonly Delta[] {
  const known = new Set(openings(before).map((opening) => opening.id));
  return openings(after)
    .filter((opening) => !known.has(opening.id))
    .map((opening) =>
      findingDelta(after, {
        aspect: "ingress-any",
        op: before === null ? "added" : "changed",
        key: "ingress",
        line: opening.line,
        says: { before: "", after: opening.id },
        tags: [...opening.tags, ...(before === null ? ["new-object"] : [])],
      }),
    );
}

/** Rules of one resource that let anybody in, with their ports. */
function openings(resource: Resource | null): readonly Opening[] {
  if (resource === null || !NETWORK_TYPES.test(resource.type)) return [];
  const found: Opening[] = [];
  eachMap(resource.node, (map, keys) => {
    if (map.kind !== "map" || !letsIn(map, keys, resource)) return;
    for (const { key, value, keyLine } of map.entries) {
      if (!SOURCE_KEYS.has(snake(key)) || !textsOf(value).some((text) => ANYWHERE.test(text))) {
        continue;
      }
      const ports = portsOf(map);
      found.push({ id: `anywhere to ${ports.text}`, line: keyLine, tags: ports.tags });
    }
  });
  return found;
}

function letsIn(map: Node, keys: readonly string[], resource: Resource): boolean {
  const value = (key: string) => textOf(keyed(map, key)).toLowerCase();
  if (keys.some((key) => /egress|outbound/i.test(key)) || /egress/i.test(resource.type))
    return false;
  if (value("type") === "egress" || /^(?:egress|outbound)$/.test(value("direction"))) return false;
  if (isTrue(keyed(map, "egress"))) return false;
  const verdict = value("access") || value("rule_action") || value("action");
  return !/^(?:deny|drop|reject)$/.test(verdict) && keyed(map, "deny") === undefined;
}

function keyed(map: Node, key: string): Node | undefined {
  const written = keysOf(map).find((other) => snake(other) === key);
  return written === undefined ? undefined : child(map, written);
}

function portsOf(map: Node): { readonly text: string; readonly tags: readonly string[] } {
  const first = (keys: readonly string[]) =>
    keys.flatMap((key) => textsOf(keyed(map, key))).find((text) => text !== "") ?? "";
  const from = first(["from_port", "port", "destination_port_range", "destination_port_ranges"]);
  const to = first(["to_port"]) || from;
  const allowed = textsOf(child(keyed(map, "allow"), "ports"));
  const ports = allowed.length > 0 ? allowed : [from === to ? from : `${from}-${to}`];
  const protocol = first(["protocol", "ip_protocol"]);
  const all =
    /^(?:-1|all|\*)$/.test(protocol) ||
    ports.some((port) => /^(?:|\*|-1|0|-1--1|[01]-65535|0-0)$/.test(port));
  if (all) return { text: "every port", tags: ["all-ports"] };
  const web = ports.every((port) => /^(?:80|443|8080|8443)$/.test(port));
  return { text: `port ${ports.join(", ")}`, tags: web ? ["web"] : [] };
}

type Switch = { readonly key: RegExp; readonly isPublic: (node: Node) => boolean };
const SWITCHES: readonly Switch[] = [
  { key: /^publicly_accessible$/, isPublic: isTrue },
  {
    key: /^public_network_access(?:_enabled)?$/,
    isPublic: (n) => isTrue(n) || /^enabled$/i.test(textOf(n)),
  },
  { key: /^acl$/, isPublic: (n) => /^public-/.test(textOf(n)) },
  {
    key: /^(?:block_public_acls|block_public_policy|ignore_public_acls|restrict_public_buckets)$/,
    isPublic: isFalse,
  },
  { key: /^public_access_prevention$/, isPublic: (n) => /^inherited$/.test(textOf(n)) },
  { key: /^(?:allow_blob_public_access|allow_nested_items_to_be_public)$/, isPublic: isTrue },
];

/** Switches that put a resource on the Internet. */
function published(before: Resource | null, after: Resource): readonly Delta[] {
  const old = settingsOf(before?.node);
  return [...settingsOf(after.node).values()].flatMap((setting) => {
    const rule = SWITCHES.find(({ key }) => key.test(setting.key));
    const was = old.get(setting.path);
    if (rule === undefined || !rule.isPublic(setting.node)) return [];
    if (was !== undefined && rule.isPublic(was.node)) return [];
    return [
      findingDelta(after, {
        aspect: "ingress-any",
        op: before === null ? "added" : "changed",
        key: setting.key,
        line: setting.line,
        before: was?.node,
        after: setting.node,
        tags: ["public", ...(before === null ? ["new-object"] : [])],
      }),
    ];
  });
}

/** What went away kept somebody out, or let something out. */
function filterGone(resource: Resource): readonly Delta[] {
  if (resource.kind !== "resource") return [];
  const text = (key: string) => textOf(child(resource.node, key)).toLowerCase();
  const denies =
    /^(?:deny|drop)$/.test(text("access") || text("rule_action") || text("action")) ||
    child(resource.node, "deny") !== undefined;
  const wall =
    /_web_acl(?:_association)?$|_shield_protection$|_compute_security_policy$|_firewall_policy$|public_access_block$/;
  if (
    /egress_rule$/.test(resource.type) ||
    (/group_rule$/.test(resource.type) && text("type") === "egress")
  ) {
    return [findingDelta(resource, { aspect: "egress-removed", op: "removed", key: "egress" })];
  }
  if (!denies && !wall.test(resource.type)) return [];
  return [findingDelta(resource, { aspect: "filter-removed", op: "removed", key: resource.type })];
}

function egressGone(before: Resource | null, after: Resource): readonly Delta[] {
  const count = (resource: Resource | null) =>
    resource?.node.kind === "map"
      ? resource.node.entries.filter(({ key }) => key === "egress").length
      : 0;
  if (!/security_group$/.test(after.type) || count(before) === 0 || count(after) > 0) return [];
  return [findingDelta(after, { aspect: "egress-removed", op: "emptied", key: "egress" })];
}

/** The verdict for what no rule names. */
function flipped(before: Resource | null, after: Resource): readonly Delta[] {
  const read = (resource: Resource | null): { text: string; node: Node } | null => {
    for (const { key, node } of settingsOf(resource?.node).values()) {
      if (!/^default_(?:action|outbound_access|network_acl_action)$/.test(key)) continue;
      return { text: textOf(node) || keysOf(node).join(" "), node };
    }
    return null;
  };
  const [had, has] = [read(before), read(after)];
  if (had === null || has === null || had.text === has.text || had.text === "") return [];
  return [
    findingDelta(after, {
      aspect: "default-flipped",
      op: "changed",
      key: "default_action",
      line: has.node.line,
      says: { before: had.text, after: has.text },
    }),
  ];
}
