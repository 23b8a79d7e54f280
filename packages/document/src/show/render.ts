// SPDX-License-Identifier: Apache-2.0
import type { ChangeDocument } from "../document.ts";
import { type Block, blocksOf, type Inline, isWebLink } from "./markdown.ts";
import { type Line, outlineOf } from "./outline.ts";

/**
 * A document as plain text for a terminal. Control characters are left to the caller, who knows
 * what its output obeys.
 */
export function documentText(document: ChangeDocument): string {
  const lines = outlineOf(document).map(textLine);
  const body = document.body.trim();
  return `${lines.join("\n")}\n${body === "" ? "" : `\n${body}\n`}`;
}

const INDENT = {
  title: "",
  heading: "\n",
  step: "  ",
  item: "    ",
  note: "    ",
  command: "    ",
} as const;

function textLine({ kind, text }: Line): string {
  if (kind === "heading") return `${INDENT[kind]}${text}`;
  if (kind === "command") return `${INDENT[kind]}$ ${text}`;
  return text
    .split("\n")
    .map((line, i) => `${INDENT[kind]}${i > 0 && kind === "item" ? "  " : ""}${line}`)
    .join("\n");
}

/**
 * A document as an HTML fragment of headings, paragraphs, lists, code and links to http and https.
 *
 * INVARIANT (no markup passes): every character of the document stands there escaped; the elements
 * are written here and nowhere else.
 */
export function documentHtml(document: ChangeDocument): string {
  const front = outlineOf(document).map(htmlLine).join("\n");
  const body = blocksOf(document.body).map(htmlBlock).join("\n");
  return `${front}\n${body}`.trim();
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};
export const escapedHtml = (text: string): string =>
  text.replace(/[&<>"'`]/g, (c) => ESCAPES[c] ?? c);

function htmlLine({ kind, text }: Line): string {
  const safe = escapedHtml(text);
  switch (kind) {
    case "title":
      return `<h1>${safe}</h1>`;
    case "heading":
      return `<h2>${safe}</h2>`;
    case "step":
      return `<h3>${safe}</h3>`;
    case "command":
      return `<pre><code>${safe}</code></pre>`;
    default:
      return `<p>${safe}</p>`;
  }
}

function htmlBlock(block: Block): string {
  switch (block.kind) {
    case "heading": {
      // Below the headings of the front matter.
      const level = Math.min(6, block.level + 1);
      return `<h${level}>${inlineHtml(block.inlines)}</h${level}>`;
    }
    case "paragraph":
      return `<p>${inlineHtml(block.inlines)}</p>`;
    case "code":
      return `<pre><code>${escapedHtml(block.text)}</code></pre>`;
    case "list": {
      const items = block.items.map((item) => `<li>${inlineHtml(item)}</li>`).join("");
      return block.ordered ? `<ol>${items}</ol>` : `<ul>${items}</ul>`;
    }
  }
}

const ELEMENT = { code: "code", strong: "strong", emphasis: "em" } as const;

function inlineHtml(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      const safe = escapedHtml(inline.text);
      if (inline.kind === "text") return safe;
      if (inline.kind !== "link")
        return `<${ELEMENT[inline.kind]}>${safe}</${ELEMENT[inline.kind]}>`;
      if (!isWebLink(inline.href)) return safe;
      return `<a href="${escapedHtml(inline.href)}" rel="noopener noreferrer nofollow">${safe}</a>`;
    })
    .join("");
}
