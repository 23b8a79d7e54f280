// SPDX-License-Identifier: Apache-2.0
import { type RolloutShown, rolloutsApi, signalsApi, unwindsApi } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useForget, useLoaded } from "../api/loaded.ts";
import { LiveNote } from "../live/live-note.tsx";
import { useLive } from "../live/stream.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { listed } from "../parts/short.ts";
import { ShortId } from "../parts/short-id.tsx";
import { Show } from "../parts/states.tsx";
import { Ticked } from "../parts/ticked.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { Acts } from "../rollouts/acts.tsx";
import { Analysis } from "../rollouts/analysis.tsx";
import { BranchStill } from "../rollouts/branch-still.tsx";
import { Events } from "../rollouts/events.tsx";
import { NextAct } from "../rollouts/next-act.tsx";
import { Waves } from "../rollouts/waves.tsx";
import { emergencyWords, isOver, lossWords, share, standingOf } from "../rollouts/words.ts";

const route = getRouteApi("/shell/rollouts/$rollout");
/** Writes and verdicts move without an entry in the ledger, which alone the stream tells of. */
const EVERY_MS = 3_000;

/** One rollout as it goes on: its waves, what the signals say, what comes next, and how it is stopped. */
export function RolloutPage() {
  const { rollout: id } = route.useParams();
  const forget = useForget();
  const live = useLive("now", (event) => {
    const own = event.kind === "rolled" && event.rollout === id;
    if (own || event.kind === "restart")
      void forget(rolloutsApi.showRollout, signalsApi.rolloutAnalysis);
  });
  const params = { rollout: id };
  const rollout = useLoaded(rolloutsApi.showRollout, { params }, { everyMs: EVERY_MS });
  if (rollout.kind !== "there")
    return (
      <Page title="Rollout">
        <Show of={rollout} what="the rollout">
          {() => null}
        </Show>
      </Page>
    );
  return (
    <Show of={rollout} what="the rollout">
      {(value) => <Shown rollout={value} live={<LiveNote of={live} />} />}
    </Show>
  );
}

type Of = { readonly rollout: RolloutShown };

function Shown({ rollout, live }: Of & { readonly live: ReactNode }) {
  const names = useNames();
  return (
    <Page
      title={titleOf(rollout)}
      lead={
        <>
          to {rollout.target}, begun by {names(rollout.startedBy)} <When at={rollout.startedAt} />,
          behind it: {listed(rollout.persons.map(names))}
        </>
      }
      acts={live}
    >
      <div className="run-above">
        <Standing rollout={rollout} />
        <Acts rollout={rollout} />
      </div>
      <Waves rollout={rollout} />
      <Analysis rollout={rollout} />
      <Events rollout={rollout} />
      <Identity rollout={rollout} />
    </Page>
  );
}

const titleOf = ({ system, change }: RolloutShown): string =>
  unwindsApi.planOfChange(change) === null ? `Rollout of ${system}` : `Unwind of ${system}`;

function Standing({ rollout }: Of) {
  const { meaning, word } = standingOf(rollout);
  const { waitsFor, exposurePpm, loss, halt, change, phase, emergency } = rollout;
  const names = useNames();
  const plan = unwindsApi.planOfChange(change);
  return (
    <section className="verdict" aria-label="where it stands">
      <p className="verdict-line" aria-live="polite">
        <Badge meaning={meaning}>{word}</Badge>
        <strong>
          {share(exposurePpm)} of orders have{" "}
          {plan === null ? "the new version" : "what the unwind writes"}
        </strong>
      </p>
      <dl className="facts">
        {!isOver(rollout) && (
          <>
            <dt>Next by itself</dt>
            <dd>
              <NextAct of={rollout} />
            </dd>
          </>
        )}
        {emergency !== null && (
          <>
            <dt>Emergency lane</dt>
            <dd>
              {emergencyWords(emergency, names)}, which <Link to="/debts">left a debt</Link>
              {emergency.over !== null && (
                <>
                  ; no further wave begins: <Ticked text={emergency.over} />
                </>
              )}
            </dd>
          </>
        )}
        {halt !== null && (
          <>
            <dt>Halted</dt>
            <dd>
              by {halt.by === "" ? "itself" : names(halt.by)}
              {halt.because !== "" && (
                <>
                  : <Ticked text={halt.because} />
                </>
              )}
            </dd>
          </>
        )}
        {waitsFor !== null && (
          <>
            <dt>Missing</dt>
            <dd>
              <Ticked text={waitsFor.what} />
            </dd>
            <dt>Who can supply it</dt>
            <dd>
              <Ticked text={`${waitsFor.who}: ${waitsFor.how}`} />
            </dd>
          </>
        )}
        <dt>Lost if this is bad</dt>
        <dd>{lossWords(loss)}</dd>
        <dt>Who can stop it</dt>
        <dd>anybody who is signed in</dd>
      </dl>
      {phase === "gone-back" && plan === null && <BranchStill change={change} />}
    </section>
  );
}

function Identity({ rollout: { rollout, change } }: Of) {
  const plan = unwindsApi.planOfChange(change);
  return (
    <section className="section" aria-labelledby="identity">
      <h2 id="identity">What it is</h2>
      <dl className="facts">
        <dt>Rollout</dt>
        <dd>
          <ShortId id={rollout} what="the id of the rollout" />
        </dd>
        {plan === null ? (
          <>
            <dt>Change</dt>
            <dd>
              <Link to="/changes/$id" params={{ id: change }}>
                {change}
              </Link>
            </dd>
          </>
        ) : (
          <>
            <dt>Plan</dt>
            <dd>
              <Link to="/unwinds/$plan" params={{ plan }}>
                what it takes away, and who signed it
              </Link>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
