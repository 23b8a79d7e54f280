// SPDX-License-Identifier: Apache-2.0
import type { ReplayResult } from "@interlock/protocol";
import type { ReactNode } from "react";
import { Badge } from "../parts/badge.tsx";
import { share } from "../rollouts/words.ts";
import { barsOf, isPast } from "./spread.ts";

type Field = ReplayResult["fields"][number];

/** Field by field how the answers move, beside what the set allows. */
export function Fields({ result: { fields, fieldsLeft } }: { readonly result: ReplayResult }) {
  return (
    <>
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Limit</th>
              <th scope="col">Field</th>
              <th scope="col">Changed</th>
              <th scope="col">Mean move</th>
              <th scope="col">Largest move</th>
              <th scope="col">How far they move</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((one) => (
              <Row key={one.at} of={one} />
            ))}
          </tbody>
        </table>
      </div>
      {fieldsLeft > 0 && <p className="muted">{fieldsLeft} more fields change.</p>}
    </>
  );
}

function Row({ of }: { readonly of: Field }) {
  const { at, seen, changed, meanShift, maxShift, limit } = of;
  return (
    <tr>
      <td>
        {limit === null ? (
          <span className="muted">none</span>
        ) : isPast(of) ? (
          <Badge meaning="person">past it</Badge>
        ) : (
          <Badge meaning="done">within</Badge>
        )}
      </td>
      <th scope="row">{at === "" ? "the whole answer" : <code>{at}</code>}</th>
      <td>
        {changed} of {seen}
        {limit?.changedPpm != null && <Muted>, {share(limit.changedPpm)} may</Muted>}
      </td>
      <td>
        {number(meanShift)}
        {limit?.meanShift != null && <Muted>, {limit.meanShift} may</Muted>}
      </td>
      <td>
        {number(maxShift)}
        {limit?.maxShift != null && <Muted>, {limit.maxShift} may</Muted>}
      </td>
      <td>
        <Spread of={of} />
      </td>
    </tr>
  );
}

const Muted = ({ children }: { readonly children: ReactNode }) => (
  <span className="muted">{children}</span>
);

const number = (value: number | null): string =>
  value === null ? "no number" : String(Number(value.toFixed(3)));

const SIZE = { width: 180, height: 36 } as const;

/** Bars of equal steps from the largest fall to the largest rise, with the limit and no move as lines. */
function Spread({ of }: { readonly of: Field }) {
  const { spread, limit } = of;
  if (spread === null) return <span className="muted">no number moves</span>;
  const { bars, lines } = barsOf(spread, limit?.maxShift ?? null, SIZE);
  const { least, most, same, counts } = spread;
  const label = `${counts.join(", ")} answers in ${counts.length} steps from ${number(least)} to ${number(most)}; ${same} do not move`;
  return (
    <>
      <svg className="spread" {...SIZE} role="img" aria-label={label}>
        {bars.map(({ x, y, width, height }) => (
          <rect key={x} {...{ x, y, width, height }} />
        ))}
        {lines.map(({ x, what }) => (
          <line key={`${what} ${x}`} x1={x} x2={x} y1={0} y2={SIZE.height} data-what={what} />
        ))}
      </svg>
      <span className="muted small">
        {number(least)} to {number(most)}; {same} stay
      </span>
    </>
  );
}
