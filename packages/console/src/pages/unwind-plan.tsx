// SPDX-License-Identifier: Apache-2.0
import { unwindsApi } from "@interlock/protocol";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { z } from "zod";
import { useLoaded } from "../api/loaded.ts";
import { Page } from "../parts/page.tsx";
import { ShortId } from "../parts/short-id.tsx";
import { Empty, Show } from "../parts/states.tsx";
import { Ticked } from "../parts/ticked.tsx";
import { PlanView } from "../unwinds/plan-view.tsx";
import { Propose } from "../unwinds/propose.tsx";
import { Signers } from "../unwinds/signers.tsx";
import { extentOf, verbOf } from "../unwinds/words.ts";

const route = getRouteApi("/shell/unwinds/plan");
type Which = z.input<typeof unwindsApi.planUnwind.query>;
type Made = z.output<typeof unwindsApi.planUnwind.answer>;

/** What these say is no fault: there is nothing to unwind, or not yet. */
const ANSWERS: ReadonlySet<string> = new Set(["UNWIND_NOTHING", "ROLLOUT_NOT_NOW", "ROLLOUT_PLAN"]);

/** What an unwind of a change would do, before anybody proposes it; looking begins nothing. */
export function UnwindPlanPage() {
  const { change, system, way = "undo" } = route.useSearch();
  if (change === undefined)
    return (
      <Page title="Plan an unwind">
        <Empty title="No change is named">
          Open it from the <Link to="/rollouts">page of a rollout</Link> that is over.
        </Empty>
      </Page>
    );
  const which: Which = { change, way, ...(system === undefined ? {} : { system }) };
  return <Planning key={JSON.stringify(which)} which={which} />;
}

function Planning({ which }: { readonly which: Which }) {
  const made = useLoaded(unwindsApi.planUnwind, { query: which }, { steady: true });
  const back = which.way === "redo";
  return (
    <Page
      title={back ? "Bring back what was unwound" : "Plan an unwind"}
      lead={
        <>
          What a rollout of change{" "}
          <Link to="/changes/$id" params={{ id: which.change }}>
            {which.change}
          </Link>{" "}
          wrote, taken {back ? "up again" : "away"} key by key; what others wrote since stays.
          Looking at it begins nothing.
        </>
      }
    >
      {made.kind === "failed" && ANSWERS.has(made.failure.code) ? (
        <Empty title="There is nothing to be planned now">
          <Ticked text={`${made.failure.message}; ${made.failure.help}`} />
        </Empty>
      ) : (
        <Show of={made} what="the plan">
          {(value) => <Planned made={value} which={which} />}
        </Show>
      )}
    </Page>
  );
}

function Planned({ made, which }: { readonly made: Made; readonly which: Which }) {
  const { text, plan, nothing, ordersSince, signers } = made;
  const { system, way, change } = text;
  return (
    <>
      <section className="section" aria-labelledby="does">
        <h2 id="does">
          It {verbOf(text)} what {system} in {text.target} got
        </h2>
        <PlanView plan={text} ordersSince={ordersSince} />
        <p className="muted">
          SHA-256 of the plan: <ShortId id={plan} what="the digest of the plan" />
        </p>
      </section>
      <section className="section" aria-labelledby="signs">
        <h2 id="signs">Who signs it</h2>
        <Signers plan={text} signers={signers} signed={[]} />
        {nothing ? (
          <p>
            All of it is {way === "undo" ? "away" : "back"} already: see{" "}
            <Link to="/unwinds">the unwinds</Link>.
          </p>
        ) : (
          <Propose
            asked={{ change: change, system, way, plan }}
            label={`Propose it: ${extentOf(text)} would be written`}
          />
        )}
        {which.way !== "redo" && (
          <p className="muted small">
            In a terminal: <code>interlock unwind {change} --plan</code>
          </p>
        )}
      </section>
    </>
  );
}
