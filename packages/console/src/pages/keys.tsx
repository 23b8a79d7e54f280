// SPDX-License-Identifier: Apache-2.0
import { type PersonShown, peopleApi } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { Page } from "../parts/page.tsx";
import { Show } from "../parts/states.tsx";
import { KeyTable } from "../people/key-table.tsx";
import { FurtherKey, RevokeOwn } from "../people/own-acts.tsx";
import { Sessions } from "../people/sessions.tsx";
import { Terminals } from "../people/terminals.tsx";
import { Tokens } from "../people/tokens.tsx";
import { useMe } from "../shell/session.ts";

/** What the person who is signed in holds: passkeys, sessions; and the tokens of enforcement points. */
export function KeysPage() {
  const me = useMe();
  const people = useLoaded(peopleApi.people, {});
  return (
    <Page title="Keys" lead="Your passkeys and sessions, and the tokens of enforcement points.">
      <section className="section" aria-labelledby="passkeys">
        <div className="section-head">
          <h2 id="passkeys">Your passkeys</h2>
          <FurtherKey />
        </div>
        <Show of={people} what="your passkeys">
          {({ people: list }) => <Own person={list.find(({ person }) => person === me.person)} />}
        </Show>
      </section>
      <section className="section" aria-labelledby="sessions">
        <h2 id="sessions">Your sessions</h2>
        <Sessions />
      </section>
      <section className="section" aria-labelledby="terminals">
        <h2 id="terminals">Your terminals</h2>
        <Terminals />
      </section>
      <Tokens />
    </Page>
  );
}

function Own({ person }: { readonly person: PersonShown | undefined }) {
  const keys = person?.keys ?? [];
  const last = keys.filter(({ revokedAt }) => revokedAt === null).length === 1;
  return (
    <>
      {last && (
        <p className="callout">
          You have one passkey. A second one, on another device, keeps you from being locked out.
        </p>
      )}
      <KeyTable
        keys={keys}
        act={({ credential }) => <RevokeOwn credential={credential} last={last} />}
      />
    </>
  );
}
