// SPDX-License-Identifier: Apache-2.0
import { signInApi } from "@interlock/protocol";
import { useState } from "react";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useLoaded } from "../api/loaded.ts";
import { Refused } from "../parts/states.tsx";
import { takeRefusal } from "./refusal.ts";

/** A button for each identity provider of the settings, and why the last attempt came to nothing. */
export function Providers() {
  const issuers = useLoaded(signInApi.issuers, {});
  const [refusal] = useState(takeRefusal);
  const [act, start] = useAct<{ readonly url: string }>();
  const list = issuers.kind === "there" ? issuers.value.issuers : [];
  const go = async (name: string) => {
    const begun = await start(() => call(signInApi.issuerSignIn, { params: { name } }));
    if (begun?.ok === true) window.location.assign(begun.value.url);
  };
  return (
    <>
      {refusal !== null && act.kind === "idle" && <Refused failure={refusal} />}
      {list.map(({ name, title }) => (
        <button
          key={name}
          type="button"
          className="wide"
          onClick={() => void go(name)}
          aria-disabled={act.kind === "pending"}
        >
          Sign in with {title}, to read
        </button>
      ))}
      {act.kind === "failed" && <Refused failure={act.failure} />}
      {list.length > 0 && (
        <p className="muted small">
          Signed in that way you read, and change nothing. To approve, your passkey is asked for at
          that moment.
        </p>
      )}
    </>
  );
}
