// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from "react";
import { Badge } from "../parts/badge.tsx";
import { type Reached, ranked } from "./radius.ts";

const ROWS = 12;
const MEANINGS = { certain: "done", inferred: "unknown", unknown: "unknown" } as const;
const WORDS = { certain: "certain", inferred: "inferred", unknown: "unknown" } as const;

/** Every system that is reached: the most critical first, and of those the doubtful ones. */
export function BlastTable(given: {
  readonly reached: readonly Reached[];
  readonly selected: string | null;
  readonly onSelect: (system: string) => void;
}) {
  const { reached, selected, onSelect } = given;
  const [most, setMost] = useState(ROWS);
  const rows = useMemo(() => ranked(reached), [reached]);
  const at = rows.findIndex(({ system }) => system === selected);
  const shown = Math.max(most, at + 1);
  return (
    <>
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Tier</th>
              <th scope="col">System</th>
              <th scope="col">Reached through</th>
              <th scope="col">Steps away</th>
              <th scope="col">Whether it is reached</th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, shown).map(({ system, tier, via, depth, certainty }) => (
              <tr key={system} aria-current={system === selected ? "true" : undefined}>
                <td>{tier}</td>
                <th scope="row">
                  <button
                    type="button"
                    className="bare"
                    aria-pressed={system === selected}
                    onClick={() => onSelect(system)}
                  >
                    {system}
                  </button>
                </th>
                <td>{via === "" ? <span className="muted">the change itself</span> : via}</td>
                <td>{depth}</td>
                <td>
                  <Badge meaning={MEANINGS[certainty]}>{WORDS[certainty]}</Badge>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rows.length > shown && (
        <button type="button" onClick={() => setMost(rows.length)}>
          Show the {rows.length - shown} others
        </button>
      )}
    </>
  );
}
