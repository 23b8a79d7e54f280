// SPDX-License-Identifier: Apache-2.0
import { exceptionsApi, type IncidentShown } from "@interlock/protocol";
import { type FormEvent, useState } from "react";
import { flushSync } from "react-dom";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget } from "../api/loaded.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Refused } from "../parts/states.tsx";

/** Says that an incident is over, with what was found. */
export function CloseIncident({ of }: { readonly of: IncidentShown }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Close …<span className="hidden"> {of.title}</span>
      </button>
      {isOpen && <CloseForm of={of} onClose={() => setOpen(false)} />}
    </>
  );
}

function CloseForm({
  of: { incident, title },
  onClose,
}: {
  readonly of: IncidentShown;
  readonly onClose: () => void;
}) {
  const forget = useForget();
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const [act, start] = useAct<IncidentShown>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    flushSync(() => setShown(true));
    if (reason.trim() === "")
      return void form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    const params = { incident };
    const body = { reason: reason.trim() };
    const closed = await start(() => call(exceptionsApi.closeIncident, { params, body }));
    if (closed?.ok !== true) return;
    await forget(exceptionsApi.listIncidents, exceptionsApi.listOverrides);
    onClose();
  };
  return (
    <Dialog title={`Close: ${title}`} onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
        <p>
          What was signed for it counts no more, at once and for good: a closed incident is not
          opened again. What went forward under it stays, and so does its debt.
        </p>
        <Field
          name="What was found"
          value={reason}
          onChange={setReason}
          hint="goes into the ledger, for everybody to read"
          problem={shown && reason.trim() === "" ? "needs a sentence" : undefined}
        />
        <div className="acts">
          <button type="submit" className="danger" aria-disabled={act.kind === "pending"}>
            {act.kind === "pending" ? "Pending …" : "Close it: break-glass for it ends"}
          </button>
          <button type="button" onClick={onClose}>
            Leave it open
          </button>
        </div>
        {act.kind === "failed" && <Refused failure={act.failure} />}
      </form>
    </Dialog>
  );
}
