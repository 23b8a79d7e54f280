// SPDX-License-Identifier: Apache-2.0

/** Lines that say which servers answer for a machine, in the formats of the common resolvers. */
const RESOLVER =
  /(?:^|[\s{])(?:forward\s+\S+\s+|nameserver\s+|forward-addr:\s*|server=|forwarders\s*\{?\s*|DNS\s*=\s*|FallbackDNS\s*=\s*|dns-nameservers\s+)((?:[\w.:@/-]+[\s;,]*){1,8})/;
/** States of a domain in which the registry stops its resolution. RFC 5731 section 2.3. */
const HOLD = /\b(serverHold|clientHold|pendingDelete|redemptionPeriod)\b/i;

export type ResolverLine = {
  readonly line: number;
  readonly text: string;
  readonly servers: string;
};

function linesOf(text: string): readonly ResolverLine[] {
  const found: ResolverLine[] = [];
  for (const [at, raw] of text.split("\n").entries()) {
    const row = raw.slice(0, 500).replace(/(?:^|\s)#.*$/, "");
    const match = RESOLVER.exec(row);
    const servers = (match?.[1] ?? "").replace(/[}\s;,]+$/, "").trim();
    if (match === null || !/\d|\.|resolv/.test(servers)) continue;
    found.push({ line: at + 1, text: row.trim(), servers });
    if (found.length >= 1_000) break;
  }
  return found;
}

/** Resolver lines that name other servers than before; in a new file nothing is replaced. */
export function resolverChanges(
  before: string | null,
  after: string,
): readonly { readonly was: string; readonly is: ResolverLine }[] {
  if (before === null || !/forward|nameserver|server=|DNS/.test(after)) return [];
  const old = linesOf(before);
  const known = new Set(old.map((one) => one.servers));
  const now = linesOf(after);
  const kept = new Set(now.map((one) => one.servers));
  const gone = old.filter((one) => !kept.has(one.servers));
  return now
    .filter((one) => !known.has(one.servers))
    .flatMap((is, at) => (gone[at] === undefined ? [] : [{ was: gone[at].servers, is }]));
}

/** States that come to stop the resolution of a domain. */
export function holdsIn(
  before: string | null,
  after: string,
): readonly { readonly line: number; readonly state: string }[] {
  const old = (before ?? "").toLowerCase();
  if (!HOLD.test(after)) return [];
  return after.split("\n").flatMap((row, at) => {
    const state = HOLD.exec(row.slice(0, 2_000))?.[1];
    return state === undefined || old.includes(state.toLowerCase())
      ? []
      : [{ line: at + 1, state }];
  });
}
