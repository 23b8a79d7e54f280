// SPDX-License-Identifier: Apache-2.0

import { exceptionsApi, listChanges, showChange } from "@interlock/protocol";
import { useState } from "react";
import { useAct } from "../api/act.ts";
import { useForget } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Icon } from "../parts/icon.tsx";
import { Copy } from "../parts/short-id.tsx";
import { Refused } from "../parts/states.tsx";
import { useNow } from "../parts/when.tsx";
import { useMe } from "../shell/session.ts";
import { ExceptionAsked } from "./exception.tsx";
import { type Exception, intentIn } from "./intent.ts";
import { Overrides } from "./overrides.tsx";
import { RejectReason } from "./reject-reason.tsx";
import { type ChangeShown, extentOf, type Names } from "./shown.ts";
import { type Act, type Asked, askFor, type Recorded, signAsked } from "./statement.ts";
import { StatementView } from "./statement-view.tsx";
import { useLook } from "./use-look.tsx";
import { jointIn } from "./waivable.ts";

export type SignGiven = {
  readonly shown: ChangeShown;
  readonly names: Names;
  /** Why nobody can know here what they would sign; `null` when everything was made again. */
  readonly unsure: string | null;
};

/** What a person does about a change. Nothing has the focus by itself, and no key alone signs. */
export function SignPanel(given: SignGiven) {
  const { shown } = given;
  const [asking, start, again] = useAct<Asked>();
  const [signing, startSigning, signAgain] = useAct<Recorded>();
  const [act, setAct] = useState<Act | null>(null);
  const [intent] = useState(() => intentIn(window.location.hash));
  const me = useMe();
  const forget = useForget();
  const ask = async (next: Act, reason: string | null, exception: Exception | null) => {
    setAct(next);
    signAgain();
    await start(() => askFor({ act: next, reason, exception, shown, person: me.person }));
  };
  const choose: Choose = (next, reason) => ask(next, reason, null);
  const asked = intent?.act === "override" || intent?.act === "settle" ? intent : null;
  const cancel = () => {
    setAct(null);
    again();
    signAgain();
  };
  const moved = useLook(shown, cancel);
  const sign = async (asked: Asked) => {
    const done = await startSigning(() => signAsked(shown.change.id, asked));
    if (done?.ok === true)
      await forget(showChange, listChanges, exceptionsApi.listOverrides, exceptionsApi.listDebts);
  };
  if (signing.kind === "done") return <WasRecorded of={signing.value} />;
  if (moved !== null) return moved;
  if (asking.kind === "done" && act !== null)
    return (
      <StatementView
        {...{ asked: asking.value, act, names: given.names, shown }}
        label={labelOf(act, shown)}
        signing={signing}
        onSign={() => void sign(asking.value)}
        onCancel={cancel}
      />
    );
  return (
    <div className="sign">
      {asked !== null && (
        <ExceptionAsked
          exception={asked}
          label={labelOf(asked.act, shown)}
          pending={asking.kind === "pending"}
          onAsk={() => void ask(asked.act, asked.reason, asked)}
        />
      )}
      <Acts
        {...given}
        pending={asking.kind === "pending"}
        choose={choose}
        rejecting={intent?.act === "reject" ? intent.reason : null}
      />
      <Overrides
        shown={shown}
        names={given.names}
        pending={asking.kind === "pending"}
        onAsk={(exception) => void ask(exception.act, exception.reason, exception)}
      />
      {asking.kind === "failed" && <Refused failure={asking.failure} />}
      <Command change={shown.change.id} />
    </div>
  );
}

function WasRecorded({ of: { kind, index } }: { readonly of: Recorded }) {
  return (
    <p className="recorded" role="status">
      <Badge meaning="done">recorded</Badge> your {kind} is entry{" "}
      <a href={`/ledger?entry=${index}`}>{index}</a> of the ledger.
      {kind === "approval" && " It counts when the change is pushed again."}
      {kind === "override" &&
        " Once two people have signed the same, it counts when the change is pushed again."}
    </p>
  );
}

function labelOf(act: Act, shown: ChangeShown): string {
  const extent = extentOf(shown);
  return {
    approve: `Approve ${extent}${shown.review.again === null ? "" : " again"}`,
    reject: `Reject ${extent}`,
    withdraw: `Withdraw your ${shown.review.mine ?? "override"} of ${extent}`,
    override: `Let ${extent} pass the rule`,
    settle: `Say that you reviewed ${extent}`,
  }[act];
}

type Choose = (act: Act, reason: string | null) => Promise<void>;

type ActsGiven = SignGiven & {
  readonly pending: boolean;
  readonly choose: Choose;
  /** The reason that a terminal brought for rejecting; `null` where none did. */
  readonly rejecting: string | null;
};

function Acts(given: ActsGiven) {
  const { shown, unsure, pending, choose } = given;
  const { review, change } = shown;
  const [rejecting, setRejecting] = useState(given.rejecting !== null);
  const me = useMe();
  const now = useNow();
  if (change.digest === null)
    return <p>Nobody can sign it: the whole of it could not be read, so it has no digest.</p>;
  const why = whyNotApprove(shown, unsure);
  const overrode = jointIn(shown, now).some(({ by }) => by.includes(me.person));
  return (
    <>
      <div className="acts">
        {why === null && (
          <button
            type="button"
            className="primary"
            aria-disabled={pending}
            onClick={() => void choose("approve", null)}
          >
            <Icon name="key" />
            {labelOf("approve", shown)} …
          </button>
        )}
        {(review.mine !== null || overrode) && (
          <button
            type="button"
            aria-disabled={pending}
            onClick={() => void choose("withdraw", null)}
          >
            {labelOf("withdraw", shown)} …
          </button>
        )}
        {review.mine !== "rejection" && !rejecting && (
          <button type="button" className="danger" onClick={() => setRejecting(true)}>
            {labelOf("reject", shown)} …
          </button>
        )}
      </div>
      {why !== null && <p className="why-not">{why}</p>}
      {why === null && review.again !== null && <p className="why-not">{AGAIN[review.again]}</p>}
      {rejecting && (
        <RejectReason
          label={labelOf("reject", shown)}
          begun={given.rejecting ?? ""}
          pending={pending}
          onReject={(reason) => void choose("reject", reason)}
          onCancel={() => setRejecting(false)}
        />
      )}
    </>
  );
}

const AGAIN = {
  landed:
    "You approved it for landing once, and it has landed since: to land again it takes a new approval.",
  stopped:
    "A rollout of it was stopped since you approved it: beginning another takes a new approval.",
} as const;

/** In the words that the API would use. */
function whyNotApprove(
  { review, mayApprove, change }: ChangeShown,
  unsure: string | null,
): string | null {
  if (review.mine === "approval") return "You have approved it.";
  if (!mayApprove)
    return "You cannot approve it: you had a part in it. It needs two people who had none.";
  if (unsure !== null) return `This page does not let you approve it: ${unsure}.`;
  if (review.wanted === 0 && change.effective === "allow") return "It needs no approval.";
  if (!review.mayApprove) return "Your approval would not count: it wants others, named above.";
  return null;
}

function Command({ change }: { readonly change: string }) {
  const command = `interlock approve ${change}`;
  return (
    <p className="muted small">
      In a terminal, which computes the digest from your own clone: <code>{command}</code>
      <Copy text={command} what="the command" />
    </p>
  );
}
