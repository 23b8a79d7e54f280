// SPDX-License-Identifier: Apache-2.0
import type { DebtShown } from "@interlock/protocol";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { flushSync } from "react-dom";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { useMe } from "../shell/session.ts";
import { whyNotReview } from "./teams.ts";

/** The finding is written here; it is signed on the page of the change, beside what it is about. */
export function ReviewDebt({ of }: { readonly of: DebtShown }) {
  const me = useMe();
  const [isOpen, setOpen] = useState(false);
  const why = whyNotReview(of, me.person);
  if (why !== null) return <span className="muted">{why}</span>;
  return (
    <>
      <button type="button" onClick={() => setOpen(true)}>
        Review …
      </button>
      {isOpen && of.change !== null && (
        <Finding debt={of.debt} change={of.change} onClose={() => setOpen(false)} />
      )}
    </>
  );
}

function Finding(given: {
  readonly debt: string;
  readonly change: string;
  readonly onClose: () => void;
}) {
  const { debt, change, onClose } = given;
  const navigate = useNavigate();
  const [finding, setFinding] = useState("");
  const [shown, setShown] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    flushSync(() => setShown(true));
    const reason = finding.trim();
    if (reason === "") return void form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    const hash = new URLSearchParams({ sign: "settle", debt, reason }).toString();
    onClose();
    await navigate({ to: "/changes/$id", params: { id: change }, hash });
  };
  return (
    <Dialog title="What did you find?" onClose={onClose}>
      <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
        <p>
          Was it right to break the glass, was the fix whole, and what is to be done so that it is
          not needed again? The next page shows the change; there your passkey signs this.
        </p>
        <Field
          name="Finding"
          many
          value={finding}
          onChange={setFinding}
          hint="goes into the ledger, for everybody to read"
          problem={shown && finding.trim() === "" ? "needs a finding" : undefined}
        />
        <div className="acts">
          <button type="submit" className="primary">
            Go on to the change
          </button>
          <button type="button" onClick={onClose}>
            Not now
          </button>
        </div>
      </form>
    </Dialog>
  );
}
