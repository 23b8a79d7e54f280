// SPDX-License-Identifier: Apache-2.0
import { type Founders, peopleApi } from "@interlock/protocol";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { Badge } from "../parts/badge.tsx";
import { listed } from "../parts/short.ts";
import { Copy } from "../parts/short-id.tsx";
import { Refused } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import type { Links } from "./name-founders.tsx";

/** Who has a passkey already; the links while this page still knows them; and the last step. */
export function Progress(given: {
  readonly secret: string;
  readonly state: Founders & { readonly tenant: string };
  readonly links: Links | null;
  readonly startAgain: () => void;
  readonly onFounded: (entries: readonly number[]) => void;
}) {
  const { secret, state, links, startAgain, onFounded } = given;
  const { tenant, founders } = state;
  const [act, start] = useAct<{ readonly entries: number[] }>();
  const missing = founders.filter(({ keys }) => keys === 0).map(({ name }) => name);
  const found = async () => {
    const done = await start(() => call(peopleApi.completeFounding, { secret }));
    if (done?.ok === true) onFounded(done.value.entries);
  };
  return (
    <div className="stack">
      <p className="lead">
        {links === null
          ? "Each founder has a link. They are not shown again: whoever lost theirs needs a new start."
          : "Send each founder their own link. It is shown only here and now, and whoever opens it becomes that person."}{" "}
        The links end <When at={state.expiresAt} />.
      </p>
      <FoundersTable founders={founders} links={links} />
      {missing.length > 0 ? (
        <p role="status">
          Waiting for {listed(missing)}. This page looks again by itself every ten seconds.
        </p>
      ) : (
        <p role="status">
          Everybody has a passkey. With the founding the set-up link ends, and a second person is
          needed for every further key.
        </p>
      )}
      <div className="acts">
        <button type="button" onClick={startAgain}>
          Start again with other founders
        </button>
        {missing.length === 0 && (
          <button
            type="button"
            className="primary"
            onClick={() => void found()}
            aria-disabled={act.kind === "pending"}
          >
            {act.kind === "pending"
              ? "Writing the first entries …"
              : `Found ${tenant} with ${listed(founders.map(({ name }) => name))}`}
          </button>
        )}
      </div>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </div>
  );
}

function FoundersTable({
  founders,
  links,
}: Pick<Founders, "founders"> & { readonly links: Links | null }) {
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Founder</th>
          <th scope="col">Passkeys</th>
          {links !== null && <th scope="col">Link</th>}
        </tr>
      </thead>
      <tbody aria-live="polite">
        {founders.map(({ person, name, keys }) => (
          <tr key={person}>
            <th scope="row">
              {name} <code className="muted">{person}</code>
            </th>
            <td>
              {keys === 0 ? (
                <Badge meaning="person">not yet</Badge>
              ) : (
                <Badge meaning="done">{keys === 1 ? "1, two are advised" : keys}</Badge>
              )}
            </td>
            {links !== null && (
              <td>
                <Copy
                  text={links.get(person) ?? ""}
                  what={`the link of ${name}`}
                  label={`Copy the link of ${name}`}
                />
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
