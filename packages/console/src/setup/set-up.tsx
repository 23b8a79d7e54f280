// SPDX-License-Identifier: Apache-2.0
import { type Founders, peopleApi } from "@interlock/protocol";
import { useState } from "react";
import { useLoaded } from "../api/loaded.ts";
import { BarePage } from "../parts/bare-page.tsx";
import { Show } from "../parts/states.tsx";
import { DeadLink } from "./dead-link.tsx";
import { Founded } from "./founded.tsx";
import { type Links, NameFounders } from "./name-founders.tsx";
import { Progress } from "./progress.tsx";
import { useLinkSecret } from "./secret.ts";

/** People register within minutes; the API lets one address ask every three seconds, all pages together. */
const EVERY_MS = 10_000;

const NEXT =
  "Take the newest one that `interlock serve` printed; starting the server again prints a new one.";

/** The founding ceremony, for whoever holds the set-up link. */
export function SetUpPage() {
  const secret = useLinkSecret();
  return (
    <BarePage title="Set up Interlock" wide>
      {secret === null ? <DeadLink next={NEXT} /> : <SetUp secret={secret} />}
    </BarePage>
  );
}

type Founding = { readonly tenant: string; readonly entries: readonly number[] };

function SetUp({ secret }: { readonly secret: string }) {
  const [founded, setFounded] = useState<Founding | null>(null);
  const asking = { everyMs: EVERY_MS, when: founded === null };
  const state = useLoaded(peopleApi.setUp, { secret }, asking);
  if (founded !== null) return <Founded {...founded} />;
  if (state.kind === "failed" && state.failure.code === "SIGN_IN_NEEDED")
    return <DeadLink next={NEXT} />;
  return (
    <Show of={state} what="how far the founding is">
      {(founders) => (
        <Steps secret={secret} state={founders} look={state.again} onFounded={setFounded} />
      )}
    </Show>
  );
}

function Steps(given: {
  readonly secret: string;
  readonly state: Founders;
  readonly look: () => void;
  readonly onFounded: (founding: Founding) => void;
}) {
  const { secret, state, look, onFounded } = given;
  const [links, setLinks] = useState<Links | null>(null);
  const [again, setAgain] = useState(false);
  if (state.tenant === null || again)
    return (
      <NameFounders
        secret={secret}
        before={state}
        onBegun={(begun) => {
          setLinks(begun);
          setAgain(false);
          look();
        }}
      />
    );
  const { tenant } = state;
  return (
    <Progress
      secret={secret}
      state={{ ...state, tenant }}
      links={links}
      startAgain={() => setAgain(true)}
      onFounded={(entries) => onFounded({ tenant, entries })}
    />
  );
}
