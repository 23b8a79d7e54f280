// SPDX-License-Identifier: Apache-2.0
import { type RolloutShown, rolloutsApi, signalsApi } from "@interlock/protocol";
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
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { Acts } from "../rollouts/acts.tsx";
import { Analysis } from "../rollouts/analysis.tsx";
import { Events } from "../rollouts/events.tsx";
import { NextAct } from "../rollouts/next-act.tsx";
import { Waves } from "../rollouts/waves.tsx";
import { isOver, lossWords, share, standingOf } from "../rollouts/words.ts";

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
      title={`Rollout of ${rollout.system}`}
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

function Standing({ rollout }: Of) {
  const { meaning, word } = standingOf(rollout);
  const { waitsFor, exposurePpm, loss, halt } = rollout;
  const names = useNames();
  return (
    <section className="verdict" aria-label="where it stands">
      <p className="verdict-line" aria-live="polite">
        <Badge meaning={meaning}>{word}</Badge>
        <strong>{share(exposurePpm)} of orders have the new version</strong>
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
        {halt !== null && (
          <>
            <dt>Halted</dt>
            <dd>
              by {halt.by === "" ? "itself" : names(halt.by)}
              {halt.because !== "" && `: ${halt.because}`}
            </dd>
          </>
        )}
        {waitsFor !== null && (
          <>
            <dt>Missing</dt>
            <dd>{waitsFor.what}</dd>
            <dt>Who can supply it</dt>
            <dd>
              {waitsFor.who}: {waitsFor.how.replaceAll("`", "")}
            </dd>
          </>
        )}
        <dt>Lost if this is bad</dt>
        <dd>{lossWords(loss)}</dd>
        <dt>Who can stop it</dt>
        <dd>anybody who is signed in</dd>
      </dl>
    </section>
  );
}

function Identity({ rollout: { rollout, change } }: Of) {
  return (
    <section className="section" aria-labelledby="identity">
      <h2 id="identity">What it is</h2>
      <dl className="facts">
        <dt>Rollout</dt>
        <dd>
          <ShortId id={rollout} what="the id of the rollout" />
        </dd>
        <dt>Change</dt>
        <dd>
          <Link to="/changes/$id" params={{ id: change }}>
            {change}
          </Link>
        </dd>
      </dl>
    </section>
  );
}
