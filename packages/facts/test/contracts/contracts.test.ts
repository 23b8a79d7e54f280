import { describe, expect, it } from "vitest";
import { contractsOf, type Given, said } from "./given.ts";

const HOSTS = { id: "hosts", path: "hosts.yaml", pointer: "/hosts" };

type Case = Given & { readonly finds?: readonly string[]; readonly gaps?: readonly string[] };

const CASES: Readonly<Record<string, Case>> = {
  "members that a pointer reaches through lists and any depth": {
    contracts: [{ id: "t", path: "**/*.yaml", pointer: "/**/timeout", max: "5s" }],
    before: { "a/x.yaml": "a:\n  - name: n\n    timeout: 1s\nb: {c: {timeout: 2s}}\n" },
    after: { "a/x.yaml": "a:\n  - name: n\n    timeout: 9s\nb: {c: {timeout: 6s}}\n" },
    finds: ["a/x.yaml:3 over-max /a/[name=n]/timeout", "a/x.yaml:4 over-max /b/c/timeout"],
  },
  "each of the formats that a tree is made of": {
    contracts: [
      { id: "toml", path: "a.toml", pointer: "/server/port", max: 10 },
      { id: "ini", path: "a.ini", pointer: "/server/port", max: 10 },
      { id: "env", path: ".env", pointer: "/PORT", max: 10 },
      { id: "list", path: "hosts.list", maxItems: 1 },
      { id: "tf", path: "a.tf", pointer: "/resource/x/y/count", max: 10 },
      { id: "text", path: "features", format: "lines", maxItems: 1 },
    ],
    before: {},
    after: {
      "a.toml": "[server]\nport = 11\n",
      "a.ini": "[server]\nport = 11\n",
      ".env": "PORT=11\n",
      "hosts.list": "a\nb\n",
      "a.tf": 'resource "x" "y" {\n  count = 11\n}\n',
      features: "a\nb\n",
    },
    finds: [
      ".env:1 over-max /PORT",
      "a.ini:2 over-max /server/port",
      "a.tf:2 over-max /resource/x/y/count",
      "a.toml:2 over-max /server/port",
      "features:1 too-many features",
      "hosts.list:1 too-many hosts.list",
    ],
  },
  "documents of one file are told apart, and a condition picks those it binds": {
    contracts: [
      {
        id: "r",
        path: "k.yaml",
        when: { pointer: "/kind", is: "Deployment" },
        pointer: "/spec/replicas",
        min: 3,
      },
    ],
    before: {},
    after: {
      "k.yaml":
        "kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n---\nkind: Job\nspec: {replicas: 1}\n",
    },
    finds: ["k.yaml:3 under-min [Deployment:web]/spec/replicas"],
  },
  "blank anywhere below": {
    contracts: [{ ...HOSTS, noBlank: true }],
    before: { "hosts.yaml": "hosts: {a: {ip: 1, site: x}}\n" },
    after: { "hosts.yaml": "hosts:\n  a:\n    ip: 1\n    site:\n" },
    finds: ["hosts.yaml:4 blank /hosts/a/site"],
  },
  "null where the type allows it": {
    contracts: [{ id: "n", path: "n.json", pointer: "/n", type: ["int", "null"], max: 3 }],
    before: { "n.json": '{"n": 1}' },
    after: { "n.json": '{"n": null}' },
    finds: [],
  },
  "a length in characters, not in units of UTF-16": {
    contracts: [{ id: "n", path: "n.json", pointer: "/n", maxLength: 2, minLength: 1 }],
    before: { "n.json": '{"n": "a"}' },
    after: { "n.json": '{"n": "😀😀"}' },
    finds: [],
  },
  "a fixed file without a pointer, and one that grows too much": {
    contracts: [
      { id: "f", path: "LICENSE", fixed: true },
      { id: "g", path: "blob", maxGrowth: "50%" },
    ],
    before: { LICENSE: "one\n", blob: "12345678\n" },
    after: { LICENSE: "two\n", blob: "12345678123456781234\n" },
    finds: ["LICENSE:1 changed-fixed LICENSE", "blob:1 grows blob"],
  },
  "a key that goes while its document stays": {
    contracts: [HOSTS],
    before: { "hosts.yaml": "hosts: [a]\nv: 1\n" },
    after: { "hosts.yaml": "v: 1\n" },
    finds: ["hosts.yaml:1 removed /hosts"],
  },
  "a file that moves away from the path of its contract": {
    contracts: [HOSTS],
    before: { "hosts.yaml": "hosts: [a]\n" },
    after: { "old/hosts.yaml": "hosts: [a]\n" },
    renamed: { "old/hosts.yaml": "hosts.yaml" },
    finds: ["old/hosts.yaml:1 removed old/hosts.yaml"],
  },
  "a file that moves under a contract brings all that is wrong with it": {
    contracts: [{ ...HOSTS, maxItems: 1 }],
    before: { "old.yaml": "hosts: [a, b]\n" },
    after: { "hosts.yaml": "hosts: [a, b]\n" },
    renamed: { "hosts.yaml": "old.yaml" },
    finds: ["hosts.yaml:1 too-many /hosts"],
  },
  "more of a breach is worse": {
    contracts: [{ ...HOSTS, maxItems: 1 }],
    before: { "hosts.yaml": "hosts: [a, b]\n" },
    after: { "hosts.yaml": "hosts: [a, b, c]\n" },
    finds: ["hosts.yaml:1 too-many /hosts"],
  },
  "another bad value is a new one": {
    contracts: [{ id: "m", path: "m.json", pointer: "/mode", values: ["soft"] }],
    before: { "m.json": '{"mode": "hard"}' },
    after: { "m.json": '{"mode": "harder"}' },
    finds: ["m.json:1 not-allowed /mode"],
  },
  "a second bad value like one that was there": {
    contracts: [{ id: "m", path: "m.json", pointer: "/ids", pattern: "^app:" }],
    before: { "m.json": '{"ids": ["x"]}' },
    after: { "m.json": '{"ids": ["x", "x"]}' },
    finds: ["m.json:1 no-match /ids/[x]#2"],
  },
  "a reference to the same document": {
    contracts: [
      { id: "d", path: "d.yaml", pointer: "/default", existsIn: { pointer: "/pools", keys: true } },
    ],
    before: { "d.yaml": "default: a\npools: {a: 1, b: 2}\n" },
    after: { "d.yaml": "default: a\npools: {b: 2}\n" },
    finds: ["d.yaml:1 dangling /default"],
  },
  "the file with what is referred to goes": {
    contracts: [
      {
        id: "d",
        path: "d.yaml",
        pointer: "/default",
        existsIn: { path: "pools.yaml", pointer: "/p" },
      },
    ],
    before: { "d.yaml": "default: a\n", "pools.yaml": "p: [a]\n" },
    after: { "d.yaml": "default: a\n" },
    finds: ["d.yaml:1 dangling /default"],
  },
  "a bound that cannot be found is no bound that is kept": {
    contracts: [
      { id: "d", path: "d.yaml", pointer: "/n", max: { path: "limits.yaml", pointer: "/n" } },
    ],
    before: { "d.yaml": "n: 1\n" },
    after: { "d.yaml": "n: 2\n" },
    gaps: ["contracts d.yaml no-limit"],
  },
  "what refers to an unreadable file": {
    contracts: [
      { id: "d", path: "d.yaml", pointer: "/n", existsIn: { path: "pools.yaml", pointer: "/p" } },
    ],
    before: { "d.yaml": "n: 1\n", "pools.yaml": "p: [1]\n" },
    after: { "d.yaml": "n: 2\n", "pools.yaml": "p: [1\n" },
    gaps: ["contracts d.yaml unparsable"],
  },
  "a file that is unreadable, a template, of no format, no text, or unread": {
    contracts: [
      { id: "a", path: "a.json", pointer: "/x", max: 1 },
      { id: "b", path: "b.yaml", pointer: "/x", max: 1 },
      { id: "c", path: "c.xyz", pointer: "/x", max: 1 },
      { id: "d", path: "d.json", pointer: "/x", max: 1, maxBytes: 10 },
      { id: "e", path: "e.json", pointer: "/x", max: 1, maxBytes: 10 },
    ],
    before: { "e.json": "{}" },
    after: {
      "a.json": '{"x": ',
      "b.yaml": "x: {{ .x }}\n{{ if }}\n",
      "c.xyz": "x=2",
      "e.json": '{"x": 1, "y": "zzzzzzzzzzzzzz"}',
    },
    binary: { "d.json": 40 },
    unread: ["e.json"],
    finds: ["d.json:1 too-large d.json", "e.json:1 too-large e.json"],
    gaps: [
      "contracts a.json unparsable",
      "contracts b.yaml template",
      "contracts c.xyz no-format",
      "contracts d.json unreadable",
      "contracts e.json too-large",
    ],
  },
  "a contract that the change itself proposes": {
    contracts: [],
    before: { "hosts.yaml": "hosts: [a]\n" },
    after: {
      "hosts.yaml": "hosts: [a, b]\n",
      "interlock/catalog.yaml":
        "contracts: [{id: hosts, path: hosts.yaml, pointer: /hosts, maxItems: 1}]\n",
    },
    finds: ["hosts.yaml:1 too-many /hosts"],
  },
  "a proposed catalog that cannot be read": {
    contracts: [{ ...HOSTS, maxItems: 1 }],
    before: { "hosts.yaml": "hosts: [a]\n" },
    after: {
      "hosts.yaml": "hosts: [a, b]\n",
      "interlock/catalog.yaml": "contracts: [{id: hosts}]\n",
    },
    finds: ["hosts.yaml:1 too-many /hosts"],
    gaps: ["contracts interlock/catalog.yaml unparsable"],
  },
  "a deleted catalog takes every contract away": {
    contracts: [HOSTS],
    before: {
      "interlock/catalog.yaml": "contracts:\n  - {id: hosts, path: hosts.yaml, pointer: /hosts}\n",
    },
    after: {},
    finds: ["interlock/catalog.yaml:2 contract-removed hosts"],
  },
  "what begins to be used needs readers that know it": {
    contracts: [
      {
        id: "flag",
        path: "flags.yaml",
        when: { pointer: "/flag", is: "on" },
        pointer: "/flag",
        readBy: [{ system: "router", minVersion: "2.0" }, "console"],
      },
    ],
    before: { "flags.yaml": "flag: off\n" },
    after: { "flags.yaml": "flag: on\n" },
    finds: ["flags.yaml:1 needs-version /flag"],
  },
  "versions with the name of a product before them, and what is none": {
    contracts: [{ id: "v", path: "v.yaml", pointer: "/*", minVersion: "2.0", maxVersion: "2.3" }],
    before: {},
    after: { "v.yaml": "a: smars-1.9\nb: nginx:2.3.9\nc: v2.4\nd: latest\ne: 2\n" },
    finds: ["v.yaml:1 version-low /a", "v.yaml:3 version-high /c", "v.yaml:4 wrong-type /d"],
  },
  "a line that must not be there": {
    contracts: [{ id: "s", path: "*.sql", mustNotMatch: ["(?i)\\bdrop\\s+table\\b"] }],
    before: { "a.sql": "DROP TABLE x;\n" },
    after: { "a.sql": "DROP TABLE x;\nselect 1;\ndrop table y;\n" },
    finds: ["a.sql:3 forbidden a.sql"],
  },
};

