// SPDX-License-Identifier: Apache-2.0
import { signInApi } from "@interlock/protocol";
import type { z } from "zod";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget, useLoaded } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { Refused, Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";

/** Where the person is signed in. */
export function Sessions() {
  const sessions = useLoaded(signInApi.sessions, {});
  return (
    <Show of={sessions} what="your sessions">
      {({ sessions: list }) => (
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Session</th>
              <th scope="col">Signed in by</th>
              <th scope="col">When</th>
              <th scope="col">Ends</th>
              <th scope="col">
                <span className="hidden">Act</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.map((one) => (
              <SessionRow key={one.session} {...one} />
            ))}
          </tbody>
        </table>
      )}
    </Show>
  );
}

type SessionShown = z.output<typeof signInApi.sessions.answer>["sessions"][number];

function SessionRow({ session, credential, issuer, ...one }: SessionShown) {
  const { signedInAt, expiresAt, current } = one;
  const forget = useForget();
  const [act, start] = useAct<unknown>();
  const end = async () => {
    const ended = await start(() => call(signInApi.endSession, { params: { session } }));
    if (ended?.ok === true) await forget(signInApi.sessions);
  };
  return (
    <tr>
      <th scope="row">
        {current ? <Badge meaning="done">this one</Badge> : <code>{session}</code>}
      </th>
      <td>
        {credential === null ? (
          <>
            <code>{issuer}</code> <Badge meaning="neutral">reads only</Badge>
          </>
        ) : (
          <>
            passkey <ShortId id={credential} what="the id of the passkey" />
          </>
        )}
      </td>
      <td>
        <When at={signedInAt} />
      </td>
      <td>
        <When at={expiresAt} />
      </td>
      <td>
        {!current && (
          <button type="button" onClick={() => void end()} disabled={act.kind === "pending"}>
            End this session
          </button>
        )}
        {act.kind === "failed" && <Refused failure={act.failure} />}
      </td>
    </tr>
  );
}
