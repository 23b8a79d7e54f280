// SPDX-License-Identifier: Apache-2.0
import { expectationText } from "@interlock/document";
import { type RunShown, runsApi, signInApi } from "@interlock/protocol";
import { useAct } from "../api/act.ts";
import { call, type Failure, type Outcome } from "../api/call.ts";
import { useForget } from "../api/loaded.ts";
import type { Names } from "../change/shown.ts";
import { ActText } from "../documents/steps-table.tsx";
import { Icon } from "../parts/icon.tsx";
import { Copy } from "../parts/short-id.tsx";
import { Refused } from "../parts/states.tsx";
import { signIn } from "../passkey/sign-in.ts";
import { useMe } from "../shell/session.ts";
import type { Told } from "./told.ts";
import { nameOf } from "./words.ts";

/** The part of the second person: whether a step worked, said with their passkey at hand. */
export function Confirm({
  run,
  told,
  names,
}: {
  readonly run: RunShown;
  readonly told: Told;
  readonly names: Names;
}) {
  const me = useMe();
  const forget = useForget();
  const [act, start] = useAct<unknown>();
  const { next } = run;
  const task = told.tasks.find((one) => one.task.id === next.task)?.task;
  if (next.kind !== "confirm" || task === undefined) return null;
  const command = `interlock run --confirm ${run.run}`;
  if (run.second !== me.person)
    return (
      <p className="muted">
        {names(run.second)} confirms here, or in a terminal of their own: <code>{command}</code>
        <Copy text={command} what="the command" />
      </p>
    );
  const say = async (agrees: boolean) => {
    const done = await start(() => said(me.person, { run: run.run, task: task.id, agrees }));
    if (done?.ok === true) await forget(runsApi.showRun, runsApi.runs, signInApi.me);
  };
  const pending = act.kind === "pending";
  const expected = task.verify?.expect ?? task.act.expect;
  return (
    <section className="confirm" aria-label="your part">
      <p>
        You look for yourself, not at what {names(run.operator)} says:{" "}
        <ActText act={task.verify ?? task.act} />
        {expected !== null && <> Expected: {expectationText(expected)}.</>}
      </p>
      <div className="acts">
        <button
          type="button"
          className="primary"
          aria-disabled={pending}
          onClick={() => void say(true)}
        >
          <Icon name="key" />
          {pending
            ? "Pending: your passkey, then the ledger …"
            : `Say that ${nameOf(task.id)} worked`}
        </button>
        <button
          type="button"
          className="danger"
          aria-disabled={pending}
          onClick={() => void say(false)}
        >
          Say that it did not work: {names(run.operator)} has to choose
        </button>
      </div>
      <p className="muted small">
        Your passkey shows that it is you at this moment; what you say is an entry of the ledger
        under your session.
      </p>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </section>
  );
}

/** The passkey first: a browser that was left open confirms nothing. */
async function said(
  person: string,
  { run, ...body }: { readonly run: string; readonly task: string; readonly agrees: boolean },
): Promise<Outcome<unknown>> {
  const signedIn = await signIn();
  if (!signedIn.ok) return signedIn;
  if (signedIn.value.person !== person) return { ok: false, failure: SOMEBODY_ELSE };
  return await call(runsApi.confirmStep, { params: { run }, body });
}

const SOMEBODY_ELSE: Failure = {
  code: "PASSKEY_REFUSED",
  message: "that passkey is of somebody else, who is signed in now",
  help: "reload the page: it shows what that person may do",
};
