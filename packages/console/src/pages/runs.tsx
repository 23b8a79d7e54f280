// SPDX-License-Identifier: Apache-2.0
import { type RunListed, runsApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { useForget, useLoaded } from "../api/loaded.ts";
import { Seen } from "../diff/seen.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useLive } from "../live/stream.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { stateOf, waitsFor } from "../runs/words.ts";
import { useMe } from "../shell/session.ts";

/** Runs of documents and remedies; those that wait for whoever reads come first. */
export function RunsPage() {
  const forget = useForget();
  const live = useLive("now", (event) => {
    if (event.kind === "ran" || event.kind === "restart") void forget(runsApi.runs);
  });
  const runs = useLoaded(runsApi.runs, {});
  return (
    <Page
      title="Runs"
      lead="Documents and remedies that people carry out, step by step, each on record before the next."
      acts={<LiveNote of={live} />}
    >
      <Show of={runs} what="the runs">
        {({ runs: list, more }) => (
          <>
            <RunRows runs={list} />
            {more && <p className="muted">The newest {list.length}; the ledger has the others.</p>}
          </>
        )}
      </Show>
    </Page>
  );
}

export function RunRows({ runs }: { readonly runs: readonly RunListed[] }) {
  const me = useMe();
  const names = useNames();
  if (runs.length === 0)
    return (
      <Empty title="Nothing was carried out yet">
        A change that is allowed and has a document is run from its operator’s terminal:{" "}
        <code>interlock run FILE --change ID</code>
      </Empty>
    );
  const mine = (run: RunListed) => run.next?.kind === "confirm" && run.second === me.person;
  const sorted = runs.toSorted((a, b) => Number(mine(b)) - Number(mine(a)));
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Run</th>
            <th scope="col">Waits for</th>
            <th scope="col">Operator</th>
            <th scope="col">Second person</th>
            <th scope="col">Began</th>
            <th scope="col">Last recorded</th>
          </tr>
        </thead>
        <tbody>
          {sorted.map((run) => (
            <tr key={run.run}>
              <td>
                <Badge meaning={stateOf(run.next).meaning}>{stateOf(run.next).word}</Badge>
              </td>
              <th scope="row">
                <Link to="/runs/$run" params={{ run: run.run }} className="row-link" data-row>
                  <Seen text={run.title === "" ? run.document.slice(0, 12) : run.title} />
                </Link>
                {run.remedy !== null && <span className="muted"> remedy {run.remedy}</span>}
              </th>
              <td>
                {mine(run) ? (
                  <strong>you confirm</strong>
                ) : run.next === null || run.next.kind === "over" ? (
                  <span className="muted">nobody</span>
                ) : (
                  waitsFor(run.next, run, names)
                )}
              </td>
              <td>{names(run.operator)}</td>
              <td>{run.second === "" ? <span className="muted">none</span> : names(run.second)}</td>
              <td>
                <When at={run.at} />
              </td>
              <td>
                <When at={run.lastAt} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
