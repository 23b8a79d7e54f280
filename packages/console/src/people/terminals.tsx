// SPDX-License-Identifier: Apache-2.0
import { deviceApi, type TerminalShown } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget, useLoaded } from "../api/loaded.ts";
import { Empty, Refused, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";

/** Where `interlock login` was used. */
export function Terminals() {
  const terminals = useLoaded(deviceApi.terminals, {});
  return (
    <Show of={terminals} what="your terminals">
      {({ terminals: list }) =>
        list.length === 0 ? (
          <Empty title="No terminal of yours is signed in">
            <code>interlock login</code> shows a code; <Link to="/device">type it here</Link>.
          </Empty>
        ) : (
          <div className="rows-frame">
            <table className="rows">
              <thead>
                <tr>
                  <th scope="col">Terminal</th>
                  <th scope="col">From</th>
                  <th scope="col">Signed in</th>
                  <th scope="col">Ends</th>
                  <th scope="col">
                    <span className="hidden">Act</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map((one) => (
                  <TerminalRow key={one.session} terminal={one} />
                ))}
              </tbody>
            </table>
          </div>
        )
      }
    </Show>
  );
}

function TerminalRow({ terminal }: { readonly terminal: TerminalShown }) {
  const { session, name, address, signedInAt, expiresAt } = terminal;
  const forget = useForget();
  const [act, start] = useAct<unknown>();
  const end = async () => {
    const ended = await start(() => call(deviceApi.endTerminal, { params: { session } }));
    if (ended?.ok === true) await forget(deviceApi.terminals);
  };
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{address}</td>
      <td>
        <When at={signedInAt} />
      </td>
      <td>
        <When at={expiresAt} />
      </td>
      <td className="row-acts">
        <button type="button" onClick={() => void end()} aria-disabled={act.kind === "pending"}>
          Sign it out
        </button>
        {act.kind === "failed" && <Refused failure={act.failure} />}
      </td>
    </tr>
  );
}
