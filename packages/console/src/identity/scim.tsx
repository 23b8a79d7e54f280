// SPDX-License-Identifier: Apache-2.0
import { type IdentityShown, tokensApi } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { counted } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { Badge } from "../parts/badge.tsx";
import { Copy } from "../parts/short-id.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { TokenTable } from "../people/tokens.tsx";
import { ProposeToken } from "./propose-token.tsx";
import { SettingsHint } from "./settings-hint.tsx";

type Of = NonNullable<IdentityShown["scim"]>;

/** The provider that says who works here: its token, when it last spoke, its teams, what it did not get. */
export function Scim({ of }: { readonly of: Of | null }) {
  return (
    <section className="section" aria-labelledby="scim">
      <div className="section-head">
        <h2 id="scim">People and teams by SCIM</h2>
        {of !== null && <ProposeToken />}
      </div>
      <p className="muted">
        Whoever has a passkey can only lose by it: the provider ends people, and gives nobody a key.
      </p>
      {of === null ? (
        <Empty title="No provider says who works here">
          <SettingsHint part="scim" />
        </Empty>
      ) : (
        <>
          <Fares of={of} />
          <ScimTokens />
          <Teams of={of} />
          <Refusals of={of} />
        </>
      )}
    </section>
  );
}

function Fares({ of }: { readonly of: Of }) {
  const { address, users, emailDomains, lastEntryAt, lastAskedAt, since } = of;
  return (
    <dl className="facts">
      <dt>Address</dt>
      <dd>
        <code>{address}</code>
        <Copy text={address} what="the address for the provider" />
      </dd>
      <dt>Users</dt>
      <dd>
        {users}, addresses of {emailDomains.join(", ")} tell who they are
      </dd>
      <dt>Last change</dt>
      <dd>
        {lastEntryAt === null ? "it has changed nothing yet" : <When at={lastEntryAt} />}
        <span className="muted">, by the ledger</span>
      </dd>
      <dt>Last asked</dt>
      <dd>
        {lastAskedAt === null ? (
          <Badge meaning="unknown">not yet</Badge>
        ) : (
          <When at={lastAskedAt} />
        )}
        <span className="muted">
          , of this server, which started <When at={since} />
        </span>
      </dd>
    </dl>
  );
}

function ScimTokens() {
  const tokens = useLoaded(tokensApi.tokens, {});
  return (
    <Show of={tokens} what="the tokens for SCIM">
      {({ tokens: all }) => {
        const list = all.filter(({ verbs }) => verbs.includes("scim"));
        return list.length === 0 ? (
          <Empty title="No token for SCIM works">
            The provider cannot reach this server. One person proposes a token and sees its secret
            once; it works when two have endorsed it.
          </Empty>
        ) : (
          <TokenTable list={list} />
        );
      }}
    </Show>
  );
}

function Teams({ of: { teams, strangers } }: { readonly of: Of }) {
  const names = useNames();
  return (
    <>
      <h3>Teams that it owns</h3>
      {teams.length === 0 ? (
        <p className="muted">None: the settings give no group of it a team.</p>
      ) : (
        <div className="rows-frame">
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">Team</th>
                <th scope="col">Group there</th>
                <th scope="col">Members</th>
              </tr>
            </thead>
            <tbody>
              {teams.map(({ team, group, persons }) => (
                <tr key={group}>
                  <th scope="row">{team}</th>
                  <td>
                    <Seen text={group} />
                  </td>
                  <td>
                    {persons === null ? (
                      <Badge meaning="unknown">no such group came: nobody is in it</Badge>
                    ) : persons.length === 0 ? (
                      <Badge meaning="person">nobody</Badge>
                    ) : (
                      persons.map(names).join(", ")
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {strangers.length > 0 && (
        <p>
          <Badge meaning="unknown">no team here</Badge>{" "}
          <Seen
            text={strangers
              .map(({ group, persons }) => `${group} (${counted(persons, "member")})`)
              .join(", ")}
          />
          : the settings give these groups no team.
        </p>
      )}
    </>
  );
}

function Refusals({ of: { refused, since } }: { readonly of: Of }) {
  return (
    <>
      <h3>What it wanted and did not get</h3>
      {refused.length === 0 ? (
        <p className="muted">
          Nothing, since this server started <When at={since} />. What came before, the
          provider&apos;s own log has.
        </p>
      ) : (
        <div className="rows-frame">
          <table className="rows">
            <thead>
              <tr>
                <th scope="col">About</th>
                <th scope="col">Why not, and what to do</th>
                <th scope="col">Last time</th>
              </tr>
            </thead>
            <tbody>
              {refused.map(({ at, about, message, help }) => (
                <tr key={`${about} ${message}`}>
                  <th scope="row">
                    <Seen text={about} />
                  </th>
                  <td>
                    <Seen text={message} />; {help}
                  </td>
                  <td>
                    <When at={at} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
