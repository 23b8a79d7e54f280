// SPDX-License-Identifier: Apache-2.0
import { DELTAS_MAX, type Delta, type Effect, type Gap } from "@interlock/core";
import { hclTree } from "../config/hcl/tree.ts";
import { formatOf } from "../config/parse.ts";
import type { Node, Parsed } from "../config/types.ts";
import type { ChangedFile, Source, SourceResult } from "../source.ts";
import { bindingFindings, bindingsIn } from "./bindings.ts";
import { type Bundle, certificatesIn, compareBundles, covers } from "./certificates.ts";
import { dnsFindings, type ZoneSides } from "./dns/compare.ts";
import type { RecordSet } from "./dns/record.ts";
import { holdsIn, resolverChanges } from "./dns/resolvers.ts";
import { serialKept } from "./dns/serial.ts";
import { recordsIn } from "./dns/structured.ts";
import { isZoneText, parseZone } from "./dns/zone-file.ts";
import { widestEntries } from "./entries.ts";
import { filterShare } from "./filter-line.ts";
import { filterFindings } from "./filters.ts";
import { lostEntries } from "./lost-entries.ts";
import { networkDelta, networkEffects, type Seen } from "./report.ts";
import { routingFindings } from "./routing.ts";
import { openSignIns } from "./sign-in.ts";

const ZONE = /\.(?:zone|zonefile|dns|db)$|(?:^|\/)db\.[\w.-]+$|(?:^|\/)zones?\/(?:[^/]+\/)*[^/]+$/i;
const TREE = /\.(?:ya?ml|json|csv|tsv)$/i;
const HCL = /\.(?:tf|tofu)$/i;
const CERTIFICATE = /\.(?:pem|crt|cer|cert|chain|bundle)$/i;
const FILTER =
  /\.(?:rules|nft|nftables|iptables|v4|v6|acl|junos|ios|eos|nxos|frr|bird|pf|set|cli|conf|cfg|config|txt|network|erb|j2)$|(?:^|\/)(?:iptables|ip6tables|nftables|pf|corefile|resolv|named|unbound|bgpd|frr|bird|acl|acls|firewall)[\w.-]*$/i;
/** Above this a text is data and not what people write for a router or a zone. */
const TEXT_MAX = 4_000_000;
/** Share of lines in the language of filters from which a text counts as one. */
const FILTER_PPM = 300_000;

/** DNS, certificates, packet filters, routing policies, and who announces what from where. */
export const networkSource: Source = {
  group: "network",
  wants: ({ path, kind }) =>
    kind !== "vendored" &&
    kind !== "lock" &&
    kind !== "docs" &&
    (ZONE.test(path) ||
      TREE.test(path) ||
      HCL.test(path) ||
      CERTIFICATE.test(path) ||
      FILTER.test(path)),
  read: readNetwork,
};

function readNetwork(files: readonly ChangedFile[]): SourceResult {
  const gaps: Gap[] = [];
  const small = files.filter((file) => fits(file, gaps));
  const zones = small.map(zoneSides);
  const hosts: Host[] = [];
  const seen: readonly Seen[] = [
    ...dnsFindings(zones).map((one) => ({ ...one, environment: environmentOf(small, one.path) })),
    ...small.flatMap((file) => [
      ...ofCertificates(file, hosts, gaps),
      ...ofTrees(file),
      ...ofText(file, gaps),
      ...ofSerial(file),
      ...ofSignIns(file),
    ]),
    ...together(zones, hosts, small),
  ];
  const byPath = new Map(files.map((file) => [file.path, file]));
  const kept: readonly Delta[] = seen
    .slice(0, DELTAS_MAX)
    .map((one) => networkDelta(one, byPath.get(one.path)));
  if (seen.length > DELTAS_MAX) {
    const detail = `the change brings ${seen.length} findings about networks; ${DELTAS_MAX} are kept`;
    gaps.push(gap("", "truncated", detail, "split the change"));
  }
  const effects: readonly Effect[] = networkEffects(kept).slice(0, 1_000);
  return { deltas: kept, effects, gaps };
}

/** A tree that is too large is reported by the source of configuration. */
function fits(file: ChangedFile, gaps: Gap[]): boolean {
  const size = Math.max(file.before?.length ?? 0, file.after?.length ?? 0);
  if (size > TEXT_MAX && !TREE.test(file.path)) {
    const detail = `the file is larger than ${TEXT_MAX} characters`;
    gaps.push(gap(file.path, "too-large", detail, "split the file"));
  }
  return size <= TEXT_MAX;
}

type Host = { readonly name: string; readonly path: string };

