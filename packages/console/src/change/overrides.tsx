// SPDX-License-Identifier: Apache-2.0
import { exceptionsApi } from "@interlock/protocol";
import { useState } from "react";
import { useLoaded } from "../api/loaded.ts";
import { Seen } from "../diff/seen.tsx";
import { Countdown } from "../exceptions/countdown.tsx";
import { MOST } from "../exceptions/show-all.tsx";
import { Badge } from "../parts/badge.tsx";
import { listed } from "../parts/short.ts";
import { useNow } from "../parts/when.tsx";
import { useMe } from "../shell/session.ts";
import type { Exception } from "./intent.ts";
import { type Asked, OverrideForm } from "./override-form.tsx";
import type { ChangeShown, Names } from "./shown.ts";
import { type Joint, jointIn, waivableIn } from "./waivable.ts";

type Given = {
  readonly shown: ChangeShown;
  readonly names: Names;
  readonly pending: boolean;
  readonly onAsk: (exception: Exception) => void;
};

/** What two people let this change pass, and the form in which somebody asks for it. */
export function Overrides(given: Given) {
  const { shown } = given;
  const me = useMe();
  const now = useNow();
  const [form, setForm] = useState<Asked | null>(null);
  const joint = jointIn(shown, now);
  const rules = waivableIn(shown);
  const may = shown.mayApprove && rules.length > 0;
  const open = (asked: Asked) => setForm(asked);
  return (
    <>
      {joint.map((one) => (
        <JointNote
          key={`${one.waives.rule} ${one.waives.incident ?? ""}`}
          of={one}
          names={given.names}
          onJoin={
            may && one.by.length === 1 && !one.by.includes(me.person)
              ? () => open({ ...one.waives })
              : null
          }
        />
      ))}
      {may && form === null && (
        <div className="acts">
          <button type="button" onClick={() => open({ rule: null, breakGlass: false })}>
            Let it pass a rule …
          </button>
        </div>
      )}
      {may && form !== null && (
        <OverrideForm
          key={JSON.stringify(form)}
          {...given}
          rules={rules}
          asked={form}
          onCancel={() => setForm(null)}
        />
      )}
    </>
  );
}

function JointNote({
  of: { waives, by, until, reason },
  names,
  onJoin,
}: {
  readonly of: Joint;
  readonly names: Names;
  readonly onJoin: (() => void) | null;
}) {
  const incident = waives.incident ?? null;
  const closed = useClosed(incident);
  const counts = by.length >= 2 && !closed;
  return (
    <div className="joint" role="status">
      <p>
        {closed && <Badge meaning="neutral">incident closed</Badge>}
        {!closed && counts && (
          <Badge meaning="working">{waives.breakGlass ? "glass broken" : "waived"}</Badge>
        )}
        {!closed && !counts && <Badge meaning="person">wants a second</Badge>}{" "}
        {listed(by.map(names))} let it pass{" "}
        <code>
          <Seen text={waives.rule} />
        </code>
        {incident !== null && (
          <>
            {" "}
            in <code>{incident}</code>
          </>
        )}
        {reason !== null && (
          <>
            : “<Seen text={reason} />”
          </>
        )}
      </p>
      <p className="muted">
        {closed && "Its incident is closed, so that it counts no more."}
        {counts && (
          <>
            It counts when the change is pushed again, for another <Countdown until={until} />.
          </>
        )}
        {!closed && !counts && (
          <>
            Alone it passes nothing. A second person who had no part in the change signs the same,
            within <Countdown until={until} />.
          </>
        )}
      </p>
      {onJoin !== null && !closed && (
        <button type="button" onClick={onJoin}>
          Be the second …
        </button>
      )}
    </div>
  );
}

/** Whether an incident is known to be closed; `null`: there is none. */
function useClosed(incident: string | null): boolean {
  const query = { state: "all", limit: MOST } as const;
  const found = useLoaded(exceptionsApi.listIncidents, { query }, { when: incident !== null });
  if (incident === null || found.kind !== "there") return false;
  return found.value.incidents.some((one) => one.incident === incident && one.closed !== null);
}
