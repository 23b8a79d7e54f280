// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diffConfig } from "../../src/config/diff.ts";
import { parseDirectives } from "../../src/config/directives.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { Node } from "../../src/config/types.ts";

const NGINX = `user www;
upstream api {
  server 10.0.0.1:80;
  server 10.0.0.2:80 backup; # the spare one
}
server {
  listen 80;
  server_name shop.example.com;
  location / { proxy_pass http://api; proxy_read_timeout 30s; }
}
`;
const HAPROXY = `global
    maxconn 40000
defaults
    timeout client 30s
backend web
    server web1 10.0.0.1:80 check
    server web2 10.0.0.2:80 check
`;
const IOS = `router bgp 64500
 neighbor 192.0.2.1 remote-as 64501
 neighbor 192.0.2.1 maximum-prefix 200
 network 203.0.113.0/24
!
interface eth0
 ip address 192.0.2.9/24
`;
const BIND = `acl "trusted" {
  10.0.0.0/8;
  192.168.0.0/16;
};
options { recursion yes; allow-query { trusted; }; };
`;

/** A tree without its lines. */
function bare(node: Node): unknown {
  if (node.kind === "scalar") return node.text;
  if (node.kind === "list") return node.items.map(bare);
  return Object.fromEntries(node.entries.map((e) => [e.key, bare(e.value)]));
}
const treeOf = (text: string) => {
  const parsed = parseDirectives(text);
  return parsed?.ok === true ? parsed.documents.map(bare)[0] : null;
};

describe("a tree of", () => {
  test.each<[string, string, unknown]>([
    [
      "nginx",
      NGINX,
      {
        user: "www",
        "upstream api": { server: ["10.0.0.1:80", "10.0.0.2:80 backup"] },
        "server shop.example.com": {
          listen: ["80"],
          server_name: ["shop.example.com"],
          "location /": { proxy_pass: "http://api", proxy_read_timeout: "30s" },
        },
      },
    ],
    [
      "HAProxy",
      HAPROXY,
      {
        global: { maxconn: "40000" },
        defaults: { "timeout client": "30s" },
        "backend web": { server: ["web1 10.0.0.1:80 check", "web2 10.0.0.2:80 check"] },
      },
    ],
    [
      "IOS",
      IOS,
      {
        "router bgp 64500": {
          "neighbor 192.0.2.1 remote-as": "64501",
          "neighbor 192.0.2.1 maximum-prefix": "200",
          network: ["203.0.113.0/24"],
        },
        "interface eth0": { "ip address": "192.0.2.9/24" },
      },
    ],
    [
      "BIND",
      BIND,
      {
        "acl trusted": ["10.0.0.0/8", "192.168.0.0/16"],
        options: { recursion: "yes", "allow-query": ["trusted"] },
      },
    ],
    ["an empty pool", "upstream api {\n}\n", { "upstream api": { server: [] } }],
  ])("%s", (_name, text, tree) => {
    expect(treeOf(text)).toEqual(tree);
  });

  test.each([
    ["INI", "[mysqld]\nmax_connections = 100\n"],
    ["assignments", "a = 1\nb = 2\n"],
    ["HCL", 'resource "x" "y" {\n  a = 1\n  b = 2\n  c = 3\n}\n'],
    ["JSON", '{\n  "a": 1,\n  "b": 2\n}\n'],
    ["braces that do not match", "server {\n  listen 80;\n"],
    ["nothing", ""],
  ])("nothing for %s", (_name, text) => {
    expect(treeOf(text)).toBeNull();
  });
});

describe("a difference has its place", () => {
  const differences = (before: string, after: string) =>
    diffConfig(parseConfig("ini", before), parseConfig("ini", after)).deltas.map(
      (d) => `${d.op} ${d.pointer}:${d.line} ${d.before.text} → ${d.after.text}`,
    );
  test.each<[string, string, string, readonly string[]]>([
    [
      "a value in a block",
      NGINX,
      NGINX.replace("30s", "0s"),
      ["changed /server shop.example.com/location ~1/proxy_read_timeout:9 30s → 0s"],
    ],
    [
      "the last server",
      "upstream a {\n  server x;\n  server y;\n}\n",
      "upstream a {\n}\n",
      [
        "emptied /upstream a/server:1 [x, y] → []",
        "removed /upstream a/server/[x]:1 x → ",
        "removed /upstream a/server/[y]:1 y → ",
      ],
    ],
    [
      "a number below a heading",
      HAPROXY,
      HAPROXY.replace("40000", "400"),
      ["changed /global/maxconn:2 40000 → 400"],
    ],
    [
      "a setting of a neighbour",
      IOS,
      IOS.replace(" 200", " 2000"),
      ["changed /router bgp 64500/neighbor 192.0.2.1 maximum-prefix:3 200 → 2000"],
    ],
    ["a comment", NGINX, NGINX.replace("the spare one", "unused"), []],
  ])("%s", (_name, before, after, wanted) => {
    expect(differences(before, after)).toEqual(wanted);
  });
});

describe("whatever the text", () => {
  const soup = fc
    .array(
      fc.constantFrom(
        "server",
        "listen 80",
        ";",
        "{",
        "}",
        "\n",
        " ",
        "#",
        '"',
        "x y 3s",
        "upstream a",
        "=",
        "!",
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(""));
  test("it is read or given up", () => {
    fc.assert(
      fc.property(fc.oneof(soup, fc.string({ unit: "binary" })), (text) => {
        const parsed = parseDirectives(text);
        expect(parsed === null || parsed.ok).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("no word of a directive is lost", () => {
    const word = fc.stringMatching(/^[a-z0-9./-]{1,6}$/);
    const block = fc.array(fc.array(word, { minLength: 2, maxLength: 4 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(block, (lines) => {
        const text = `zone a {\n${lines.map((l) => `  ${l.join(" ")};`).join("\n")}\n}\n`;
        const written = lines.flat().sort();
        const found: string[] = [];
        const collect = (value: unknown): void => {
          if (typeof value === "string") found.push(...value.split(" "));
          else if (Array.isArray(value)) for (const item of value) collect(item);
          else
            for (const [key, inner] of Object.entries(value as object)) {
              const times = Array.isArray(inner) ? inner.length : 1;
              for (let i = 0; i < times; i++) found.push(...key.split(" "));
              collect(inner);
            }
        };
        const tree = treeOf(text) as Record<string, unknown> | null;
        collect(tree?.["zone a"]);
        expect(found.filter((w) => w !== "").sort()).toEqual(written);
      }),
    );
  });

  test("nesting without end is given up", () => {
    expect(parseDirectives("a {\n".repeat(50_000) + "}\n".repeat(50_000))).toBeNull();
  });
});
