// SPDX-License-Identifier: Apache-2.0
import { type RolloutShown, rolloutsApi, unwindsApi } from "@interlock/protocol";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useAct } from "../api/act.ts";
import { call, type Outcome } from "../api/call.ts";
import { useForget } from "../api/loaded.ts";
import { listed } from "../parts/short.ts";
import { Copy } from "../parts/short-id.tsx";
import { Refused } from "../parts/states.tsx";
import { Ticked } from "../parts/ticked.tsx";
import { isOver, share } from "./words.ts";

type Of = { readonly rollout: RolloutShown };
type Wanted = "halt" | "back" | null;
type Start = (run: () => Promise<Outcome<RolloutShown>>) => Promise<void>;

/**
 * What a person can do about a rollout, always at this place, halt before everything else. A halt takes
 * one more press and no word: whoever stops what they should not have stopped has lost only time.
 */
export function Acts({ rollout }: Of) {
  const forget = useForget();
  const [act, start, reset] = useAct<RolloutShown>();
  const [wanted, setWanted] = useState<Wanted>(null);
  const pending = act.kind === "pending";
  const run: Start = async (what) => {
    const done = await start(what);
    if (done?.ok !== true) return;
    setWanted(null);
    await forget(rolloutsApi.showRollout, rolloutsApi.rollouts);
  };
  const want = (next: Wanted) => {
    reset();
    setWanted(next);
  };
  const stops = rollout.phase === "running" || rollout.phase === "going-back";
  const goesBack = stops || rollout.phase === "halted";
  return (
    <aside className="stop" aria-labelledby="stop" data-over={isOver(rollout)}>
      <h2 id="stop">{isOver(rollout) ? "It is over" : "Stop it"}</h2>
      {stops && <Halt {...{ rollout, pending, run, want, open: wanted === "halt" }} />}
      {rollout.phase === "halted" && <Halted rollout={rollout} />}
      {!isOver(rollout) && (
        <div className="acts">
          <PauseOrResume {...{ rollout, pending, run }} />
          {goesBack && rollout.phase !== "going-back" && wanted !== "back" && (
            <button type="button" onClick={() => want("back")}>
              Go back …
            </button>
          )}
        </div>
      )}
      {goesBack && wanted === "back" && <Back {...{ rollout, pending, run, want }} />}
      {act.kind === "failed" && <Refused failure={act.failure} />}
      {rollout.phase === "completed" && <Unwind rollout={rollout} />}
      {!isOver(rollout) && <Command rollout={rollout} />}
    </aside>
  );
}

type Doing = Of & { readonly pending: boolean; readonly run: Start };
type Wanting = Doing & { readonly want: (next: Wanted) => void };

const after = ({ cells }: RolloutShown): readonly string[] =>
  cells.filter(({ holds }) => holds !== "before").map(({ cell }) => cell);

function Halt({ rollout, pending, run, want, open }: Wanting & { readonly open: boolean }) {
  const params = { rollout: rollout.rollout };
  const halt = () => run(() => call(rolloutsApi.haltRollout, { params }));
  if (!open)
    return (
      <button type="button" className="danger wide" onClick={() => want("halt")}>
        Halt …
      </button>
    );
  return (
    <Confirmation
      says={
        <>
          No further write is sent, from this moment on. {share(rollout.exposurePpm)} of orders stay
          with what their cells hold now, until somebody sends it back. To go on needs a new
          approval.
        </>
      }
    >
      <button type="button" className="danger" aria-disabled={pending} onClick={() => void halt()}>
        {pending
          ? "Pending …"
          : rollout.phase === "going-back"
            ? `Halt the way back of ${rollout.system} now`
            : `Halt wave ${Math.min(rollout.wave + 1, rollout.waves)} of ${rollout.system} now`}
      </button>
      <button type="button" onClick={() => want(null)}>
        Let it go on
      </button>
    </Confirmation>
  );
}