/** Notes the hosts whose certificate changes in `hosts`. */
function ofCertificates(file: ChangedFile, hosts: Host[], gaps: Gap[]): readonly Seen[] {
  const { path, environment } = file;
  const bundles = CERTIFICATE.test(path) ? readBundles(file) : null;
  if (bundles === null) return [];
  if (file.kind !== "test")
    for (const line of bundles.after.broken) {
      const detail = `line ${line}: the certificate cannot be read`;
      gaps.push(gap(path, "unparsable", detail, "check that the block is whole"));
    }
  const found = compareBundles(bundles.before, bundles.after);
  const names = found.length === 0 ? [] : (bundles.after.certificates[0]?.names ?? []);
  hosts.push(...names.map((name) => ({ name, path })));
  return found.map((one) => ({ ...one, key: "certificate", path, tags: [], environment }));
}

function gap(path: string, code: string, detail: string, help: string): Gap {
  return { group: "network", path, code, detail, help };
}

function environmentOf(files: readonly ChangedFile[], path: string): Delta["environment"] {
  return files.find((file) => file.path === path)?.environment ?? "unknown";
}

function zoneSides(file: ChangedFile): ZoneSides {
  return {
    path: file.path,
    before: recordsOf(file.oldPath ?? file.path, file.before, () => file.trees().before),
    after: recordsOf(file.path, file.after, () => file.trees().after),
    deleted: file.after === null,
  };
}

/** A record type as a value or as a key; most trees have none and are not walked. Literal first, for speed. */
const TYPE_VALUE =
  /[tT]ype["']?\s*[:=]\s*["']?(?:A|AAAA|CNAME|ALIAS|ANAME|NS|DS|MX|TXT|SRV|CAA|PTR)["']?\s*(?:[,}\r\n]|$)/;
