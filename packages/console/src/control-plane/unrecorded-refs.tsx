// SPDX-License-Identifier: Apache-2.0
import type { UnrecordedShown } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { Badge } from "../parts/badge.tsx";
import { Copy, ShortId } from "../parts/short-id.tsx";
import { When } from "../parts/when.tsx";

const BECAUSE = {
  "not-allowed": "no decision allowed what moved",
  deleted: "the branch was deleted",
  unreadable: "what moved cannot be read",
  "first-seen": "seen for the first time: nothing says how it came there",
} as const;

type Moved = UnrecordedShown["changes"][number];

/** What moved without a decision that allowed it, and how one finds out who moved it. */
export function MovedRefs({ changes }: { readonly changes: readonly Moved[] }) {
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Where</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Found</th>
            <th scope="col">Entry</th>
            <th scope="col">Who it was</th>
          </tr>
        </thead>
        <tbody>
          {changes.map((one) => (
            <tr key={one.index}>
              <td>
                <Badge meaning={one.because === "first-seen" ? "unknown" : "stopped"}>
                  {BECAUSE[one.because]}
                </Badge>
              </td>
              <th scope="row">
                <code>{one.repository}</code> <code>{one.ref}</code>
              </th>
              <td>
                <ShortId id={one.old} what="the commit before" />
              </td>
              <td>
                <ShortId id={one.new} what="the commit after" />
              </td>
              <td>
                <When at={one.at} />
              </td>
              <td>
                <Link to="/ledger" search={{ entry: one.index }}>
                  {one.index}
                </Link>
              </td>
              <td>
                <Log of={one} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const isNothing = (tip: string): boolean => /^0+$/.test(tip);

function Log({ of: { old, new: now } }: { readonly of: Moved }) {
  if (isNothing(now)) return <span className="muted">the log of the Git server says it</span>;
  const command = `git log --format=fuller ${isNothing(old) ? now : `${old}..${now}`}`;
  return (
    <>
      <code>git log --format=fuller …</code>
      <Copy text={command} what="the command" />
    </>
  );
}
