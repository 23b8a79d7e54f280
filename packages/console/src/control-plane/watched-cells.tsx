// SPDX-License-Identifier: Apache-2.0
import type { Description } from "@interlock/controlplane";
import type { UnrecordedShown } from "@interlock/protocol";
import { Badge } from "../parts/badge.tsx";
import { Ticked } from "../parts/ticked.tsx";
import { useNow, When } from "../parts/when.tsx";

type Watched = UnrecordedShown["cells"][number];

/** Each is looked at twice a minute; what was not for longer is not known any more. */
const SEEN_MS = 60_000;

/** Whether what a cell holds is known as of now. */
export const isSeen = ({ seenAt, says }: Watched, now: number): boolean =>
  seenAt !== null && says === null && now - seenAt <= SEEN_MS;

/** With the cells that config sets live in and that nobody has looked at, which the server does not list. */
export function withUnseen(list: UnrecordedShown, plane: Description | null): UnrecordedShown {
  const known = new Set(list.cells.map(({ target, cell }) => `${target}\0${cell}`));
  const cells = [...list.cells];
  for (const { system, target } of plane?.configSets ?? [])
    for (const { id: cell } of plane?.systems.find(({ name }) => name === system)?.cells ?? []) {
      if (known.has(`${target}\0${cell}`)) continue;
      known.add(`${target}\0${cell}`);
      const never = { seenAt: null, triedAt: 0, says: null, keys: 0, strangers: 0 };
      cells.push({ target, cell, ...never });
    }
  return { ...list, cells };
}

/** When each cell was seen whole, those first of which nobody knows what they hold. */
export function WatchedCells({ cells }: { readonly cells: readonly Watched[] }) {
  const now = useNow();
  const rows = cells.toSorted((a, b) => Number(isSeen(a, now)) - Number(isSeen(b, now)));
  const unseen = rows.filter((cell) => !isSeen(cell, now)).length;
  return (
    <details open={unseen > 0}>
      <summary>When each cell was looked at</summary>
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Cell</th>
              <th scope="col">Seen whole</th>
              <th scope="col">Keys</th>
              <th scope="col">Strangers</th>
              <th scope="col">What stands in the way</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((cell) => (
              <Row key={`${cell.target}\0${cell.cell}`} of={cell} now={now} />
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Row({ of, now }: { readonly of: Watched; readonly now: number }) {
  const { target, cell, seenAt, triedAt, says, keys, strangers } = of;
  return (
    <tr>
      <td>
        {isSeen(of, now) ? (
          <Badge meaning="done">seen</Badge>
        ) : (
          <Badge meaning="unknown">{seenAt === null ? "never seen" : "not seen since"}</Badge>
        )}
      </td>
      <th scope="row">
        {cell} <span className="muted">in {target}</span>
      </th>
      <td>{seenAt === null ? "never yet" : <When at={seenAt} />}</td>
      <td>{seenAt === null ? "unknown" : keys}</td>
      <td>{seenAt === null ? "unknown" : strangers}</td>
      <td>
        {says === null ? (
          <span className="muted">
            {isSeen(of, now) ? "nothing" : "nothing is known: see whether the server looks at it"}
          </span>
        ) : (
          <>
            <Ticked text={says} />, tried <When at={triedAt} />
          </>
        )}
      </td>
    </tr>
  );
}
