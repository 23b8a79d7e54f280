// SPDX-License-Identifier: Apache-2.0
import { type DebtShown, exceptionsApi } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { branchOf, counted, type Names } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { ReviewDebt } from "../exceptions/review-debt.tsx";
import { MOST, More, ShowAll } from "../exceptions/show-all.tsx";
import { byTeam } from "../exceptions/teams.ts";
import { LiveNote } from "../live/live-note.tsx";
import { useFresh } from "../live/use-fresh.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { listed } from "../parts/short.ts";
import { Empty, Show } from "../parts/states.tsx";
import { EXCEPTION_PAGES, SubPages } from "../parts/sub-pages.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";

const route = getRouteApi("/shell/debts");
const SHOWN = [exceptionsApi.listDebts] as const;

/** What break-glass left, by the teams that it holds, oldest first. */
export function DebtsPage() {
  const { show } = route.useSearch();
  const query = { state: show ?? "open", limit: MOST } as const;
  const debts = useLoaded(exceptionsApi.listDebts, { query });
  const live = useFresh(SHOWN);
  const names = useNames();
  return (
    <Page
      title="Debts"
      lead="What went forward by break-glass, until two people who did not sign it have looked. It holds its teams' other changes."
      acts={<LiveNote of={live} />}
    >
      <SubPages label="exceptions" pages={EXCEPTION_PAGES} />
      <ShowAll to="/debts" all={show === "all"} />
      <Show of={debts} what="the debts">
        {({ debts: list, more }) =>
          list.length === 0 ? (
            <Empty title={show === "all" ? "There was no debt yet" : "Nothing is owed"}>
              Every change that went forward by break-glass was reviewed by two people, or none did.
            </Empty>
          ) : (
            <>
              {byTeam(list).map(({ team, debts: theirs }) => (
                <Team key={team ?? ""} team={team} debts={theirs} names={names} />
              ))}
              <More more={more} />
            </>
          )
        }
      </Show>
    </Page>
  );
}

function Team({
  team,
  debts,
  names,
}: {
  readonly team: string | null;
  readonly debts: readonly DebtShown[];
  readonly names: Names;
}) {
  const open = debts.filter((one) => one.open).length;
  return (
    <section className="section">
      <div className="section-head">
        <h2>{team === null ? "Everybody" : <Seen text={team} />}</h2>
        <span>
          {open > 0 ? (
            <Badge meaning="person">
              {counted(open, "debt holds", "debts hold")}{" "}
              {team === null ? "every other change" : "its other changes"}
            </Badge>
          ) : (
            <Badge meaning="done">holds nothing</Badge>
          )}
        </span>
      </div>
      {team === null && (
        <p className="muted">
          Nobody knows whose these changes were, so that they hold everybody&apos;s.
        </p>
      )}
      <div className="rows-frame">
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">State</th>
              <th scope="col">Change</th>
              <th scope="col">Left</th>
              <th scope="col">Glass broken by</th>
              <th scope="col">Reviews</th>
              <th scope="col">
                <span className="hidden">Act</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {debts.map((one) => (
              <DebtRow key={one.debt} of={one} names={names} />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function DebtRow({ of, names }: { readonly of: DebtShown; readonly names: Names }) {
  const { change, subject, target, at, signedBy, incidents, reviews, open, repository } = of;
  return (
    <tr>
      <td>
        {open ? <Badge meaning="person">owed</Badge> : <Badge meaning="done">reviewed</Badge>}
      </td>
      <th scope="row">
        {change === null ? (
          <span className="muted">its content is gone from the database</span>
        ) : (
          <Link to="/changes/$id" params={{ id: change }} className="row-link" data-row>
            <Seen text={subject === "" ? change : subject} />
          </Link>
        )}{" "}
        {target !== null && (
          <span className="muted" title={repository ?? ""}>
            for <Seen text={branchOf(target)} />
          </span>
        )}
      </th>
      <td>
        <When at={at} />
      </td>
      <td>
        {listed(signedBy.map(names))}
        {incidents.length > 0 && <code className="muted incident"> {incidents.join(", ")}</code>}
      </td>
      <td>
        {reviews.length} of 2
        {reviews.map(({ person, reason, at: reviewedAt }) => (
          <p key={person} className="small">
            {names(person)}, <When at={reviewedAt} />: <Seen text={reason} />
          </p>
        ))}
      </td>
      <td className="row-acts">{open && <ReviewDebt of={of} />}</td>
    </tr>
  );
}
