// SPDX-License-Identifier: Apache-2.0
import { exceptionsApi, type OverrideShown } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { branchOf, type Names } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { Countdown } from "../exceptions/countdown.tsx";
import { OverrideState } from "../exceptions/override-state.tsx";
import { MOST, More, ShowAll } from "../exceptions/show-all.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useFresh } from "../live/use-fresh.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { listed } from "../parts/short.ts";
import { Empty, Show } from "../parts/states.tsx";
import { EXCEPTION_PAGES, SubPages } from "../parts/sub-pages.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { useMe } from "../shell/session.ts";

const route = getRouteApi("/shell/waivers");
const SHOWN = [exceptionsApi.listOverrides] as const;

/** Which rules people let changes pass, for how long, and who signed. */
export function WaiversPage() {
  const { show } = route.useSearch();
  const query = { state: show ?? "open", limit: MOST } as const;
  const overrides = useLoaded(exceptionsApi.listOverrides, { query });
  const live = useFresh(SHOWN);
  const names = useNames();
  return (
    <Page
      title="Waivers and break-glass"
      lead="One rule, one change, one end, and two people who had no part in it. It is asked for on the page of the change."
      acts={<LiveNote of={live} />}
    >
      <SubPages label="exceptions" pages={EXCEPTION_PAGES} />
      <ShowAll to="/waivers" all={show === "all"} />
      <Show of={overrides} what="the waivers">
        {({ overrides: list, more }) =>
          list.length === 0 ? (
            <Empty title={show === "all" ? "Nobody waived anything yet" : "Nothing is waived now"}>
              No override counts, and none waits for a second person. A change that is held offers
              it on its page: <Link to="/queue">the queue</Link>.
            </Empty>
          ) : (
            <>
              <Overrides list={list} names={names} />
              <More more={more} />
            </>
          )
        }
      </Show>
    </Page>
  );
}

function Overrides({
  list,
  names,
}: {
  readonly list: readonly OverrideShown[];
  readonly names: Names;
}) {
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Rule</th>
            <th scope="col">Change</th>
            <th scope="col">Signed by</th>
            <th scope="col">Reason</th>
            <th scope="col">Ends in</th>
            <th scope="col">
              <span className="hidden">Act</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <OverrideRow key={one.entry} of={one} names={names} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function OverrideRow({ of, names }: { readonly of: OverrideShown; readonly names: Names }) {
  const { state, waives, change, subject, target, person, reason, expiresAt, index } = of;
  const live = state === "counts" || state === "alone";
  return (
    <tr>
      <td>
        <OverrideState state={state} />
      </td>
      <td>
        <code>
          <Seen text={waives.rule} />
        </code>{" "}
        {waives.breakGlass && <Badge meaning="stopped">break-glass</Badge>}{" "}
        {waives.incident !== undefined && <code className="muted incident">{waives.incident}</code>}
      </td>
      <th scope="row">
        <Link to="/changes/$id" params={{ id: change }} className="row-link" data-row>
          <Seen text={subject === "" ? "a change without a message" : subject} />
        </Link>{" "}
        <span className="muted">
          for <Seen text={branchOf(target)} />
        </span>
      </th>
      <td>
        {names(person)}, <When at={of.at} />
        {of.with.length > 0 && <span className="muted"> with {listed(of.with.map(names))}</span>}{" "}
        <Link to="/ledger" search={{ entry: index }} className="muted">
          entry {index}
        </Link>
      </td>
      <td>{reason === null ? <span className="muted">erased</span> : <Seen text={reason} />}</td>
      <td>{live ? <Countdown until={expiresAt} /> : <When at={expiresAt} />}</td>
      <td className="row-acts">
        <NextAct of={of} live={live} />
      </td>
    </tr>
  );
}

/** A signature is ended by whoever made it, with their passkey; the second person signs on the change too. */
function NextAct({ of, live }: { readonly of: OverrideShown; readonly live: boolean }) {
  const me = useMe();
  const { change, person, state } = of;
  if (!live) return null;
  if (person === me.person)
    return (
      <Link to="/changes/$id" params={{ id: change }} hash="sign=withdraw" className="button">
        End it early …
      </Link>
    );
  return state === "alone" ? (
    <Link to="/changes/$id" params={{ id: change }} className="button">
      Read it, and sign …
    </Link>
  ) : null;
}
