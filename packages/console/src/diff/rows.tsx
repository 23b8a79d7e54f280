// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { type DiffLine, folded } from "./lines.ts";
import { Seen } from "./seen.tsx";

/** Rows drawn at first; the rest at a press, so that a large file does not stop the page. */
const ROWS_AT_FIRST = 600;

/** Lines of a comparison; what did not change is folded with its count, and opens at a press. */
export function Lines({
  lines,
  label,
}: {
  readonly lines: readonly DiffLine[];
  readonly label: string;
}) {
  const [most, setMost] = useState(ROWS_AT_FIRST);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const rows: React.ReactNode[] = [];
  let drawn = 0;
  for (const [at, { kind, lines: own }] of folded(lines).entries()) {
    if (kind === "folded" && !open.has(at)) {
      rows.push(
        <Fold key={`fold ${at}`} count={own.length} open={() => setOpen(new Set([...open, at]))} />,
      );
      continue;
    }
    for (const line of own.slice(0, Math.max(0, most - drawn)))
      rows.push(<Row key={`${line.kind} ${line.old} ${line.new}`} line={line} />);
    drawn += own.length;
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard
    <section className="diff-frame" aria-label={label} tabIndex={0}>
      <table className="diff">
        <tbody>{rows}</tbody>
      </table>
      {drawn > most && (
        <button type="button" className="quiet" onClick={() => setMost(most + 10 * ROWS_AT_FIRST)}>
          {drawn - most} more lines are not drawn yet: show{" "}
          {Math.min(drawn - most, 10 * ROWS_AT_FIRST)}
        </button>
      )}
    </section>
  );
}

function Fold({ count, open }: { readonly count: number; readonly open: () => void }) {
  return (
    <tr className="fold">
      <td colSpan={4}>
        <button type="button" className="bare" onClick={open}>
          … {count} lines that stay as they are
        </button>
      </td>
    </tr>
  );
}

const SIGNS = { same: " ", removed: "−", added: "+" } as const;
const SAID = { same: "", removed: "removed: ", added: "added: " } as const;

function Row({ line }: { readonly line: DiffLine }) {
  return (
    <tr data-kind={line.kind}>
      <td className="number">{line.old}</td>
      <td className="number">{line.new}</td>
      <td className="sign" aria-hidden="true">
        {SIGNS[line.kind]}
      </td>
      <td className="code">
        <span className="hidden">{SAID[line.kind]}</span>
        <Seen text={line.text} />
      </td>
    </tr>
  );
}
