// SPDX-License-Identifier: Apache-2.0
import { type RolloutListed, unwindsApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { Badge } from "../parts/badge.tsx";
import { Ticked } from "../parts/ticked.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { NextAct } from "./next-act.tsx";
import { byUrgency, share, standingOf } from "./words.ts";

/** Rollouts, those first that somebody has to look at. */
export function RolloutRows({ rollouts }: { readonly rollouts: readonly RolloutListed[] }) {
  const names = useNames();
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Rollout</th>
            <th scope="col">Wave</th>
            <th scope="col">Exposure</th>
            <th scope="col">What is missing, or comes next</th>
            <th scope="col">Who can supply it</th>
            <th scope="col">Begun</th>
          </tr>
        </thead>
        <tbody>
          {byUrgency(rollouts).map((one) => {
            const { meaning, word } = standingOf(one);
            return (
              <tr key={one.rollout}>
                <td>
                  <Badge meaning={meaning}>{word}</Badge>
                </td>
                <th scope="row">
                  <Link
                    to="/rollouts/$rollout"
                    params={{ rollout: one.rollout }}
                    className="row-link"
                    data-row
                  >
                    {unwindsApi.planOfChange(one.change) !== null && "unwind of "}
                    {one.system} <span className="muted">{one.rollout.slice(0, 8)}</span>
                  </Link>
                  <span className="muted">
                    {" "}
                    to {one.target}
                    {one.lane === "emergency" && ", in the emergency lane"}
                  </span>
                </th>
                <td>
                  {Math.min(one.wave + 1, one.waves)} of {one.waves}
                </td>
                <td>{share(one.exposurePpm)}</td>
                <td>
                  {one.waitsFor === null ? (
                    <NextAct of={one} />
                  ) : (
                    <Ticked text={one.waitsFor.what} />
                  )}
                </td>
                <td>{one.waitsFor?.who ?? <span className="muted">nobody has to</span>}</td>
                <td>
                  <When at={one.startedAt} /> <span className="muted">{names(one.startedBy)}</span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
