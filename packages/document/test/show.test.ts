import { DOCUMENT_SCHEMAS, documentHtml, documentText, readDocument } from "@interlock/document";
import { filledTemplate as filled } from "@interlock/testkit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ACT_FIELDS, EXPECT_FIELDS, STEP_FIELDS } from "../src/acts.ts";
import {
  BLAST_FIELDS,
  REHEARSED_FIELDS,
  ROLLBACK_FIELDS,
  SCOPE_FIELDS,
  SIGNAL_FIELDS,
  TOP_FIELDS,
  WHO_FIELDS,
} from "../src/read.ts";
import { LIMIT_FIELDS, PARAMETER_FIELDS, REMEDY_FIELDS } from "../src/remedy.ts";

function documentOf(text: string) {
  const read = readDocument("d.md", text);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.sited.document;
}
const withBody = (body: string, title = "a title") =>
  documentOf(`---\nversion: 1\nkind: other\ntitle: ${JSON.stringify(title)}\n---\n${body}`);

/** The HTML without the elements that the renderer writes; markup of anybody else would be left. */
const ELEMENTS =
  /<\/?(?:h[1-6]|p|pre|code|strong|em|ul|ol|li|a)>|<a href="https?:\/\/[^"<>]*" rel="noopener noreferrer nofollow">/g;
const leftOver = (html: string) => html.replace(ELEMENTS, "");

describe("HTML", () => {
  it.each([
    ["<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"],
    ["[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"],
    ["[x](data:text/html,1)", "<p>[x](data:text/html,1)</p>"],
    ["[x](//example.com)", "<p>[x](//example.com)</p>"],
    [
      '[x](https://example.com/"onclick="1)',
      '<p><a href="https://example.com/&quot;onclick=&quot;1" rel="noopener noreferrer nofollow">x</a></p>',
    ],
    [
      "![x](https://example.com/x.png)",
      '<p>!<a href="https://example.com/x.png" rel="noopener noreferrer nofollow">x</a></p>',
    ],
    ["**a** *b* `<c>`", "<p><strong>a</strong> <em>b</em> <code>&lt;c&gt;</code></p>"],
    ["# A\n\n- b\n- c\n\n1. d", "<h2>A</h2>\n<ul><li>b</li><li>c</li></ul>\n<ol><li>d</li></ol>"],
    ["```html\n<b>\n```", "<pre><code>&lt;b&gt;</code></pre>"],
  ])("%s", (body, expected) => {
    const html = documentHtml(withBody(body));
    expect(html.endsWith(expected) || html.includes(expected)).toBe(true);
    expect(leftOver(html)).not.toMatch(/[<>"]/);
  });
  it("no markup passes: (no markup passes)", () => {
    const piece = fc.constantFrom(
      "<",
      ">",
      '"',
      "'",
      "`",
      "*",
      "**",
      "[",
      "](",
      ")",
      "https://",
      "javascript:",
      "\n",
      "- ",
      "# ",
      "```",
      "a",
      " ",
      "&",
      "<img src=x onerror=1>",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), fc.string(), (pieces, title) => {
        const html = documentHtml(
          withBody(
            pieces.join(""),
            title.toWellFormed().replace(/[\u202a-\u202e\u2066-\u2069]/g, ""),
          ),
        );
        expect(leftOver(html)).not.toMatch(/[<>"]/);
      }),
      { numRuns: 500 },
    );
  });
  it("takes no longer than its length asks for", () => {
    const body = "[".repeat(50_000) + "`*".repeat(40_000);
    expect(documentHtml(withBody(body)).length).toBeGreaterThan(100_000);
  });
});

describe("text", () => {
  it("shows every part in order", () => {
    const text = documentText(documentOf(filled("failover")));
    const parts = ["why", "scope", "before the first step", "steps", "signals", "rollback", "who"];
    const places = parts.map((part) => text.indexOf(`\n${part}\n`));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toContain("$ kubectl kubectl");
  });
});

describe("the JSON Schemas", () => {
  type Node = {
    readonly properties?: Readonly<Record<string, Node>>;
    readonly items?: Node;
    readonly oneOf?: readonly Node[];
  };
  const fields = (node: Node | undefined): readonly string[] =>
    Object.keys((node?.oneOf?.find((n) => n.properties) ?? node)?.properties ?? {}).sort();
  const { document, remedy } = {
    document: DOCUMENT_SCHEMAS.document() as Node,
    remedy: DOCUMENT_SCHEMAS.remedy() as Node,
  }; // our own schemas
  const at = (...path: readonly string[]): Node | undefined =>
    path.reduce<Node | undefined>(
      (n, key) => (key === "[]" ? n?.items : n?.properties?.[key]),
      document,
    );
  const STEP_AT = ["steps", "[]"] as const;
  it.each<[string, readonly string[], readonly string[]]>([
    ["document", fields(document), TOP_FIELDS],
    ["remedy", fields(remedy), [...TOP_FIELDS, ...REMEDY_FIELDS]],
    ["step", fields(at(...STEP_AT)), STEP_FIELDS],
    ["act", fields(at(...STEP_AT, "verify")), ACT_FIELDS],
    ["expectation", fields(at(...STEP_AT, "expect")), EXPECT_FIELDS],
    ["scope", fields(at("scope")), SCOPE_FIELDS],
    ["blast", fields(at("scope", "blast")), BLAST_FIELDS],
    ["signal", fields(at("signals", "[]")), SIGNAL_FIELDS],
    ["rollback", fields(at("rollback")), ROLLBACK_FIELDS],
    ["rehearsed", fields(at("rollback", "rehearsed")), REHEARSED_FIELDS],
    ["who", fields(at("who")), WHO_FIELDS],
    ["limits", fields(remedy.properties?.["limits"]), LIMIT_FIELDS],
    ["parameter", fields(remedy.properties?.["parameters"]?.items), PARAMETER_FIELDS],
  ])("know every field of a %s that the reader knows", (_, described, read) => {
    expect(described).toEqual([...read].sort());
  });
});
