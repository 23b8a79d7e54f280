// SPDX-License-Identifier: Apache-2.0
import { Link } from "@tanstack/react-router";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { When } from "../parts/when.tsx";
import type { ChangeShown, Names } from "./shown.ts";

/** Who signed what, in the order of the ledger. */
export function Signatures({
  shown,
  names,
}: {
  readonly shown: ChangeShown;
  readonly names: Names;
}) {
  const { signatures, review } = shown;
  return (
    <section className="section" aria-labelledby="signatures">
      <h2 id="signatures">
        Signatures{" "}
        <span className="muted small">
          {review.given} of {review.wanted} approvals
        </span>
      </h2>
      {signatures.length === 0 ? (
        <p className="muted">Nobody has signed anything about it.</p>
      ) : (
        <div className="rows-frame">
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">Person</th>
                <th scope="col">Said</th>
                <th scope="col">When</th>
                <th scope="col">Ends</th>
                <th scope="col">Entry</th>
              </tr>
            </thead>
            <tbody>
              {signatures.map((one) => (
                <tr key={one.index}>
                  <th scope="row">{names(one.person)}</th>
                  <td>
                    <Badge meaning={one.ended ? "neutral" : MEANINGS[one.kind]}>
                      {one.ended ? `${one.kind}, which counts no more` : one.kind}
                    </Badge>{" "}
                    {one.waives !== null && (
                      <>
                        of <Seen text={one.waives.rule} />
                        {one.waives.breakGlass && ", breaking the glass"}{" "}
                      </>
                    )}
                    {one.reason !== null && (
                      <>
                        “<Seen text={one.reason} />”
                      </>
                    )}
                  </td>
                  <td>
                    <When at={one.at} />
                  </td>
                  <td>{one.kind !== "withdrawal" && <When at={one.expiresAt} />}</td>
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
      )}
    </section>
  );
}

const MEANINGS = {
  approval: "done",
  rejection: "stopped",
  withdrawal: "neutral",
  override: "person",
  "debt-review": "done",
} as const;
