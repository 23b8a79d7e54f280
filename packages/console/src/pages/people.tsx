// SPDX-License-Identifier: Apache-2.0
import { type PersonShown, peopleApi } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { Show } from "../parts/states.tsx";

/** Everybody, with accounts and keys. */
export function PeoplePage() {
  const people = useLoaded(peopleApi.people, {});
  return (
    <Page
      title="People"
      lead="Who can approve here, and by which accounts they are known in changes."
    >
      <Show of={people} what="the people">
        {({ people: list }) => (
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">Person</th>
                <th scope="col">Accounts</th>
                <th scope="col">Keys</th>
                <th scope="col">State</th>
              </tr>
            </thead>
            <tbody>
              {list.map((person) => (
                <PersonRow key={person.person} person={person} />
              ))}
            </tbody>
          </table>
        )}
      </Show>
    </Page>
  );
}

function PersonRow({ person }: { readonly person: PersonShown }) {
  const working = person.keys.filter(({ revokedAt }) => revokedAt === null).length;
  return (
    <tr>
      <th scope="row">
        {person.name} <code className="muted">{person.person}</code>
      </th>
      <td>{person.accounts.length === 0 ? "none" : person.accounts.join(", ")}</td>
      <td className="number">{working}</td>
      <td>
        {person.active ? (
          <Badge meaning="done">active</Badge>
        ) : (
          <Badge meaning="neutral">left</Badge>
        )}
      </td>
    </tr>
  );
}
