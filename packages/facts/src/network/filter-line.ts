// SPDX-License-Identifier: Apache-2.0
import { isEverything, type Prefix, prefixesIn, skeletonOf } from "./address.ts";

/** What one line of a packet filter, access list or routing policy says, in any of their languages. */
export type FilterLine = {
  readonly line: number;
  readonly text: string;
  readonly skeleton: string;
  /** The chain, list, policy or neighbour that the line belongs to. */
  readonly chain: string;
  readonly action: "allow" | "deny" | null;
  /** Decides for whatever no other line has decided. */
  readonly isDefault: boolean;
  /** Holds for every packet or route. */
  readonly any: boolean;
  /** Lets the replies of open connections through. */
  readonly replies: boolean;
  readonly prefixes: readonly Prefix[];
  /** A named filter that is put on an interface, session or policy. */
  readonly uses: string;
  /** A limit that protects: routes, rates, spoofing. */
  readonly limit: string;
  /** The line announces a prefix to others. */
  readonly announces: boolean;
};

const ALLOW = /(?:^|[\s=:;{])(?:accept|permit|allow|pass|granted)\b/i;
const DENY = /(?:^|[\s=:;{])(?:drop|deny|denied|discard|reject|block)\b/i;
const REPLIES = /\bestablished\b|\btcp-established\b|\bkeep state\b/i;
const LIMIT =
  /\b(maximum-prefix|max-prefixes?|prefix-limit|accepted-prefix-limit|storm-control|bpduguard|ttl-security|rpf-check|verify unicast|dampening|policer|rate-limit|limit_req|limit_conn|hashlimit|connlimit|synproxy)\b/i;
const ANNOUNCES =
  /^(?:set .*)?\s*(?:network|announce(?: route)?|aggregate-address|advertise|originate)\s+(?=[\d:a-f*])/i;
const USES: readonly RegExp[] = [
  /\bneighbor\s+\S+\s+(?:route-map|prefix-list|filter-list|distribute-list)\s+(\S+)/i,
  /\b(?:ip |ipv6 )?(?:access-group|traffic-filter)\s+(\S+)/i,
  /\bdistribute-list\s+(?:prefix\s+)?(\S+)/i,
  /\bmatch\s+(?:ip address\s+|ipv6 address\s+)?(?:prefix-list\s+|acl\s+|access-list\s+)(\S+)/i,
  /\bprotocols bgp\b.*\b(?:import|export)\s+(\S+)/i,
  /^(?:import|export)\s+(?:filter\s+)?([\w.-]+)\s*;/i,
  /\bfilter\s+(?:input|output)\s+([\w.-]+)/i,
  /^(?:input|output)\s+([\w.-]+)\s*;/i,
  /\bpolicy-map\s+(\S+)|\bservice-policy\s+(?:input|output)\s+(\S+)/i,
];

/** Lines that belong to a filter or a router; used to tell such a file from any other text. */
const GRAMMAR =
  /^\s*(?:-[AIDPN] \w|:[A-Z]\w* (?:ACCEPT|DROP|-)|(?:add )?rule \w+ |(?:type \w+ hook|ct state|ip6? [sd]addr|tcp dport|udp dport|iifname|oifname|meta l4proto)\b|set (?:firewall|protocols|policy-options|routing-options|interfaces|security|system|snmp)\b|delete (?:firewall|protocols|policy-options|routing-options|interfaces|security)\b|(?:ip |ipv6 )?(?:access-list|prefix-list)\b|(?:\d+ )?(?:permit|deny) (?:ip|ipv6|tcp|udp|icmp|any|host|\d)|neighbor \S|router (?:bgp|ospf|isis)\b|route-map \S|interface \S|ip (?:route|address|access-group)\b|network \d|policy \S+:|policy-statement|term \S+ \{|from \{|then (?:accept|reject|discard)|match \{|(?:block|pass) (?:in|out|quick|all)|(?:allow|deny) (?:all|from|\d)|import \S+;|export \S+;|filter \S+ \{|maximum-prefix|prefix-limit|Require all (?:granted|denied))/i;

/** The share of a text's lines that speak the language of filters and routers, in parts per million. */
export function filterShare(text: string): number {
  const lines = text
    .slice(0, 100_000)
    .split("\n")
    .filter(
      (row) =>
        row.trim() !== "" && !/^\s*(?:[#!]|\/\/|\/\*)/.test(row) && !/^\s*[}{]\s*$/.test(row),
    );
  if (lines.length === 0) return 0;
  return Math.round(
    (lines.filter((row) => GRAMMAR.test(row.slice(0, 300))).length * 1_000_000) / lines.length,
  );
}

/** A router's configuration has some thousand lines; more is generated data. */
const LINES_MAX = 20_000;

/** Reads every line that says something about packets or routes. */
export function filterLines(text: string): {
  readonly lines: readonly FilterLine[];
  readonly truncated: boolean;
} {
  const rows = text.split("\n");
  const found: FilterLine[] = [];
  let chain = "";
  for (const [at, raw] of rows.slice(0, LINES_MAX).entries()) {
    const row = raw
      .slice(0, 1_000)
      .replace(/(?:^|\s)(?:#|!|\/\/).*$/, "")
      .trim();
    if (row === "") continue;
    chain = chainOf(row) ?? chain;
    const line = readLine(row, at + 1, chain);
    if (line !== null) found.push(line);
  }
  return { lines: found, truncated: rows.length > LINES_MAX };
}

function chainOf(row: string): string | null {
  const match =
    /^-[AIP]\s+(\S+)|^:(\S+)\s|^set firewall .*?\bfilter (\S+)(?: term \S+)?|^set policy-options policy-statement (\S+)|^(?:ip |ipv6 )?access-list (?:extended |standard )?(\S+)|^(?:ip |ipv6 )?prefix-list (\S+)|^route-map (\S+)|^router (\S+ ?\S*)|^interface (\S+)|^policy (\S+?):|^(?:filter|policy-statement|chain|term) (\S+) \{|^(server|location [^{]*)\{/i.exec(
      row,
    );
  return match === null ? null : (match.slice(1).find((part) => part !== undefined) ?? null);
}

function readLine(row: string, line: number, chain: string): FilterLine | null {
  const policy =
    /^-P\s+\S+\s+(\w+)|^:[A-Z]\w*\s+(ACCEPT|DROP)\b|\bpolicy\s+(accept|drop)\s*;?$|^set .*\bdefault-policy\b.*\b(permit|deny)-all|\bdefault-action\s+(accept|drop)/i.exec(
      row,
    );
  const last = /\belse\s+(permit|deny|accept|drop|discard)\b/i.exec(row);
  const target = /-j\s+(\w+)/.exec(row)?.[1];
  const body = target === undefined ? row : ` ${target}`;
  const said = policy?.slice(1).find((part) => part !== undefined);
  const action = actionOf(
    said === undefined ? (last === null ? body : ` ${last[1] ?? ""}`) : ` ${said}`,
  );
  const uses = USES.map((pattern) => pattern.exec(row)).find((match) => match !== null);
  const limit = LIMIT.exec(row)?.[1] ?? "";
  const announces = ANNOUNCES.test(row);
  const prefixes = prefixesIn(row);
  if (action === null && uses === undefined && limit === "" && !announces && prefixes.length === 0)
    return null;
  return {
    line,
    text: row,
    skeleton: skeletonOf(row),
    chain,
    action,
    isDefault: said !== undefined || last !== null,
    any: action !== null && said === undefined && last === null && matchesAny(row, prefixes),
    replies: action === "allow" && REPLIES.test(row),
    prefixes,
    uses: (uses?.slice(1).find((part) => part !== undefined) ?? "").replace(/[;{].*$/, ""),
    limit: limit.toLowerCase(),
    announces,
  };
}

function actionOf(text: string): "allow" | "deny" | null {
  if (DENY.test(text) && !ALLOW.test(text)) return "deny";
  return ALLOW.test(text) ? "allow" : null;
}

/** No condition is left, or each is written as everything. */
function matchesAny(row: string, prefixes: readonly Prefix[]): boolean {
  if (/^-[AI]\s/.test(row)) {
    const conditions = row
      .replace(/^-[AI]\s+\S+(?:\s+\d+)?/, "")
      .replace(/-j\s+\w+.*$/, "")
      .replace(/-m\s+(?:comment|tcp|udp)\b|--comment\s+(?:"[^"]*"|\S+)/g, "")
      .trim();
    return conditions === "" || /^(?:-[sd]\s+(?:0\.0\.0\.0\/0|::\/0)\s*)+$/.test(conditions);
  }
  if (
    /\b(?:permit|deny)\s+(?:ip|ipv6|any)\s+any\b/i.test(row) &&
    !/\b(?:host|eq|range)\b/i.test(row)
  )
    return /\bany\b.*\bany\b|\bany\s*$/i.test(row);
  if (
    /\b(?:permit|deny|accept|drop|pass|block|allow)\s+(?:in\s+)?(?:from\s+)?all\b|Require all (?:granted|denied)/i.test(
      row,
    )
  )
    return true;
  return (
    prefixes.length > 0 &&
    prefixes.every((one) => isEverything(one.text)) &&
    !/\b(?:eq|range|dport|sport|port|le|ge)\b/i.test(row)
  );
}
