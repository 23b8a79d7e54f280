// SPDX-License-Identifier: Apache-2.0
import { type FormEvent, type ReactNode, useState } from "react";
import { flushSync } from "react-dom";
import type { Act } from "../api/act.ts";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Fresh } from "./fresh.tsx";

/**
 * A button that opens a layer, which says what will happen, asks for the reason that goes into the
 * ledger, and has a button that names the consequence.
 */
export function Reasoned(given: {
  readonly open: string;
  readonly title: string;
  readonly effect: ReactNode;
  readonly label: string;
  readonly danger?: boolean;
  readonly act: Act<unknown>;
  readonly reset: () => void;
  /** Fields beside the reason. */
  readonly fields?: ReactNode;
  /** Stands below the button; an act that is done replaces the form by it. */
  readonly outcome: ReactNode;
  /** Told when a layer is closed whose act is done. */
  readonly onDone?: () => void;
  readonly run: (reason: string) => Promise<unknown>;
}) {
  const [isOpen, setOpen] = useState(false);
  const done = given.act.kind === "done";
  const close = () => {
    setOpen(false);
    if (done) given.onDone?.();
    given.reset();
  };
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        {given.open}
      </button>
      {isOpen && (
        <Dialog title={given.title} onClose={close}>
          {done ? given.outcome : <ReasonForm {...given} />}
          <div className="acts">
            <button type="button" onClick={close}>
              {done ? "Close" : "Leave it as it is"}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function ReasonForm(given: Parameters<typeof Reasoned>[0]) {
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const pending = given.act.kind === "pending";
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    flushSync(() => setShown(true));
    if (reason.trim() === "") form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    else await given.run(reason);
  };
  return (
    <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
      <p>{given.effect}</p>
      {given.fields}
      <Field
        name="Reason"
        value={reason}
        onChange={setReason}
        hint="goes into the ledger, for everybody to read"
        problem={shown && reason.trim() === "" ? "needs a reason" : undefined}
      />
      <Fresh of={given.act} reset={given.reset}>
        <button
          type="submit"
          className={given.danger === true ? "danger" : "primary"}
          aria-disabled={pending}
        >
          {pending ? "Pending …" : given.label}
        </button>
      </Fresh>
      {given.outcome}
    </form>
  );
}
