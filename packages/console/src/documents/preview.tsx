// SPDX-License-Identifier: Apache-2.0
import {
  type Block,
  blocksOf,
  type ChangeDocument,
  type Inline,
  isWebLink,
  type Line,
  outlineOf,
} from "@interlock/document";
import { Fragment } from "react";
import { Seen } from "../diff/seen.tsx";
import { StepsTable } from "./steps-table.tsx";

/** Told as a table, where one compares a column. */
const AS_TABLE = new Set(["before the first step", "steps"]);

/**
 * A document as its reviewer reads it. Everything in it is text: elements are made here alone, and
 * links go to http and https (UI1).
 */
export function Preview({ document }: { readonly document: ChangeDocument }) {
  const parts = partsOf(outlineOf(document));
  const table = parts.findIndex(([heading]) => AS_TABLE.has(heading?.text ?? ""));
  return (
    <article className="preview" aria-label="as a reviewer reads it">
      {parts.map((lines, at) =>
        at === table ? (
          <Fragment key="steps">
            <h3>steps</h3>
            <StepsTable of={document} />
          </Fragment>
        ) : AS_TABLE.has(lines[0]?.text ?? "") ? null : (
          <Lines key={lines[0]?.text} lines={lines} />
        ),
      )}
      <Prose text={document.body} />
    </article>
  );
}

/** Each begins with its heading; the first has none. */
function partsOf(lines: readonly Line[]): readonly (readonly Line[])[] {
  const parts: Line[][] = [[]];
  for (const line of lines) {
    if (line.kind === "heading") parts.push([]);
    parts.at(-1)?.push(line);
  }
  return parts;
}

function Lines({ lines }: { readonly lines: readonly Line[] }) {
  return lines.map((line, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
    <OneLine key={at} line={line} />
  ));
}

function OneLine({ line: { kind, text } }: { readonly line: Line }) {
  const seen = <Seen text={text} />;
  if (kind === "title") return <p className="preview-title">{seen}</p>;
  if (kind === "heading") return <h3>{seen}</h3>;
  if (kind === "step") return <p className="preview-step">{seen}</p>;
  if (kind === "command") return <pre className="command">{seen}</pre>;
  return <p>{seen}</p>;
}

function Prose({ text }: { readonly text: string }) {
  return blocksOf(text).map((block, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a block is its place
    <ProseBlock key={at} block={block} />
  ));
}

function ProseBlock({ block }: { readonly block: Block }) {
  if (block.kind === "code")
    return (
      <pre className="command">
        <Seen text={block.text} />
      </pre>
    );
  if (block.kind === "heading")
    return (
      <h3>
        <Inlines of={block.inlines} />
      </h3>
    );
  if (block.kind === "paragraph")
    return (
      <p>
        <Inlines of={block.inlines} />
      </p>
    );
  const items = block.items.map((item, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: an item is its place
    <li key={at}>
      <Inlines of={item} />
    </li>
  ));
  return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
}

function Inlines({ of }: { readonly of: readonly Inline[] }) {
  return of.map((inline, at) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a piece is its place
    <OneInline key={at} inline={inline} />
  ));
}

function OneInline({ inline }: { readonly inline: Inline }) {
  const seen = <Seen text={inline.text} />;
  if (inline.kind === "code") return <code>{seen}</code>;
  if (inline.kind === "strong") return <strong>{seen}</strong>;
  if (inline.kind === "emphasis") return <em>{seen}</em>;
  if (inline.kind !== "link" || !isWebLink(inline.href)) return seen;
  return (
    <a href={inline.href} rel="noopener noreferrer nofollow">
      {seen}
    </a>
  );
}
