// SPDX-License-Identifier: Apache-2.0
import { type FormEvent, useState } from "react";
import { flushSync } from "react-dom";
import { Field } from "../parts/field.tsx";
import { Page } from "../parts/page.tsx";
import { EMPTY_DRAFT, isFine, memberOf, problemsOf } from "../people/draft.ts";
import { Fresh } from "../people/fresh.tsx";
import { PersonFields } from "../people/person-fields.tsx";
import { usePropose, WasProposed } from "../people/proposed.tsx";

/** Proposes a new person, who gets a link; two members endorse the passkey that they register. */
export function InvitePage() {
  const [draft, setDraft] = useState(EMPTY_DRAFT);
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const [act, propose, reset] = usePropose();
  const problems = problemsOf(draft, []);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    flushSync(() => setShown(true));
    if (!isFine(problems) || reason.trim() === "")
      form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    else await propose({ kind: "person", ...memberOf(draft), reason });
  };
  return (
    <Page
      title="Invite somebody"
      lead="They get a link and register a passkey with it; then two members endorse it. You can be one."
    >
      {act.kind === "done" ? (
        <WasProposed act={act} forWhom={draft.name} />
      ) : (
        <form className="stack narrow" noValidate onSubmit={(event) => void submit(event)}>
          <PersonFields draft={draft} problems={shown ? problems : {}} onChange={setDraft} />
          <Field
            name="Reason"
            value={reason}
            onChange={setReason}
            hint="goes into the ledger, for everybody to read"
            problem={shown && reason.trim() === "" ? "needs a reason" : undefined}
          />
          <Fresh of={act} reset={reset}>
            <button type="submit" className="primary" aria-disabled={act.kind === "pending"}>
              {draft.name.trim() === "" ? "Propose" : `Propose that ${draft.name.trim()} joins`}
            </button>
          </Fresh>
          <WasProposed act={act} forWhom={draft.name} />
        </form>
      )}
    </Page>
  );
}
