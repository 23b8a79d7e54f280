// SPDX-License-Identifier: Apache-2.0
import type { Entry, Node } from "../config/types.ts";
import { prefixOf } from "./address.ts";
import { covers } from "./certificates.ts";

/** A host with the names of the certificate that it is bound to. */
export type Binding = {
  readonly host: string;
  readonly names: readonly string[];
  readonly line: number;
};

/** Prefixes that one service announces from a set of places. */
export type Service = {
  readonly name: string;
  readonly prefixes: readonly { readonly text: string; readonly line: number }[];
  readonly locations: readonly string[];
  readonly locationsLine: number;
};

const HOST_KEY = /^(?:host|hostname|server_?name|domain|fqdn|vhost|listener|common_?name)$/i;
const NAMES_KEY =
  /^(?:sans?|subject_?alt(?:ernative)?_?names?|dns_?names|cert(?:ificate)?_?(?:names|sans|hosts))$/i;
const PREFIX_KEY =
  /^(?:prefix(?:es)?|anycast(?:_?prefixes)?|networks|announce(?:d|ments)?|cidrs?|subnets|addresses|routes)$/i;
const PLACE_KEY =
  /^(?:locations?|sites?|pops?|regions?|colos?|datacent(?:er|re)s?|facilities|edges?)$/i;
const FOUND_MAX = 5_000;

/** Bindings and services of a tree. */
export function bindingsIn(documents: readonly Node[]): {
  readonly bindings: readonly Binding[];
  readonly services: readonly Service[];
} {
  const bindings: Binding[] = [];
  const services: Service[] = [];
  const walk = (node: Node, key: string): void => {
    if (node.kind === "scalar" || bindings.length + services.length >= FOUND_MAX) return;
    if (node.kind === "list") {
      for (const item of node.items) walk(item, key);
      return;
    }
    const find = (pattern: RegExp): Entry | undefined =>
      node.entries.find((entry) => pattern.test(entry.key));
    const host = find(HOST_KEY);
    const names = find(NAMES_KEY);
    if (host?.value.kind === "scalar" && names !== undefined)
      bindings.push({
        host: host.value.text.toLowerCase(),
        names: textsOf(names.value).map((one) => one.text.toLowerCase()),
        line: names.keyLine,
      });
    const places = find(PLACE_KEY);
    const prefixes = node.entries
      .filter((entry) => PREFIX_KEY.test(entry.key))
      .flatMap((entry) => textsOf(entry.value))
      .filter((one) => prefixOf(one.text) !== null);
    if (prefixes.length > 0) {
      const named = find(/^(?:service|name|id|product|pool)$/i);
      services.push({
        name: named?.value.kind === "scalar" ? named.value.text : key,
        prefixes,
        locations: places === undefined ? [] : textsOf(places.value).map((one) => one.text),
        locationsLine: places?.keyLine ?? 0,
      });
    }
    for (const entry of node.entries) walk(entry.value, entry.key);
  };
  for (const document of documents) walk(document, "");
  return { bindings, services };
}

function textsOf(node: Node): readonly { readonly text: string; readonly line: number }[] {
  if (node.kind === "scalar")
    return node.text === "" || node.type === "null" ? [] : [{ text: node.text, line: node.line }];
  return node.kind === "list" ? node.items.slice(0, 1_000).flatMap(textsOf) : [];
}

export type BindingFinding = {
  readonly aspect: "name-not-covered" | "prefix-shared" | "locations-changed";
  readonly subject: string;
  readonly line: number;
  readonly before: string;
  readonly after: string;
  readonly tags: readonly string[];
  readonly counts: { readonly before: number; readonly after: number };
};

type Read = ReturnType<typeof bindingsIn>;

/** Hosts that their certificate no longer covers, prefixes with two owners, places that change. */
export function bindingFindings(before: Read, after: Read): readonly BindingFinding[] {
  return [...uncovered(before, after), ...shared(before, after), ...moved(before, after)];
}

function uncovered(before: Read, after: Read): readonly BindingFinding[] {
  const bad = (one: Binding): boolean =>
    one.names.length > 0 && !one.names.some((name) => covers(name, one.host));
  const known = new Set(before.bindings.filter(bad).map((one) => one.host));
  return after.bindings
    .filter((one) => bad(one) && !known.has(one.host))
    .map((one) => ({
      aspect: "name-not-covered",
      subject: one.host,
      line: one.line,
      before: before.bindings.find((old) => old.host === one.host)?.names.join(", ") ?? "",
      after: one.names.join(", "),
      tags: [],
      counts: { before: 0, after: 0 },
    }));
}

function ownersOf(read: Read): ReadonlyMap<string, { readonly names: Set<string>; line: number }> {
  const owners = new Map<string, { names: Set<string>; line: number }>();
  for (const service of read.services)
    for (const { text, line } of service.prefixes) {
      const known = owners.get(text);
      if (known === undefined) owners.set(text, { names: new Set([service.name]), line });
      else {
        known.names.add(service.name);
        known.line = line;
      }
    }
  return owners;
}

function shared(before: Read, after: Read): readonly BindingFinding[] {
  const old = ownersOf(before);
  return [...ownersOf(after)].flatMap(([prefix, { names, line }]): readonly BindingFinding[] => {
    const was = old.get(prefix)?.names ?? new Set();
    if (
      names.size < 2 ||
      was.size >= names.size ||
      !after.services.some((one) => one.locationsLine > 0)
    )
      return [];
    return [
      {
        aspect: "prefix-shared",
        subject: prefix,
        line,
        before: [...was].join(", "),
        after: [...names].join(", "),
        tags: [],
        counts: { before: was.size, after: names.size },
      },
    ];
  });
}

/** Places below this share of what there was are a withdrawal from the rest. */
const KEPT_PPM = 500_000;

function moved(before: Read, after: Read): readonly BindingFinding[] {
  return after.services.flatMap((service): readonly BindingFinding[] => {
    const was = before.services.find((one) => one.name === service.name && one.locationsLine > 0);
    if (was === undefined || service.locationsLine === 0) return [];
    const kept = was.locations.filter((place) => service.locations.includes(place)).length;
    const first = was.locations.length === 0 && service.locations.length > 0;
    const fewer = was.locations.length > 0 && kept * 1_000_000 < was.locations.length * KEPT_PPM;
    if (!first && !fewer) return [];
    const idle = service.locations.some((place) =>
      /test|offline|staging|dev|lab|spare|decom/i.test(place),
    );
    return [
      {
        aspect: "locations-changed",
        subject: service.name,
        line: service.locationsLine,
        before: was.locations.join(", "),
        after: service.locations.join(", "),
        tags: [
          first ? "first" : "fewer",
          ...(idle ? ["idle"] : []),
          ...(service.locations.length === 0 ? ["all"] : []),
        ],
        counts: { before: service.prefixes.length, after: service.locations.length },
      },
    ];
  });
}
