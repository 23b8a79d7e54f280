// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { diffConfig } from "../../src/config/diff.ts";
import { parseConfig } from "../../src/config/parse.ts";
import type { Node } from "../../src/config/types.ts";

const plain = (node: Node | undefined): unknown =>
  node?.kind === "map"
    ? Object.fromEntries(node.entries.map((e) => [e.key, plain(e.value)]))
    : node?.kind === "list"
      ? node.items.map(plain)
      : node?.text;

function read(text: string): unknown {
  const parsed = parseConfig("xml", text);
  if (!parsed.ok) return parsed.problem;
  return plain(parsed.documents[0]);
}

describe("XML as settings", () => {
  it.each<[string, string, unknown]>([
    ["attributes and elements", '<a b="1"><c>2</c></a>', { a: { b: "1", c: "2" } }],
    [
      "an element that says a name and a value",
      '<appSettings><add key="Max" value="5"/><add key="Min" value="1"/></appSettings>',
      { appSettings: { Max: "5", Min: "1" } },
    ],
    [
      "the same with elements",
      "<c><property><name>a.b</name><value>3</value><final>true</final></property></c>",
      { c: { "a.b": "3", "a.b.final": "true" } },
    ],
    [
      "several of one name",
      '<s><c port="1"/><d/><c port="2"/></s>',
      { s: { c: [{ port: "1" }, { port: "2" }], d: "" } },
    ],
    [
      "one that carries a name is a list of one",
      '<s><c name="a" port="1"/></s>',
      { s: { c: [{ name: "a", port: "1" }] } },
    ],
    [
      "a name and a key",
      '<a><add name="x" key="y" value="1"/></a>',
      { a: { add: [{ name: "x", key: "y", value: "1" }] } },
    ],
    ["signs inside of attributes", `<a b="c='d'" e='f="g"'/>`, { a: { b: "c='d'", e: 'f="g"' } }],
    ["text among elements", "<a>x<b>1</b>y</a>", { a: { b: "1", text: "xy" } }],
    [
      "entities and CDATA",
      "<a><b>1 &lt; 2</b><c><![CDATA[<x>]]></c></a>",
      { a: { b: "1 < 2", c: "<x>" } },
    ],
    [
      "comments, instructions, a byte order mark",
      "\uFEFF<?xml version='1.0'?><!-- x --><a>1</a>",
      { a: "1" },
    ],
    [
      "a name that objects have",
      '<a __proto__="1" constructor="2"/>',
      { a: JSON.parse('{"__proto__":"1","constructor":"2"}') },
    ],
  ])("%s", (_, text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each<[string, string, object]>([
    ["a tag that closes another", "<a>\n<b>1</c></a>", { code: "syntax", line: 2 }],
    ["an element that stays open", "<a>\n<b>", { code: "syntax", line: 2 }],
    [
      "an entity of its own",
      '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///x">]>\n<a>&x;</a>',
      { code: "syntax", line: 2 },
    ],
    [
      "an attribute that stands twice",
      '<a>\n<b c="1" d="=&quot;" c="2"/></a>',
      { code: "duplicate-key", line: 2 },
    ],
    ["nesting beyond reason", "<a>".repeat(200), { code: "too-deep", line: 1 }],
  ])("%s is a problem with its place", (_, text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });

  it("every difference has its line", () => {
    const text = (n: number) => `<r>\n  <x name="a">\n    <max>${n}</max>\n  </x>\n</r>\n`;
    const [before, after] = [parseConfig("xml", text(5)), parseConfig("xml", text(0))];
    if (!before.ok || !after.ok) throw new Error("both are well-formed");
    expect(
      diffConfig(before, after).deltas.map((d) => [d.pointer, d.line, d.before.text, d.after.text]),
    ).toEqual([["/r/x/[name=a]/max", 3, "5", "0"]]);
  });

  it("a template is read line by line, as far as it goes", () => {
    const parsed = parseConfig("xml", "<a>\n<% if x %>\n<b>1</b>\n</a>\n");
    expect(parsed).toMatchObject({ ok: true, approximate: true });
  });

  it("`web.config` is XML under another ending, and a broken one is read by its lines", () => {
    expect(parseConfig("ini", "<c><add key='a' value='1'/></c>")).toMatchObject({
      approximate: false,
    });
    expect(parseConfig("ini", "<c>\na = 1\n")).toMatchObject({ ok: true, approximate: true });
  });

  it("ends in a tree or a problem, whatever the text", () => {
    const piece = fc.constantFrom(
      "<a>",
      "</a>",
      "<b c='1'/>",
      "<",
      ">",
      "&amp;",
      "&",
      "x",
      "\n",
      "<!--",
      "-->",
      "<![CDATA[",
      "]]>",
      "<?",
      "?>",
      "<!",
      '"',
      "'",
      "=",
      "\0",
      "\ud800",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const parsed = parseConfig("xml", pieces.join(""));
        if (!parsed.ok) expect(parsed.problem.line).toBeGreaterThan(0);
      }),
    );
  });
});
