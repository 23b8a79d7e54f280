// SPDX-License-Identifier: Apache-2.0
import { refsApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";

const EVERY_MS = 30_000;

const BECAUSE = {
  "not-allowed": "no decision allowed what moved",
  deleted: "the branch was deleted",
  unreadable: "what moved cannot be read",
  "first-seen": "seen for the first time: nothing says how it came there",
} as const;

/** What moved without a decision that allowed it. */
export function Unrecorded() {
  const found = useLoaded(refsApi.listUnrecorded, { query: {} }, { everyMs: EVERY_MS });
  return (
    <section className="section" aria-labelledby="unrecorded">
      <h2 id="unrecorded">Unrecorded changes</h2>
      <Show of={found} what="the unrecorded changes">
        {({ changes }) =>
          changes.length === 0 ? (
            <p className="muted">
              none is known: protected refs were compared wherever a token reported them, and
              nowhere else
            </p>
          ) : (
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
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Show>
    </section>
  );
}
