// SPDX-License-Identifier: Apache-2.0
import { REPOSITORY_VERBS, tokensApi } from "@interlock/protocol";
import { type FormEvent, useState } from "react";
import { flushSync } from "react-dom";
import type { z } from "zod";
import { useAct } from "../api/act.ts";
import { call } from "../api/call.ts";
import { useForget } from "../api/loaded.ts";
import { Badge } from "../parts/badge.tsx";
import { Dialog } from "../parts/dialog.tsx";
import { Field } from "../parts/field.tsx";
import { Copy } from "../parts/short-id.tsx";
import { Refused } from "../parts/states.tsx";
import { Fresh } from "./fresh.tsx";

type Verb = (typeof REPOSITORY_VERBS)[number];
type Made = z.output<typeof tokensApi.makeToken.answer>;

/** Makes a token; its secret is shown once, in here. */
export function MakeToken({ onClose }: { readonly onClose: () => void }) {
  const [made, setMade] = useState<Made | null>(null);
  return (
    <Dialog title="Make a token" onClose={onClose}>
      {made === null ? <TokenForm onMade={setMade} /> : <Secret of={made} />}
      <div className="acts">
        <button type="button" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function Secret({ of: { secret } }: { readonly of: Made }) {
  return (
    <div className="stack" role="status">
      <p>
        <Badge meaning="done">made</Badge> Its secret is shown only here and now.
      </p>
      <code className="secret">{secret}</code>
      <Copy text={secret} what="the secret" label="Copy the secret" />
    </div>
  );
}

function TokenForm({ onMade }: { readonly onMade: (made: Made) => void }) {
  const forget = useForget();
  const [draft, setDraft] = useState({ name: "", repository: "" });
  const [verbs, setVerbs] = useState<readonly Verb[]>(["gate"]);
  const [shown, setShown] = useState(false);
  const [act, start, reset] = useAct<Made>();
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    flushSync(() => setShown(true));
    if (draft.name.trim() === "" || draft.repository.trim() === "" || verbs.length === 0)
      return void form.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    const body = { name: draft.name, repository: draft.repository.trim(), verbs: [...verbs] };
    const made = await start(() => call(tokensApi.makeToken, { body }));
    if (made?.ok !== true) return;
    await forget(tokensApi.tokens);
    onMade(made.value);
  };
  const problem = (text: string, says: string) => (shown && text.trim() === "" ? says : undefined);
  return (
    <form className="stack" noValidate onSubmit={(event) => void submit(event)}>
      <Field
        name="What it is for"
        value={draft.name}
        problem={problem(draft.name, "needs a name")}
        onChange={(name) => setDraft({ ...draft, name })}
      />
      <Field
        name="Repository"
        value={draft.repository}
        hint="its immutable id: `interlock facts --repository-id` prints it in a clone"
        problem={problem(draft.repository, "needs the id of a repository")}
        onChange={(repository) => setDraft({ ...draft, repository })}
      />
      <Verbs chosen={verbs} onChange={setVerbs} />
      <Fresh of={act} reset={reset}>
        <button type="submit" className="primary" aria-disabled={act.kind === "pending"}>
          Make a token for 90 days
        </button>
      </Fresh>
      {act.kind === "failed" && <Refused failure={act.failure} />}
    </form>
  );
}

const SAYS: Readonly<Record<Verb, string>> = {
  gate: "ask whether a change may land",
  check: "report the result of a check",
  read: "read decisions",
  push: "send counts of the signals of a system (repository: system:NAME)",
};

function Verbs({
  chosen,
  onChange,
}: {
  readonly chosen: readonly Verb[];
  readonly onChange: (verbs: readonly Verb[]) => void;
}) {
  return (
    <fieldset>
      <legend>It may</legend>
      {REPOSITORY_VERBS.map((verb) => (
        <label key={verb} className="check">
          <input
            type="checkbox"
            checked={chosen.includes(verb)}
            onChange={({ target }) =>
              onChange(target.checked ? [...chosen, verb] : chosen.filter((one) => one !== verb))
            }
          />
          {SAYS[verb]}
        </label>
      ))}
      {chosen.length === 0 && <p className="problem">choose at least one</p>}
    </fieldset>
  );
}
