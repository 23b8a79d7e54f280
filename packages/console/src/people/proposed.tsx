// SPDX-License-Identifier: Apache-2.0
import { type Proposed, peopleApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import type { z } from "zod";
import { type Act, useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Copy } from "../parts/short-id.tsx";
import { Refused } from "../parts/states.tsx";

type Made = z.output<typeof peopleApi.propose.answer>;

/** Proposes something; what is open is then asked for again. */
export function usePropose(): readonly [Act<Made>, (given: Proposed) => Promise<void>, () => void] {
  const forget = useForget();
  const [act, start, reset] = useAct<Made>();
  const propose = async (given: Proposed) => {
    const made = await start(() => call(peopleApi.propose, { body: given }));
    if (made?.ok === true) await forget(peopleApi.proposals);
  };
  return [act, propose, reset];
}

/** What came of a proposal: the link, which is shown only here, and where it waits for others. */
export function WasProposed({
  act,
  forWhom,
}: {
  readonly act: Act<Made>;
  readonly forWhom: string;
}) {
  if (act.kind === "failed") return <Refused failure={act.failure} />;
  if (act.kind !== "done") return null;
  const { proposal, link } = act.value;
  return (
    <div className="callout stack" role="status">
      <p>
        <Badge meaning="person">proposed</Badge> It waits for others:{" "}
        <Link to="/proposals/$proposal" params={{ proposal: proposal.proposal }}>
          see who can endorse it
        </Link>
        .
      </p>
      {link !== null && (
        <>
          <p>
            Give this link to {forWhom}, to nobody else: whoever opens it registers the passkey. It
            is shown only here and now.
          </p>
          <Copy text={link} what="the link" label={`Copy the link for ${forWhom}`} />
        </>
      )}
    </div>
  );
}
