// SPDX-License-Identifier: Apache-2.0
import { type RunShown, runsApi } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { useForget, useLoaded } from "../api/loaded.ts";
import type { Names } from "../change/shown.ts";
import { Seen } from "../diff/seen.tsx";
import { LiveNote } from "../live/live-note.tsx";
import { useLive } from "../live/stream.ts";
import { Badge } from "../parts/badge.tsx";
import { Page } from "../parts/page.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { Show } from "../parts/states.tsx";
import { When } from "../parts/when.tsx";
import { useNames } from "../people/names.ts";
import { Confirm } from "../runs/confirm.tsx";
import { HowToStop } from "../runs/how-to-stop.tsx";
import { Tasks } from "../runs/tasks.tsx";
import { toldRun } from "../runs/told.ts";
import { stateOf, waitsFor } from "../runs/words.ts";
import { useMe } from "../shell/session.ts";

const route = getRouteApi("/shell/runs/$run");

/** One run as it goes on: what happened to each step, who comes next, and how it is stopped. */
export function RunPage() {
  const { run: id } = route.useParams();
  const forget = useForget();
  const live = useLive("now", (event) => {
    const own = event.kind === "ran" && event.run === id;
    if (own || event.kind === "restart") void forget(runsApi.showRun);
  });
  const run = useLoaded(runsApi.showRun, { params: { run: id } });
  if (run.kind !== "there")
    return (
      <Page title="Run">
        <Show of={run} what="the run">
          {() => null}
        </Show>
      </Page>
    );
  return (
    <Show of={run} what="the run">
      {(value) => <Shown run={value} live={<LiveNote of={live} />} />}
    </Show>
  );
}

function Shown({ run, live }: { readonly run: RunShown; readonly live: ReactNode }) {
  const names = useNames();
  const me = useMe();
  const told = useMemo(() => toldRun(run), [run]);
  const { next } = run;
  const state = stateOf(next);
  const isMine = next.kind === "confirm" && run.second === me.person;
  return (
    <Page title={told?.document.title || "Run"} lead={<Lead run={run} names={names} />} acts={live}>
      <div className="run-above">
        <section className="verdict" aria-label="where it stands">
          <p className="verdict-line" aria-live="polite">
            <Badge meaning={state.meaning}>{state.word}</Badge>
            <strong>{isMine ? "it waits for you" : waitsFor(next, run, names)}</strong>
          </p>
          {told !== null && <Confirm run={run} told={told} names={names} />}
          <Differs differs={run.differs} />
        </section>
        <HowToStop run={run} told={told} names={names} />
      </div>
      {told === null ? (
        <p className="state">
          This page reads the text of this run otherwise than its server: reload it, or read the run
          with <code>interlock run --report JOURNAL</code>.
        </p>
      ) : (
        <Tasks told={told} next={next} names={names} />
      )}
      <Identity run={run} />
    </Page>
  );
}

function Lead({ run, names }: { readonly run: RunShown; readonly names: Names }) {
  const [first] = run.entries;
  return (
    <>
      {run.remedy === null ? "A document" : `The remedy ${run.remedy}`}, carried out by{" "}
      {names(run.operator)}
      {run.second !== "" && <>, confirmed by {names(run.second)}</>}
      {first !== undefined && (
        <>
          ; begun <When at={first.at} />
        </>
      )}
    </>
  );
}

/** What ran otherwise than was approved is said where nobody can miss it. */
function Differs({ differs }: Pick<RunShown, "differs">) {
  if (differs.length === 0)
    return (
      <p>
        <Badge meaning="done">as approved</Badge>{" "}
        <span className="muted">nothing that ran so far differs from the document</span>
      </p>
    );
  return (
    <div>
      <p>
        <Badge meaning="stopped">otherwise than approved</Badge>
      </p>
      <ul className="effects">
        {differs.map((text) => (
          <li key={text}>
            <Seen text={text} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Identity({ run }: { readonly run: RunShown }) {
  const values = Object.entries(run.values);
  return (
    <section className="section" aria-labelledby="identity">
      <h2 id="identity">What it is</h2>
      <dl className="facts">
        <dt>Run</dt>
        <dd>
          <ShortId id={run.run} what="the id of the run" />
        </dd>
        <dt>Document</dt>
        <dd>
          <ShortId id={run.document} what="the digest of the document" />
        </dd>
        <dt>Change</dt>
        <dd>
          <Link to="/changes/$id" params={{ id: run.change }}>
            {run.change}
          </Link>
        </dd>
        {values.length > 0 && (
          <>
            <dt>Values</dt>
            <dd>{values.map(([name, value]) => `${name} = ${value}`).join(", ")}</dd>
          </>
        )}
      </dl>
    </section>
  );
}
