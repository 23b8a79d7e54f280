// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { changedFile } from "../../src/gather/changed-file.ts";
import { prefixesIn } from "../../src/network/address.ts";
import { certificatesIn, covers } from "../../src/network/certificates.ts";
import { resolverChanges } from "../../src/network/dns/resolvers.ts";
import { parseZone, secondsOf } from "../../src/network/dns/zone-file.ts";
import { filterLines } from "../../src/network/filter-line.ts";
import { filterFindings } from "../../src/network/filters.ts";
import { networkSource } from "../../src/network/source.ts";
import { world } from "../sql/changed-file.ts";

async function look(
  path: string,
  before: string | null,
  after: string | null,
): Promise<readonly string[]> {
  const status = before === null ? "added" : after === null ? "deleted" : "modified";
  const file = changedFile({ path, oldPath: null, status, before, after } as Parameters<
    typeof changedFile
  >[0]);
  const { deltas } = await networkSource.read([file], world());
  return deltas.map((one) => `${one.aspect} ${one.subject}@${one.line}`);
}

test("a zone file: inherited names, defaults, units, parentheses, comments", () => {
  const zone = `$ORIGIN example.com.
$TTL 1h
@   IN SOA ns1 ops ( 1
      7200 ) ; serial
    IN NS ns1.example.com.
www 300 IN A 192.0.2.1
    IN A 192.0.2.2
txt IN TXT "a;b"
other.example.net. A 192.0.2.3
`;
  expect(
    parseZone(zone).map(
      (one) => `${one.name} ${one.type} ${one.ttl} ${one.values.length}@${one.line}`,
    ),
  ).toEqual([
    "example.com SOA 3600 1@3",
    "example.com NS 3600 1@5",
    "www.example.com A 300 2@6",
    "txt.example.com TXT 3600 1@8",
    "other.example.net A 3600 1@9",
  ]);
  expect([secondsOf("1w2d"), secondsOf("90"), secondsOf("A"), secondsOf("1x")]).toEqual([
    777_600,
    90,
    null,
    null,
  ]);
});

const records: readonly (readonly [string, string, string, string])[] = [
  [
    "a change batch",
    "dns/batch.json",
    '{"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"a.example.com.","Type":"A","TTL":60,"ResourceRecords":[{"Value":"192.0.2.1"}]}}]}',
    '{"Changes":[{"Action":"UPSERT","ResourceRecordSet":{"Name":"a.example.com.","Type":"A","TTL":60,"ResourceRecords":[]}}]}',
  ],
  [
    "an endpoint of a controller",
    "k8s/dns.yaml",
    "spec:\n  endpoints:\n    - dnsName: a.example.com\n      recordType: A\n      targets: [192.0.2.1]\n",
    "spec:\n  endpoints:\n    - dnsName: a.example.com\n      recordType: A\n      targets: []\n",
  ],
  [
    "types as keys",
    "dns/records.yaml",
    "a.example.com:\n  A: [192.0.2.1]\n",
    "a.example.com:\n  A: []\n",
  ],
  [
    "another key for the answers",
    "dns/records.json",
    '[{"hostname":"a.example.com","rrtype":"A","answers":["192.0.2.1"]}]',
    '[{"hostname":"a.example.com","rrtype":"A","answers":[]}]',
  ],
  [
    "a row of a table",
    "dns/records.csv",
    "name,type,value\na.example.com,A,192.0.2.1\nb.example.com,A,192.0.2.2\n",
    "name,type,value\na.example.com,A,\nb.example.com,A,192.0.2.2\n",
  ],
];

test.each(records)("an emptied record is found in %s", async (_name, path, before, after) => {
  expect((await look(path, before, after)).map((one) => one.split("@")[0])).toEqual([
    "record-emptied a.example.com",
  ]);
});

test("quiet about other things with a type, a name and values", async () => {
  const before = '{"name":"x","type":"A/B test","values":[1]}';
  expect(await look("app/x.json", before, '{"name":"x","type":"A/B test","values":[]}')).toEqual(
    [],
  );
  expect(await look("app/main.cfg", "[a]\nname = b\n", "[a]\nname = c\n")).toEqual([]);
  expect(
    await look(
      "nginx/site.conf",
      "server {\n  listen 80;\n  root /srv;\n}\n",
      "server {\n  listen 81;\n  root /srv;\n}\n",
    ),
  ).toEqual([]);
});