function Halted({ rollout: { halt, change } }: Of) {
  const plan = unwindsApi.planOfChange(change);
  return (
    <p>
      Halted by {halt?.by === "" || halt === null ? "itself" : halt.by}
      {halt !== null && halt.because !== "" && (
        <>
          : <Ticked text={halt.because} />
        </>
      )}
      .{" "}
      {plan === null ? (
        <>
          To go on it needs a new approval, by passkey, from somebody who had no part in it:{" "}
          <Link to="/changes/$id" params={{ id: change }}>
            approve the change again
          </Link>
        </>
      ) : (
        <>
          To go on, those who signed its plan have to sign it again:{" "}
          <Link to="/unwinds/$plan" params={{ plan }}>
            propose it once more
          </Link>
        </>
      )}
      .
    </p>
  );
}

/** A rollout that is over has written; what it wrote is taken away by another one, which two people sign. */
function Unwind({ rollout: { change, system } }: Of) {
  const plan = unwindsApi.planOfChange(change);
  if (plan !== null)
    return (
      <Link to="/unwinds/$plan" params={{ plan }} className="button">
        See what it took away
      </Link>
    );
  return (
    <>
      <p>What it wrote can be taken away, key by key; what others wrote since stays.</p>
      <Link to="/unwinds/plan" search={{ change, system }} className="button">
        Unwind …
      </Link>
    </>
  );
}

function PauseOrResume({ rollout, pending, run }: Doing) {
  const params = { rollout: rollout.rollout };
  const { phase, paused, waitsFor } = rollout;
  const resumes = phase === "halted" || (phase === "running" && (paused || waitsFor !== null));
  if (resumes)
    return (
      <button
        type="button"
        aria-disabled={pending}
        onClick={() => void run(() => call(rolloutsApi.resumeRollout, { params }))}
      >
        {pending ? "Pending …" : phase === "halted" ? "Resume, once it is approved" : "Resume"}
      </button>
    );
  if (phase === "proposed")
    return (
      <button
        type="button"
        aria-disabled={pending}
        onClick={() => void run(() => call(rolloutsApi.withdrawRollout, { params }))}
      >
        {pending ? "Pending …" : "Withdraw: nothing of it happens"}
      </button>
    );
  if (phase !== "running") return null;
  return (
    <button
      type="button"
      aria-disabled={pending}
      onClick={() => void run(() => call(rolloutsApi.pauseRollout, { params }))}
    >
      {pending ? "Pending …" : "Pause: no further wave begins"}
    </button>
  );
}

function Back({ rollout, pending, run, want }: Wanting) {
  const params = { rollout: rollout.rollout };
  const cells = after(rollout);
  const go = (anyway: boolean) =>
    run(() => call(rolloutsApi.sendRolloutBack, { params, body: { anyway } }));
  return (
    <Confirmation
      says={
        <>
          {cells.length === 0
            ? "No cell holds the new version: nothing is written, and the rollout ends."
            : `${listed(cells.slice(0, CELLS_SHOWN))}${cells.length > CELLS_SHOWN ? ` and ${cells.length - CELLS_SHOWN} more cells` : ""}: each gets back what it held before, batch by batch; ${share(rollout.exposurePpm)} of orders return to it. The other cells keep what they hold.`}{" "}
          {rollout.asksCapacity
            ? "Each batch waits until its cells say that they have room."
            : "Nobody is asked whether the cells have room for a restart."}
        </>
      }
    >
      <button
        type="button"
        className="danger"
        aria-disabled={pending}
        onClick={() => void go(false)}
      >
        {pending ? "Pending …" : `Send ${rollout.system} back`}
      </button>
      {rollout.asksCapacity && (
        <button type="button" aria-disabled={pending} onClick={() => void go(true)}>
          Send it back without waiting for room
        </button>
      )}
      <button type="button" onClick={() => want(null)}>
        Leave it
      </button>
    </Confirmation>
  );
}

const CELLS_SHOWN = 8;

function Confirmation({
  says,
  children,
}: {
  readonly says: ReactNode;
  readonly children: ReactNode;
}) {
  return (
    <section className="confirm" aria-label="what happens then">
      <p>{says}</p>
      <div className="acts">{children}</div>
    </section>
  );
}

function Command({ rollout: { rollout, phase } }: Of) {
  const command = `interlock rollout ${phase === "halted" ? "back" : "halt"} ${rollout}`;
  return (
    <>
      <p className="muted small">Anybody who is signed in may, in a terminal too:</p>
      <p className="command-line">
        <code>{command}</code>
        <Copy text={command} what="the command" />
      </p>
    </>
  );
}
