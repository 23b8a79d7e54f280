// SPDX-License-Identifier: Apache-2.0
import { signalsApi } from "@interlock/protocol";
import type { z } from "zod";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { useNow, When } from "../parts/when.tsx";
import { share } from "../rollouts/words.ts";

const EVERY_MS = 10_000;

/** By what harm is seen: whether each answers, and if not why. */
export function Signals() {
  const signals = useLoaded(signalsApi.listSignals, {}, { everyMs: EVERY_MS });
  const now = useNow();
  return (
    <section className="section" aria-labelledby="signals">
      <h2 id="signals">Signals</h2>
      <Show of={signals} what="the signals">
        {({ signals: list }) =>
          list.length === 0 ? (
            <Empty title="No signal is enrolled">
              Without one no wave ever passes. Signals stand in the description that two people
              sign.
            </Empty>
          ) : (
            <div className="rows-frame">
              <table className="rows">
                <thead>
                  <tr>
                    <th scope="col">State</th>
                    <th scope="col">Signal</th>
                    <th scope="col">System</th>
                    <th scope="col">Measures</th>
                    <th scope="col">Source</th>
                    <th scope="col">Read until</th>
                    <th scope="col">Weight</th>
                    <th scope="col">Why not</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((one) => (
                    <Row key={one.name} of={one} now={now} />
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

type Listed = z.output<typeof signalsApi.listSignals.answer>["signals"][number];

function Row({ of: one, now }: { readonly of: Listed; readonly now: number }) {
  const { readUntil, freshMs, slotMs, trouble } = one;
  const old = readUntil === null || now - readUntil > freshMs + slotMs;
  return (
    <tr>
      <td>
        {trouble !== null ? (
          <Badge meaning="stopped">does not answer</Badge>
        ) : old ? (
          <Badge meaning="unknown">{readUntil === null ? "silent" : "stale"}</Badge>
        ) : (
          <Badge meaning="done">answers</Badge>
        )}
      </td>
      <th scope="row">{one.name}</th>
      <td>{one.system}</td>
      <td>
        {one.measures} <span className="muted">in {one.unit}</span>
      </td>
      <td>{one.kind}</td>
      <td>{readUntil === null ? "never" : <When at={readUntil} />}</td>
      <td>{share(one.weightPpm)}</td>
      <td>
        {trouble ??
          (old ? (
            `nothing came for longer than ${freshMs / 1_000} s`
          ) : (
            <span className="muted">it does</span>
          ))}
      </td>
    </tr>
  );
}
