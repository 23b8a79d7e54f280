// SPDX-License-Identifier: Apache-2.0
import { peopleApi, signInApi } from "@interlock/protocol";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Refused } from "../parts/states.tsx";
import { usePropose, WasProposed } from "./proposed.tsx";
import { Reasoned } from "./reasoned.tsx";

/** A further passkey of one's own; one endorses it with an earlier one, and somebody else does. */
export function FurtherKey() {
  const [act, propose, reset] = usePropose();
  return (
    <Reasoned
      open="Add a passkey"
      title="A further passkey"
      effect="You get a link to open on the device that is to hold it. Then you endorse it with a passkey that you have, and so does somebody else; it approves once its cool-down is over."
      label="Propose a further passkey of mine"
      act={act}
      reset={reset}
      outcome={<WasProposed act={act} forWhom="yourself" />}
      run={(reason) => propose({ kind: "key", reason })}
    />
  );
}

/** A passkey of one's own: at once, and nobody else is needed. */
export function RevokeOwn({
  credential,
  last,
}: {
  readonly credential: string;
  readonly last: boolean;
}) {
  const forget = useForget();
  const [act, start, reset] = useAct<{ readonly index: number }>();
  const refresh = () => void forget(peopleApi.people, signInApi.sessions, signInApi.me);
  return (
    <Reasoned
      open="Revoke"
      title="Revoke a passkey of yours"
      effect={
        last
          ? "It is your last one: you will be signed out, and two others have to let you register a new one."
          : "It stops working at once, and the sessions that it opened end. What it signed stays signed."
      }
      label={last ? "Revoke my last passkey and lock myself out" : "Revoke this passkey of mine"}
      danger
      act={act}
      reset={reset}
      onDone={refresh}
      outcome={
        <>
          {act.kind === "failed" && <Refused failure={act.failure} />}
          {act.kind === "done" && (
            <p role="status">
              <Badge meaning="done">revoked</Badge> entry {act.value.index} of the ledger
            </p>
          )}
        </>
      }
      run={(reason) => start(() => call(peopleApi.revokeKey, { body: { credential, reason } }))}
    />
  );
}
