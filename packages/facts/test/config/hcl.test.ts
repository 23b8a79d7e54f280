// SPDX-License-Identifier: Apache-2.0
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: HCL itself writes references as `${…}`
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attributeOf, blocksOf } from "../../src/config/hcl/block.ts";
import { parseHcl } from "../../src/config/hcl/parse.ts";
import { hclTree } from "../../src/config/hcl/tree.ts";
import type { Node } from "../../src/config/types.ts";

/** A tree as plain values; what is no literal stays a text `${…}`. */
function plain(node: Node | undefined): unknown {
  if (node === undefined) return undefined;
  if (node.kind === "list") return node.items.map(plain);
  if (node.kind === "map")
    return Object.fromEntries(node.entries.map((e) => [e.key, plain(e.value)]));
  if (node.type === "null") return null;
  if (node.type === "bool") return node.text === "true";
  return node.type === "string" ? node.text : Number(node.text);
}

function value(text: string): unknown {
  const parsed = parseHcl(`x = ${text}`);
  expect(parsed).toMatchObject({ ok: true });
  return parsed.ok ? plain(attributeOf(parsed.root, "x")) : undefined;
}

describe("expressions", () => {
  it.each([
    ['"a"', "a"],
    ['"a\\"b\\n"', 'a"b\n'],
    ['"${var.a["k"]}-x"', '${var.a["k"]}-x'],
    ['"$${a}"', "$${a}"],
    ["12", 12],
    ["-1.5", -1.5],
    ["true", true],
    ["null", null],
    ["[]", []],
    ['[1, "a", [true]]', [1, "a", [true]]],
    ["[\n  1, # one\n  2,\n]", [1, 2]],
    ["{}", {}],
    ['{ a = 1, "b" : 2 }', { a: 1, b: 2 }],
    ["{\n  a = 1\n  b = [2]\n}", { a: 1, b: [2] }],
    ["{ (var.k) = 1 }", { "(var.k)": 1 }],
    ["var.a", "${var.a}"],
    ["1 + 2", "${1 + 2}"],
    ['var.a ? "x" : "y"', '${var.a ? "x" : "y"}'],
    ["[for x in var.l : x]", "${[for x in var.l : x]}"],
    ["{ for k, v in var.m : k => v }", "${{ for k, v in var.m : k => v }}"],
    ["merge({ a = 1 }, var.b)", "${merge({ a = 1 }, var.b)}"],
    ['["a"][0]', '${["a"][0]}'],
    ["jsonencode({ a = [1] })", { a: [1] }],
    ['toset(["a", "b"])', ["a", "b"]],
    ["<<EOT\na\n b\nEOT", "a\n b\n"],
    ["<<-EOT\n  a\n  EOT", "  a\n"],
    ["max(\n  1,\n  2\n)", "${max(\n  1,\n  2\n)}"],
  ])("%s", (text, expected) => expect(value(text)).toEqual(expected));
});

describe("blocks", () => {
  const text = `# head
resource "aws_db_instance" "main" {
  name = "shop" // trailing
  lifecycle { prevent_destroy = true }

  /* several
     lines */
  dynamic "tag" {
    for_each = var.tags
    content { key = tag.key }
  }
}
module "net" { source = "./net" }
`;
  it("keeps labels, lines and nesting", () => {
    const parsed = parseHcl(text);
    if (!parsed.ok) throw new Error(parsed.problem.message);
    const [db, net] = parsed.root.blocks;
    expect(db?.labels).toEqual(["aws_db_instance", "main"]);
    expect([db?.line, db?.endLine, net?.line]).toEqual([2, 12, 13]);
    expect(db?.attributes.map((a) => [a.name, a.line])).toEqual([["name", 3]]);
    expect(blocksOf(db, "lifecycle").map((b) => b.line)).toEqual([4]);
    expect(blocksOf(db, "dynamic")[0]?.line).toBe(8);
  });

  it("is the tree that Terraform's JSON syntax would be", () => {
    const tree = hclTree(text);
    expect(tree.ok && plain(tree.documents[0])).toEqual({
      resource: {
        aws_db_instance: {
          main: {
            name: "shop",
            lifecycle: { prevent_destroy: true },
            dynamic: { tag: { for_each: "${var.tags}", content: { key: "${tag.key}" } } },
          },
        },
      },
      module: { net: { source: "./net" } },
    });
  });

  it.each([
    ['a "b" {', 1, "`a` is not closed"],
    ["a = \n", 1, "a value is missing"],
    ["}", 1, "a brace closes nothing"],
    ["\n\na b c", 3, "`a` is followed by neither `=` nor `{`"],
    ['a = "x\n', 1, "a text in quotes is not closed"],
    ["a = [1", 1, "a bracket is not closed"],
    ["a = [", 1, "a list is not closed"],
    ["/* a", 1, "a comment is not closed"],
    ["a = <<EOT\nx", 2, "the text that `<<EOT` opens is not closed"],
    ["= 1", 1, "`=` begins no block and no setting"],
  ])("%j is a problem on line %i", (broken, line, message) => {
    const parsed = parseHcl(broken);
    expect(parsed.ok ? null : [parsed.problem.line, parsed.problem.message]).toEqual([
      line,
      message,
    ]);
  });
});

describe("hostile input", () => {
  const piece = fc.constantFrom(
    "a",
    "=",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    '"',
    "${",
    "%{",
    "<<A\n",
    "A\n",
    "\n",
    ",",
    ":",
    "#",
    "/*",
    "*/",
    "//",
    "for",
    "1",
    ".",
    " ",
    "\\",
    "\u0000",
    "é",
  );
  it("is parsed or refused with a place, never thrown at", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 80 }), (pieces) => {
        const text = pieces.join("");
        const parsed = parseHcl(text);
        if (parsed.ok) return;
        expect(parsed.problem.line).toBeGreaterThan(0);
        expect(parsed.problem.line).toBeLessThanOrEqual(text.split("\n").length);
        expect(parsed.problem.column).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["lists", `a = ${"[".repeat(100_000)}`],
    ["closed lists", `a = ${"[".repeat(5_000)}${"]".repeat(5_000)}`],
    ["blocks", "a {\n".repeat(100_000)],
    ["maps", `a = ${"{a=".repeat(50_000)}`],
  ])("%s nested without end are refused", (_, text) => {
    const parsed = parseHcl(text);
    expect(parsed.ok ? "" : parsed.problem.code).toBe("too-deep");
  });

  it.each([
    ["interpolations", `a = "${'${"'.repeat(30_000)}`],
    ["heredocs", "a = <<A\n".repeat(30_000)],
    ["one long line", `a = "${"x".repeat(1_000_000)}"`],
    ["slashes", `a = ${"/".repeat(200_000)}`],
    ["almost lists", `a = ${"[1 + ".repeat(90)}${"x".repeat(100_000)}`],
  ])("%s end in linear time", (_, text) => {
    expect(typeof parseHcl(text).ok).toBe("boolean");
  });

  it("refuses what is too large", () => {
    const parsed = parseHcl("a = 1\n".repeat(1_000_000));
    expect(parsed.ok ? "" : parsed.problem.code).toBe("too-large");
  });
});
