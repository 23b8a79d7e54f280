// SPDX-License-Identifier: Apache-2.0
import { rolloutsApi, type UnwindShown, unwindsApi } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget, useLoaded } from "../api/loaded.ts";
import { LiveNote } from "../live/live-note.tsx";
import { useFresh } from "../live/use-fresh.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { Refused, Show } from "../parts/states.tsx";
import { Ticked } from "../parts/ticked.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { BranchStill } from "../rollouts/branch-still.tsx";
import { NextAct } from "../rollouts/next-act.tsx";
import { Waves } from "../rollouts/waves.tsx";
import { share } from "../rollouts/words.ts";
import { PlanView } from "../unwinds/plan-view.tsx";
import { Propose } from "../unwinds/propose.tsx";
import { Signers } from "../unwinds/signers.tsx";
import { extentOf, unwindStanding, verbOf } from "../unwinds/words.ts";

const route = getRouteApi("/shell/unwinds/$plan");
const SHOWN = [unwindsApi.showUnwind, rolloutsApi.showRollout] as const;
const EVERY_MS = 5_000;

type Of = { readonly unwind: UnwindShown };

/** One unwind: what is missing, who signed it, the rollout that writes it, and its plan. */
export function UnwindPage() {
  const { plan } = route.useParams();
  const live = useFresh(SHOWN);
  const unwind = useLoaded(unwindsApi.showUnwind, { params: { plan } }, { everyMs: EVERY_MS });
  const title = unwind.kind === "there" ? `Unwind of ${unwind.value.system}` : "Unwind";
  return (
    <Show of={unwind} what="the unwind">
      {(value) => (
        <Page title={title} lead={<Lead unwind={value} />} acts={<LiveNote of={live} />}>
          <div className="above">
            <Standing unwind={value} />
          </div>
          {value.rollout !== null && <Running rollout={value.rollout} />}
          <section className="section" aria-labelledby="plan">
            <h2 id="plan">What it does</h2>
            <PlanView plan={value.text} />
          </section>
          <section className="section" aria-labelledby="signs">
            <h2 id="signs">Who signs it</h2>
            <Signers plan={value.text} signers={value.signers} signed={value.endorsedBy} />
            <p className="muted">
              SHA-256 of the plan: <ShortId id={value.plan} what="the digest of the plan" />
            </p>
          </section>
        </Page>
      )}
    </Show>
  );
}

function Lead({ unwind: { change, target, text, by, at } }: Of) {
  const names = useNames();
  return (
    <>
      It {verbOf(text)} what change{" "}
      <Link to="/changes/$id" params={{ id: change }}>
        {change}
      </Link>{" "}
      wrote to {target}; proposed by {names(by)} <When at={at} />
    </>
  );
}

function Standing({ unwind }: Of) {
  const { meaning, word } = unwindStanding(unwind);
  const { waitsFor, way, phase, change, rollout } = unwind;
  const isRunning = phase === "running" || phase === "going-back";
  const isOver = phase === "completed" || (unwind.state === "begun" && rollout === null);
  return (
    <section className="verdict" aria-label="where it stands">
      <p className="verdict-line" aria-live="polite">
        <Badge meaning={meaning}>{word}</Badge>
        <strong>{extentOf(unwind.text)} to be written</strong>
      </p>
      {waitsFor !== null && !isRunning && (
        <dl className="facts">
          <dt>Missing</dt>
          <dd>
            <Ticked text={waitsFor.what} />
          </dd>
          <dt>Who can supply it</dt>
          <dd>
            <Ticked text={waitsFor.who} />
          </dd>
        </dl>
      )}
      <Acts unwind={unwind} />
      {isOver && way === "undo" && <BranchStill change={change} />}
    </section>
  );
}

/** The one thing that is to be done now, with its consequence. */
function Acts({ unwind }: Of): ReactNode {
  const { state, proposal, phase, plan, change, system, way, text } = unwind;
  if (state === "proposed")
    return (
      <Link to="/proposals/$proposal" params={{ proposal }} className="button primary">
        Read it and sign it with your passkey
      </Link>
    );
  if (state === "agreed") return <Begin unwind={unwind} />;
  if (state !== "begun")
    return (
      <Link to="/unwinds/plan" search={{ change, system, way }} className="button">
        Plan it anew
      </Link>
    );
  if (phase === "halted")
    return (
      <Propose
        asked={{ change, system, way, plan }}
        label={`Propose once more that it goes on: ${extentOf(text)}`}
      />
    );
  if (phase === "completed" && way === "undo")
    return (
      <Link to="/unwinds/plan" search={{ change, system, way: "redo" }} className="button">
        Bring it back …
      </Link>
    );
  return null;
}

function Begin({ unwind: { plan, text } }: Of) {
  const forget = useForget();
  const [act, start] = useAct<unknown>();
  const [asked, setAsked] = useState(false);
  const [first] = text.waves;
  const begin = async () => {
    const begun = await start(() => call(unwindsApi.startUnwind, { params: { plan } }));
    if (begun?.ok === true) await forget(unwindsApi.showUnwind, rolloutsApi.rollouts);
  };
  const where = first === undefined ? "nothing is written" : first.cells.map(({ cell }) => cell);
  if (!asked)
    return (
      <button type="button" onClick={() => setAsked(true)}>
        Begin it …
      </button>
    );
  return (
    <section className="confirm" aria-label="what happens then">
      <p>
        {first === undefined
          ? "Nothing has to be written; that it is so goes into the ledger."
          : `${first.name} is written at once: ${String(where)}. The next one waits for its bake; anybody can halt it.`}
      </p>
      <div className="acts">
        <button
          type="button"
          className="primary"
          aria-disabled={act.kind === "pending"}
          onClick={() => void begin()}
        >
          {act.kind === "pending"
            ? "Pending: until it is durable …"
            : `Begin: ${String(where)} first`}
        </button>
        <button type="button" onClick={() => setAsked(false)}>
          Not yet
        </button>
      </div>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </section>
  );
}

/** The rollout that it is, whose page has its signals and where it is stopped. */
function Running({ rollout: id }: { readonly rollout: string }) {
  const rollout = useLoaded(
    rolloutsApi.showRollout,
    { params: { rollout: id } },
    { everyMs: EVERY_MS },
  );
  return (
    <Show of={rollout} what="its rollout">
      {(value) => (
        <>
          <p className="verdict-line">
            <Link to="/rollouts/$rollout" params={{ rollout: id }}>
              Watch it as the rollout that it is, or stop it
            </Link>
            <span>{share(value.exposurePpm)} of orders have what it writes</span>
            <span className="muted">
              next: <NextAct of={value} />
            </span>
          </p>
          <Waves rollout={value} />
        </>
      )}
    </Show>
  );
}
