// SPDX-License-Identifier: Apache-2.0
import { exceptionsApi } from "@interlock/protocol";
import { type FormEvent, useId, useState } from "react";
import { flushSync } from "react-dom";
import { useLoaded } from "../api/loaded.ts";
import { OpenIncident } from "../exceptions/open-incident.tsx";
import { Field } from "../parts/field.tsx";
import { Icon } from "../parts/icon.tsx";
import { listed } from "../parts/short.ts";
import { Show } from "../parts/states.tsx";
import type { Exception } from "./intent.ts";
import { OverrideEffect } from "./override-effect.tsx";
import type { ChangeShown } from "./shown.ts";
import { HOURS, type Waivable } from "./waivable.ts";

/** What the form begins with: nothing chosen, or what somebody else has signed. */
export type Asked = {
  readonly rule: string | null;
  readonly breakGlass: boolean;
  readonly incident?: string | undefined;
};

type Given = {
  readonly shown: ChangeShown;
  readonly rules: readonly Waivable[];
  readonly asked: Asked;
  readonly pending: boolean;
  readonly onAsk: (exception: Exception) => void;
  readonly onCancel: () => void;
};

/** What is typed so far, and what of it fits the kind that is chosen. */
function useDraft(rules: readonly Waivable[], asked: Asked) {
  const [glass, setGlass] = useState(asked.breakGlass || rules.every((one) => one.glassOnly));
  const [chosen, setRule] = useState(asked.rule ?? "");
  const [incident, setIncident] = useState(asked.incident ?? "");
  const [typed, setHours] = useState<string | null>(null);
  const [reason, setReason] = useState("");
  const fitting = rules.filter((one) => glass || !one.glassOnly);
  const rule = fitting.some((one) => one.rule === chosen) ? chosen : (fitting[0]?.rule ?? "");
  const limits = HOURS[glass ? "breakGlass" : "waiver"];
  const hours = typed ?? String(limits.usual);
  const fine = /^[1-9][0-9]{0,2}$/.test(hours) && Number(hours) <= limits.most;
  return {
    ...{ glass, rule, incident, hours, reason, fitting, limits, fine },
    ...{ setGlass, setRule, setIncident, setHours, setReason },
  };
}

/** Chooses what an override would pass, and says what it does before anything is asked of a passkey. */
export function OverrideForm({ shown, rules, asked, pending, onAsk, onCancel }: Given) {
  const joins = asked.rule !== null;
  const [wrong, setWrong] = useState(false);
  const draft = useDraft(rules, asked);
  const { glass, rule, incident, hours, reason, fitting, limits, fine } = draft;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    flushSync(() => setWrong(true));
    if (reason.trim() === "" || !fine || rule === "" || (glass && incident === ""))
      return form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    onAsk({
      act: "override",
      waives: { rule, breakGlass: glass, ...(glass ? { incident } : {}) },
      ...{ hours: Number(hours), reason: reason.trim() },
    });
  };
  return (
    <form
      className="override stack"
      noValidate
      aria-label="let it pass a rule"
      onSubmit={(event) => submit(event)}
    >
      <Kind
        glass={glass}
        fixed={joins || rules.every((one) => one.glassOnly)}
        onChange={draft.setGlass}
      />
      <Rules rules={fitting} rule={rule} fixed={joins} onChange={draft.setRule} />
      {glass && (
        <IncidentField
          incident={incident}
          fixed={joins}
          problem={wrong && incident === "" ? "needs an open incident" : undefined}
          onChange={draft.setIncident}
        />
      )}
      <Field
        name="Hours"
        value={hours}
        onChange={draft.setHours}
        hint={`at most ${limits.most}`}
        problem={wrong && !fine ? `needs whole hours from 1 to ${limits.most}` : undefined}
      />
      <Field
        name="Reason"
        many
        value={reason}
        onChange={draft.setReason}
        hint="goes into the ledger, for everybody to read"
        problem={wrong && reason.trim() === "" ? "needs a reason" : undefined}
      />
      <OverrideEffect shown={shown} rule={rule} glass={glass} joins={joins} />
      <div className="acts">
        <button type="submit" className="danger" aria-disabled={pending}>
          <Icon name="key" />
          {glass ? `Break the glass for ${rule} …` : `Waive ${rule} …`}
        </button>
        <button type="button" onClick={onCancel}>
          Leave it held
        </button>
      </div>
    </form>
  );
}

function Kind({
  glass,
  fixed,
  onChange,
}: {
  readonly glass: boolean;
  readonly fixed: boolean;
  readonly onChange: (glass: boolean) => void;
}) {
  const says = (one: boolean) =>
    one
      ? `Break-glass, for an emergency: it passes denials and freezes too, lasts ${HOURS.breakGlass.most} hours at most and leaves a debt`
      : `Waiver, for an ordinary exception: ${HOURS.waiver.most / 24} days at most`;
  if (fixed) return <p>{says(glass)}.</p>;
  return (
    <fieldset>
      <legend>Kind</legend>
      {[false, true].map((one) => (
        <label key={String(one)} className="check">
          <input
            type="radio"
            name="override-kind"
            checked={glass === one}
            onChange={() => onChange(one)}
          />
          {says(one)}
        </label>
      ))}
    </fieldset>
  );
}

function Rules(given: {
  readonly rules: readonly Waivable[];
  readonly rule: string;
  readonly fixed: boolean;
  readonly onChange: (rule: string) => void;
}) {
  const id = useId();
  const { rules, rule, fixed } = given;
  if (fixed || rules.length === 1)
    return (
      <p>
        Rule <code>{rule}</code>: {rules.find((one) => one.rule === rule)?.title}
      </p>
    );
  return (
    <div className="field">
      <label htmlFor={id}>Rule</label>
      <select id={id} value={rule} onChange={({ target }) => given.onChange(target.value)}>
        {rules.map((one) => (
          <option key={one.rule} value={one.rule}>
            {one.rule}: {one.title} ({one.outcome === "deny" ? "denies" : "holds"})
          </option>
        ))}
      </select>
    </div>
  );
}

const OPEN = { state: "open", limit: 200 } as const;

function IncidentField(given: {
  readonly incident: string;
  readonly fixed: boolean;
  readonly problem: string | undefined;
  readonly onChange: (incident: string) => void;
}) {
  const { incident, fixed, problem, onChange } = given;
  const id = useId();
  const found = useLoaded(exceptionsApi.listIncidents, { query: OPEN });
  const [opening, setOpening] = useState(false);
  return (
    <Show of={found} what="the open incidents">
      {({ incidents }) => (
        <div className="field">
          <label htmlFor={id}>Incident</label>
          <div className="acts">
            <select
              id={id}
              value={incident}
              disabled={fixed}
              aria-invalid={problem !== undefined}
              aria-describedby={`${id}-says`}
              onChange={({ target }) => onChange(target.value)}
            >
              <option value="">{incidents.length === 0 ? "none is open" : "choose one"}</option>
              {incidents.map((one) => (
                <option key={one.incident} value={one.incident}>
                  {one.title} ({listed([one.incident, ...one.systems])})
                </option>
              ))}
            </select>
            {!fixed && (
              <button type="button" onClick={() => setOpening(true)}>
                Open an incident …
              </button>
            )}
          </div>
          <p id={`${id}-says`} className={problem === undefined ? "hint" : "problem"}>
            {problem ?? "both people name the same one; what they sign ends when it is closed"}
          </p>
          {opening && <OpenIncident onClose={() => setOpening(false)} onOpened={onChange} />}
        </div>
      )}
    </Show>
  );
}
