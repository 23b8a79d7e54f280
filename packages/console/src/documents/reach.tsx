// SPDX-License-Identifier: Apache-2.0
import type { Blast } from "@interlock/core";
import type { DeclaredReach } from "@interlock/document";
import { Badge } from "../parts/badge.tsx";

const share = (ppm: number): string => `${ppm / 10_000} %`;
const whole = (count: number): string => String(count);

const ROWS = [
  { what: "systems", declared: "systems", computed: "systems", show: whole },
  { what: "cells", declared: "cells", computed: "cells", show: whole },
  { what: "share of traffic", declared: "trafficPpm", computed: "trafficPpm", show: share },
  {
    what: "orders a minute",
    declared: "ordersPerMinute",
    computed: "ordersPerMinute",
    show: whole,
  },
] as const satisfies readonly {
  readonly what: string;
  readonly declared: keyof DeclaredReach;
  readonly computed: keyof Blast;
  readonly show: (value: number) => string;
}[];

/** What the author takes the reach to be, beside what the catalog computes for the change. */
export function Reach({
  declared,
  blast,
}: {
  readonly declared: DeclaredReach | null;
  /** `null` where no change is named, or nobody could compute it. */
  readonly blast: Blast | null;
}) {
  return (
    <section className="section" aria-labelledby="reach">
      <h2 id="reach">How far it reaches</h2>
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Reach</th>
              <th scope="col">The document says</th>
              <th scope="col">Computed</th>
            </tr>
          </thead>
          <tbody>
            {ROWS.map(({ what, declared: field, computed, show }) => {
              const said = declared?.[field] ?? null;
              const is = blast?.[computed] ?? null;
              return (
                <tr key={what}>
                  <th scope="row">{what}</th>
                  <td>
                    {said === null ? <span className="muted">not said</span> : show(said)}{" "}
                    {said !== null && is !== null && said < is && (
                      <Badge meaning="stopped">too low</Badge>
                    )}
                  </td>
                  <td>{is === null ? <span className="muted">not known</span> : show(is)}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {blast === null && (
        <p className="muted">
          It is computed where a change is judged: name the change above, or push once to have it.
        </p>
      )}
    </section>
  );
}
