// SPDX-License-Identifier: Apache-2.0
import { exceptionsApi, type IncidentShown } from "@interlock/protocol";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { useLoaded } from "../api/loaded.ts";
import type { Names } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { Alone } from "../exceptions/alone.tsx";
import { CloseIncident } from "../exceptions/close-incident.tsx";
import { OpenIncident } from "../exceptions/open-incident.tsx";
import { MOST, More, ShowAll } from "../exceptions/show-all.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useFresh } from "../live/use-fresh.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { Copy } from "../parts/short-id.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { EXCEPTION_PAGES, SubPages } from "../parts/sub-pages.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";

const route = getRouteApi("/shell/incidents");
const SHOWN = [exceptionsApi.listIncidents] as const;

/** What is wrong in production, and what one person alone may do about it. */
export function IncidentsPage() {
  const { show } = route.useSearch();
  const [opening, setOpening] = useState(false);
  const query = { state: show ?? "open", limit: MOST } as const;
  const incidents = useLoaded(exceptionsApi.listIncidents, { query });
  const live = useFresh(SHOWN);
  const names = useNames();
  return (
    <Page
      title="Incidents"
      lead="Something is wrong in production. Break-glass needs an open incident, and ends with it."
      acts={
        <>
          <LiveNote of={live} />
          <button type="button" className="primary" onClick={() => setOpening(true)}>
            Open an incident …
          </button>
        </>
      }
    >
      <SubPages label="exceptions" pages={EXCEPTION_PAGES} />
      <ShowAll to="/incidents" all={show === "all"} />
      <Show of={incidents} what="the incidents">
        {({ incidents: list, more }) =>
          list.length === 0 ? (
            <Empty title={show === "all" ? "There was no incident yet" : "No incident is open"}>
              Nobody can break the glass now: it needs an open incident. Whoever is signed in opens
              one, here or with <code>interlock incident open</code>.
            </Empty>
          ) : (
            <>
              <Incidents list={list} names={names} />
              <More more={more} />
            </>
          )
        }
      </Show>
      <Alone />
      {opening && <OpenIncident onClose={() => setOpening(false)} />}
    </Page>
  );
}

function Incidents({
  list,
  names,
}: {
  readonly list: readonly IncidentShown[];
  readonly names: Names;
}) {
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Incident</th>
            <th scope="col">Systems</th>
            <th scope="col">Opened</th>
            <th scope="col">Closed</th>
            <th scope="col">
              <span className="hidden">Act</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <IncidentRow key={one.incident} of={one} names={names} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function IncidentRow({ of, names }: { readonly of: IncidentShown; readonly names: Names }) {
  const { incident, title, systems, by, at, closed } = of;
  return (
    <tr>
      <td>
        {closed === null ? (
          <Badge meaning="person">open</Badge>
        ) : (
          <Badge meaning="done">closed</Badge>
        )}
      </td>
      <th scope="row">
        <Seen text={title} />{" "}
        <span className="short-id">
          <code className="muted incident">{incident}</code>
          <Copy text={incident} what={`the id of ${title}`} />
        </span>
      </th>
      <td>
        {systems.length === 0 ? (
          <span className="muted">not said</span>
        ) : (
          <Seen text={systems.join(", ")} />
        )}
      </td>
      <td>
        {names(by)}, <When at={at} />
      </td>
      <td>
        {closed !== null && (
          <>
            {closed.by === "" ? "erased" : names(closed.by)}, <When at={closed.at} />:{" "}
            <Seen text={closed.reason} />
          </>
        )}
      </td>
      <td className="row-acts">{closed === null && <CloseIncident of={of} />}</td>
    </tr>
  );
}