const filters: readonly (readonly [string, string, string, readonly string[]])[] = [
  [
    "nftables",
    "ct state established,related accept\ntcp dport 22 accept\ntype filter hook input priority 0; policy drop;\n",
    "tcp dport 22 accept\ntype filter hook input priority 0; policy drop;\n",
    ["replies-dropped"],
  ],
  [
    "Junos set commands",
    "set protocols bgp group PEERS import FROM-PEERS\nset protocols bgp group PEERS neighbor 192.0.2.1\n",
    "set protocols bgp group PEERS neighbor 192.0.2.1\n",
    ["filter-removed"],
  ],
  [
    "Junos curly",
    "group PEERS {\n    import FROM-PEERS;\n    neighbor 192.0.2.1;\n}\n",
    "group PEERS {\n    neighbor 192.0.2.1;\n}\n",
    ["filter-removed"],
  ],
  [
    "an access list",
    "ip access-list extended X\n permit tcp any host 192.0.2.1 eq 443\n deny ip any any\n",
    "ip access-list extended X\n permit tcp any host 192.0.2.1 eq 443\n permit ip any any\n",
    ["default-flipped", "filter-opened"],
  ],
  [
    "a prefix list",
    "ip prefix-list P seq 5 permit 192.0.2.0/24\n",
    "ip prefix-list P seq 5 permit 0.0.0.0/0\n",
    ["default-flipped", "match-all"],
  ],
  [
    "pf",
    "block in all\npass in quick on em0 proto tcp to port 22\n",
    "pass in all\npass in quick on em0 proto tcp to port 22\n",
    ["default-flipped", "filter-opened"],
  ],
  ["a web server", "allow 10.0.0.0/8;\ndeny all;\n", "allow 10.0.0.0/8;\n", ["default-flipped"]],
  [
    "other names",
    "neighbor 192.0.2.1 route-map OLD in\nneighbor 192.0.2.1 remote-as 1\n",
    "neighbor 192.0.2.1 route-map NEW in\nneighbor 192.0.2.1 remote-as 1\n",
    [],
  ],
  [
    "another order",
    "-A INPUT -s 10.0.0.0/8 -j ACCEPT\n-A INPUT -s 192.0.2.0/24 -j ACCEPT\n",
    "-A INPUT -s 192.0.2.0/24 -j ACCEPT\n-A INPUT -s 10.0.0.0/8 -j ACCEPT\n",
    [],
  ],
];

test.each(filters)("filters in %s", (_name, before, after, aspects) => {
  expect(
    filterFindings(before, after)
      .findings.map((one) => one.aspect)
      .sort(),
  ).toEqual(aspects);
});

test("addresses, names and resolvers", () => {
  expect(
    prefixesIn("a 10.0.0.0/8 b 2001:db8::/32 c */0 d 1.2.3.4.5 e 999.1.1.1 f 10.0.0.0/33").map(
      (one) => one.text,
    ),
  ).toEqual(["10.0.0.0/8", "2001:db8::/32", "*/0"]);
  expect([
    covers("*.a.example", "b.a.example"),
    covers("*.a.example", "c.b.a.example"),
    covers("a.example", "a.example"),
  ]).toEqual([true, false, true]);
  expect(
    resolverChanges("nameserver 10.0.0.2\n", "nameserver 10.0.0.3\n").map((one) => one.is.servers),
  ).toEqual(["10.0.0.3"]);
  expect(resolverChanges(null, "nameserver 10.0.0.3\n")).toEqual([]);
  expect(
    certificatesIn("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").broken,
  ).toEqual([1]);
});

const PIECES = [
  "-A INPUT ",
  "-j DROP",
  "-j ACCEPT",
  "permit ",
  "deny ",
  "any ",
  "10.0.0.0/8 ",
  "::/0",
  "*/0",
  "neighbor 1.2.3.4 route-map X in",
  "network 10.0.0.0/8",
  "\n",
  "maximum-prefix 5",
  "$ORIGIN a.\n",
  "@ IN NS b.\n",
  "( ",
  ")",
  ";",
  '"',
  "www IN A 1.2.3.4\n",
  "-----BEGIN CERTIFICATE-----\n",
  "-----END CERTIFICATE-----\n",
  "forward . 1.1.1.1",
  "{",
  "}",
];
const text = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 4 })), { maxLength: 60 })
  .map((parts) => parts.join(""));
const path = fc.constantFrom(
  "a.rules",
  "zones/a.zone",
  "a.pem",
  "a.conf",
  "a.yaml",
  "a.json",
  "a.tf",
  "resolv.conf",
);

test("any two texts are compared without an error, and equal ones say nothing", async () => {
  await fc.assert(
    fc.asyncProperty(path, text, text, async (name, before, after) => {
      expect(await look(name, before, before)).toEqual([]);
      for (const one of await look(name, before, after))
        expect(Number(one.split("@").at(-1))).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});

test("one repeated piece ends", () => {
  for (const piece of PIECES) {
    const long = piece.repeat(5_000);
    parseZone(long);
    filterLines(long);
    certificatesIn(long);
    filterFindings(long, `${long}x`);
  }
});
