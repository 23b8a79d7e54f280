// SPDX-License-Identifier: Apache-2.0
import { type PersonShown, peopleApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { PEOPLE_PAGES, SubPages } from "../parts/sub-pages.tsx";
import { useNow, When } from "../parts/when.tsx";
import { barredBecause, isUsable, titleOf, waitsForKey } from "../people/words.ts";
import { useMe } from "../shell/session.ts";

const EVERY_MS = 10_000;

/** Everybody, and what is proposed about them. */
export function PeoplePage() {
  const people = useLoaded(peopleApi.people, {}, { everyMs: EVERY_MS });
  return (
    <Page
      title="People"
      lead="Who can approve here, and by which accounts they are known in changes."
      acts={
        <Link to="/invite" className="button">
          Invite somebody
        </Link>
      }
    >
      <SubPages label="people" pages={PEOPLE_PAGES} />
      <Show of={people} what="the people">
        {({ people: list }) => (
          <>
            <Proposals people={list} />
            <section className="section" aria-labelledby="members">
              <h2 id="members">Members</h2>
              <Members people={list} />
            </section>
          </>
        )}
      </Show>
    </Page>
  );
}

function Proposals({ people }: { readonly people: readonly PersonShown[] }) {
  const me = useMe();
  const proposals = useLoaded(peopleApi.proposals, {}, { everyMs: EVERY_MS });
  return (
    <section className="section" aria-labelledby="proposals">
      <h2 id="proposals">Open proposals</h2>
      <Show of={proposals} what="the open proposals">
        {({ proposals: list }) =>
          list.length === 0 ? (
            <Empty title="No proposal is open">
              New people, further keys and recoveries appear here until others have endorsed them;
              those that expired after three days do not.
            </Empty>
          ) : (
            <div className="rows-frame">
              <table className="rows">
                <thead>
                  <tr>
                    <th scope="col">Waits for</th>
                    <th scope="col">Proposal</th>
                    <th scope="col">By</th>
                    <th scope="col">Endorsed</th>
                    <th scope="col">Ends</th>
                  </tr>
                </thead>
                <tbody>
                  {list.map((one) => (
                    <tr key={one.proposal}>
                      <td>
                        {barredBecause(one, me.person) === null ? (
                          <Badge meaning="person">you or others</Badge>
                        ) : (
                          <Badge meaning="working">
                            {waitsForKey(one) ? "the passkey" : "others"}
                          </Badge>
                        )}
                      </td>
                      <th scope="row">
                        <Link
                          data-row
                          className="row-link"
                          to="/proposals/$proposal"
                          params={{ proposal: one.proposal }}
                        >
                          {titleOf(one, people)}
                        </Link>
                      </th>
                      <td>{one.by}</td>
                      <td>
                        {one.endorsedBy.length} of {one.needed}
                      </td>
                      <td>
                        <When at={one.expiresAt} />
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

function Members({ people }: { readonly people: readonly PersonShown[] }) {
  return (
    <div className="rows-frame">
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">Accounts</th>
            <th scope="col">Passkeys</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {people.map((person) => (
            <MemberRow key={person.person} person={person} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function MemberRow({ person }: { readonly person: PersonShown }) {
  const now = useNow();
  const standing = person.keys.filter(({ revokedAt }) => revokedAt === null);
  const cooling = standing.filter((key) => !isUsable(key, now));
  const [first] = cooling;
  return (
    <tr>
      <th scope="row">
        <Link data-row className="row-link" to="/people/$person" params={{ person: person.person }}>
          {person.name} <code className="muted">{person.person}</code>
        </Link>
      </th>
      <td>{person.accounts.length === 0 ? "none" : person.accounts.join(", ")}</td>
      <td>{standing.length}</td>
      <td>
        {!person.active && <Badge meaning="neutral">left</Badge>}
        {person.active && first === undefined && <Badge meaning="done">active</Badge>}
        {person.active && first !== undefined && (
          <>
            <Badge meaning="working">cool-down</Badge> ends <When at={first.usableFrom} />
          </>
        )}
      </td>
    </tr>
  );
}
