// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { snake } from "../../src/terraform/settings.ts";
import { processors } from "../../src/terraform/size.ts";
import { terraformSource } from "../../src/terraform/source.ts";
import { names, readBy, type Tree } from "../kubernetes/given.ts";

const read = (before: Tree, after: Tree) => readBy(terraformSource, before, after);
const bucket = (name: string, body = "") => `resource "aws_s3_bucket" "${name}" {\n${body}}\n`;

describe("identity", () => {
  it("is the folder and the address, not the file", async () => {
    const { deltas } = await read(
      { "a/main.tf": bucket("x"), "b/main.tf": bucket("x") },
      { "a/other.tf": bucket("x"), "b/main.tf": bucket("x") },
    );
    expect(deltas).toEqual([]);
  });

  it.each([
    [
      "a moved block",
      `moved {\n  from = aws_s3_bucket.x\n  to = aws_s3_bucket.y\n}\n${bucket("y")}`,
      [],
    ],
    [
      "a removed block that keeps",
      "removed {\n  from = aws_s3_bucket.x\n  lifecycle {\n    destroy = false\n  }\n}\n",
      ["destroy removed aws_s3_bucket.x"],
    ],
    ["nothing", "", ["destroy removed aws_s3_bucket.x"]],
  ])("with %s", async (_, after, expected) => {
    const { deltas } = await read({ "a/main.tf": bucket("x") }, { "a/main.tf": after });
    expect(names(deltas)).toEqual(expected);
    expect(deltas.every((d) => d.tags.includes("kept") === after.includes("removed"))).toBe(true);
  });

  it("tells a move to another folder from a destruction", async () => {
    const { deltas } = await read({ "a/main.tf": bucket("x") }, { "b/main.tf": bucket("x") });
    expect(deltas.map((d) => [d.aspect, d.path, d.tags])).toEqual([
      ["destroy", "b/main.tf", ["data", "moved", "stateful"]],
    ]);
  });
});

describe("a plan", () => {
  const plan = (changes: readonly (readonly [string, readonly string[]])[]) =>
    JSON.stringify(
      {
        format_version: "1.2",
        resource_changes: changes.map(([address, actions]) => ({
          address,
          mode: "managed",
          type: /(\w+)\.\w+(?:\[.*)?$/.exec(address)?.[1],
          change: { actions, replace_paths: actions.length > 1 ? [["engine"]] : undefined },
        })),
      },
      null,
      1,
    );

  it("is read with lines, and its numbers come first", async () => {
    const text = plan([
      ["aws_db_instance.main", ["delete", "create"]],
      ["module.a.aws_s3_bucket.b[0]", ["delete"]],
      ["aws_instance.c", ["create"]],
      ["aws_instance.d", ["no-op"]],
    ]);
    const { deltas, effects } = await read({}, { "plan.json": text });
    const lines = text.split("\n");
    expect(deltas.map((d) => [d.aspect, d.op, d.subject, d.key])).toEqual([
      ["replace", "changed", "aws_db_instance.main", "engine"],
      ["destroy", "removed", "module.a.aws_s3_bucket.b[0]", "bucket"],
      ["plan-size", "executed", "plan", ""],
    ]);
    for (const found of deltas.slice(0, 2)) expect(lines[found.line - 1]).toContain(found.subject);
    expect(effects.map((e) => [e.verb, e.count, e.of, e.certainty])).toEqual([
      ["removes", 1, 3, "certain"],
      ["replaces", 1, 3, "certain"],
      ["adds", 1, 0, "certain"],
    ]);
  });

  it("overrules what the code alone looks like", async () => {
    const { deltas } = await read(
      { "main.tf": bucket("x") },
      { "main.tf": "", "plan.json": plan([["module.m.aws_s3_bucket.x", ["update"]]]) },
    );
    expect(names(deltas)).toEqual([]);
  });

  it.each([
    ["is cut off", '{"format_version": "1.2", "resource_changes": ['],
    ["lists nothing", '{"format_version": "1.2", "resource_changes": 3}'],
  ])("that %s is a gap", async (_, text) => {
    const { deltas, gaps } = await read({}, { "plan.json": text });
    expect(deltas).toEqual([]);
    expect(gaps.map((g) => [g.path, g.code])).toEqual([["plan.json", "unparsable"]]);
  });
});

describe("what cannot be read", () => {
  it("is a gap, and nothing is taken as destroyed", async () => {
    const { deltas, gaps } = await read(
      { "main.tf": bucket("x") },
      { "main.tf": `${bucket("x")}{` },
    );
    expect(deltas).toEqual([]);
    expect(gaps.map((g) => [g.path, g.code, g.detail])).toEqual([
      ["main.tf", "unparsable", "line 3: `{` begins no block and no setting"],
    ]);
  });

  it("in other configuration is the business of its own source", async () => {
    const { gaps } = await read(
      { "a.json": '{"deletion_protection": true}' },
      { "a.json": '{"deletion_protection": true' },
    );
    expect(gaps).toEqual([]);
  });

  it("because a template engine completes it is read without the actions", async () => {
    const file = (protect: boolean) =>
      `{% if zone %}\nzone = "{{ zone }}"\n{% endif %}\ndb = { deletion_protection = ${protect} }\n`;
    const { deltas, gaps } = await read({ "a.tfvars": file(true) }, { "a.tfvars": file(false) });
    expect(gaps).toEqual([]);
    expect(names(deltas)).toEqual(["deletion-protection changed a.tfvars"]);
  });
});

describe("exposure", () => {
  const group = (cidr: string, port: string) =>
    `resource "aws_security_group" "g" {\n  ingress {\n    from_port = ${port}\n    to_port = ${port}\n    protocol = "tcp"\n    cidr_blocks = ["${cidr}"]\n  }\n  egress {\n    from_port = 0\n    to_port = 0\n    cidr_blocks = ["0.0.0.0/0"]\n  }\n}\n`;
  it.each([
    ["a port", group("10.0.0.0/8", "22"), group("0.0.0.0/0", "22"), [["ingress-any", 6, []]]],
    [
      "the web",
      group("10.0.0.0/8", "443"),
      group("0.0.0.0/0", "443"),
      [["ingress-any", 6, ["web"]]],
    ],
    [
      "what was open",
      group("0.0.0.0/0", "22"),
      group("0.0.0.0/0", "22").replace('"tcp"', '"6"'),
      [],
    ],
    [
      "a Google firewall",
      'resource "google_compute_firewall" "f" {\n  source_ranges = ["10.0.0.0/8"]\n  allow {\n    protocol = "all"\n  }\n}\n',
      'resource "google_compute_firewall" "f" {\n  source_ranges = ["0.0.0.0/0"]\n  allow {\n    protocol = "all"\n  }\n}\n',
      [["ingress-any", 2, ["all-ports"]]],
    ],
    [
      "a route to the Internet",
      'resource "aws_route_table" "r" {\n}\n',
      'resource "aws_route_table" "r" {\n  route {\n    cidr_block = "0.0.0.0/0"\n  }\n}\n',
      [],
    ],
    [
      "a public database",
      'resource "aws_db_instance" "d" {\n  publicly_accessible = false\n}\n',
      'resource "aws_db_instance" "d" {\n  publicly_accessible = true\n}\n',
      [["ingress-any", 2, ["public"]]],
    ],
    [
      "egress that goes",
      group("10.0.0.0/8", "1"),
      group("10.0.0.0/8", "1").replace(/ {2}egress[^}]*}\n/, ""),
      [["egress-removed", 1, []]],
    ],
  ])("%s", async (_, before, after, expected) => {
    const { deltas } = await read({ "main.tf": before }, { "main.tf": after });
    expect(deltas.map((d) => [d.aspect, d.line, d.tags])).toEqual(expected);
  });
});

