// SPDX-License-Identifier: Apache-2.0
import { exceptionsApi, listChanges, peopleApi } from "@interlock/protocol";
import { useLoaded } from "../api/loaded.ts";
import { FirstSteps } from "../home/first-steps.tsx";
import { Moving } from "../home/moving.tsx";
import { OwnChanges } from "../home/own-changes.tsx";
import { Waiting } from "../home/waiting.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useFresh } from "../live/use-fresh.ts";
import { Page } from "../parts/page.tsx";
import { Show } from "../parts/states.tsx";
import { useMe } from "../shell/session.ts";

const SHOWN = [
  listChanges,
  peopleApi.proposals,
  exceptionsApi.listDebts,
  exceptionsApi.listIncidents,
  exceptionsApi.listOverrides,
] as const;

/** What waits for whoever is signed in, what of theirs is held and by whom, and what moves. */
export function HomePage() {
  const me = useMe();
  const live = useFresh(SHOWN);
  const newest = useLoaded(listChanges, { query: { limit: 8 } });
  return (
    <Page
      title="Home"
      lead={`What you can supply now, ${me.name}; what of yours is held; and what moves.`}
      acts={<LiveNote of={live} />}
    >
      <Show of={newest} what="what happened">
        {({ changes, counts }) => (
          <>
            <Waiting held={counts?.held ?? 0} />
            {changes.length === 0 ? (
              <FirstSteps />
            ) : (
              <>
                <OwnChanges />
                <Moving changes={changes} />
              </>
            )}
          </>
        )}
      </Show>
    </Page>
  );
}
