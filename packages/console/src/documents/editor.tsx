// SPDX-License-Identifier: Apache-2.0
import { type KeyboardEvent, type RefObject, useMemo, useRef } from "react";
import type { Remark } from "./checked.ts";

/** A text with the numbers of its lines; those with something to mend are marked. */
export function Editor(given: {
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly remarks: readonly Remark[];
  readonly area: RefObject<HTMLTextAreaElement | null>;
  readonly describedBy: string;
}) {
  const { text, onChange, remarks, area, describedBy } = given;
  const gutter = useRef<HTMLPreElement>(null);
  const scrolled = () => {
    if (gutter.current !== null && area.current !== null)
      gutter.current.scrollTop = area.current.scrollTop;
  };
  return (
    <div className="editor">
      <Gutter text={text} remarks={remarks} gutter={gutter} />
      <textarea
        ref={area}
        aria-label="the document"
        aria-describedby={describedBy}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onScroll={scrolled}
        onKeyDown={indented}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        wrap="off"
      />
    </div>
  );
}

function Gutter({
  text,
  remarks,
  gutter,
}: {
  readonly text: string;
  readonly remarks: readonly Remark[];
  readonly gutter: RefObject<HTMLPreElement | null>;
}) {
  const count = useMemo(() => text.split("\n").length, [text]);
  const marks = useMemo(() => {
    const found = new Map<number, Remark["weight"]>();
    for (const { line, weight } of remarks)
      if (found.get(line) !== "error") found.set(line, weight);
    return found;
  }, [remarks]);
  return (
    // The remarks are told beside the text, with their lines.
    <pre className="gutter" ref={gutter} aria-hidden="true">
      {Array.from({ length: count }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
        <span key={at} data-weight={marks.get(at + 1)}>
          {at + 1}
          {"\n"}
        </span>
      ))}
    </pre>
  );
}

/** A new line begins where the one above begins; `Tab` stays the way out of the text (WCAG 2.1.2). */
function indented(event: KeyboardEvent<HTMLTextAreaElement>): void {
  if (event.key !== "Enter" || event.shiftKey || event.ctrlKey || event.metaKey) return;
  const { value, selectionStart } = event.currentTarget;
  const line = value.slice(value.lastIndexOf("\n", selectionStart - 1) + 1, selectionStart);
  const indent = /^ */.exec(line)?.[0] ?? "";
  const item = /^ *- \S/.test(line) ? "  " : "";
  if (indent === "" && item === "") return;
  event.preventDefault();
  // The one way to type into a field that the browser's own undo knows of.
  document.execCommand("insertText", false, `\n${indent}${item}`);
}

/** Puts the caret where a remark is, and shows that line. */
export function goTo(area: HTMLTextAreaElement | null, { line, column }: Remark): void {
  if (area === null) return;
  const lines = area.value.split("\n");
  const before = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const length = lines[line - 1]?.length ?? 0;
  const at = before + Math.min(Math.max(column - 1, 0), length);
  area.focus();
  area.setSelectionRange(at, before + length);
  area.scrollTop = Math.max(0, (area.scrollHeight / lines.length) * (line - 5));
}
