// SPDX-License-Identifier: Apache-2.0
import { peopleApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { useLoaded } from "../api/loaded.ts";

/** For a link that has no secret, is used up, or never was: nobody learns which of them. */
export function DeadLink({ next }: { readonly next: string }) {
  const site = useLoaded(peopleApi.site, {});
  return (
    <div className="state" data-state="denied" role="alert">
      <p className="state-title">This link does not work, or does not work any more.</p>
      <p>{next}</p>
      {site.kind === "there" && site.value.founded && (
        <p>
          {site.value.tenant} is founded: <Link to="/sign-in">sign in</Link> if you have a passkey.
        </p>
      )}
    </div>
  );
}
