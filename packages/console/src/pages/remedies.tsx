// SPDX-License-Identifier: Apache-2.0
import { type RemedyShown, runsApi } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { Seen } from "../diff/seen.tsx";
import { Page } from "../parts/page.tsx";
import { listed } from "../parts/short.ts";
import { Empty, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { Register } from "../remedies/register.tsx";
import { Limit, Rehearsed } from "../remedies/terms.tsx";

const route = getRouteApi("/shell/remedies");

/** What one person may run alone, since two have signed it before. */
export function RemediesPage() {
  const { register } = route.useSearch();
  const remedies = useLoaded(runsApi.remedies, {});
  return (
    <Page
      title="Remedies"
      lead="What one person may run alone at any hour: signed by two before, with bounds, on record."
    >
      <Show of={remedies} what="the remedies">
        {({ remedies: list }) => <Rows list={list} />}
      </Show>
      <Register change={register ?? ""} />
    </Page>
  );
}

function Rows({ list }: { readonly list: readonly RemedyShown[] }) {
  const names = useNames();
  if (list.length === 0)
    return (
      <Empty title="No remedy stands">
        <Link to="/documents">Write one</Link> from the template <code>remedy</code>, land it alone
        in a change that two people sign with their passkeys, and make it known below.
      </Empty>
    );
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Remedy</th>
            <th scope="col">Used</th>
            <th scope="col">Rehearsal</th>
            <th scope="col">Last used</th>
            <th scope="col">Who may run it</th>
            <th scope="col">Signed by</th>
          </tr>
        </thead>
        <tbody>
          {list.map((one) => (
            <tr key={one.remedy}>
              <th scope="row">
                <Link
                  to="/remedies/$remedy"
                  params={{ remedy: one.remedy }}
                  className="row-link"
                  data-row
                >
                  <Seen text={one.title} />
                </Link>{" "}
                <span className="muted">{one.remedy}</span>
              </th>
              <td>
                <Limit of={one} />
              </td>
              <td>
                <Rehearsed of={one} />
              </td>
              <td>
                {one.lastRun === null ? (
                  <span className="muted">not lately</span>
                ) : (
                  <>
                    <When at={one.lastRun.at} /> by {names(one.lastRun.operator)}
                  </>
                )}
              </td>
              <td>{listed(one.mayRun.map(names))}</td>
              <td>{listed(one.approvedBy.map(names))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
