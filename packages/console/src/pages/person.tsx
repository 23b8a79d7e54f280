// SPDX-License-Identifier: Apache-2.0
import { type PersonShown, peopleApi } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { KeyTable } from "../people/key-table.tsx";
import { Change, LeaveOrReturn, Recover, RevokeTheirs } from "../people/person-acts.tsx";
import { useMe } from "../shell/session.ts";

const route = getRouteApi("/shell/people/$person");

/** One person: accounts, passkeys, and what can be proposed about them. */
export function PersonPage() {
  const { person: id } = route.useParams();
  const people = useLoaded(peopleApi.people, {});
  return (
    <Show of={people} what="the people">
      {({ people: list }) => {
        const person = list.find((one) => one.person === id);
        return person === undefined ? <Nobody id={id} /> : <Person key={id} person={person} />;
      }}
    </Show>
  );
}

function Nobody({ id }: { readonly id: string }) {
  return (
    <Page title="Nobody of this id">
      <Empty title={`Nobody here has the id ${id}`}>
        <Link to="/people">Look among the members</Link>
      </Empty>
    </Page>
  );
}

function Person({ person }: { readonly person: PersonShown }) {
  const me = useMe();
  const own = person.person === me.person;
  const acts = own ? (
    <Link to="/keys" className="button">
      Your keys
    </Link>
  ) : (
    <>
      <Change of={person} />
      {person.active && <Recover of={person} />}
      <LeaveOrReturn of={person} />
    </>
  );
  return (
    <Page title={person.name} acts={acts}>
      <section className="section" aria-labelledby="known">
        <h2 id="known">Known as</h2>
        <dl className="facts">
          <dt>Id</dt>
          <dd>
            <code>{person.person}</code>
          </dd>
          <dt>State</dt>
          <dd>
            {person.active ? (
              <Badge meaning="done">active</Badge>
            ) : (
              <Badge meaning="neutral">left</Badge>
            )}
          </dd>
          <dt>Accounts</dt>
          <dd>{person.accounts.length === 0 ? "none" : person.accounts.join(", ")}</dd>
        </dl>
      </section>
      <section className="section" aria-labelledby="passkeys">
        <h2 id="passkeys">Passkeys</h2>
        <KeyTable
          keys={person.keys}
          act={({ credential }) =>
            own ? null : <RevokeTheirs of={person} credential={credential} />
          }
        />
      </section>
    </Page>
  );
}
