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

/** Says that something is wrong in production; `onOpened` is told its id before the layer closes. */
export function OpenIncident({
  onClose,
  onOpened,
}: {
  readonly onClose: () => void;
  readonly onOpened?: (incident: string) => void;
}) {
  const forget = useForget();
  const [draft, setDraft] = useState({ title: "", systems: "" });
  const [shown, setShown] = useState(false);
  const [act, start] = useAct<IncidentShown>();
  const title = draft.title.trim();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.stopPropagation();
    const form = event.currentTarget;
    flushSync(() => setShown(true));
    if (title === "") return void form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    const body = { title, systems: [...systemsIn(draft.systems)] };
    const opened = await start(() => call(exceptionsApi.openIncident, { body }));
    if (opened?.ok !== true) return;
    await forget(exceptionsApi.listIncidents);
    onOpened?.(opened.value.incident);
    onClose();
  };
  return (
    <Dialog title="Open an incident" onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
        <p>
          It is recorded with your name and the time. By itself it lets nothing pass: two people
          then break the glass for it, each with their passkey.
        </p>
        <Field
          name="What is wrong"
          value={draft.title}
          placeholder="no orders since 09:40"
          onChange={(next) => setDraft({ ...draft, title: next })}
          problem={shown && title === "" ? "needs a sentence" : undefined}
        />
        <Field
          name="Systems"
          value={draft.systems}
          hint="if you know them, with commas between: `checkout, payments`"
          onChange={(next) => setDraft({ ...draft, systems: next })}
        />
        <div className="acts">
          <button type="submit" className="primary" aria-disabled={act.kind === "pending"}>
            {act.kind === "pending" ? "Pending …" : "Open this incident"}
          </button>
          <button type="button" onClick={onClose}>
            Open none
          </button>
        </div>
        {act.kind === "failed" && <Refused failure={act.failure} />}
      </form>
    </Dialog>
  );
}

const systemsIn = (text: string): readonly string[] =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "");
