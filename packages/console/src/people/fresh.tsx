// SPDX-License-Identifier: Apache-2.0
import { type Me, signInApi } from "@interlock/protocol";
import type { ReactNode } from "react";
import { type Act, useAct } from "../api/act.ts";
import { useForget } from "../api/loaded.ts";
import { Icon } from "../parts/icon.tsx";
import { Refused } from "../parts/states.tsx";
import { useNow } from "../parts/when.tsx";
import { signIn } from "../passkey/sign-in.ts";
import { useMe } from "../shell/session.ts";

/**
 * The button of an act that needs a sign-in of the last minutes, or in its place the sign-in: what
 * was typed stays where it is.
 */
export function Fresh({
  of,
  reset,
  children,
}: {
  readonly of: Act<unknown>;
  readonly reset: () => void;
  readonly children: ReactNode;
}) {
  const { freshUntil } = useMe();
  const now = useNow();
  const forget = useForget();
  const [act, start] = useAct<Me>();
  // Another key can have been revoked meanwhile, or the session: the server's word counts.
  const refused = of.kind === "failed" && of.failure.code === "SIGN_IN_NEEDED";
  if (now < freshUntil && !refused) return children;
  const again = async () => {
    const signedIn = await start(signIn);
    if (signedIn?.ok !== true) return;
    await forget(signInApi.me);
    reset();
  };
  return (
    <div className="stack">
      <p className="muted">People, keys and tokens are changed within 10 minutes of signing in.</p>
      <button type="button" onClick={() => void again()} aria-disabled={act.kind === "pending"}>
        <Icon name="key" />
        {act.kind === "pending" ? "Waiting for your passkey …" : "Sign in again to go on"}
      </button>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </div>
  );
}