describe("contracts", () => {
  it.each(Object.entries(CASES))("%s", async (_name, given) => {
    const { deltas, facts } = await contractsOf(given);
    expect(said(deltas)).toEqual(given.finds ?? []);
    const gaps = facts.gaps.map((g) => `${g.group} ${g.path} ${g.code}`);
    expect(gaps).toEqual(given.gaps ?? []);
  });

  it("say who reads, of which tier, and count them as the effect", async () => {
    const { deltas, facts } = await contractsOf({
      systems: [
        { id: "edge", tier: 1 },
        { id: "lab", tier: 4 },
      ],
      contracts: [{ ...HOSTS, maxItems: 1, readBy: ["lab", "edge", "abroad"] }],
      before: { "hosts.yaml": "hosts: [a]\n" },
      after: { "hosts.yaml": "hosts: [a, b]\n" },
    });
    expect(deltas[0]?.after).toBe("2 entries, where edge (tier 1) and 2 more take at most 1 entry");
    expect(deltas[0]?.before).toBe("1 entry");
    expect(deltas[0]?.tags).toEqual(["reader:abroad", "reader:edge", "reader:lab", "tier-1"]);
    expect(facts.effects).toMatchObject([
      { verb: "stops", what: "readers", count: 3, subject: "hosts" },
    ]);
  });
});