describe("processors", () => {
  it.each([
    ["db.m4.10xlarge", 40],
    ["db.r3.2xlarge", 8],
    ["m5.large", 2],
    ["x2iedn.metal", 96],
    ["r6g.large.search", 2],
    ["n1-standard-16", 16],
    ["db-custom-4-15360", 4],
    ["Standard_D4s_v3", 4],
    ["GP_Gen5_8", 8],
    ["GP_Standard_D16ds_v4", 16],
    ["Standard_E64-16s_v5", 16],
    ["t3.micro", 0.2],
    ["web.large", null],
    ["1.2.3", null],
    ["standard", null],
    ["n".repeat(100), null],
  ])("%s", (text, expected) => expect(processors(text)).toBe(expected));
});

describe("snake", () => {
  it.each([
    ["deletionProtection", "deletion_protection"],
    ["DeletionProtection", "deletion_protection"],
    ["deletion-protection", "deletion_protection"],
    ["deletion_protection", "deletion_protection"],
  ])("%s", (text, expected) => expect(snake(text)).toBe(expected));
});

describe("laws", () => {
  const name = fc.constantFrom(
    "a",
    "b",
    "count",
    "for_each",
    "policy",
    "engine",
    "lifecycle",
    "ingress",
    "cidr_blocks",
    "deletion_protection",
    "instance_class",
    "Effect",
    "Action",
    "Resource",
  );
  const scalar = fc.constantFrom(
    '"*"',
    '"Allow"',
    "0",
    "1",
    "true",
    "false",
    "null",
    "var.x",
    '"db.m5.large"',
    '"0.0.0.0/0"',
    "[]",
    "{}",
    '["a"]',
    '"{\\"Effect\\":\\"Allow\\",\\"Action\\":\\"*\\",\\"Resource\\":\\"*\\"}"',
  );
  const body: fc.Arbitrary<string> = fc.letrec<{ body: string }>((tie) => ({
    body: fc
      .array(
        fc.oneof(
          { depthSize: "small" },
          fc.tuple(name, scalar).map(([n, v]) => `${n} = ${v}`),
          fc.tuple(name, tie("body")).map(([n, b]) => `${n} {\n${b}\n}`),
        ),
        { maxLength: 4 },
      )
      .map((parts) => parts.join("\n")),
  })).body;
  const type = fc.constantFrom(
    'resource "aws_db_instance" "x"',
    'resource "aws_security_group" "x"',
    'data "aws_iam_policy_document" "x"',
    'module "db"',
    'provider "aws"',
    "terraform",
    "locals",
    'variable "deletion_protection"',
  );
  const file = fc
    .array(fc.tuple(type, body), { maxLength: 4 })
    .map((blocks) => blocks.map(([t, b]) => `${t} {\n${b}\n}\n`).join(""));

  it("nothing throws, everything has a place, and no change is no delta", async () => {
    await fc.assert(
      fc.asyncProperty(file, file, async (before, after) => {
        const { deltas, gaps } = await read({ "a/main.tf": before }, { "a/main.tf": after });
        expect(gaps).toEqual([]);
        for (const found of deltas) {
          expect(found.line).toBeGreaterThan(0);
          expect(
            [found.beforeMicro, found.afterMicro, found.ratioPpm].every(Number.isSafeInteger),
          ).toBe(true);
        }
        const same = await read({ "a/main.tf": before }, { "a/main.tf": `# note\n\n${before}` });
        expect(same.deltas).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