const TYPE_KEY = /["'\s{](?:A|AAAA|CNAME|NS|MX)["']?:\s/;
const TYPE_CELL = /,(?:A|AAAA|CNAME|NS|MX),/;
const TYPE_RESOURCE = /azurerm_(?:private_)?dns_/;

function mayHoldRecords(path: string, text: string): boolean {
  if (HCL.test(path)) return TYPE_VALUE.test(text) || TYPE_RESOURCE.test(text);
  if (/sv$/i.test(path)) return TYPE_CELL.test(text);
  return TYPE_VALUE.test(text) || TYPE_KEY.test(text);
}

function recordsOf(
  path: string,
  text: string | null,
  tree: () => Parsed | null,
): readonly RecordSet[] {
  if (text === null) return [];
  if (ZONE.test(path) && isZoneText(text)) return parseZone(text);
  if ((!TREE.test(path) && !HCL.test(path)) || !mayHoldRecords(path, text)) return [];
  return recordsIn(documentsOf(HCL.test(path) ? hclTree(text) : tree()), path);
}

function documentsOf(parsed: Parsed | null): readonly Node[] {
  // A tree that cannot be read is reported by the source of configuration.
  return parsed?.ok === true ? parsed.documents : [];
}

function readBundles(
  file: ChangedFile,
): { readonly before: Bundle | null; readonly after: Bundle } | null {
  const before = file.before === null ? null : certificatesIn(file.before);
  const after = certificatesIn(file.after ?? "");
  const none =
    after.certificates.length + after.broken.length + (before?.certificates.length ?? 0) === 0;
  return none ? null : { before, after };
}

const NAMES_HINT = /\b(?:sans?|subject_?alt\w*|dns_?names)["']?\s*[:=]/i;
const PLACES_HINT =
  /\b(?:locations?|sites?|pops?|regions?|colos?|datacent\w+|facilities|edges?)["']?\s*[:=]/i;
const PREFIXES_HINT =
  /\b(?:prefix(?:es)?|anycast\w*|networks|announce\w*|cidrs?|subnets)["']?\s*[:=]/i;

/** Only a tree with both halves of a binding or a service is walked. */
function mayBind(text: string): boolean {
  return NAMES_HINT.test(text) || (PREFIXES_HINT.test(text) && PLACES_HINT.test(text));
}

function ofTrees(file: ChangedFile): readonly Seen[] {
  if (!TREE.test(file.path) || file.after === null || !mayBind(file.after)) return [];
  const { before, after } = file.trees();
  return bindingFindings(bindingsIn(documentsOf(before)), bindingsIn(documentsOf(after))).map(
    (one): Seen => ({
      ...one,
      key: one.aspect === "name-not-covered" ? "certificate" : "prefixes",
      path: file.path,
      environment: file.environment,
    }),
  );
}

function ofSerial({ path, before, after, environment }: ChangedFile): readonly Seen[] {
  if (before === null || after === null || !ZONE.test(path) || !isZoneText(after)) return [];
  const kept = serialKept(before, after);
  if (kept === null) return [];
  const said = { before: String(kept.before), after: String(kept.after) };
  return [
    {
      aspect: "serial-kept",
      key: "SOA",
      subject: path,
      path,
      line: kept.line,
      ...said,
      tags: [],
      environment,
    },
  ];
}

/** A line that came, or one that asked for a proof before. */
function ofSignIns(file: ChangedFile): readonly Seen[] {
  const { path, before, after, environment } = file;
  if (after === null || !after.includes("trust")) return [];
  const known = new Set(openSignIns(rowsOf(before ?? "")).map(({ text }) => text));
  return openSignIns(file.addedLines())
    .filter(({ text }) => !known.has(text))
    .map(
      ({ line, text, from }): Seen => ({
        aspect: "sign-in-unproven",
        key: from,
        subject: text,
        path,
        line,
        before: "",
        after: text,
        tags: [],
        environment,
      }),
    );
}

const rowsOf = (text: string) => text.split("\n").map((row, at) => ({ line: at + 1, text: row }));

const RESOLVER_HINT = /forward|nameserver|server=|DNS/;
const HOLD_HINT = /Hold|pendingDelete|redemptionPeriod/i;

/** Plain lists, one entry a line: an entry that matches everything, and many that go. */
function ofEntries({ path, environment, before, after }: ChangedFile): readonly Seen[] {
  if (before === null || formatOf(path) !== null) return [];
  const base = { path, environment };
  const widest = widestEntries(before, after ?? "").map(
    (one): Seen => ({
      ...base,
      aspect: "list-match-all",
      key: "entry",
      subject: path,
      line: one.line,
      before: "",
      after: one.text,
      tags: ["all"],
    }),
  );
  const lost = after === null ? null : lostEntries(before, after);
  if (lost === null) return widest;
  return [
    ...widest,
    {
      ...base,
      aspect: "entries-lost",
      key: "entries",
      subject: path,
      line: 1,
      before: lost.lost.slice(0, 5).join(", "),
      after: "",
      tags: [],
      counts: { before: lost.before, after: lost.after },
    },
  ];
}

function ofText(file: ChangedFile, gaps: Gap[]): readonly Seen[] {
  const { path, environment, before } = file;
  const after = file.after ?? "";
  const base = { path, environment };
  const lists = ofEntries(file);
  const added = file.after === null ? [] : file.addedLines();
  const resolvers = !added.some((row) => RESOLVER_HINT.test(row.text))
    ? []
    : resolverChanges(before, after).map(
        ({ was, is }): Seen => ({
          ...base,
          aspect: "resolver-changed",
          key: "resolver",
          subject: is.text,
          line: is.line,
          before: was,
          after: is.servers,
          tags: [],
        }),
      );
  const holds =
    !TREE.test(path) || !added.some((row) => HOLD_HINT.test(row.text))
      ? []
      : holdsIn(before, after).map(
          ({ line, state }): Seen => ({
            ...base,
            aspect: "domain-hold",
            key: state,
            subject: state,
            line,
            before: "",
            after: state,
            tags: [],
          }),
        );
  if (
    !FILTER.test(path) ||
    before === null ||
    Math.max(filterShare(before), filterShare(after)) < FILTER_PPM
  )
    return [...lists, ...resolvers, ...holds];
  const { findings, truncated } = filterFindings(before, after);
  const routing = routingFindings(before, after).map(
    (one): Seen => ({ ...base, ...one, tags: [] }),
  );
  if (truncated)
    gaps.push(gap(path, "truncated", "the filter has more lines than are read", "split the file"));
  return [
    ...resolvers,
    ...holds,
    ...routing,
    ...findings.map((one): Seen => ({ ...base, ...one, subject: one.key === "" ? path : one.key })),
  ];
}

/** A name whose records and whose certificate change together: neither can be used to check the other. */
function together(
  zones: readonly ZoneSides[],
  hosts: readonly Host[],
  files: readonly ChangedFile[],
): readonly Seen[] {
  if (hosts.length === 0) return [];
  return zones.flatMap((zone) => {
    const old = new Map(zone.before.map((one) => [`${one.name} ${one.type}`, one.values.join()]));
    return zone.after
      .filter(
        (one) =>
          old.has(`${one.name} ${one.type}`) &&
          old.get(`${one.name} ${one.type}`) !== one.values.join(),
      )
      .flatMap((one): readonly Seen[] => {
        const host = hosts.find(({ name }) => covers(name, one.name));
        if (host === undefined) return [];
        return [
          {
            aspect: "dns-and-certificate",
            key: one.type,
            subject: one.name,
            path: zone.path,
            line: one.line,
            before: host.path,
            after: one.values.join(", "),
            tags: [],
            environment: environmentOf(files, zone.path),
          },
        ];
      });
  });
}
