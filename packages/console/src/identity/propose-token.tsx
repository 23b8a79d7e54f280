// SPDX-License-Identifier: Apache-2.0
import { useState } from "react";
import { Badge } from "../parts/badge.tsx";
import { Field } from "../parts/field.tsx";
import { Copy } from "../parts/short-id.tsx";
import { usePropose, WasProposed } from "../people/proposed.tsx";
import { Reasoned } from "../people/reasoned.tsx";

/** Proposes a token for SCIM: its secret is shown once, and it works when two have endorsed it. */
export function ProposeToken() {
  const [name, setName] = useState("");
  const [act, propose, reset] = usePropose();
  const secret = act.kind === "done" ? act.value.secret : null;
  const called = name.trim();
  return (
    <Reasoned
      open="Propose a token …"
      title="A token for SCIM"
      effect="Whoever has its secret can end anybody's part here, add people without a passkey, and say who is in the teams of the settings. You see the secret once, now; it works for a year, from when two people have endorsed it with their passkeys. You can be one."
      label="Propose this token"
      act={act}
      reset={reset}
      fields={
        <Field
          name="Provider"
          value={name}
          hint="what the token is for, such as the provider's name; `SCIM` when left empty"
          onChange={setName}
        />
      }
      outcome={
        <>
          {secret !== null && (
            <div className="stack" role="status">
              <p>
                <Badge meaning="done">made</Badge> Its secret is shown only here and now. The server
                keeps a hash of it.
              </p>
              <code className="secret">{secret}</code>
              <Copy text={secret} what="the secret" label="Copy the secret" />
            </div>
          )}
          <WasProposed act={act} forWhom="the provider" />
        </>
      }
      run={(reason) =>
        propose({ kind: "provisioner", name: called === "" ? "SCIM" : called, reason })
      }
    />
  );
}
