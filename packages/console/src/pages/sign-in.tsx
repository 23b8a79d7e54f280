// SPDX-License-Identifier: Apache-2.0
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useAct } from "../api/act.ts";
import { BarePage } from "../parts/bare-page.tsx";
import { Icon } from "../parts/icon.tsx";
import { Refused, Show } from "../parts/states.tsx";
import { signIn } from "../passkey/sign-in.ts";
import { safeBack } from "../shell/back.ts";
import { useSite } from "../shell/session.ts";
import { Providers } from "../sign-in/providers.tsx";

const route = getRouteApi("/sign-in");

/** A passkey that the browser offers, and says who one is; or an identity provider, to read. */
export function SignInPage() {
  const site = useSite();
  return (
    <BarePage title="Sign in">
      <Show of={site} what="the organisation">
        {({ founded, tenant }) => (founded ? <SignIn tenant={tenant ?? ""} /> : <NotFounded />)}
      </Show>
    </BarePage>
  );
}

function SignIn({ tenant }: { readonly tenant: string }) {
  const { back } = route.useSearch();
  const router = useRouter();
  const client = useQueryClient();
  const [act, start] = useAct<unknown>();
  const press = async () => {
    const outcome = await start(signIn);
    if (outcome?.ok !== true) return;
    client.clear();
    router.history.push(safeBack(back));
  };
  return (
    <>
      <p className="lead">
        to <strong>{tenant}</strong>
        {back !== undefined && ", and go on where you were"}
      </p>
      <button
        type="button"
        className="primary wide"
        onClick={() => void press()}
        aria-disabled={act.kind === "pending"}
      >
        <Icon name="key" />
        {act.kind === "pending" ? "Waiting for your passkey …" : "Sign in with your passkey"}
      </button>
      {act.kind === "failed" && <Refused failure={act.failure} />}
      <Providers />
      <p className="muted small">
        There are no passwords here. Whoever has lost every key asks two colleagues, who can let
        them register a new one.
      </p>
    </>
  );
}

function NotFounded() {
  return (
    <>
      <p className="lead">No organisation is founded here yet.</p>
      <p>
        Open the link that <code>interlock serve</code> printed when it started. It works once and
        for 24 hours; starting the server again prints a new one.
      </p>
    </>
  );
}
