// SPDX-License-Identifier: Apache-2.0
/**
 * The little of Markdown that a change document needs, line by line and in linear time. Raw HTML,
 * images and references have no form here, so that they can only come out as the text they are.
 */
export type Inline =
  | { readonly kind: "text" | "code" | "strong" | "emphasis"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string };

export type Block =
  | { readonly kind: "heading"; readonly level: number; readonly inlines: readonly Inline[] }
  | { readonly kind: "paragraph"; readonly inlines: readonly Inline[] }
  | {
      readonly kind: "list";
      readonly ordered: boolean;
      readonly items: readonly (readonly Inline[])[];
    }
  | { readonly kind: "code"; readonly text: string };

const FENCE = /^ {0,3}(?:```|~~~)/;
const HEADING = /^ {0,3}(#{1,6})[ \t]+(.*)$/;
const ITEM = /^ {0,3}(?:[-*+]|(\d{1,9})[.)])[ \t]+(.*)$/;

export function blocksOf(markdown: string): readonly Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const next = FENCE.test(line)
      ? codeFrom(lines, at)
      : HEADING.test(line)
        ? headingFrom(lines, at)
        : ITEM.test(line)
          ? listFrom(lines, at)
          : line.trim() === ""
            ? { block: null, end: at + 1 }
            : paragraphFrom(lines, at);
    if (next.block !== null) blocks.push(next.block);
    at = next.end;
  }
  return blocks;
}

type Taken = { readonly block: Block | null; readonly end: number };

function codeFrom(lines: readonly string[], start: number): Taken {
  const fence = (lines[start] ?? "").trimStart().slice(0, 3);
  const length = lines.slice(start + 1).findIndex((line) => line.trimStart().startsWith(fence));
  const end = length < 0 ? lines.length : start + 1 + length;
  return { block: { kind: "code", text: lines.slice(start + 1, end).join("\n") }, end: end + 1 };
}

function headingFrom(lines: readonly string[], at: number): Taken {
  const [, marks = "#", text = ""] = HEADING.exec(lines[at] ?? "") ?? [];
  return { block: { kind: "heading", level: marks.length, inlines: inlinesOf(text) }, end: at + 1 };
}

function listFrom(lines: readonly string[], start: number): Taken {
  const ordered = ITEM.exec(lines[start] ?? "")?.[1] !== undefined;
  const items: string[] = [];
  let at = start;
  for (; at < lines.length; at++) {
    const line = lines[at] ?? "";
    const item = ITEM.exec(line);
    if (item !== null && (item[1] !== undefined) === ordered) items.push(item[2] ?? "");
    else if (item === null && /^[ \t]+\S/.test(line))
      items.push(`${items.pop() ?? ""} ${line.trim()}`);
    else break;
  }
  return { block: { kind: "list", ordered, items: items.map(inlinesOf) }, end: at };
}

function paragraphFrom(lines: readonly string[], start: number): Taken {
  let end = start;
  while (end < lines.length && !endsParagraph(lines[end] ?? "")) end++;
  const text = lines
    .slice(start, end)
    .map((line) => line.trim())
    .join(" ");
  return { block: { kind: "paragraph", inlines: inlinesOf(text) }, end };
}

const endsParagraph = (line: string): boolean =>
  line.trim() === "" || FENCE.test(line) || HEADING.test(line) || ITEM.test(line);

/** Lengths are bounded so that many opening marks without a closing one cost no more than one look each. */
const INLINE =
  /`([^`]{1,1000})`|\*\*([^*]{1,1000})\*\*|\*([^*\s][^*]{0,1000})\*|\[([^[\]]{1,500})\]\(([^()\s]{1,1000})\)|\b(https?:\/\/[^\s<>"'`()[\]]{1,1000})/g;

export function inlinesOf(text: string): readonly Inline[] {
  const inlines: Inline[] = [];
  let from = 0;
  const plain = (until: number) => {
    if (until > from) inlines.push({ kind: "text", text: text.slice(from, until) });
  };
  for (const match of text.matchAll(INLINE)) {
    const inline = inlineOf(match);
    if (inline === null) continue;
    plain(match.index);
    inlines.push(inline);
    from = match.index + match[0].length;
  }
  plain(text.length);
  return inlines;
}

function inlineOf([
  ,
  code,
  strong,
  emphasis,
  label,
  target,
  bare,
]: RegExpMatchArray): Inline | null {
  if (code !== undefined) return { kind: "code", text: code };
  if (strong !== undefined) return { kind: "strong", text: strong };
  if (emphasis !== undefined) return { kind: "emphasis", text: emphasis };
  if (bare !== undefined) return { kind: "link", text: bare, href: bare };
  const href = target ?? "";
  return isWebLink(href) ? { kind: "link", text: label ?? "", href } : null;
}

/** `javascript:`, `data:` and addresses that a page would complete are no links. */
export const isWebLink = (href: string): boolean =>
  /^https?:\/\/[^\s/]/i.test(href) && !/[\p{Cc}\p{Cf}]/u.test(href);
