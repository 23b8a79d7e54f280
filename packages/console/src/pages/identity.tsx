// SPDX-License-Identifier: Apache-2.0
import { identityApi } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { CiTrust } from "../identity/ci-trust.tsx";
import { Scim } from "../identity/scim.tsx";
import { SignInProviders } from "../identity/sign-in-providers.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useFresh } from "../live/use-fresh.ts";
import { Page } from "../parts/page.tsx";
import { Show } from "../parts/states.tsx";
import { PEOPLE_PAGES, SubPages } from "../parts/sub-pages.tsx";

const SHOWN = [identityApi.shownIdentity] as const;

/** What somebody else's word counts for here: sign-in, people and teams, runs of CI. */
export function IdentityPage() {
  const identity = useLoaded(identityApi.shownIdentity, {});
  const live = useFresh(SHOWN);
  return (
    <Page
      title="Identity from outside"
      lead="What others may say of people and of runs, as the server's settings have it. None of them approves anything."
      acts={<LiveNote of={live} />}
    >
      <SubPages label="people" pages={PEOPLE_PAGES} />
      <Show of={identity} what="the settings of identity">
        {({ signIn, scim, ci }) => (
          <>
            <SignInProviders list={signIn} />
            <Scim of={scim} />
            <CiTrust list={ci} />
          </>
        )}
      </Show>
    </Page>
  );
}
