// SPDX-License-Identifier: Apache-2.0
import { unwindsApi } from "@interlock/protocol";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { flushSync } from "react-dom";
import type { z } from "zod";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget } from "../api/loaded.ts";
import { Field } from "../parts/field.tsx";
import { Refused } from "../parts/states.tsx";
import { Fresh } from "../people/fresh.tsx";

type Asked = Omit<z.input<typeof unwindsApi.proposeUnwind.body>, "reason">;

/** Proposes the plan that stands on the page; its proposal is where passkeys sign it. */
export function Propose({ asked, label }: { readonly asked: Asked; readonly label: string }) {
  const navigate = useNavigate();
  const forget = useForget();
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const [act, start, reset] = useAct<z.output<typeof unwindsApi.proposeUnwind.answer>>();
  const pending = act.kind === "pending";
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    flushSync(() => setShown(true));
    if (reason.trim() === "") {
      form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
      return;
    }
    const body = { ...asked, reason };
    const done = await start(() => call(unwindsApi.proposeUnwind, { body }));
    if (done?.ok !== true) return;
    await forget(unwindsApi.unwinds, unwindsApi.showUnwind);
    const { proposal } = done.value;
    await navigate({ to: "/proposals/$proposal", params: { proposal } });
  };
  return (
    <form className="stack narrow-form" noValidate onSubmit={(event) => void submit(event)}>
      <Field
        name="Reason"
        value={reason}
        onChange={setReason}
        hint="for those who sign it, and in the ledger for everybody to read"
        problem={shown && reason.trim() === "" ? "needs a reason" : undefined}
      />
      <Fresh of={act} reset={reset}>
        <button type="submit" className="primary" aria-disabled={pending}>
          {pending ? "Pending …" : label}
        </button>
      </Fresh>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </form>
  );
}
